using Reference.Replication;

namespace Reference.Broker.Partitions;

/// <summary>Told where this broker begins and ceases to lead a partition, on the partitions' loop; mustn't block.</summary>
/// <remarks>A term begins when the replica comes to lead and ends when it leads no more; leader epochs in which it goes on leading belong to the same term, for its log goes on as well.</remarks>
/// <param name="partition">Which partition.</param>
/// <param name="term">The leader epoch with which the term began.</param>
/// <param name="leads">Whether the term begins; else it has ended.</param>
internal delegate void LeadershipChanged(PartitionId partition, LeaderEpoch term, bool leads);
