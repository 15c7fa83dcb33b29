using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Replication.Groups;

namespace Reference.Broker.Kafka.Client;

/// <summary>What a <see cref="GroupReader"/> is told besides its place in the group.</summary>
public sealed record GroupReaderSettings
{
    /// <summary><c>max.poll.records</c></summary>
    public int MaxPollRecords { get; init; } = 500;

    /// <summary><c>auto.offset.reset</c>: where to begin in a partition in which the group has committed nothing; earliest, else with the next record.</summary>
    public bool FromEarliest { get; init; }

    /// <summary><c>enable.auto.commit</c></summary>
    public bool AutoCommit { get; init; } = true;

    /// <summary><c>auto.commit.interval.ms</c></summary>
    public int AutoCommitMs { get; init; } = 5000;
}

/// <summary>Reads topics as a member of a group: heartbeats in the background, rebalances while its application polls, commits what that has been given. One caller at a time.</summary>
/// <remarks>The rules are those of <see cref="GroupConsumer"/>; this is what carries them out. A coordinator's answers may wait for minutes, so that it is asked over connections of its own.</remarks>
public sealed class GroupReader : IAsyncDisposable
{
    private const int TickMs = 50;
    private const int RetryMs = 50;

    private readonly ClusterClient _cluster, _coordination;
    private readonly string _group;
    private readonly ConsumerGroupSettings _membership;
    private readonly GroupReaderSettings _settings;
    private readonly Action<string> _say;
    private readonly GroupConsumer _rules;
    private readonly Consumer _reader;
    private readonly AdminClient _admin;
    private readonly object _gate = new();
    private readonly Queue<ConsumerEffect> _orders = [];                   // for whoever polls
    private readonly Queue<ConsumedRecord> _read = [];                     // not given out yet
    private readonly SortedDictionary<TopicPartition, long> _given = [], _committed = [];
    private readonly CancellationTokenSource _ended = new();
    private ConsumerState _state = ConsumerState.Start;
    private volatile int _coordinator = -1;
    private long _lastCommitMs;

    /// <param name="cluster">Reads. Not disposed here.</param>
    /// <param name="coordination">Asks the coordinator; disposed with this.</param>
    /// <param name="group">group.id.</param>
    /// <param name="membership">The place in the group.</param>
    /// <param name="settings">How to read.</param>
    /// <param name="say">Told what whoever runs it should know.</param>
    public GroupReader(ClusterClient cluster, ClusterClient coordination, string group, ConsumerGroupSettings membership, GroupReaderSettings settings, Action<string> say)
    {
        (_cluster, _coordination, _group, _membership, _settings, _say) = (cluster, coordination, group, membership, settings, say);
        (_rules, _reader, _admin) = (new(membership), new(cluster, new() { MaxWaitMs = 200 }), new(cluster));
        _ = TickAsync();
    }

    private long NowMs => _cluster.Clock.NowMs;

    /// <summary>The next records; what was given before counts as done. None if nothing came within a moment.</summary>
    /// <exception cref="KafkaException">The consumer can't go on in this group.</exception>
    public async Task<List<ConsumedRecord>> PollAsync()
    {
        Take(new Polled(NowMs));
        await RunOrders().ConfigureAwait(false);
        if (_settings.AutoCommit && NowMs - _lastCommitMs >= _settings.AutoCommitMs) await CommitAsync(_given).ConfigureAwait(false);
        if (_read.Count == 0)
            foreach (var record in await _reader.PollAsync().ConfigureAwait(false)) _read.Enqueue(record);
        await RunOrders().ConfigureAwait(false);

        List<ConsumedRecord> records = [];
        while (records.Count < _settings.MaxPollRecords && _read.TryDequeue(out var record))
        {
            records.Add(record);
            _given[new(record.Topic, record.Partition)] = record.Offset + 1;
        }
        return records;
    }

    /// <summary>Commits what was given out, leaves the group, and ends.</summary>
    public async Task CloseAsync()
    {
        if (_settings.AutoCommit) await CommitAsync(_given).ConfigureAwait(false);
        Take(new Closing(NowMs));
        await _lastWord.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        _coordination.Dispose();
    }

    private Task _lastWord = Task.CompletedTask;

    private void Take(ConsumerInput input)
    {
        lock (_gate)
        {
            var step = _rules.Take(_state, input);
            _state = step.State;
            foreach (var effect in step.Effects) Run(effect);
        }
    }

    private void Run(ConsumerEffect effect)
    {
        switch (effect)
        {
            case FindCoordinator: _ = FindAsync(); break;
            case SendJoin e: _ = Answered(() => JoinAsync(e)); break;
            case SendSync e: _ = Answered(() => SyncAsync(e)); break;
            case SendBeat e: _ = Answered(() => BeatAsync(e)); break;
            case SendLeave e: _lastWord = LeaveAsync(e); break;
            case Say e: _say(e.What); break;
            default: _orders.Enqueue(effect); break;
        }
    }

