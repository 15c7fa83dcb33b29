using Reference.Replication.Groups;

namespace Reference.Systematic.World;

/// <summary>What may happen to a group that is explored, and how often.</summary>
/// <param name="Generations">How far the coordinator's generations go.</param>
/// <param name="Slow">How often a live member lets its poll interval pass, is evicted for its silence, or isn't waited for.</param>
public sealed record GroupSetup(int Members, int Partitions, int Generations, int Commits, int Crashes, int Failovers, int Slow, Coordinator Rules)
{
    /// <summary>The only claims to evaluate; all if empty.</summary>
    public ImmutableArray<string> Judged { get; init; } = [];

    /// <summary>Whether members share out cooperatively.</summary>
    public bool IsCooperative { get; init; }

    /// <summary>Whether moves tell what they did.</summary>
    public bool Tells { get; init; } = true;

    /// <summary>The rules of a member.</summary>
    public GroupConsumer Consumer { get; } = new(new(["t"], [Assignor.Range], SessionTimeoutMs: SessionMs, HeartbeatMs: 0, MaxPollMs: MaxPollMs));

    /// <summary>The rules of a member that shares out cooperatively.</summary>
    public GroupConsumer Cooperative { get; } = new(new(["t"], [Assignor.CooperativeSticky], SessionTimeoutMs: SessionMs, HeartbeatMs: 0, MaxPollMs: MaxPollMs));

    internal const int SessionMs = 10_000, MaxPollMs = 60_000;
}

/// <summary>A member that is explored.</summary>
/// <param name="Ids">How many ids it has had.</param>
/// <param name="Positions">Where it is in each partition that it reads; −1 until it has asked.</param>
/// <param name="Open">The commit that isn't answered.</param>
public sealed record GroupWorldMember(ConsumerState State, bool IsUp, int Ids, ImmutableSortedDictionary<TopicPartition, long> Positions, (TopicPartition Partition, long Offset)? Open) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(State with { Request = 0 });      // nothing of an earlier request is on its way
        f.Add(IsUp);
        f.Add(Ids);
        foreach (var (partition, position) in Positions)
        {
            f.Add(partition);
            f.Add(position);
        }
        f.Add(Positions.Count);
        f.Add(Open?.Offset ?? -1);
        f.Add(Open?.Partition.Partition ?? -1);
    }
}

