using Reference.Coordination;

namespace Reference.Systematic.World;

/// <summary>Clocks, delays and faults of a world of sessions. Its tick is the servers' heartbeat.</summary>
/// <param name="TimeoutTicks">The time-out of each session; its client asks something in each third.</param>
/// <param name="MessageTicks">What is sent arrives before its receiver's clock has ticked once more than this.</param>
/// <param name="Elections">How often another server leads.</param>
/// <param name="Deaths">How many clients fall silent.</param>
/// <param name="Horizon">Ticks after which the world stands still.</param>
public sealed record SessionSetup(int Servers, int Clients, int TimeoutTicks, int MessageTicks, int Elections, int Deaths, int Horizon, Func<Settings, Server> Rules)
{
    /// <summary>Milliseconds of a tick.</summary>
    public const int TickMs = 100;

    /// <summary>The only claims to evaluate; all if empty.</summary>
    public ImmutableArray<string> Judged { get; init; } = [];

    /// <summary>The rules of each server.</summary>
    public ImmutableArray<Server> Cores { get; } = [.. Enumerable.Range(1, Servers).Select(id => Rules(new(new(id)) { MinSessionTimeoutMs = TickMs, MaxSessionTimeoutMs = 100 * TickMs, HeartbeatMs = TickMs }))];

    /// <summary>The period of COORD-TIME-2: the time-out and a heartbeat more; the last that was heard of it, which a follower reports at its next heartbeat; the leader's next look; and the tick that clocks may differ by.</summary>
    public int Period => TimeoutTicks + 1 + 1 + MessageTicks + 1 + 1 + 1;
}

/// <summary>A client and what it knows of its session.</summary>
/// <param name="Server">Where it is, or was last.</param>
/// <param name="Connection">Its connection there; none while it has none.</param>
/// <param name="IsConfirmed">Whether its session goes on there.</param>
/// <param name="Left">Ticks of that server's clock in which it must ask something, or connect again.</param>
/// <param name="SilentTicks">For how long it has been dead.</param>
public sealed record TimedClient(int Server, ConnectionId Connection, SessionId Session, Blob Password, bool IsConfirmed, int Left, bool IsDead, bool IsClosed, int SilentTicks);

