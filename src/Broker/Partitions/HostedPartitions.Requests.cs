using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Storage;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Broker.Partitions;

/// <summary>What clients and the controller ask.</summary>
public sealed partial class HostedPartitions
{
    private const long Latest = -1, Earliest = -2;
    private const short FirstVersionWithOffsetNotAvailable = 5;

    /// <inheritdoc/>
    public ValueTask<ProduceResponse> Produce(ProduceRequest request, Caller caller)
    {
        var produce = new PendingProduce(this, request, caller);
        produce.Check();
        Post(produce);
        return new(produce.Done);
    }

    /// <inheritdoc/>
    public ValueTask<FetchResponse> Fetch(FetchRequest request, Caller caller)
    {
        var fetch = new PendingFetch(this, request, caller);
        Post(fetch);
        return new(fetch.Done);
    }

    /// <inheritdoc/>
    public ValueTask<ListOffsetsResponse> ListOffsets(ListOffsetsRequest request, Caller caller) => Ask(() => new ListOffsetsResponse
    {
        Topics =
        [
            .. request.Topics.Select(topic => new ListOffsetsTopicResult
            {
                Name = topic.Name,
                Partitions = [.. topic.Partitions.Select(partition => OffsetOf(new(topic.Name, partition.Index), partition, request.ReplicaId, caller.Version))],
            }),
        ],
    });

    /// <inheritdoc/>
    public ValueTask<OffsetForLeaderEpochResponse> OffsetForLeaderEpoch(OffsetForLeaderEpochRequest request, Caller caller) => Ask(() => new OffsetForLeaderEpochResponse
    {
        Topics =
        [
            .. request.Topics.Select(topic => new OffsetForLeaderTopicResult
            {
                Name = topic.Name,
                Partitions = [.. topic.Partitions.Select(partition => EpochEndOf(new(topic.Name, partition.Index), partition))],
            }),
        ],
    });

    /// <inheritdoc/>
    public ValueTask<DeleteRecordsResponse> DeleteRecords(DeleteRecordsRequest request)
    {
        var delete = new PendingDelete(this, request);
        Post(delete);
        return new(delete.Done);
    }

    /// <inheritdoc/>
    public ValueTask<LeaderAndIsrResponse> LeaderAndIsr(LeaderAndIsrRequest request) => Ask(() => new LeaderAndIsrResponse
    {
        Partitions =
        [
            .. from topic in request.Topics
               from partition in topic.Partitions
               select new PartitionError { Topic = topic.Name, Index = partition.Index, Error = Lead(new(topic.Name, partition.Index), partition) },
        ],
    });

    /// <inheritdoc/>
    public ValueTask<StopReplicaResponse> StopReplica(StopReplicaRequest request) => Ask(() => new StopReplicaResponse
    {
        Partitions =
        [
            .. from topic in request.Topics
               from partition in topic.Partitions
               select new PartitionError { Topic = topic.Name, Index = partition.Index, Error = Stop(new(topic.Name, partition.Index), partition) },
        ],
    });

    /// <inheritdoc/>
    public void OnClusterChanged() => Post(Work.Of(() =>
    {
        foreach (var (id, partition) in _partitions)
        {
            var topic = _cluster.ConfigOf(id.Topic);
            partition.Log.Settings = LogSettings.Of(topic);
            var settings = SettingsOf(topic);
            if (settings != partition.State.Settings) partition.Take(new SettingsChanged(settings));
        }
    }));

    /// <inheritdoc/>
    public void OnSessionExpired()
    {
        // Each replica goes on in its leader epoch: writes of the ISR fail by their version, and followers by theirs, until the controller tells anew.
    }

