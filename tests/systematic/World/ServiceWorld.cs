using Reference.Coordination;

namespace Reference.Systematic.World;

/// <summary>Servers of the real service over an abstract broadcast, and clients with sessions that read, write, watch, come and go.</summary>
/// <remarks>
/// <b>Assumed</b>: atomic broadcast (see <see cref="World.Broadcast"/>); its agreement is checked in <see cref="ZabWorld"/>. Timers ring only where something is to be done: elsewhere nothing would change. All servers read one clock, as only leaders
/// reckon by it and each grants every session anew; the wall clock stands still, as nothing is decided by it. Begun with one epoch established, a znode <c>/a</c>, and a session for each client.
/// </remarks>
public sealed partial record ServiceWorld(ServiceSetup Setup, ImmutableArray<Server> Cores, ImmutableArray<ServerState> Servers, Broadcast Broadcast, ImmutableArray<ServiceClient> Clients, Witness Witness, Chronicle Chronicle) : IWorld<ServiceWorld>
{
    private const int Deliver = 0, Commit = 1, Join = 2, Ask = 3, Connect = 4, SetWatches = 5, Notice = 6, Ring = 7, Elect = 8, Lose = 9, RestartServer = 10, Tick = 11;
    private const int Replayed = 3;

    private static readonly ImmutableArray<Reachable<Witness>> WitnessGoals = [.. Witness.Goals.Where(g => g.Name != "a container was deleted")];
    private static readonly string[] OwnGoals = ["a proposal was lost", "a proposal outlived its leader", "a server was left behind", "transactions were replayed", "a server caught up by a snapshot", "a sync was answered"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } = ["deliver", "commit", "join", "ask", "!connect", "set watches", "notice", "ring", "!elect", "!lose", "!restart", "!tick"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = [.. WitnessGoals.Select(g => g.Name), .. OwnGoals];

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    /// <summary>What the last move sent to clients that were there to hear it. No part of the fingerprint.</summary>
    public ImmutableArray<(int Client, Effect Effect)> Heard { get; private init; } = [];

    /// <summary>What the last move asked, if a client asked. No part of the fingerprint.</summary>
    public Request? LastAsked { get; private init; }

    /// <summary>The clock.</summary>
    public long NowMs { get; private init; }

    /// <summary>Requests asked so far, by client.</summary>
    public ImmutableArray<int> Asks { get; private init; } = [];

    /// <summary>Epochs, losses, restarts and ticks so far.</summary>
    public (int Epochs, int Losses, int Restarts, int Ticks) Spent { get; private init; }

    /// <summary>What all have to begin with.</summary>
    private static ServiceState First { get; } =
        ServiceState.Initial.Apply(1, new(new(SessionId.None, new(1), ConnectionId.None, 0, 0), new Create("/a", Blob.Of([]), AclList.Open, 0, false))).State;

    private Moment Now => new(NowMs, 0);

    /// <summary>The first epoch is established, and each client has its session.</summary>
    public static ServiceWorld Start(ServiceSetup setup)
    {
        var cores = setup.Cores();
        var world = new ServiceWorld(setup, cores, [.. cores.Select(c => c.Begin(First))], Broadcast.Of(setup.Servers), [.. Enumerable.Repeat(new ServiceClient { Connects = -1 }, setup.Clients)], Witness.New, Chronicle.Of(First))
        {
            Asks = [.. new int[setup.Clients]],
        };
        world = world.Elected(0, -1, 0);
        for (var i = 1; i < setup.Servers; i++) world = world.Joined(i, bySnapshot: false);
        for (var c = 0; c < setup.Clients; c++)
        {
            world = world.Connected(c, c % setup.Servers);
            while (world.NextQuiet() is { } move) world = world.After(move)!;
        }
        return world with { Reached = 0, Spent = default, Trail = [], Heard = [] };
    }

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        for (var i = 0; i < Servers.Length; i++) MovesOf(i, moves);
        for (var c = 0; c < Clients.Length; c++) MovesOfClient(c, moves);
        if (Spent.Ticks < Setup.Ticks && MayTick) moves.Add(new(Tick, 0));
    }

