using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka;
using Reference.Broker.Storage;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Broker.Partitions;

/// <summary>All partitions of a broker: their replicas and logs on one loop, the requests that wait, the fetchers that follow other brokers.</summary>
/// <remarks>
/// Batches are checked by whoever brings them; the loop appends, reads from the page cache, and answers after each batch of work. Nothing is allocated
/// for a record. Watch <see cref="Completion"/>: it faults when a log can't be trusted or written any more, and then the process must stop.
/// </remarks>
public sealed partial class HostedPartitions : IPartitions
{
    private const int RetryMs = 50;             // replica.fetch.backoff.ms: short, for it is what a follower of a new leader waits
    private const int Capacity = 4096;

    private readonly ICluster _cluster;
    private readonly LogFolder _folder;
    private readonly ILogger _log;
    private readonly ReplicaObservers _observers;
    private readonly Action? _flush;
    private readonly ConcurrentDictionary<PartitionId, HostedPartition> _partitions = new();
    private readonly Dictionary<BrokerId, LeaderFetcher> _fetchers = [];
    private readonly Dictionary<long, IProducing> _expected = [];
    private readonly List<HostedPartition> _touched = [];
    private readonly List<Action> _afterBatch = [];
    private readonly Dictionary<HostAlarm, HashSet<HostedPartition>> _alarmed = new() { [HostAlarm.LagCheck] = [], [HostAlarm.Retry] = [], [HostAlarm.Checkpoint] = [] };
    private readonly Waits _waits = new();
    private readonly Alarms<HostAlarm> _alarms;
    private readonly EventLoop<Work> _loop;
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();
    private long? _waitAlarmMs;
    private long _token;
    private Task _compaction = Task.CompletedTask;
    private bool _highWatermarksNoted, _recoveryPointsNoted, _isClosed;

    /// <summary>Hosts what is in <paramref name="folder"/>; each partition waits for the controller to tell its role.</summary>
    /// <param name="observers">What sees the steps of each replica: the trace, the check of invariants.</param>
    /// <param name="afterBatch">Runs after each batch of work: the trace goes out.</param>
    public HostedPartitions(BrokerSettings settings, LogFolder folder, ICluster cluster, IClock clock, ILogger log, ReplicaObservers observers, Action? afterBatch = null)
    {
        (Settings, _folder, _cluster, Clock, _log, _observers, _flush) = (settings, folder, cluster, clock, log, observers, afterBatch);
        Replica = new(cluster.Self, settings.ReplicaLagTimeMaxMs);
        Sessions = new(settings.FetchSessionSlots);
        _loop = new(Capacity, work => work.Run(), AfterBatch);
        _alarms = new(clock, alarm => _loop.Inbox.Post(Work.Of(() => OnAlarm(alarm))));
        if (settings.LogCleanerEnable) _alarms.Set(HostAlarm.Compaction, settings.LogCleanerBackoffMs);
        _alarms.Set(HostAlarm.Retention, settings.LogRetentionCheckIntervalMs);
        foreach (var (id, partitionLog) in folder.Logs) Host(id, partitionLog, folder.TailKept);
        Completion = Task.WhenAny(_failed.Task, _loop.RunAsync()).Unwrap();
    }

    /// <summary>Ends when the partitions are closed; faults when a log can't be trusted or written any more.</summary>
    public Task Completion { get; }

    /// <summary>Told where a term of this broker's begins and ends. Set before the controller gives its first order.</summary>
    internal LeadershipChanged? LeadershipChanged { get; set; }

    internal BrokerSettings Settings { get; }

    internal IClock Clock { get; }

    internal Replica Replica { get; }

    internal FetchSessions Sessions { get; }

    /// <summary>The partition, if it's here. The only thing that may be asked off the loop.</summary>
    internal HostedPartition? Find(PartitionId id) => _partitions.GetValueOrDefault(id);

    internal long NextToken() => _token++;

    /// <summary>Whoever produces under <paramref name="token"/> is to be answered.</summary>
    internal void Expect(long token, IProducing produce) => _expected[token] = produce;

    internal void AnswerProduce(HostedPartition partition, AnswerProduce answer)
    {
        if (_expected.Remove(answer.Token, out var produce)) produce.Answer(answer.Token, answer.Error, answer.BaseOffset);
        else Report($"{partition.Id}: nobody waits for {answer}");
    }

