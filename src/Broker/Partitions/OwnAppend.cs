using Reference.Broker.Kafka.Protocol;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Broker.Partitions;

/// <summary>A batch that this broker itself appends to a partition, with acks=all, in a term in which it leads it.</summary>
/// <param name="host">Where the partition is.</param>
/// <param name="id">The partition.</param>
/// <param name="term">The term; in another the batch isn't appended.</param>
/// <param name="batch">The batch; stays as it is until the answer.</param>
/// <param name="timeoutMs">How long it may take to be committed.</param>
/// <param name="done">Called once, on the partitions' loop: what became of it. After a time-out it may be committed all the same.</param>
internal sealed class OwnAppend(HostedPartitions host, PartitionId id, LeaderEpoch term, ReadOnlyMemory<byte> batch, int timeoutMs, Action<ErrorCode> done) : Work, IProducing, IWaiting
{
    private HostedPartition? _partition;
    private long _token;

    /// <inheritdoc/>
    public bool IsOver { get; private set; }

    /// <inheritdoc/>
    public override void Run()
    {
        _partition = host.Find(id);
        if (_partition is null || _partition.Term != term) Finish(ErrorCode.NotLeaderOrFollower);
        else if (batch.Length > _partition.Log.Settings.MaxMessageBytes) Finish(ErrorCode.MessageTooLarge);
        else Append(_partition);
    }

    /// <inheritdoc/>
    public void Answer(long token, ReplicaError error, long baseOffset) => Finish((ErrorCode)error);

    /// <inheritdoc/>
    public void Expire() => _partition!.Take(new ProduceExpired(_token));

    private void Append(HostedPartition partition)
    {
        _token = host.NextToken();
        host.Expect(_token, this);
        partition.Produce(_token, batch, Acks.All);
        if (!IsOver) host.Wait(this, timeoutMs);
    }

    private void Finish(ErrorCode error)
    {
        IsOver = true;
        done(error);
    }
}
