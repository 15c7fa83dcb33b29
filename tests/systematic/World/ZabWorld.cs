using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>An ensemble of real ZAB cores, on links that break and disks that forget.</summary>
/// <param name="Round">The oracle's round, where there is an oracle.</param>
/// <param name="Leader">Whom it named.</param>
/// <param name="TimeOuts">The time-outs left, where they are bounded.</param>
public sealed partial record ZabWorld(ZabSetup Setup, ImmutableArray<ZabServer> Servers, Links Links, int Crashes, int Breaks, int Proposals, int Snapshots, Ensemble Ghost, int Round = 0, int Leader = -1, int TimeOuts = ZabSetup.Unbounded) : IWorld<ZabWorld>
{
    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds => ZabMoves.Kinds;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = [.. Ensemble.Goals.Select(g => g.Name), "lost unsynced writes"];

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    /// <summary>What the onlooker saw of the last move, a step each: for telling, and no part of the state.</summary>
    public ImmutableArray<Ensemble> Seen { get; private init; } = [];

    /// <summary>What it saw when the claim broke.</summary>
    public Ensemble? SeenBroken { get; private init; }

    /// <summary>All servers are about to start, with the setup's disks; in an explored grain those that aren't late have started.</summary>
    public static ZabWorld Start(ZabSetup setup)
    {
        var world = new ZabWorld(setup,
            [.. Enumerable.Range(0, setup.Servers).Select(i => ZabServer.With(setup.Disks.IsDefaultOrEmpty ? Durable.New : setup.Disks[i]))], Links.None(setup.Servers), setup.Crashes, setup.Breaks, setup.Proposals, setup.Snapshots,
            GhostOf(setup)) { TimeOuts = setup.TimeOuts };
        if (setup.Grain == Grain.Whole) return world;
        for (var i = 0; i < setup.Servers; i++)
            if (!setup.Late.Contains(i)) world = world.After(new(ZabMoves.Restart, i))!;
        return world with { Reached = 0, Trail = [] };
    }

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        var frame = new Frame(this);
        ZabMoves.Moves(ref frame, moves);
    }

    /// <inheritdoc/>
    public ZabWorld? After(Move move)
    {
        var frame = new Frame(this);
        return ZabMoves.Take(ref frame, move) ? frame.World() : null;
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(seed);
        foreach (var server in Servers) server.AddTo(ref f);
        Links.AddTo(ref f);
        f.Add(new ZabBudgets(Crashes, Breaks, Proposals, Snapshots, Round, Leader, TimeOuts).Packed);
        if (Setup.Grain != Grain.Whole) Ghost.AddTo(ref f);
        return f.Value;
    }

    /// <summary>The onlooker at the start: it has seen the disks that the servers begin with, and takes their common beginning for committed.</summary>
    public static Ensemble GhostOf(ZabSetup setup)
    {
        var ghost = Ensemble.New([.. Enumerable.Range(1, setup.Servers).Select(i => new NodeId(i))]);
        if (setup.Disks.IsDefaultOrEmpty) return ghost;
        for (var i = 0; i < setup.Servers; i++) ghost = ghost with { Disks = ghost.Disks.SetItem(new(i + 1), setup.Disks[i]) };
        return ghost;
    }

    /// <summary>The first claim about one server that its step breaks.</summary>
    public static Broken? Judge(ZabSetup setup, int i, NodeState before, Input input, Step<NodeState, Effect> step)
    {
        var after = step.State;
        foreach (var invariant in NodeState.Invariants)
            if (setup.Judges(invariant.Rule) && !invariant.Holds(after)) return new(invariant.Rule, invariant.Claim, $"server {i + 1}: {after}");
        foreach (var invariant in NodeState.StepInvariants)
            if (setup.Judges(invariant.Rule) && !invariant.Holds((before, after))) return new(invariant.Rule, invariant.Claim, $"server {i + 1}: {before} became {after}");
        var taken = new Taken(new(i + 1), before, input, step, setup.Members);
        foreach (var invariant in Taken.Invariants)
            if (setup.Judges(invariant.Rule) && !invariant.Holds(taken)) return new(invariant.Rule, invariant.Claim, $"server {i + 1}: {before} became {after} on {input}");
        return null;
    }

    /// <summary>The first claim about all servers that the latest step breaks.</summary>
    public static Broken? Judge(ZabSetup setup, int i, Ensemble ghost, NodeState after)
    {
        foreach (var invariant in Ensemble.Invariants)
            if (setup.Judges(invariant.Rule) && !invariant.Holds(ghost)) return new(invariant.Rule, invariant.Claim, $"after server {i + 1} became {after}");
        return null;
    }

    /// <summary>The goals that the latest step reaches.</summary>
    public static ulong GoalsOf(Ensemble ghost, ulong reached = 0)
    {
        for (var goal = 0; goal < Ensemble.Goals.Length; goal++)
            if ((reached >> goal & 1) == 0 && Ensemble.Goals[goal].Reached(ghost)) reached |= 1ul << goal;
        return reached;
    }

    /// <summary>The bit of <see cref="Goals"/> for a crash that lost writes.</summary>
    public static ulong LostWrites => 1ul << Ensemble.Goals.Length;

    /// <summary>
    /// The onlooker's notes with what a grain doesn't need left out: how elections began, under the oracle; and who held an epoch that a quorum has left behind on disk, for nobody can be promised or
    /// established in it any more unless a promise is broken first. Walks keep all of it.
    /// </summary>
    public static Ensemble Kept(Grain grain, Ensemble ghost)
    {
        if (grain == Grain.Whole) return ghost;
        var accepted = ghost.Disks.Values.Select(d => d.AcceptedEpoch).Order().ToArray();
        var left = accepted[(accepted.Length - 1) / 2];     // a quorum's disks are at least here
        return ghost with
        {
            Latest = null, Deliveries = [], Stood = grain == Grain.Oracle ? ghost.Stood.Clear() : ghost.Stood,
            Holders = ghost.Holders.RemoveRange(ghost.Holders.Keys.Where(e => e < left)), Established = ghost.Established.RemoveRange(ghost.Established.Keys.Where(e => e < left)),
        };
    }

    /// <summary>The world's parts while a move is taken.</summary>
    private struct Frame(ZabWorld origin) : IZabFrame
    {
        private readonly ZabServer[] _servers = [.. origin.Servers];
        private Links _links = origin.Links;
        private Ensemble _ghost = origin.Ghost;
        private Broken? _broken = origin.Broken;
        private ulong _reached = origin.Reached;
        private readonly List<string> _trail = [];
        private ImmutableArray<Ensemble> _seen = [];
        private Ensemble? _seenBroken = origin.SeenBroken;

        public readonly ZabSetup Setup => origin.Setup;

        public ZabBudgets Budgets { get; set; } = new(origin.Crashes, origin.Breaks, origin.Proposals, origin.Snapshots, origin.Round, origin.Leader, origin.TimeOuts);

        public readonly ZabServer Server(int i) => _servers[i];

        public readonly Link Link(int a, int b) => _links.Between(a, b);

        public bool Deliver(int to, int from)
        {
            (_links, var packet) = _links.Take(from, to);
            var input = InputOf(packet, from);
            var step = _servers[to].Take(Setup, to, input);
            Apply(to, step, input is Received r ? $"{from + 1}→{to + 1} {r.Message}" : $"{to + 1} {input}");
            return !step.Links.IsEmpty;
        }

        public void Do(int i, LocalMove move, int number)
        {
            var server = _servers[i];
            var step = server.After(Setup, i, move, number);
            Apply(i, step, move switch
            {
                LocalMove.Persist => $"{i + 1} disk: {string.Join(", ", server.Pending.Take(number))}",
                LocalMove.Propose => $"{i + 1} proposes transaction {number}",
                LocalMove.Alarm => $"{i + 1} alarm {(Alarm)number}",
                LocalMove.Start => $"{i + 1} starts with {server.Disk}",
                LocalMove.Snapshot => $"{i + 1} wants a snapshot",
                LocalMove.SnapshotDone => $"{i + 1} disk: snapshot {server.Snapshot!.Value.Zxid}",
                LocalMove.Named => number == i ? $"{i + 1} is named leader" : $"{i + 1} joins {number + 1}",
                _ => $"{i + 1} crashes{(step.Lost > 0 ? $", losing {string.Join(", ", server.Pending.Skip(number))}" : "")}; on disk: {step.Next.Disk}",
            });
        }

        public readonly void Joins(int i, bool joined) => _servers[i] = _servers[i] with { Joined = joined };

        public void OnLink(int a, int b, LinkMove move, int detail)
        {
            _links = _links.With(a, b, After(_links.Between(a, b), move, detail));
            if (move != LinkMove.Crash) _trail.Add($"{a + 1}—{b + 1} link {(move == LinkMove.Connect ? "up" : "breaks")}");
        }

        public readonly ZabWorld World() => origin with
        {
            Servers = [.. _servers], Links = _links, Ghost = _ghost, Broken = _broken, Reached = _reached, Trail = _trail, Seen = _seen, SeenBroken = _seenBroken,
            Crashes = Budgets.Crashes, Breaks = Budgets.Breaks, Proposals = Budgets.Proposals, Snapshots = Budgets.Snapshots, Round = Budgets.Round, Leader = Budgets.Leader, TimeOuts = Budgets.TimeOuts,
        };

        /// <summary>A server's step: its effects on the links, and every claim about what came of it.</summary>
        private void Apply(int i, LocalStep local, string line)
        {
            _servers[i] = local.Next;
            foreach (var (peer, message) in local.Links) _links = message is null ? _links.Close(i, peer) : _links.Send(i, peer, message);
            if (local.Lost > 0) _reached |= LostWrites;
            if (local.Core is not var (before, input, step))
            {
                _trail.Add(line);
                return;
            }
            _trail.Add(step.Ignored is null ? line : $"{line} (ignored: {step.Ignored})");
            var ghost = _ghost.After(new(i + 1), before, input, step);
            _seen = _seen.Add(ghost);
            _broken ??= Judge(Setup, i, before, input, step) ?? Judge(Setup, i, ghost, step.State);
            if (_broken is not null) _seenBroken ??= ghost;
            _reached = GoalsOf(ghost, _reached);
            _ghost = Kept(Setup.Grain, ghost);
        }
    }

    /// <summary>What a packet from <paramref name="from"/> is to the core.</summary>
    public static Input InputOf(Packet packet, int from) => packet switch
    {
        Packet.Up => new Connected(new(from + 1)),
        Packet.Down => new Disconnected(new(from + 1)),
        Packet.Carries c => new Received(new(from + 1), (Message)c.Message),
        _ => throw new ArgumentOutOfRangeException(nameof(packet), packet, "a packet that no link carries"),
    };

    /// <summary>A link after something happened to it.</summary>
    public static Link After(Link link, LinkMove move, int detail) => move switch
    {
        LinkMove.Connect => link.Connect(),
        LinkMove.Break => link.Break((detail & 1) != 0, (detail & 2) != 0),
        _ => link.Crash(detail & 1, (detail & 2) != 0),
    };
}