    /// <inheritdoc/>
    public ServiceWorld? After(Move move) => (this with { Heard = [], LastAsked = null }).Moved(move);

    private ServiceWorld? Moved(Move move)
    {
        var (i, other, detail) = (move.Owner, move.Other, move.Detail);
        if (move.Kind is Ask or Connect or SetWatches)
        {
            var (c, client) = (i - Servers.Length, Clients[i - Servers.Length]);
            return move.Kind switch
            {
                Ask when MayAsk(c) && Setup.Wishes[detail].Make(client) is { } request => Asked(c, request),
                Connect when MayConnect(c, other) => Connected(c, other),
                SetWatches when client is { IsOpen: true, MustSetWatches: true } => (With(c, client with { MustSetWatches = false })).Requested(c, -8, client.Again()),
                _ => null,
            };
        }
        return move.Kind switch
        {
            Deliver when !Broadcast.Queue(other, i).IsEmpty && Servers[i].Role != Role.Inactive => Arrived(other, i),
            Commit when Leads(i) && Broadcast.Tail > 0 => Committed(),
            Join when MayJoin(i) => Joined(i, bySnapshot: detail == 1),
            Notice when NobodysConnections(i).Contains(new(detail)) => (this with { Trail = [$"{i + 1} notices that #{detail} is gone"] }).Step(i, new ConnectionClosed(new(detail))),
            Ring when MustRing(i) => (this with { Trail = [$"{i + 1} alarm Heartbeat"] }).Step(i, new AlarmRang(Alarm.Heartbeat, Now)),
            Elect when Spent.Epochs < Setup.Epochs && other - 1 != i && detail <= Broadcast.Tail && (other == 0 || MayBeLeft(other - 1)) => (this with { Spent = Spent with { Epochs = Spent.Epochs + 1 } }).Elected(i, other - 1, detail),
            Lose when MayLose(i) => Lost(i),
            RestartServer when MayRestart(i) && detail <= Logged(i) => Restarted(i, detail),
            Tick when Spent.Ticks < Setup.Ticks && MayTick =>
                this with { NowMs = NowMs + ServiceSetup.HeartbeatMs, Spent = Spent with { Ticks = Spent.Ticks + 1 }, Trail = [$"clock {NowMs + ServiceSetup.HeartbeatMs} ms"] },
            _ => null,
        };
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(seed);
        f.AddAll(Servers);
        Broadcast.AddTo(ref f);
        f.AddAll(Clients);
        f.Add(Witness);
        f.Add(Chronicle);
        f.Add(NowMs);
        foreach (var asks in Asks) f.Add(asks);
        f.Add(Spent.Epochs);
        f.Add(Spent.Losses);
        f.Add(Spent.Restarts);
        f.Add(Spent.Ticks);
        return f.Value;
    }

    private void MovesOf(int i, List<Move> moves)
    {
        var server = Servers[i];
        if (server.Role != Role.Inactive)
        {
            for (var j = 0; j < Servers.Length; j++)
                if (!Broadcast.Queue(j, i).IsEmpty) moves.Add(new(Deliver, i, j));
            foreach (var connection in NobodysConnections(i)) moves.Add(new(Notice, i, 0, (int)connection.Value));
            if (MustRing(i)) moves.Add(new(Ring, i));
        }
        if (Leads(i) && Broadcast.Tail > 0) moves.Add(new(Commit, i));
        if (MayJoin(i))
        {
            moves.Add(new(Join, i));
            if (Broadcast.Delivered[i] < Broadcast.Committed) moves.Add(new(Join, i, 0, 1));
        }
        if (MayLose(i)) moves.Add(new(Lose, i));
        if (MayRestart(i))
            for (var replayed = 0; replayed <= Math.Min(Replayed, Logged(i)); replayed++) moves.Add(new(RestartServer, i, 0, replayed));
        if (Spent.Epochs >= Setup.Epochs) return;
        for (var kept = 0; kept <= Broadcast.Tail; kept++)
        {
            moves.Add(new(Elect, i, 0, kept));
            for (var left = 0; left < Servers.Length; left++)
                if (left != i && MayBeLeft(left)) moves.Add(new(Elect, i, left + 1, kept));
        }
    }