/// <summary>
/// Servers of the service with clocks that differ by no more than a tick, over a broadcast that commits at once, and clients that ping in time or fall silent. An oracle names leaders; to take over takes no
/// time, and closes every connection. Each server's clock begins at a time of its own: no deadline may be carried from one to another.
/// </summary>
/// <param name="Queues">For each ordered pair (from, to) what is on its way, and the ticks that it may still take by the receiver's clock.</param>
/// <param name="Ticks">What each server's clock shows.</param>
/// <param name="Heartbeats">Ticks until each server's heartbeat alarm rings.</param>
public sealed record TimedSessions(
    SessionSetup Setup, ImmutableArray<ServerState> Servers, ImmutableArray<ImmutableArray<(object What, int Left)>> Queues, ImmutableArray<int> Ticks, ImmutableArray<int> Heartbeats, ImmutableArray<TimedClient> Clients,
    ImmutableArray<Delivered> Log, int Leader, int Epoch, int Connections, int Elections, int Deaths) : IWorld<TimedSessions>
{
    private const int Tick = 0, Deliver = 1, Beat = 2, Ping = 3, Connect = 4, Elect = 5, Die = 6;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } = ["tick", "deliver", "heartbeat", "ping", "connect", "!elect", "!die"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = ["another leads", "a session moved", "a dead session was expired", "eight time-outs passed"];

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    /// <summary>The last server leads, and each client has a session at another.</summary>
    public static TimedSessions Start(SessionSetup setup)
    {
        var n = setup.Servers;
        var world = new TimedSessions(setup, [.. setup.Cores.Select(c => c.Begin(ServiceState.Initial))], [.. Enumerable.Repeat(ImmutableArray<(object, int)>.Empty, n * n)], [.. new int[n]], [.. new int[n]], [], [], 0, 0, 0, setup.Elections, setup.Deaths).LedBy(n - 1);
        for (var c = 0; c < setup.Clients; c++)
        {
            world = world with { Clients = world.Clients.Add(new(c % n, default, default, Blob.None, false, 0, false, false, 0)) };
            world = world.Connected(c, c % n);
            while (world.Queues.Any(q => !q.IsEmpty))
                for (var pair = 0; pair < n * n; pair++)
                    if (!world.Queues[pair].IsEmpty) world = world.Arrived(pair / n, pair % n);
        }
        return world with { Reached = 0, Trail = [] };
    }

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        var n = Servers.Length;
        for (var i = 0; i < n; i++)
        {
            if (MayTick(i)) moves.Add(new(Tick, i));
            if (Heartbeats[i] == 0) moves.Add(new(Beat, i));
            for (var j = 0; j < n; j++)
                if (!Queues[j * n + i].IsEmpty) moves.Add(new(Deliver, i, j));
            if (Elections > 0 && i != Leader) moves.Add(new(Elect, i));
        }
        for (var c = 0; c < Clients.Length; c++)
        {
            var client = Clients[c];
            if (client.IsDead) continue;
            if (client.IsConfirmed) moves.Add(new(Ping, client.Server, c));
            if (client.Connection == ConnectionId.None)
                for (var i = 0; i < n; i++) moves.Add(new(Connect, i, c));
            if (c == 0 || Deaths == 0) continue;
            moves.Add(new(Die, client.Server, c));
            moves.Add(new(Die, client.Server, c, 1));
        }
    }

    /// <inheritdoc/>
    public TimedSessions? After(Move move)
    {
        var (i, c) = (move.Owner, move.Other);
        switch (move.Kind)
        {
            case Tick when MayTick(i):
                return Ticked(i);
            case Deliver when !Queues[c * Servers.Length + i].IsEmpty:
                return Arrived(c, i).Judged();
            case Beat when Heartbeats[i] == 0:
                return (this with { Heartbeats = Heartbeats.SetItem(i, int.MaxValue), Trail = [$"{i + 1} heartbeat"] }).Take(i, new AlarmRang(Alarm.Heartbeat, Now(i))).Judged();
            case Ping when Clients[c] is { IsDead: false, IsConfirmed: true } client && client.Server == i:
                return (With(c, client with { Left = Setup.TimeoutTicks / 3 }) with { Trail = [$"client {c + 1} pings {i + 1}"] }).Take(i, new Requested(client.Connection, -2, new PingRequest(), Now(i))).Judged();
            case Connect when Clients[c] is { IsDead: false } client && client.Connection == ConnectionId.None:
                return (this with { Reached = Reached | (client.Server != i ? 2ul : 0), Trail = [$"client {c + 1} goes on at {i + 1}"] }).Connected(c, i).Judged();
            case Elect when Elections > 0 && i != Leader:
                return (this with { Elections = Elections - 1, Reached = Reached | 1, Trail = [$"{i + 1} leads"] }).LedBy(i).Judged();
            case Die when c > 0 && Deaths > 0 && Clients[c] is { IsDead: false } client && client.Server == i:
                var without = With(c, client with { IsDead = true }) with { Deaths = Deaths - 1, Trail = [$"client {c + 1} dies{(move.Detail == 0 ? ", its connection stays" : "")}"] };
                return (move.Detail == 0 || client.Connection == ConnectionId.None ? without : without.Take(i, new ConnectionClosed(client.Connection))).Judged();
            default:
                return null;
        }
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(seed);
        f.AddAll(Servers);
        foreach (var queue in Queues)
        {
            foreach (var (what, left) in queue)
            {
                f.Add((IFingerprinted)what);
                f.Add(left);
            }
            f.Add(queue.Length);
        }
        foreach (var ticks in Ticks) f.Add(ticks);
        foreach (var ticks in Heartbeats) f.Add(ticks);
        foreach (var client in Clients)
        {
            f.Add(client.Server);
            f.Add(client.Connection);
            f.Add(client.Left);
            f.Add(client.SilentTicks);
            f.Add((client.IsConfirmed ? 1 : 0) | (client.IsDead ? 2 : 0) | (client.IsClosed ? 4 : 0));
        }
        f.Add(Leader);
        f.Add(Epoch);
        f.Add(Elections);
        f.Add(Deaths);
        return f.Value;
    }

    private Moment Now(int i) => new(1_000_000L * (i + 1) + Ticks[i] * SessionSetup.TickMs, 1_000_000_000L + Ticks[i] * SessionSetup.TickMs);

    private TimedSessions With(int c, TimedClient client) => this with { Clients = Clients.SetItem(c, client) };

    private bool MayTick(int i)
    {
        if (Ticks[i] > Ticks.Min() || Ticks[i] >= Setup.Horizon || Heartbeats[i] == 0) return false;
        for (var j = 0; j < Servers.Length; j++)
            if (Queues[j * Servers.Length + i] is [(_, 0), ..]) return false;
        return !Clients.Any(c => c.Server == i && IsDue(c) && c.Left == 0);
    }

    /// <summary>Whether it is the client's turn to do something: it lives, and doesn't wait for an answer.</summary>
    private static bool IsDue(TimedClient c) => !c.IsDead && (c.IsConfirmed || c.Connection == ConnectionId.None);

    private TimedSessions Ticked(int i)
    {
        var n = Servers.Length;
        var queues = Queues;
        for (var j = 0; j < n; j++)
            if (!queues[j * n + i].IsEmpty) queues = queues.SetItem(j * n + i, [.. queues[j * n + i].Select(q => (q.What, Math.Max(0, q.Left - 1)))]);
        var clients = Clients;
        for (var c = 0; c < clients.Length; c++)
        {
            if (clients[c].Server == i && IsDue(clients[c])) clients = clients.SetItem(c, clients[c] with { Left = clients[c].Left - 1 });
            if (i == Leader && clients[c] is { IsDead: true, IsClosed: false }) clients = clients.SetItem(c, clients[c] with { SilentTicks = clients[c].SilentTicks + 1 });
        }
        var ticks = Ticks.SetItem(i, Ticks[i] + 1);
        var next = this with { Queues = queues, Clients = clients, Ticks = ticks, Heartbeats = Heartbeats.SetItem(i, Heartbeats[i] - 1), Trail = [$"{i + 1} tick"] };
        return (ticks.Min() >= 8 * Setup.TimeoutTicks ? next with { Reached = next.Reached | 8 } : next).Judged();
    }

    private TimedSessions Connected(int c, int i)
    {
        var client = Clients[c];
        var connection = new ConnectionId(Connections + 1);
        return (With(c, client with { Server = i, Connection = connection, IsConfirmed = false }) with { Connections = Connections + 1 })
            .Take(i, new ConnectRequested(connection, "127.0.0.1", 0, Setup.TimeoutTicks * SessionSetup.TickMs, client.Session, client.Password, (ulong)c + 1, (ulong)c + 1, Now(i)));
    }

    private TimedSessions Arrived(int from, int to)
    {
        var pair = from * Servers.Length + to;
        var what = Queues[pair][0].What;
        var next = this with { Queues = Queues.SetItem(pair, Queues[pair].RemoveAt(0)), Trail = [$"{from + 1}→{to + 1} {what}"] };
        return what is Delivered delivered ? next.Take(to, delivered) : next.Take(to, new Received(new(from + 1), (Message)what, next.Now(to)));
    }

    /// <summary>Another epoch: everyone leaves the one before, has all that was committed, and is active.</summary>
    private TimedSessions LedBy(int leader)
    {
        var next = this with { Leader = leader, Epoch = Epoch + 1, Queues = [.. Queues.Select(_ => ImmutableArray<(object, int)>.Empty)], Clients = [.. Clients.Select(c => c with { SilentTicks = 0 })] };
        for (var i = 0; i < Servers.Length; i++)
            if (next.Servers[i].Role != Role.Inactive) next = next.Take(i, new Deposed());
        for (var i = 0; i < Servers.Length; i++)
            foreach (var delivered in Log)
                if (delivered.Zxid > next.Servers[i].Committed.LastZxid) next = next.Take(i, delivered);
        next = next.Take(leader, new Activated(next.Epoch, new(leader + 1), Now(leader)));
        for (var i = 0; i < Servers.Length; i++)
            if (i != leader) next = next.Take(i, new Activated(next.Epoch, new(leader + 1), Now(i)));
        return next;
    }

    /// <summary>One step of a server's core, and its effects on the world.</summary>
    private TimedSessions Take(int i, Input input)
    {
        var step = Setup.Cores[i].Take(Servers[i], input);
        var next = this with { Servers = Servers.SetItem(i, step.State) };
        foreach (var effect in step.Effects) next = next.Run(i, effect);
        return next;
    }

    private TimedSessions Run(int i, Effect effect)
    {
        switch (effect)
        {
            case Propose propose:
                var zxid = Math.Max(Log.IsEmpty ? 0 : Log[^1].Zxid, (long)Epoch << 32) + 1;
                var delivered = new Delivered(zxid, propose.Transaction);
                var next = this with { Log = Log.Add(delivered) };
                for (var to = 0; to < Servers.Length; to++) next = next.Sent(i, to, delivered);
                return propose.Transaction.Operation is CloseSession ? next.Ended(propose.Transaction.Header.Session) : next;
            case SendServer send:
                return Sent(i, send.To.Value - 1, send.Message);
            case SetAlarm { Alarm: Alarm.Heartbeat } alarm:
                return this with { Heartbeats = Heartbeats.SetItem(i, alarm.InMs / SessionSetup.TickMs) };
            case AnswerConnect answer when ClientOf(answer.Connection) is >= 0 and var c && answer.TimeoutMs > 0:
                return With(c, Clients[c] with { IsConfirmed = true, Session = answer.Session, Password = answer.Password, Left = Setup.TimeoutTicks / 3 });
            case Close close when ClientOf(close.Connection) is >= 0 and var c:
                return With(c, Clients[c] with { Connection = ConnectionId.None, IsConfirmed = false, Left = Setup.TimeoutTicks / 3 });
            default:
                return this;
        }
    }

    private int ClientOf(ConnectionId connection)
    {
        for (var c = 0; c < Clients.Length; c++)
            if (Clients[c].Connection == connection) return c;
        return -1;
    }

    private TimedSessions Sent(int from, int to, object what)
    {
        var pair = from * Servers.Length + to;
        return this with { Queues = Queues.SetItem(pair, Queues[pair].Add((what, Setup.MessageTicks))) };
    }

    private TimedSessions Ended(SessionId session)
    {
        for (var c = 0; c < Clients.Length; c++)
            if (Clients[c].Session == session) return With(c, Clients[c] with { IsClosed = true }) with { Reached = Reached | (Clients[c].IsDead ? 4ul : 0) };
        return this;
    }

    private TimedSessions Judged()
    {
        for (var c = 0; c < Clients.Length; c++)
        {
            var end = new SessionEnd(Clients[c].IsClosed, !Clients[c].IsDead, Clients[c].SilentTicks, Setup.Period);
            foreach (var claim in new[] { SessionTime.WhoPingsStays, SessionTime.WhoIsDeadGoes })
                if ((Setup.Judged.IsEmpty || Setup.Judged.Contains(claim.Rule)) && !claim.Holds(end)) return this with { Broken = new(claim.Rule, claim.Claim, $"client {c + 1}, {end}") };
        }
        return this;
    }
}
