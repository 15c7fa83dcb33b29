using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka;
using Reference.Broker.Partitions;
using Reference.Replication;
using Reference.Replication.Groups;

namespace Reference.Broker.Groups;

/// <summary>Gives what is to see the steps of a coordinator: the trace, the check of invariants.</summary>
public delegate IReadOnlyList<IStepObserver<CoordinatorState, GroupInput, GroupEffect>> GroupObservers(int partition, GroupSettings settings);

/// <summary>The group coordinators of a broker, one for each partition of the offsets topic that it leads or has led, on one loop.</summary>
internal sealed class GroupHost
{
    private const int Capacity = 4096;

    private readonly IClock _clock;
    private readonly GroupObservers _observers;
    private readonly GroupSettings _coordination;
    private readonly Coordinator _coordinator;
    private readonly EventLoop<Action> _loop;
    private readonly Alarms<GroupAlarm> _alarms;
    private readonly Dictionary<int, GroupPartition> _partitions = [];
    private readonly Dictionary<long, TaskCompletionSource<GroupAnswer>> _asked = [];
    private readonly long _wallOffsetMs;
    private long _token;
    private bool _isClosed;

    public GroupHost(BrokerSettings settings, HostedPartitions partitions, IClock clock, ILogger log, GroupObservers observers)
    {
        (Settings, Partitions, Log, _clock, _observers) = (settings, partitions, log, clock, observers);
        _wallOffsetMs = clock.WallMs - clock.NowMs;
        _coordination = new(settings.GroupMinSessionTimeoutMs, settings.GroupMaxSessionTimeoutMs, settings.GroupInitialRebalanceDelayMs, settings.OffsetsRetentionMs);
        _coordinator = new(_coordination);
        _loop = new(Capacity, run => run(), () => { });
        _alarms = new(clock, alarm => Post(() => Ring(alarm)));
        partitions.LeadershipChanged = OnLeadershipChanged;
        SetExpiryAlarm();
    }

    public BrokerSettings Settings { get; }

    public HostedPartitions Partitions { get; }

    public ILogger Log { get; }

    /// <summary>Milliseconds since the epoch of Unix on a clock that never goes back: what is written with it means the same to the next coordinator, and no change of the wall clock ends a session.</summary>
    public long NowMs => _clock.NowMs + _wallOffsetMs;

    /// <summary>Runs until closed; faults if a core meets what it can't take.</summary>
    public Task RunAsync() => _loop.RunAsync();

    /// <summary>Ends; whoever waits is told to look for another coordinator, by the end of its connection.</summary>
    public void Close()
    {
        _alarms.Dispose();
        Post(() =>
        {
            _isClosed = true;
            foreach (var asked in _asked.Values) asked.TrySetCanceled();
            _asked.Clear();
        });
        _loop.Inbox.Close();
    }

    /// <summary>Asks the coordinator of a partition; one that isn't here says so.</summary>
    /// <param name="partition">The partition of the offsets topic.</param>
    /// <param name="input">Makes the input of the token to be answered under, and of the time.</param>
    public Task<GroupAnswer> Ask(int partition, Func<long, long, GroupInput> input)
    {
        var answered = new TaskCompletionSource<GroupAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => Take(partition, input, answered));
        return answered.Task;
    }

    /// <summary>Asks every coordinator here that serves or is about to.</summary>
    public async Task<IReadOnlyList<GroupAnswer>> AskAll(Func<long, long, GroupInput> input)
    {
        var active = new TaskCompletionSource<List<Task<GroupAnswer>>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            var answers = new List<Task<GroupAnswer>>();
            foreach (var (index, partition) in _partitions)
            {
                if (partition.State.Phase == CoordinatorPhase.Idle) continue;
                var answered = new TaskCompletionSource<GroupAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
                Take(index, input, answered);
                answers.Add(answered.Task);
            }
            active.SetResult(answers);
        });
        return await Task.WhenAll(await active.Task.ConfigureAwait(false)).ConfigureAwait(false);
    }

    internal void Post(Action run) => _loop.Inbox.Post(run);

    internal void Answer(Answer answer)
    {
        if (_asked.Remove(answer.Token, out var asked)) asked.TrySetResult(answer.Body);
    }

    internal void SetAlarm(GroupAlarm alarm, long atMs) => _alarms.Set(alarm, Math.Max(0, atMs - NowMs));

    internal void Report(string what) => Log.LogInformation("{What}", what);

    private void Take(int partition, Func<long, long, GroupInput> input, TaskCompletionSource<GroupAnswer> answered)
    {
        if (_isClosed)
        {
            answered.TrySetCanceled();
            return;
        }
        var token = ++_token;
        _asked[token] = answered;
        Of(partition).Take(input(token, NowMs));
    }

    private GroupPartition Of(int index)
    {
        if (!_partitions.TryGetValue(index, out var partition))
            _partitions[index] = partition = new(this, index, new(CoordinatorState.Start, _coordinator.Take, _observers(index, _coordination)));
        return partition;
    }

    private void OnLeadershipChanged(PartitionId partition, LeaderEpoch term, bool leads)
    {
        if (partition.Topic == InternalTopics.ConsumerOffsets) Post(() => Of(partition.Partition).Take(leads ? new Elected(term.Value) : new Resigned(term.Value)));
    }

    private void Ring(GroupAlarm alarm)
    {
        if (_isClosed) return;
        if (alarm.Partition == GroupAlarm.Expiry.Partition)
        {
            foreach (var partition in _partitions.Values) partition.Take(new ExpiryDue(NowMs));
            SetExpiryAlarm();
            return;
        }
        Of(alarm.Partition).Take(alarm.Member is { } member ? new SessionDue(alarm.Group, member, NowMs) : new RebalanceDue(alarm.Group, NowMs));
    }

    private void SetExpiryAlarm() => _alarms.Set(GroupAlarm.Expiry, Settings.OffsetsRetentionCheckIntervalMs);
}

/// <summary>What rings: a member's session, a group's rebalance, or the look for offsets that are too old.</summary>
/// <param name="Partition">The partition of the offsets topic.</param>
/// <param name="Group">The group.</param>
/// <param name="Member">The member whose session it is; null: the group's rebalance.</param>
internal readonly record struct GroupAlarm(int Partition, string Group, string? Member)
{
    /// <summary>The look for offsets that are too old.</summary>
    public static readonly GroupAlarm Expiry = new(-1, "", null);
}
