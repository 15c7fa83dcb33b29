using Reference.Broker.Kafka.Messages;
using Reference.Replication;

namespace Reference.Broker.Partitions;

/// <summary>A partition as a fetch wants it, and what was last told of it.</summary>
internal sealed class FetchedPartition(PartitionId id)
{
    public PartitionId Id => id;

    public LeaderEpoch LeaderEpoch { get; private set; }

    public long Offset { get; private set; }

    /// <summary>Where a follower's log starts.</summary>
    public long LogStart { get; private set; }

    public int MaxBytes { get; private set; }

    /// <summary>The high watermark that the other end knows; −1: none.</summary>
    public long ToldHighWatermark { get; set; } = -1;

    /// <summary>The log start that the other end knows; −1: none.</summary>
    public long ToldLogStart { get; set; } = -1;

    public void Want(FetchPartition wanted) =>
        (LeaderEpoch, Offset, LogStart, MaxBytes) = (new(wanted.CurrentLeaderEpoch), wanted.FetchOffset, wanted.LogStartOffset, wanted.MaxBytes);
}

/// <summary>What a client fetches again and again, so that a request names only what has changed, and a response only what is new (KIP-227).</summary>
/// <param name="id">Its number; 0: it's of one request only.</param>
/// <param name="isFollowers">Whether a follower has it; those stay when room is wanted.</param>
/// <param name="nowMs">Now.</param>
internal sealed class FetchSession(int id, bool isFollowers, long nowMs)
{
    private readonly Dictionary<PartitionId, FetchedPartition> _byId = [];
    private int _first;

    public int Id => id;

    /// <summary>The epoch that the next request has to have.</summary>
    public int NextEpoch { get; private set; } = 1;

    public bool IsFollowers => isFollowers;

    public long UsedMs { get; private set; } = nowMs;

    /// <summary>The partitions, in the order in which they are asked.</summary>
    public List<FetchedPartition> Partitions { get; } = [];

    /// <summary>Whose turn it is to be asked first.</summary>
    public int First => _first < Partitions.Count ? _first : 0;

    /// <summary>Begins the next time with the one after <paramref name="at"/>: whoever was served stands at the end.</summary>
    public void GoOnAfter(int at) => _first = at + 1;

    /// <summary>Takes a request's changes.</summary>
    public void Update(FetchRequest request, long nowMs)
    {
        foreach (var topic in request.ForgottenTopics)
        {
            foreach (var partition in topic.Partitions)
            {
                if (_byId.Remove(new(topic.Name, partition), out var gone)) Partitions.Remove(gone);
            }
        }
        foreach (var topic in request.Topics)
        {
            foreach (var wanted in topic.Partitions)
            {
                var id = new PartitionId(topic.Name, wanted.Index);
                if (!_byId.TryGetValue(id, out var partition))
                {
                    _byId[id] = partition = new(id);
                    Partitions.Add(partition);
                }
                partition.Want(wanted);
            }
        }
        UsedMs = nowMs;
    }

    public void Advance() => NextEpoch = NextEpoch == int.MaxValue ? 1 : NextEpoch + 1;
}