/// <summary>One group: the real cores of its coordinator and its members, and the replicated log of its partition of the offsets topic. Without clocks: who is given up, or not waited for, is dead, or slow within a budget.</summary>
/// <remarks>
/// A request reaches the coordinator as soon as it is sent, and an answer its member as soon as it is given: who sends late is a member that acts late. Appends are committed one by one, in their order; at a failover any number of those
/// under way survive, and nobody hears which. What the log says is kept as the coordinator itself would read it.
/// </remarks>
public sealed record GroupWorld : IWorld<GroupWorld>
{
    private const string Name = "g";
    private const int Poll = 0, Beat = 1, Read = 2, Commit = 3, Store = 4, Due = 5, Evict = 6, Overdue = 7, Load = 8, Crash = 9, FailOver = 10;
    private const int JoinToken = 0, SyncToken = 1, BeatToken = 2, CommitToken = 3, FetchToken = 4, LeaveToken = 5, Tokens = 8;
    private const ulong Assigned = 1, Committed = 2, Refused = 4, Rebalanced = 8, Loaded = 16, WithoutThem = 32;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } = ["poll", "beat", "read", "commit", "store", "rebalance due", "session due", "poll overdue", "load", "!crash", "!fail over"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = ["assigned", "committed", "a stale commit refused", "rebalanced", "loaded anew", "went on without a member"];

    private readonly GroupSetup _setup;
    private CoordinatorState _coordinator, _log;
    private Sequence<Append> _appends = [];
    private ImmutableArray<GroupWorldMember> _members;
    private ImmutableSortedDictionary<TopicPartition, long> _acknowledged = ImmutableSortedDictionary<TopicPartition, long>.Empty;
    private int _commits, _crashes, _failovers, _slow;

    /// <summary>A coordinator that serves, and members that haven't polled yet.</summary>
    public GroupWorld(GroupSetup setup)
    {
        (_setup, _commits, _crashes, _failovers, _slow) = (setup, setup.Commits, setup.Crashes, setup.Failovers, setup.Slow);
        _log = setup.Rules.Take(CoordinatorState.Start, new Elected(0)).State;
        _coordinator = setup.Rules.Take(_log, new LogRead(0, 0)).State;
        _members = [.. Enumerable.Range(0, setup.Members).Select(_ => new GroupWorldMember(ConsumerState.Start, true, 0, ImmutableSortedDictionary<TopicPartition, long>.Empty, null))];
    }

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    private Group? Group => _coordinator.Groups.GetValueOrDefault(Name);

    private GroupConsumer Member => _setup.IsCooperative ? _setup.Cooperative : _setup.Consumer;

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        if ((Group?.Generation ?? 0) > _setup.Generations) return;
        for (var m = 0; m < _members.Length; m++)
        {
            if (!_members[m].IsUp) continue;
            for (var kind = Poll; kind <= Crash; kind++)
                if (kind is Poll or Beat or Read or Overdue or Crash && Can(kind, m)) moves.Add(new(kind, m));
            foreach (var (partition, position) in _members[m].Positions)
                if (position >= 0 && Can(Commit, m)) moves.Add(new(Commit, m, 0, partition.Partition));
        }
        if (_appends.Count > 0) moves.Add(new(Store, _members.Length));
        if (CanBeDue()) moves.Add(new(Due, _members.Length));
        for (var m = 0; m < _members.Length; m++)
            for (var id = 1; id <= _members[m].Ids; id++)
                if (CanEvict(m, id)) moves.Add(new(Evict, _members.Length, m, id));
        if (_coordinator.Phase == CoordinatorPhase.Loading) moves.Add(new(Load, _members.Length));
        for (var kept = 0; _failovers > 0 && kept <= _appends.Count; kept++) moves.Add(new(FailOver, _members.Length, 0, kept));
    }

    /// <inheritdoc/>
    public GroupWorld? After(Move move)
    {
        var m = move.Owner;
        if (move.Kind <= Crash && move.Kind is Poll or Beat or Read or Overdue or Crash or Commit && !(m < _members.Length && _members[m].IsUp && Can(move.Kind, m))) return null;
        var world = this with { Trail = [] };
        return (move.Kind switch
        {
            Poll => world.Tell(m, new Polled(0), "polls"),
            Beat => world.Tell(m, new Ticked(0), "beats"),
            Read => world.Ask(new OffsetsRequested(Token(m, FetchToken), Name, [.. _members[m].Positions.Where(p => p.Value < 0).Select(p => p.Key)], 0)),
            Commit => _members[m].Positions.GetValueOrDefault(new("t", move.Detail), -1) >= 0 ? world.Commits(m, new("t", move.Detail)) : null,
            Store => _appends.Count > 0 ? world.Stores() : null,
            Due => CanBeDue() ? (world with { _slow = _slow - (IsDueForTheDead() ? 0 : 1) }).Take(new RebalanceDue(Name, Group!.RebalanceMs), "the rebalance has taken long enough") : null,
            Evict => move.Other < _members.Length && CanEvict(move.Other, move.Detail) ? world.Evicts(move.Other, move.Detail) : null,
            Overdue => (world with { _slow = _slow - 1, Reached = Reached | WithoutThem }).Tell(m, new Ticked(GroupSetup.MaxPollMs + 1), "doesn't poll in time"),
            Load => _coordinator.Phase == CoordinatorPhase.Loading ? world.Loads() : null,
            Crash => world with { _crashes = _crashes - 1, _members = _members.SetItem(m, _members[m] with { IsUp = false, Open = null }), Trail = Line($"{m + 1} is killed") },
            FailOver => _failovers > 0 && move.Detail <= _appends.Count ? world.FailsOver(move.Detail) : null,
            _ => null,
        })?.Judged();
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(seed);
        f.Add(_coordinator);
        f.Add(_log);
        foreach (var append in _appends)
            foreach (var record in append.Records) Add(ref f, record);
        f.Add(_appends.Count);
        foreach (var member in _members) f.Add(member);
        foreach (var (partition, offset) in _acknowledged)
        {
            f.Add(partition);
            f.Add(offset);
        }
        f.Add(_acknowledged.Count);
        f.Add(_commits);
        f.Add(_crashes);
        f.Add(_failovers);
        f.Add(_slow);
        return f.Value;
    }

    private static void Add(ref Fingerprint f, GroupRecord record)
    {
        if (record is OffsetRecord offset)
        {
            f.Add(offset.Partition);
            f.Add(offset.Value);
            return;
        }
        var value = ((GenerationRecord)record).Value;
        f.Add(value?.Generation ?? -1);
        f.Add(value?.ProtocolType);
        f.Add(value?.Protocol);
        f.Add(value?.Leader);
        foreach (var member in value?.Members ?? [])
        {
            f.Add(member.Id);
            f.Add(member.Subscription);
            f.Add(member.Assignment);
        }
    }

    private bool Can(int kind, int m)
    {
        var member = _members[m];
        return kind switch
        {
            Poll => member.State is { Phase: ConsumerPhase.Outside } or { Phase: ConsumerPhase.Stable, MustRejoin: true },
            Beat => member.State is { Beats: true, MustRejoin: false },
            Read => member.State.Phase == ConsumerPhase.Stable && member.Positions.Any(p => p.Value < 0),
            Commit => _commits > 0 && member.Open is null && member.State.Phase == ConsumerPhase.Stable,
            Overdue => _slow > 0 && member.State.Beats,
            Crash => _crashes > 0,
            _ => false,
        };
    }

    private static string Id(int m, int life) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{m + 1}.{life}");

    /// <summary>The member that has an id now, and runs; −1: nobody.</summary>
    private int HolderOf(string id)
    {
        for (var m = 0; m < _members.Length; m++)
            if (_members[m].IsUp && _members[m].State.Member == id) return m;
        return -1;
    }

    /// <summary>Whether those that a rebalance still waits for are all dead.</summary>
    private bool IsDueForTheDead() => Group is { } g && g.Members.Values.Where(m => g.Phase == GroupPhase.PreparingRebalance ? m.Join is null : m.Sync is null).All(m => HolderOf(m.Id) < 0);

    private bool CanBeDue() => Group is { Phase: GroupPhase.PreparingRebalance or GroupPhase.CompletingRebalance } g && _coordinator.Phase == CoordinatorPhase.Active
        && (IsDueForTheDead() ? g.Members.Values.Any(m => g.Phase == GroupPhase.PreparingRebalance ? m.Join is null : m.Sync is null) || g.Members.IsEmpty : _slow > 0) && !_coordinator.IsAppending(Name);

    private bool CanEvict(int m, int life) => _coordinator.Phase == CoordinatorPhase.Active && Group?.Members.GetValueOrDefault(Id(m, life)) is { } known
        && (HolderOf(known.Id) < 0 || (_slow > 0 && !known.IsWaiting && _members[m].State.Beats));

    private GroupWorld Evicts(int m, int life)
    {
        var id = Id(m, life);
        var known = Group!.Members[id];
        // What a dead process asked for is answered to nobody: its connection is gone, and its session can end.
        var world = HolderOf(id) >= 0 ? this with { _slow = _slow - 1 }
            : this with { _coordinator = _coordinator.With(Group.With(known with { Join = null, Sync = null })) };
        return (world with { Reached = Reached | WithoutThem }).Take(new SessionDue(Name, id, known.DeadlineMs), $"the session of {id} is over");
    }

    private static long Token(int m, int kind) => (m * Tokens) + kind;

    private ImmutableArray<string> Line(string line) => _setup.Tells ? [.. Trail, line] : [];

    /// <summary>Something happens to a member; what it orders is done at once.</summary>
    private GroupWorld Tell(int m, ConsumerInput input, string what = "")
    {
        var step = Member.Take(_members[m].State, input);
        var world = this with { _members = _members.SetItem(m, _members[m] with { State = step.State }), Trail = what.Length > 0 ? Line($"{m + 1} {what}") : Trail };
        foreach (var effect in step.Effects) world = world.Run(m, effect);
        return world;
    }

    private GroupWorld Run(int m, ConsumerEffect effect)
    {
        var member = _members[m];
        switch (effect)
        {
            case FindCoordinator:
                return Tell(m, new CoordinatorFound(0));
            case SendJoin e:
                var id = e.Member.Length == 0 ? Id(m, member.Ids + 1) : "";
                var asked = Ask(new JoinRequested(Token(m, JoinToken), Name, e.Member, id, null, "c", "h", GroupSetup.SessionMs, GroupSetup.MaxPollMs, "consumer", e.Protocols, false, 0));
                return asked.Group?.Members.ContainsKey(id) ?? false ? asked with { _members = asked._members.SetItem(m, asked._members[m] with { Ids = member.Ids + 1 }) } : asked;
            case SendSync e:
                return Ask(new SyncRequested(Token(m, SyncToken), Name, e.Generation, e.Member, null, e.Assignments, 0));
            case SendBeat e:
                return Ask(new HeartbeatReceived(Token(m, BeatToken), Name, e.Generation, e.Member, null, 0));
            case SendLeave e:
                return Ask(new LeaveRequested(Token(m, LeaveToken), Name, [(e.Member, null)], 0));
            case Revoke e:
                return (this with { _members = _members.SetItem(m, member with { Positions = member.Positions.RemoveRange(e.Partitions) }) }).Tell(m, new Released(0));
            case Lose e:
                return this with { _members = _members.SetItem(m, member with { Positions = member.Positions.RemoveRange(e.Partitions) }) };
            case Assign e:
                return this with { _members = _members.SetItem(m, member with { Positions = member.Positions.SetItems(e.Partitions.Select(p => KeyValuePair.Create(p, -1L))) }), Reached = Reached | Assigned };
            default:
                return this;
        }
    }

    /// <summary>A state without times: when something is due is for the world to say, and then it is.</summary>
    private static CoordinatorState Timeless(CoordinatorState s) => s.Groups.TryGetValue(Name, out var g)
        ? s.With(g with { SinceMs = 0, RebalanceMs = 0, InitialUntilMs = null, Members = g.Members.ToImmutableSortedDictionary(m => m.Key, m => m.Value with { DeadlineMs = 0 }, StringComparer.Ordinal) })
        : s;

    /// <summary>A request reaches the coordinator.</summary>
    private GroupWorld Ask(GroupRequest request) => Take(request, $"→coordinator {request.GetType().Name} of {(request.Token / Tokens) + 1}");

    private GroupWorld Take(GroupInput input, string what)
    {
        var step = _setup.Rules.Take(_coordinator, input);
        var before = Group?.Generation ?? 0;
        var world = this with { _coordinator = Timeless(step.State), Trail = Line(what) };
        if (before > 0 && (world.Group?.Generation ?? 0) > before) world = world with { Reached = world.Reached | Rebalanced };
        foreach (var effect in step.Effects)
        {
            world = effect switch
            {
                Append append => world with { _appends = world._appends.Add(append) },
                Answer answer => world.Answered(answer),
                _ => world,
            };
        }
        return world;
    }

    private GroupWorld Answered(Answer answer)
    {
        var (m, kind) = ((int)(answer.Token / Tokens), (int)(answer.Token % Tokens));
        var member = _members[m];
        if (!member.IsUp) return this;
        switch (kind)
        {
            case JoinToken:
                return Tell(m, new JoinTold(member.State.Request, (JoinAnswer)answer.Body, ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal).Add("t", _setup.Partitions), 0));
            case SyncToken:
                return Tell(m, new SyncTold(member.State.Request, (SyncAnswer)answer.Body, 0));
            case BeatToken:
                return Tell(m, new BeatTold(member.State.Generation, answer.Body.Error, 0));
            case CommitToken when member.Open is { } open:
                var told = this with { _members = _members.SetItem(m, member with { Open = null }) };
                return answer.Body.Error == GroupError.None
                    ? told with { _acknowledged = _acknowledged.SetItem(open.Partition, Math.Max(open.Offset, _acknowledged.GetValueOrDefault(open.Partition))), Reached = Reached | Committed }
                    : told with { Reached = Reached | (answer.Body.Error is GroupError.IllegalGeneration or GroupError.UnknownMemberId ? Refused : 0) };
            case FetchToken when answer.Body is OffsetsAnswer { Error: GroupError.None } offsets:
                var positions = member.Positions.SetItems(offsets.Offsets.Select(o => KeyValuePair.Create(o.Partition, o.Offset?.Offset ?? 0)));
                var behind = offsets.Offsets.FirstOrDefault(o => (o.Offset?.Offset ?? 0) < _acknowledged.GetValueOrDefault(o.Partition));
                return this with
                {
                    _members = _members.SetItem(m, member with { Positions = positions }),
                    Broken = behind.Partition.Topic is null ? Broken : Broken ?? Break(GroupInvariants.AcknowledgedIsTold, (_acknowledged[behind.Partition], behind.Offset?.Offset ?? 0)),
                };
            default:
                return this;
        }
    }

    /// <summary>A member is done with a record of a partition, and commits.</summary>
    private GroupWorld Commits(int m, TopicPartition partition)
    {
        var member = _members[m];
        var offset = member.Positions[partition] + 1;
        var world = this with { _commits = _commits - 1, _members = _members.SetItem(m, member with { Positions = member.Positions.SetItem(partition, offset), Open = (partition, offset) }) };
        return world.Ask(new CommitRequested(Token(m, CommitToken), Name, member.State.Generation, member.State.Member, null,
            ImmutableSortedDictionary<TopicPartition, CommittedOffset>.Empty.Add(partition, new(offset, -1, "", 0)), 0));
    }

    /// <summary>The oldest append is committed, and the coordinator hears it.</summary>
    private GroupWorld Stores() => (this with { _appends = _appends.RemoveFirst(1) }).Written(_appends[0]).Take(new Appended(_appends[0].Number, 0), "the log has it");

    private GroupWorld Written(Append append)
    {
        var world = this;
        foreach (var record in append.Records)
        {
            if (record is OffsetRecord { Value: { } value } offset && world._log.Groups.GetValueOrDefault(Name)?.Offsets.GetValueOrDefault(offset.Partition) is { } before)
                world = world with { Broken = world.Broken ?? Break(GroupInvariants.OffsetsNeverGoBack, (before.Offset, value.Offset)) };
        }
        return world with { _log = Timeless(_setup.Rules.Take(world._log, new RecordsRead(0, append.Records)).State) };
    }

    /// <summary>Another broker leads the partition, with so many of the appends that were under way; nobody hears of these.</summary>
    private GroupWorld FailsOver(int kept)
    {
        var world = this with { _failovers = _failovers - 1, Trail = Line($"another broker coordinates, with {kept} of {_appends.Count} appends") };
        for (var k = 0; k < kept; k++) world = world.Written(_appends[k]);
        world = world with { _appends = [], _coordinator = _setup.Rules.Take(CoordinatorState.Start, new Elected(_coordinator.Epoch + 1)).State };
        for (var m = 0; m < _members.Length; m++)
        {
            if (!_members[m].IsUp) continue;
            world = world with { _members = world._members.SetItem(m, world._members[m] with { Open = null }) };
            world = world.Tell(m, new CoordinatorLost(0));
        }
        return world;
    }

    /// <summary>The new coordinator has read the log.</summary>
    private GroupWorld Loads() =>
        (this with { _coordinator = _coordinator with { Groups = _log.Groups }, Reached = Reached | Loaded }).Take(new LogRead(_coordinator.Epoch, 0), "the coordinator has read its log");

    private GroupWorld Judged()
    {
        if (Broken is not null) return this;
        foreach (var claim in CoordinatorState.Invariants)
            if (IsJudged(claim.Rule) && !claim.Holds(_coordinator)) return this with { Broken = new(claim.Rule, claim.Claim, $"{Group}") };
        for (var a = 0; a < _members.Length; a++)
            for (var b = a + 1; b < _members.Length; b++)
                if (IsJudged(GroupInvariants.OneOwner.Rule) && !GroupInvariants.OneOwner.Holds((Of(a), Of(b))))
                    return this with { Broken = new(GroupInvariants.OneOwner.Rule, GroupInvariants.OneOwner.Claim, $"in generation {_members[a].State.Generation}, {a + 1} owns {string.Join(' ', _members[a].State.Owned)}, {b + 1} owns {string.Join(' ', _members[b].State.Owned)}") };
        return this;

        (int, ImmutableSortedSet<TopicPartition>) Of(int m) => _members[m] is { IsUp: true, State: { Phase: ConsumerPhase.Stable } state } ? (state.Generation, state.Owned) : (-1, []);
    }

    private bool IsJudged(string rule) => _setup.Judged.IsEmpty || _setup.Judged.Contains(rule);

    private Broken? Break(Invariant<(long, long)> claim, (long Before, long After) of) => IsJudged(claim.Rule) && !claim.Holds(of) ? new(claim.Rule, claim.Claim, $"{of.After} after {of.Before}; members {string.Join("; ", _members.Select(m => $"{m.State.Member} {m.State.Phase} generation {m.State.Generation}"))}") : null;
}