    /// <summary>Something changed there that others may wait for; looked at after the batch.</summary>
    internal void Touch(HostedPartition partition)
    {
        if (!partition.IsTouched) _touched.Add(partition);
        partition.IsTouched = true;
    }

    /// <summary>Runs after the batch of work: answers go out when all that waits has been done.</summary>
    internal void WhenBatchDone(Action run) => _afterBatch.Add(run);

    /// <summary>Expires <paramref name="who"/> after <paramref name="ms"/>, if it waits then.</summary>
    internal void Wait(IWaiting who, int ms)
    {
        _waits.Add(who, ms, Clock.NowMs);
        if (_waitAlarmMs is { } at && at <= Clock.NowMs + ms) return;
        _waitAlarmMs = Clock.NowMs + ms;
        _alarms.Set(HostAlarm.Waits, ms);
    }

    /// <summary>One alarm of each kind rings for all partitions that want it.</summary>
    internal void SetAlarm(HostedPartition partition, ReplicaAlarm alarm)
    {
        var name = (HostAlarm)alarm;
        var alarmed = _alarmed[name];
        if (alarmed.Count == 0) _alarms.Set(name, PeriodOf(name));
        alarmed.Add(partition);
    }

    /// <summary>Goes on with <paramref name="then"/> on the loop when <paramref name="task"/> is done; a fault stops the broker.</summary>
    internal async void WhenDone(Task task, Action then)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (IOException e)
        {
            Fail(e);
            return;
        }
        _loop.Inbox.Post(Work.Of(then));
    }

    internal LeaderFetcher FetcherOf(BrokerId leader)
    {
        if (!_fetchers.TryGetValue(leader, out var fetcher)) _fetchers[leader] = fetcher = new(this, _cluster, leader, _log, _closing.Token);
        return fetcher;
    }

    internal void CheckpointHighWatermark(PartitionId id, long offset)
    {
        _folder.NoteHighWatermark(id, offset);
        _highWatermarksNoted = true;
    }

    /// <summary>A recovery point moved: it's written down with the next checkpoint.</summary>
    internal void NoteRecoveryPoints() => _recoveryPointsNoted = true;

    internal void Report(string what) => _log.LogInformation("{What}", what);

    /// <summary>A partition's log goes.</summary>
    internal void Forget(HostedPartition partition)
    {
        _partitions.TryRemove(partition.Id, out _);
        foreach (var alarmed in _alarmed.Values) alarmed.Remove(partition);
        foreach (var fetch in partition.WaitingFetches.ToArray()) fetch.Expire();
        _folder.Delete(partition.Id);
        (_highWatermarksNoted, _recoveryPointsNoted) = (true, true);
    }

    internal async void WriteIsr(HostedPartition partition, WriteIsr order)
    {
        int? version;
        try
        {
            version = await _cluster.WriteIsr(partition.Id, order).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            _log.LogWarning("{Partition}: {Order}: {Why}", partition.Id, order, e.Message);
            version = null;
        }
        Post(Work.Of(() => partition.Take(version is { } v ? new IsrWritten(order.LeaderEpoch, v) : new IsrWriteFailed(order.LeaderEpoch))));
    }

    internal async void ReadState(HostedPartition partition, ReadState order)
    {
        PartitionState? state = null;
        try
        {
            state = await _cluster.ReadState(partition.Id).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            Fail(e);
            return;
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return;
        }
        Post(Work.Of(() => partition.Take(new StateRead(order.LeaderEpoch, state))));
    }

    private static int PeriodOfLagCheck(BrokerSettings settings) => Math.Max(1, settings.ReplicaLagTimeMaxMs / 2);

    private int PeriodOf(HostAlarm alarm) => alarm switch
    {
        HostAlarm.LagCheck => PeriodOfLagCheck(Settings),
        HostAlarm.Checkpoint => Settings.HighWatermarkCheckpointIntervalMs,
        _ => RetryMs,
    };

    private HostedPartition Host(PartitionId id, PartitionLog log, bool tailKept)
    {
        var topic = _cluster.ConfigOf(id.Topic);
        log.Settings = LogSettings.Of(topic);
        var epochs = log.Epochs.Entries.Select(entry => new EpochStart(new(entry.Epoch), entry.StartOffset)).ToArray();
        var found = new ReplicaLog(LeaderEpochs.Of(epochs), log.StartOffset, log.EndOffset, log.RecoveryPoint, _folder.HighWatermarkOf(id));
        var state = Replica.Recover(found, SettingsOf(topic), tailKept);
        return _partitions[id] = new(this, id, log, new(state, Replica.Take, _observers(id, state)));
    }

    private static ReplicaSettings SettingsOf(TopicSettings topic) =>
        new(topic.MinInsyncReplicas, topic.FlushMessages == 1 ? AcknowledgementPoint.Flushed : AcknowledgementPoint.Appended);

    private void OnAlarm(HostAlarm alarm)
    {
        if (_isClosed) return;
        if (alarm == HostAlarm.Waits)
        {
            _waits.Expire(Clock.NowMs);
            _waitAlarmMs = _waits.FirstDueMs;
            if (_waitAlarmMs is { } due) _alarms.Set(alarm, Math.Max(1, due - Clock.NowMs));
            return;
        }

        if (alarm == HostAlarm.Compaction)
        {
            _alarms.Set(alarm, Settings.LogCleanerBackoffMs);
            if (_compaction.IsCompleted) Compact();
            return;
        }
        if (alarm == HostAlarm.Retention)
        {
            foreach (var partition in _partitions.Values) partition.Retain();
            _alarms.Set(alarm, Settings.LogRetentionCheckIntervalMs);
            return;
        }

        var wanted = _alarmed[alarm].ToArray();
        _alarmed[alarm].Clear();
        foreach (var partition in wanted) partition.Take(new AlarmRang((ReplicaAlarm)alarm, Clock.NowMs));
    }

    /// <summary>Compacts one log after the other, while there's one that is worth it.</summary>
    private void Compact()
    {
        if (_isClosed) return;
        foreach (var partition in _partitions.Values)
        {
            if (partition.BeginCompaction() is not { } compaction) continue;
            _compaction = compaction;
            WhenDone(compaction, () =>
            {
                if (compaction.Result is { } result) partition.EndCompaction(result);
                Compact();
            });
            return;
        }
    }

    private void AfterBatch()
    {
        for (var at = 0; at < _touched.Count; at++)
        {
            var partition = _touched[at];
            partition.IsTouched = false;
            partition.FlushIfWanted();
            partition.LookAtReads();
            partition.LookAtDeletes();
            for (var waiting = partition.WaitingFetches.Count - 1; waiting >= 0; waiting--)
            {
                if (waiting < partition.WaitingFetches.Count) partition.WaitingFetches[waiting].Look();
            }
        }
        _touched.Clear();
        foreach (var answer in _afterBatch) answer();
        _afterBatch.Clear();
        _flush?.Invoke();
        if (_isClosed) return;
        if (_highWatermarksNoted) Watch(_folder.CheckpointHighWatermarksAsync());
        if (_recoveryPointsNoted) Watch(_folder.CheckpointLogsAsync());
        (_highWatermarksNoted, _recoveryPointsNoted) = (false, false);
    }

    private async void Watch(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (IOException e)
        {
            Fail(e);
        }
    }

    /// <summary>Puts a piece of work in line.</summary>
    internal void Order(Work work) => Post(work);

    /// <summary>Does something on the loop; completes when it's done.</summary>
    internal Task Do(Action run)
    {
        var (work, done) = Work.Asking(() =>
        {
            run();
            return true;
        });
        Post(work);
        return done;
    }

    private void Fail(IOException e) => _failed.TrySetException(e);

    private void Post(Work work) => _loop.Inbox.Post(work);

    /// <summary>The names of the alarms; the first three are the replicas' own.</summary>
    private enum HostAlarm
    {
        LagCheck = ReplicaAlarm.LagCheck,
        Retry = ReplicaAlarm.Retry,
        Checkpoint = ReplicaAlarm.Checkpoint,
        Waits,
        Retention,
        Compaction,
    }
}

/// <summary>Gives what is to see the steps of a replica: the trace, the check of invariants.</summary>
public delegate IReadOnlyList<IStepObserver<ReplicaState, ReplicaInput, ReplicaEffect>> ReplicaObservers(PartitionId id, ReplicaState initial);
