using Reference.Replication.Groups;

namespace Reference.Systematic.World;

/// <summary>What may happen to a group under clocks, and how often.</summary>
/// <param name="Rules">Which classes play the cores.</param>
/// <param name="Generations">How far the coordinator's generations go.</param>
public sealed record TimedGroupSetup(Rules Rules, int Members = 2, int Generations = 3, int Crashes = 1, bool IsStatic = false)
{
    /// <summary>A tick, and the members' time-outs: a heartbeat a tick, three ticks without one end a session, an application may take six from poll to poll.</summary>
    internal const int TickMs = 1_000, SessionMs = 3_000, MaxPollMs = 6_000;

    /// <summary>The only claims to evaluate; all if empty.</summary>
    public ImmutableArray<string> Judged { get; init; } = [];

    /// <summary>Whether moves tell what they did.</summary>
    public bool Tells { get; init; } = true;

    /// <summary>The coordinator's rules.</summary>
    public Coordinator Coordinator { get; } = Rules.New<Coordinator>(new GroupSettings(MinSessionTimeoutMs: 0, InitialDelayMs: 0));

    /// <summary>The members' rules.</summary>
    public ImmutableArray<GroupConsumer> Consumers { get; } =
        [.. Enumerable.Range(1, Members).Select(m => Rules.New<GroupConsumer>(new ConsumerGroupSettings(["t"], [Assignor.Range], IsStatic ? $"i{m}" : null, SessionMs, TickMs, MaxPollMs)))];

    /// <summary>How long a rebalance that someone has joined may take: one time-out; two where static members are waited for as long as nobody has joined.</summary>
    internal long LongestRebalanceMs => IsStatic ? 2 * MaxPollMs : MaxPollMs;
}

