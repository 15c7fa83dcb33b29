using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Broker.Partitions;

/// <summary>A DeleteRecords request, until every in-sync replica has dropped the records, or its time is up.</summary>
internal sealed class PendingDelete(HostedPartitions host, DeleteRecordsRequest request) : Work, IWaiting
{
    private const long UpToHighWatermark = -1;

    private readonly TaskCompletionSource<DeleteRecordsResponse> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(HostedPartition Partition, LeaderEpoch Term, long Offset, DeleteRecordsPartitionResult Result)> _waiting = [];
    private readonly DeleteRecordsResponse _response = new();

    /// <summary>The answer, when it's due.</summary>
    public Task<DeleteRecordsResponse> Done => _done.Task;

    /// <inheritdoc/>
    public bool IsOver { get; private set; }

    /// <inheritdoc/>
    public override void Run()
    {
        _response.Topics = [.. request.Topics.Select(topic => new DeleteRecordsTopicResult { Name = topic.Name, Partitions = [.. topic.Partitions.Select(p => Delete(new(topic.Name, p.Index), p.Offset))] })];
        Look();
        if (!IsOver) host.Wait(this, Math.Max(request.TimeoutMs, 0));
    }

    /// <summary>Something changed in a partition that it waits for.</summary>
    [Rule("REPL-READ-4")]
    public void Look()
    {
        for (var at = _waiting.Count - 1; at >= 0; at--)
        {
            var (partition, term, offset, result) = _waiting[at];
            if (partition.Term != term) result.Error = ErrorCode.NotLeaderOrFollower;
            else if (partition.LowWatermark is var low && low >= offset) result.LowWatermark = low;
            else continue;
            _waiting.RemoveAt(at);
            if (_waiting.All(w => w.Partition != partition)) partition.WaitingDeletes.Remove(this);
        }
        if (_waiting.Count == 0) Finish();
    }

    /// <inheritdoc/>
    public void Expire()
    {
        foreach (var (partition, _, _, result) in _waiting)
        {
            result.Error = ErrorCode.RequestTimedOut;
            partition.WaitingDeletes.Remove(this);
        }
        _waiting.Clear();
        Finish();
    }

    private DeleteRecordsPartitionResult Delete(PartitionId id, long offset)
    {
        var result = new DeleteRecordsPartitionResult { Index = id.Partition };
        if (InternalTopics.Contains(id.Topic)) return Refuse(ErrorCode.InvalidTopicException);
        if (host.Find(id) is not { } partition) return Refuse(ErrorCode.UnknownTopicOrPartition);
        if (partition.State.Lead is null) return Refuse(ErrorCode.NotLeaderOrFollower);
        if (!partition.Log.Settings.Deletes) return Refuse(ErrorCode.PolicyViolation);
        var most = host.Replica.DeletableUpTo(partition.State);
        var wanted = offset == UpToHighWatermark ? most : offset;
        if (wanted < 0 || wanted > most) return Refuse(ErrorCode.OffsetOutOfRange);

        partition.MoveStart(wanted);
        _waiting.Add((partition, partition.Term, wanted, result));
        if (!partition.WaitingDeletes.Contains(this)) partition.WaitingDeletes.Add(this);
        return result;

        DeleteRecordsPartitionResult Refuse(ErrorCode error)
        {
            result.Error = error;
            return result;
        }
    }

    private void Finish()
    {
        if (IsOver) return;
        IsOver = true;
        host.WhenBatchDone(() => _done.SetResult(_response));
    }
}