    /// <inheritdoc/>
    public async ValueTask Close()
    {
        await Ask(() =>
        {
            foreach (var partition in _partitions.Values)
            {
                partition.Take(new StopTold(LeaderEpoch.None, Delete: false));
                _folder.NoteHighWatermark(partition.Id, partition.State.HighWatermark);
            }
            return true;
        }).ConfigureAwait(false);
        await EndAsync().ConfigureAwait(false);
        await _folder.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>Ends as a killed process does: no replica is stopped, nothing is flushed, written down or marked.</summary>
    internal async Task AbandonAsync()
    {
        await EndAsync().ConfigureAwait(false);
        await _folder.WrittenAsync().ConfigureAwait(false);      // what is being written just now is: a disk can't be taken away under it
        foreach (var log in _folder.Logs.Values) log.Dispose();
    }

    private async Task EndAsync()
    {
        await Do(() => _isClosed = true).ConfigureAwait(false);
        await _closing.CancelAsync().ConfigureAwait(false);
        _alarms.Dispose();
        foreach (var fetcher in _fetchers.Values) fetcher.Dispose();
        _partitions.Clear();
        _loop.Inbox.Close();
        await Completion.ConfigureAwait(false);
        await _compaction.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private ValueTask<T> Ask<T>(Func<T> ask)
    {
        var (work, result) = Work.Asking(ask);
        Post(work);
        return new(result);
    }

    private ErrorCode Lead(PartitionId id, LeaderAndIsrPartition told)
    {
        if (_isClosed) return ErrorCode.NotLeaderOrFollower;
        var partition = Find(id) ?? Host(id, _folder.Create(id, LogSettings.Of(_cluster.ConfigOf(id.Topic))), tailKept: true);
        var state = new PartitionState(new(told.Leader), new(told.LeaderEpoch), SetOf(told.Isr), SetOf(told.Elr), told.ControllerEpoch, told.ZkVersion);
        return (ErrorCode)partition.Obey(new StateTold(state, SetOf(told.Replicas), Clock.NowMs));
    }

    private ErrorCode Stop(PartitionId id, StopReplicaPartition told) =>
        Find(id) is { } partition ? (ErrorCode)partition.Obey(new StopTold(told.LeaderEpoch < 0 ? LeaderEpoch.None : new(told.LeaderEpoch), told.Delete)) : ErrorCode.None;

    private ListOffsetsPartitionResult OffsetOf(PartitionId id, ListOffsetsPartition asked, int replica, short version)
    {
        if (Find(id) is not { } partition) return new() { Index = id.Partition, Error = ErrorCode.UnknownTopicOrPartition };
        var (state, epoch) = (partition.State, new LeaderEpoch(asked.CurrentLeaderEpoch));
        var fetchable = Replica.Readable(state, epoch, state.Log.Start);
        if (fetchable.Error != ReplicaError.None) return new() { Index = id.Partition, Error = (ErrorCode)fetchable.Error };
        if (asked.Timestamp == Earliest) return Found(state.Log.Start, -1);
        if (asked.Timestamp == Latest && replica >= 0) return Found(state.Log.End, -1);

        var latest = Replica.LatestOffset(state, epoch);
        if (latest.Error == ReplicaError.OffsetNotAvailable && version < FirstVersionWithOffsetNotAvailable) return new() { Index = id.Partition, Error = ErrorCode.LeaderNotAvailable };
        if (latest.Error != ReplicaError.None) return new() { Index = id.Partition, Error = (ErrorCode)latest.Error };
        if (asked.Timestamp == Latest) return Found(latest.Offset, -1);
        return partition.Log.FirstAt(asked.Timestamp, latest.Offset) is var (offset, timestamp) ? Found(offset, timestamp) : new() { Index = id.Partition };

        ListOffsetsPartitionResult Found(long offset, long timestamp) =>
            new() { Index = id.Partition, Offset = offset, Timestamp = timestamp, LeaderEpoch = state.Log.Epochs.EpochOf(offset).Value };
    }

    private EpochEndOffset EpochEndOf(PartitionId id, OffsetForLeaderPartition asked)
    {
        if (Find(id) is not { } partition) return new() { Index = id.Partition, Error = ErrorCode.UnknownTopicOrPartition };
        var answer = Replica.EpochEndOffset(partition.State, new(asked.CurrentLeaderEpoch), new(asked.LeaderEpoch));
        return new() { Index = id.Partition, Error = (ErrorCode)answer.Error, LeaderEpoch = answer.End.Epoch.Value, EndOffset = answer.End.EndOffset };
    }

    private static BrokerSet SetOf(int[] brokers) => BrokerSet.Of(brokers.Select(broker => new BrokerId(broker)));
}

/// <summary>The epoch that a record was taken in by.</summary>
file static class Epochs
{
    public static LeaderEpoch EpochOf(this LeaderEpochs epochs, long offset) =>
        epochs.Entries.LastOrDefault(entry => entry.StartOffset <= offset, new(LeaderEpoch.None, 0)).Epoch;
}