    /// <summary>Asks the coordinator; when it can't be asked, that is the answer.</summary>
    private async Task Answered(Func<Task<ConsumerInput>> ask)
    {
        ConsumerInput answer;
        try
        {
            answer = await ask().ConfigureAwait(false);
        }
        catch (IOException)
        {
            _coordination.Drop(_coordinator);
            answer = new CoordinatorLost(NowMs);
        }
        catch (ObjectDisposedException)
        {
            return;     // closed meanwhile
        }
        Take(answer);
    }

    private async Task<ConsumerInput> JoinAsync(SendJoin e)
    {
        var r = await (await Coordinator().ConfigureAwait(false)).Send(Apis.JoinGroup, new JoinGroupRequest
        {
            GroupId = _group, SessionTimeoutMs = _membership.SessionTimeoutMs, RebalanceTimeoutMs = _membership.MaxPollMs, MemberId = e.Member, GroupInstanceId = _membership.Instance, ProtocolType = "consumer",
            Protocols = [.. e.Protocols.Select(p => new JoinGroupProtocol { Name = p.Name, Metadata = Groups.OffsetsRecords.Unwrap(p.Metadata) })],
        }).ConfigureAwait(false);
        var members = r.Members.Select(m => new JoinedMember(m.MemberId, m.GroupInstanceId, Groups.OffsetsRecords.Wrap(m.Metadata))).ToImmutableArray();
        var answer = new JoinAnswer((GroupError)r.Error, r.GenerationId, r.ProtocolName, r.Leader, r.MemberId, members);
        return new JoinTold(e.Request, answer, await PartitionsOf(members).ConfigureAwait(false), NowMs);
    }

    private async Task<ImmutableSortedDictionary<string, int>> PartitionsOf(ImmutableArray<JoinedMember> members)
    {
        var topics = members.SelectMany(m => ConsumerProtocol.ReadSubscription(m.Metadata)?.Topics ?? []).Distinct().ToList();
        if (topics.Count > 0) await _cluster.RefreshAsync(topics).ConfigureAwait(false);
        return topics.ToImmutableSortedDictionary(t => t, t => _cluster.Topic(t)?.Partitions.Length ?? 0, StringComparer.Ordinal);
    }

    private async Task<ConsumerInput> SyncAsync(SendSync e)
    {
        var r = await (await Coordinator().ConfigureAwait(false)).Send(Apis.SyncGroup, new SyncGroupRequest
        {
            GroupId = _group, GenerationId = e.Generation, MemberId = e.Member, GroupInstanceId = _membership.Instance,
            Assignments = [.. e.Assignments.Select(a => new SyncGroupAssignment { MemberId = a.Key, Assignment = Groups.OffsetsRecords.Unwrap(a.Value) })],
        }).ConfigureAwait(false);
        return new SyncTold(e.Request, new((GroupError)r.Error, Groups.OffsetsRecords.Wrap(r.Assignment)), NowMs);
    }

    private async Task<ConsumerInput> BeatAsync(SendBeat e)
    {
        var asked = (await Coordinator().ConfigureAwait(false)).Send(Apis.Heartbeat, new HeartbeatRequest { GroupId = _group, GenerationId = e.Generation, MemberId = e.Member, GroupInstanceId = _membership.Instance });
        return new BeatTold(e.Generation, (GroupError)(await _coordination.Within(asked, _membership.SessionTimeoutMs).ConfigureAwait(false)).Error, NowMs);
    }

    private async Task LeaveAsync(SendLeave e)
    {
        try
        {
            var asked = (await Coordinator().ConfigureAwait(false)).Send(Apis.LeaveGroup, new LeaveGroupRequest { GroupId = _group, Members = [new() { MemberId = e.Member }] });
            await _coordination.Within(asked, _membership.HeartbeatMs).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // then its session ends by itself
        }
    }

