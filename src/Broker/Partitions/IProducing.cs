using Reference.Replication.Replicas;

namespace Reference.Broker.Partitions;

/// <summary>Whoever produces, to be answered under its token.</summary>
internal interface IProducing
{
    /// <summary>What became of it.</summary>
    void Answer(long token, ReplicaError error, long baseOffset);
}