/// <summary>A group under clocks: the real cores of its coordinator and its members, in ticks. A message takes less than a tick; each member looks at its clock once a tick; its application polls in any tick, or doesn't.</summary>
/// <remarks>All times are told from now, so that a state is the same whenever it comes about. Every alarm that was ever set rings when its time comes, also one that a later one should have replaced.</remarks>
public sealed record TimedGroup : IWorld<TimedGroup>
{
    private const string Name = "g";
    private const int Tick = 0, Ring = 1, Look = 2, Poll = 3, Crash = 4, Die = 5;
    private const ulong Assigned = 1, Rebalanced = 2, SlowInTime = 4, LeftOverdue = 8, SessionEnded = 16, StaleAlarm = 32, NeverCame = 64;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } = ["tick", "alarm", "look at the clock", "poll", "!crash", "!crash when told its id"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = ["assigned", "rebalanced", "silent for a session and polled in time", "left for want of polls", "session ended", "a stale alarm rang", "a pending member never came"];

    private readonly TimedGroupSetup _setup;
    private CoordinatorState _coordinator;
    private ImmutableArray<TimedMember> _members;
    private ImmutableSortedSet<(long AtMs, string Member)> _alarms = [];
    private int _crashes;

    /// <summary>A coordinator that serves, and members that haven't polled yet.</summary>
    public TimedGroup(TimedGroupSetup setup)
    {
        (_setup, _crashes) = (setup, setup.Crashes);
        _coordinator = setup.Coordinator.Take(setup.Coordinator.Take(CoordinatorState.Start, new Elected(0)).State, new LogRead(0, 0)).State;
        _members = [.. Enumerable.Range(0, setup.Members).Select(_ => new TimedMember(ConsumerState.Start, true, 0, false))];
    }

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    private Group? Group => _coordinator.Groups.GetValueOrDefault(Name);

    private bool IsTimeUp => !_alarms.IsEmpty && _alarms[0].AtMs <= 0;

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        if ((Group?.Generation ?? 0) > _setup.Generations) return;
        if (CanTick()) moves.Add(new(Tick, _members.Length));
        if (IsTimeUp) moves.Add(new(Ring, _members.Length));
        for (var m = 0; m < _members.Length; m++)
            for (var kind = Look; kind <= Die; kind++)
                if (Can(kind, m)) moves.Add(new(kind, m));
    }

    /// <inheritdoc/>
    public TimedGroup? After(Move move)
    {
        var m = move.Owner;
        if (move.Kind is >= Look && !(m < _members.Length && Can(move.Kind, m))) return null;
        var world = this with { Trail = [] };
        return (move.Kind switch
        {
            Tick => CanTick() ? world.Later() : null,
            Ring => IsTimeUp ? world.Rings() : null,
            Look => world.With(m, _members[m] with { HasLooked = true }).Tell(m, new Ticked(0), ""),
            Poll => world.Tell(m, new Polled(0), "polls"),
            Crash => (world with { _crashes = _crashes - 1, Trail = Line($"{m + 1} is killed") }).With(m, _members[m] with { IsUp = false }),
            Die => (world.Asks(m, new SendJoin(0, "", Protocols)) with { _crashes = _crashes - 1 }).Says($"{m + 1} is killed when it has its id").With(m, _members[m] with { IsUp = false }),
            _ => null,
        })?.JudgedWhole();
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(seed);
        f.Add(_coordinator);
        foreach (var member in _members) f.Add(member);
        foreach (var (at, member) in _alarms)
        {
            f.Add(at);
            f.Add(member);
        }
        f.Add(_alarms.Count);
        f.Add(_crashes);
        return f.Value;
    }

    /// <summary>No time passes before everybody has looked at its clock, and what was due has rung.</summary>
    private bool CanTick() => !IsTimeUp && _members.All(m => m.HasLooked || !m.IsUp);

    private bool Can(int kind, int m) => _members[m] is { IsUp: true } member && kind switch
    {
        Look => !member.HasLooked,
        Poll => member.State.PolledMs < 0 || member.State.Phase == ConsumerPhase.Outside || member.State.MustRejoin,
        Crash => _crashes > 0,
        Die => _crashes > 0 && !_setup.IsStatic && member.State is { Phase: ConsumerPhase.Outside, Member: "" },
        _ => false,
    };

    private static ImmutableArray<GroupProtocol> Protocols { get; } = [new(Assignor.Range, ConsumerProtocol.Write(new Subscription(["t"], [])))];

    private static string Id(int m, int life) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{m + 1}.{life}");

    private ImmutableArray<string> Line(string line) => _setup.Tells ? [.. Trail, line] : [];

    private TimedGroup Says(string line) => this with { Trail = Line(line) };

    private TimedGroup With(int m, TimedMember member) => this with { _members = _members.SetItem(m, member) };

    /// <summary>A tick passes: all that lies at some time lies a tick nearer, or farther back; beyond what anyone asks for, it is just long ago.</summary>
    private TimedGroup Later()
    {
        const long longAgo = -(2 * TimedGroupSetup.MaxPollMs) - (2 * TimedGroupSetup.TickMs);
        static long Shift(long ms) => Math.Max(ms - TimedGroupSetup.TickMs, longAgo);
        var coordinator = Group is not { } g ? _coordinator : _coordinator.With(g with
        {
            SinceMs = Shift(g.SinceMs), RebalanceMs = Shift(g.RebalanceMs), Pending = g.Pending.ToImmutableSortedDictionary(p => p.Key, p => Shift(p.Value), StringComparer.Ordinal),
            Members = g.Members.ToImmutableSortedDictionary(m => m.Key, m => m.Value with { DeadlineMs = Shift(m.Value.DeadlineMs) }, StringComparer.Ordinal),
        });
        return this with
        {
            _coordinator = coordinator,
            _alarms = [.. _alarms.Select(a => (a.AtMs - TimedGroupSetup.TickMs, a.Member))],
            _members = [.. _members.Select(m => m with { HasLooked = false, State = m.State with { PolledMs = Shift(m.State.PolledMs), HeardMs = Shift(m.State.HeardMs), BeatMs = Shift(m.State.BeatMs) } })],
            Trail = Line("a tick passes"),
        };
    }

    /// <summary>The oldest alarm rings: of a session, or, without a member, of the rebalance.</summary>
    private TimedGroup Rings()
    {
        var (_, id) = _alarms[0];
        var world = this with { _alarms = _alarms.Remove(_alarms[0]) };
        if (id.Length == 0) return world.Take(new RebalanceDue(Name, 0), "the rebalance is due");
        if (Group is { } g && g.Members.TryGetValue(id, out var member) && member.DeadlineMs > 0) world = world with { Reached = Reached | StaleAlarm };
        if (Group?.Pending.ContainsKey(id) ?? false) world = world with { Reached = Reached | NeverCame };
        return world.Take(new SessionDue(Name, id, 0), $"an alarm for the session of {id} rings");
    }

    /// <summary>Something happens to a member; what it orders is done at once.</summary>
    private TimedGroup Tell(int m, ConsumerInput input, string what)
    {
        var step = _setup.Consumers[m].Take(_members[m].State, input);
        var world = With(m, _members[m] with { State = step.State with { Request = 0 } });
        if (what.Length > 0) world = world.Says($"{m + 1} {what}");
        foreach (var effect in step.Effects) world = world.Run(m, effect);
        return world;
    }

    private TimedGroup Run(int m, ConsumerEffect effect)
    {
        switch (effect)
        {
            case FindCoordinator:
                return Tell(m, new CoordinatorFound(0), "");
            case SendJoin e:
                return Asks(m, e);
            case SendSync e:
                return Take(new SyncRequested(Token(m, SyncToken), Name, e.Generation, e.Member, Instance(m), e.Assignments, 0), $"→coordinator {m + 1} syncs");
            case SendBeat e:
                return Take(new HeartbeatReceived(Token(m, BeatToken), Name, e.Generation, e.Member, Instance(m), 0), $"→coordinator heartbeat of {m + 1}, generation {e.Generation}");
            case SendLeave e:
                return (this with { Reached = Reached | LeftOverdue }).Take(new LeaveRequested(Token(m, LeaveToken), Name, [(e.Member, null)], 0), $"→coordinator {m + 1} leaves");
            case Revoke:
                return Tell(m, new Released(0), "");
            case Assign:
                return this with { Reached = Reached | Assigned };
            case Say e:
                return Says($"{m + 1}: {e.What}");
            default:
                return this;
        }
    }

    private TimedGroup Asks(int m, SendJoin e)
    {
        var id = e.Member.Length == 0 ? Id(m, _members[m].Ids + 1) : "";
        var world = id.Length == 0 ? this : With(m, _members[m] with { Ids = _members[m].Ids + 1 });
        return world.Take(new JoinRequested(Token(m, JoinToken), Name, e.Member, id, Instance(m), "c", "h", TimedGroupSetup.SessionMs, TimedGroupSetup.MaxPollMs, "consumer", e.Protocols, true, 0), $"→coordinator {m + 1} joins");
    }

    private const int JoinToken = 0, SyncToken = 1, BeatToken = 2, LeaveToken = 3, TokenKinds = 4;

    private static long Token(int m, int kind) => (m * TokenKinds) + kind;

    private string? Instance(int m) => _setup.IsStatic ? $"i{m + 1}" : null;

    private TimedGroup Take(GroupInput input, string what)
    {
        var before = Group;
        var step = _setup.Coordinator.Take(_coordinator, input);
        var world = (this with { _coordinator = step.State }).Says(what);
        if (before is { Generation: > 0 } && (world.Group?.Generation ?? 0) > before.Generation) world = world with { Reached = world.Reached | Rebalanced };
        world = world.JudgedRemovals(before);
        foreach (var effect in step.Effects)
        {
            world = effect switch
            {
                Append append => world.Take(new Appended(append.Number, 0), "the log has it"),
                Answer answer => world.Answered(answer),
                SetSessionAlarm alarm => world with { _alarms = world._alarms.Add((alarm.AtMs, alarm.Member)) },
                SetRebalanceAlarm alarm => world with { _alarms = world._alarms.Add((alarm.AtMs, "")) },
                _ => world,
            };
        }
        return world;
    }

    private TimedGroup Answered(Answer answer)
    {
        var (m, kind) = ((int)(answer.Token / TokenKinds), (int)(answer.Token % TokenKinds));
        var member = _members[m];
        if (!member.IsUp) return this;
        switch (kind)
        {
            // A process that dies when it is told its id asked without having polled: its own core isn't told.
            case JoinToken when member.State.Phase == ConsumerPhase.Joining:
                return Tell(m, new JoinTold(member.State.Request, (JoinAnswer)answer.Body, ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal).Add("t", _members.Length), 0), "");
            case SyncToken when member.State.Phase == ConsumerPhase.Syncing:
                return Tell(m, new SyncTold(member.State.Request, (SyncAnswer)answer.Body, 0), "");
            case BeatToken:
                var told = answer.Body.Error;
                var slow = told == GroupError.None && -member.State.PolledMs > TimedGroupSetup.SessionMs ? SlowInTime : 0;
                var world = this with { Reached = Reached | slow, Broken = Broken ?? Judge(GroupInvariants.BeatsInPresentGeneration, (told, member.State.Generation, Group?.Generation ?? -1), () => $"{m + 1} is in generation {member.State.Generation}, the group in {Group?.Generation}") };
                return world.Tell(m, new BeatTold(member.State.Generation, told, 0), "");
            default:
                return this;
        }
    }

    /// <summary>Who was a member and is none any more, though it heartbeats.</summary>
    private TimedGroup JudgedRemovals(Group? before)
    {
        if (before is null) return this;
        var world = this;
        foreach (var id in before.Members.Keys)
        {
            if (Group?.Members.ContainsKey(id) ?? false) continue;
            var holder = -1;
            for (var m = 0; m < _members.Length; m++) if (_members[m].IsUp && _members[m].State.Beats && _members[m].State.Member == id) holder = m;
            if (holder < 0) world = world with { Reached = world.Reached | SessionEnded };
            else world = world with { Broken = world.Broken ?? Judge(GroupInvariants.WhoPollsStays, (-_members[holder].State.PolledMs, TimedGroupSetup.MaxPollMs, TimedGroupSetup.TickMs), () => $"{holder + 1}, {id}, polled {-_members[holder].State.PolledMs} ms ago") };
        }
        return world;
    }

    private TimedGroup JudgedWhole()
    {
        var broken = Broken;
        foreach (var claim in CoordinatorState.Invariants) broken ??= Judge(claim, _coordinator, () => $"{Group}");
        for (var m = 0; m < _members.Length; m++)
            if (_members[m] is { IsUp: true, HasLooked: true, State: var s })
                broken ??= Judge(GroupInvariants.WhoPollsNotHoldsNothing, (-s.PolledMs, TimedGroupSetup.MaxPollMs, s.Owned.Count), () => $"{m + 1} polled {-s.PolledMs} ms ago and owns {string.Join(' ', s.Owned)}");
        if (!IsTimeUp && Group is { Phase: GroupPhase.PreparingRebalance or GroupPhase.CompletingRebalance } g && g.Members.Values.Any(m => m.IsWaiting))
            broken ??= Judge(GroupInvariants.RebalancesEnd, (-g.SinceMs, _setup.LongestRebalanceMs), () => $"{g.Phase} for {-g.SinceMs} ms; members {string.Join(' ', g.Members.Keys)}, pending {string.Join(' ', g.Pending.Keys)}");
        return ReferenceEquals(broken, Broken) ? this : this with { Broken = broken };
    }

    private Broken? Judge<T>(Invariant<T> claim, T of, Func<string> facts) => (_setup.Judged.IsEmpty || _setup.Judged.Contains(claim.Rule)) && !claim.Holds(of) ? new(claim.Rule, claim.Claim, facts()) : null;
}

/// <summary>A member under a clock.</summary>
/// <param name="Ids">How many ids it has asked for.</param>
/// <param name="HasLooked">Whether it has looked at its clock in this tick.</param>
public sealed record TimedMember(ConsumerState State, bool IsUp, int Ids, bool HasLooked) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(IsUp ? State : ConsumerState.Start);
        f.Add(IsUp);
        f.Add(Ids);
        f.Add(HasLooked);
    }
}