    private async Task FindAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                var connection = await _coordination.AnyConnection().ConfigureAwait(false);
                var found = await _coordination.Within(connection.Send(Apis.FindCoordinator, new FindCoordinatorRequest { Key = _group }), _membership.SessionTimeoutMs).ConfigureAwait(false);
                if (found.Error == ErrorCode.None)
                {
                    if (!_coordination.Brokers.ContainsKey(found.NodeId)) await _coordination.RefreshAsync([]).ConfigureAwait(false);
                    _coordinator = found.NodeId;
                    Take(new CoordinatorFound(NowMs));
                    return;
                }
            }
            catch (IOException)
            {
                // another is asked
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            await _cluster.Clock.Delay(RetryMs, default).ConfigureAwait(false);
        }
    }

    private async Task TickAsync()
    {
        try
        {
            while (true)
            {
                await _cluster.Clock.Delay(TickMs, _ended.Token).ConfigureAwait(false);
                Take(new Ticked(NowMs));
            }
        }
        catch (OperationCanceledException)
        {
            // closed
        }
    }

    private Task<KafkaConnection> Coordinator() => _coordination.ConnectionTo(_coordinator);

    /// <summary>Carries out what concerns the partitions that are read, on the thread of whoever polls.</summary>
    private async Task RunOrders()
    {
        while (TryNext() is { } order)
        {
            switch (order)
            {
                case Assign e: await Begin(e.Partitions).ConfigureAwait(false); break;
                case Revoke e:
                    _say($"gives up {Names(e.Partitions)}");
                    if (_settings.AutoCommit) await CommitAsync(_given.Where(g => e.Partitions.Contains(g.Key)).ToDictionary()).ConfigureAwait(false);
                    Stop(e.Partitions);
                    Take(new Released(NowMs));
                    break;
                case Lose e:
                    _say($"lost {Names(e.Partitions)}");
                    Stop(e.Partitions);
                    break;
                case Fail e: throw new KafkaException((ErrorCode)e.Error, $"group {_group}: {e.Why}");
                default: throw new InvalidOperationException($"nobody runs the effect {order}");
            }
        }
    }

    private ConsumerEffect? TryNext()
    {
        lock (_gate) return _orders.TryDequeue(out var order) ? order : null;
    }

    private void Stop(ImmutableSortedSet<TopicPartition> partitions)
    {
        foreach (var p in partitions)
        {
            _reader.Unassign(p.Topic, p.Partition);
            _given.Remove(p);
            _committed.Remove(p);
        }
        var kept = _read.Where(r => !partitions.Contains(new(r.Topic, r.Partition))).ToList();
        _read.Clear();
        foreach (var record in kept) _read.Enqueue(record);
    }

    private async Task Begin(ImmutableSortedSet<TopicPartition> partitions)
    {
        _say(partitions.IsEmpty ? "has no more partitions than before" : $"reads {Names(partitions)}");
        if (partitions.IsEmpty) return;
        var committed = await CommittedAsync(partitions).ConfigureAwait(false);
        foreach (var p in partitions)
            _reader.Assign(p.Topic, p.Partition, committed.GetValueOrDefault(p, -1) is >= 0 and var at ? at : await _admin.OffsetAsync(p.Topic, p.Partition, _settings.FromEarliest ? -2 : -1).ConfigureAwait(false));
    }

    private async Task<Dictionary<TopicPartition, long>> CommittedAsync(ImmutableSortedSet<TopicPartition> partitions)
    {
        var request = new OffsetFetchRequest { GroupId = _group, Topics = [.. partitions.GroupBy(p => p.Topic).Select(t => new OffsetFetchTopic { Name = t.Key, Partitions = [.. t.Select(p => p.Partition)] })] };
        while (true)
        {
            try
            {
                var connection = await Coordinator().ConfigureAwait(false);
                var fetched = await _coordination.Within(connection.Send(Apis.OffsetFetch, request), _membership.SessionTimeoutMs).ConfigureAwait(false);
                if (fetched.Error == ErrorCode.None) return fetched.Topics.SelectMany(t => t.Partitions.Select(p => (new TopicPartition(t.Name, p.Index), p.Offset))).ToDictionary();
                if (fetched.Error == ErrorCode.NotCoordinator) Take(new CoordinatorLost(NowMs));
            }
            catch (IOException)
            {
                _coordination.Drop(_coordinator);
                Take(new CoordinatorLost(NowMs));
            }
            await _cluster.Clock.Delay(RetryMs, _ended.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Commits offsets in the present generation; what the coordinator refuses is said, and comes again with the next commit if the partition is still read.</summary>
    private async Task CommitAsync(IEnumerable<KeyValuePair<TopicPartition, long>> offsets)
    {
        _lastCommitMs = NowMs;
        ConsumerState state;
        lock (_gate) state = _state;
        var due = offsets.Where(o => state.Owned.Contains(o.Key) && _committed.GetValueOrDefault(o.Key, -1) != o.Value).ToList();
        if (due.Count == 0 || state.Generation < 0) return;
        try
        {
            var connection = await Coordinator().ConfigureAwait(false);
            var answered = await _coordination.Within(connection.Send(Apis.OffsetCommit, new OffsetCommitRequest
            {
                GroupId = _group, GenerationId = state.Generation, MemberId = state.Member, GroupInstanceId = _membership.Instance,
                Topics = [.. due.GroupBy(o => o.Key.Topic).Select(t => new OffsetCommitTopic { Name = t.Key, Partitions = [.. t.Select(o => new OffsetCommitPartition { Index = o.Key.Partition, Offset = o.Value })] })],
            }), _membership.SessionTimeoutMs).ConfigureAwait(false);
            var refused = answered.Topics.SelectMany(t => t.Partitions).Select(p => p.Error).FirstOrDefault(e => e != ErrorCode.None);
            if (refused == ErrorCode.None) foreach (var (partition, offset) in due) _committed[partition] = offset;
            else _say($"offsets of {Names(due.Select(d => d.Key))} were not committed: {refused}");
        }
        catch (IOException e)
        {
            _coordination.Drop(_coordinator);
            Take(new CoordinatorLost(NowMs));
            _say($"offsets of {Names(due.Select(d => d.Key))} were not committed: {e.Message}");
        }
    }

    private static string Names(IEnumerable<TopicPartition> partitions) => string.Join(' ', partitions);
}