    private void MovesOfClient(int c, List<Move> moves)
    {
        var (owner, client) = (Servers.Length + c, Clients[c]);
        if (client is { IsOpen: true, MustSetWatches: true }) moves.Add(new(SetWatches, owner));
        if (MayAsk(c))
            for (var wish = 0; wish < Setup.Wishes.Length; wish++)
                if (Setup.Wishes[wish].Make(client) is not null) moves.Add(new(Ask, owner, 0, wish));
        for (var server = 0; server < Servers.Length; server++)
            if (MayConnect(c, server)) moves.Add(new(Connect, owner, server));
    }

    private bool Leads(int i) => Broadcast.Leader == i && Servers[i].Role == Role.Leading && Servers[i].Epoch == Broadcast.Epoch;

    private bool Follows(int i) => Leads(Broadcast.Leader) && Servers[i].Role == Role.Following && Servers[i].Epoch == Broadcast.Epoch;

    private bool IsStale(int i) => Servers[i].Role != Role.Inactive && Servers[i].Epoch != Broadcast.Epoch;

    private bool MayJoin(int i) => Servers[i].Role == Role.Inactive && Broadcast.Leader != i && Leads(Broadcast.Leader);

    /// <summary>Whoever isn't needed for a quorum may miss the beginning of an epoch.</summary>
    private bool MayBeLeft(int i) => Servers.Length > 2 && Servers[i].Role != Role.Inactive && !Enumerable.Range(0, Servers.Length).Any(j => j != i && IsStale(j));

    /// <summary>Who was left behind finds out sooner or later; any other follower may lose its leader.</summary>
    private bool MayLose(int i) => IsStale(i) || Servers[i].Role == Role.Following && Spent.Losses < Setup.Losses;

    /// <summary>A leader's restart needs an epoch after it.</summary>
    private bool MayRestart(int i) => Spent.Restarts < Setup.Restarts && (!Leads(i) || Spent.Epochs < Setup.Epochs);

    /// <summary>How much of what it delivered a server's log still has: all since the clients' sessions began.</summary>
    private int Logged(int i) => Math.Max(0, Broadcast.Delivered[i] - Clients.Length);

    private bool MayAsk(int c) => Clients[c] is { IsOpen: true, MustSetWatches: false } client && Asks[c] < Setup.Asks && client.Waiting.Count < Setup.Pipelined && !client.Waiting.Any(p => p.Request is CloseSessionRequest);

    private bool MayConnect(int c, int server) => Clients[c].Connects < Setup.Connects && Servers[server].Role != Role.Inactive;

    private bool MustRing(int i) =>
        Setup.Ticks > 0 && Servers[i] is { Role: not Role.Inactive } s && (!s.Heard.IsEmpty || s.Leadership is { Looks.IsEmpty: false } l && l.Looks.Min.AtMs <= NowMs);

    private bool MayTick => !Setup.Timely || Chronicle.IsTimely(NowMs + ServiceSetup.HeartbeatMs, ServiceSetup.HeartbeatMs);

    /// <summary>Connections that no client is at the other end of any more, and the server hasn't noticed.</summary>
    private IEnumerable<ConnectionId> NobodysConnections(int i) => Servers[i].Connections.Keys.Where(id => Clients.All(c => c.Connection != id));

    /// <summary>The next move that is neither a client's nor a fault.</summary>
    private Move? NextQuiet()
    {
        var moves = new List<Move>();
        Moves(moves);
        foreach (var move in moves)
            if (move.Kind is Deliver or Commit) return move;
        return null;
    }
}
