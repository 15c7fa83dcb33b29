using Reference.Coordination;

namespace Reference.Systematic.World;

public sealed partial record ServiceWorld
{
    private ServiceWorld With(int client, ServiceClient with) => this with { Clients = Clients.SetItem(client, with) };

    private ServiceWorld With(ulong goals) => this with { Reached = Reached | goals };

    private static ulong Goal(int own) => 1ul << (WitnessGoals.Length + own);

    /// <summary>A client asks, on its connection.</summary>
    private ServiceWorld Asked(int c, Request request)
    {
        var client = Clients[c];
        var xid = request is PingRequest ? -2 : client.Xid + 1;
        var world = this with { Asks = Asks.SetItem(c, Asks[c] + 1), LastAsked = request };
        return world.With(c, client with { Xid = Math.Max(client.Xid, xid) }).Requested(c, xid, request);
    }

    private ServiceWorld Requested(int c, int xid, Request request)
    {
        var client = Clients[c];
        return (With(c, client with { Waiting = client.Waiting.Add(new(xid, request)) }) with { Trail = [$"client {c + 1} at {client.Server + 1} asks {xid} {request}"] }).Step(client.Server, new Requested(client.Connection, xid, request, Now));
    }

    /// <summary>A client turns to a server, with the session that it has; the connection it had, it looks at no more.</summary>
    private ServiceWorld Connected(int c, int server)
    {
        var left = Clients[c];
        var number = left.Connects + 1;
        var connection = new ConnectionId((c + 1) * 16 + number);
        var client = left.Parted() with { Server = server, Connection = connection, Connects = number };
        var world = this with { Chronicle = Chronicle.Parts(left.Connection), Witness = Witness.Parts(left.Connection), Trail = [$"client {c + 1} comes to {server + 1}, session {left.Session}, having seen 0x{left.Seen:x}"] };
        return world.With(c, client).Step(server, new ConnectRequested(connection, "127.0.0.1", left.Seen, ServiceSetup.TimeoutMs, left.Session, left.Password, (ulong)connection.Value, (ulong)c + 1, Now));
    }

    /// <summary>The next of what is on its way between two servers.</summary>
    private ServiceWorld Arrived(int from, int to)
    {
        var message = Broadcast.Queue(from, to)[0];
        var world = this with { Broadcast = Broadcast.Take(from, to), Trail = [] };
        return message is null ? world.DeliverNext(to) : (world with { Trail = [$"{from + 1}→{to + 1} {message}"] }).Step(to, new Received(new(from + 1), message, Now));
    }

    /// <summary>A quorum has the next proposal: the leader delivers it, and tells its followers.</summary>
    private ServiceWorld Committed()
    {
        var followers = Enumerable.Range(0, Servers.Length).Where(Follows);
        var next = Broadcast.Log[Broadcast.Committed];
        return (this with { Broadcast = Broadcast.Commit(followers), Trail = [$"{Broadcast.Leader + 1} commits {next}"] }).Step(Broadcast.Leader, next);
    }

    private ServiceWorld DeliverNext(int i)
    {
        var next = Broadcast.Log[Broadcast.Delivered[i]];
        return (this with { Broadcast = Broadcast.Deliver(i), Trail = [.. Trail, $"{i + 1} delivers {next}"] }).Step(i, next);
    }

    /// <summary>A server comes into the epoch, and catches up before it serves.</summary>
    private ServiceWorld Joined(int i, bool bySnapshot)
    {
        var world = this with { Trail = [$"{i + 1} joins epoch {Broadcast.Epoch} of {Broadcast.Leader + 1}{(bySnapshot ? " by a snapshot" : "")}"] };
        if (bySnapshot)
            world = (world with { Broadcast = world.Broadcast with { Delivered = world.Broadcast.Delivered.SetItem(i, world.Broadcast.Committed) } }).Step(i, new Restored(Read(Servers[Broadcast.Leader].Committed))).With(Goal(4));
        return world.CaughtUp(i).Step(i, new Activated(Broadcast.Epoch, new(Broadcast.Leader + 1), Now));
    }

    private ServiceWorld CaughtUp(int i)
    {
        var world = this;
        while (world.Broadcast.Delivered[i] < world.Broadcast.Committed) world = world.DeliverNext(i);
        return world;
    }

    /// <summary>A new epoch: all but one server, perhaps, leave the old one; the leader has all that is kept of it.</summary>
    private ServiceWorld Elected(int leader, int left, int kept)
    {
        var lost = Broadcast.Tail - kept;
        var world = this with { Trail = [$"{leader + 1} is elected{(left < 0 ? "" : $", {left + 1} left behind")}; of {Broadcast.Tail} proposals {kept} are kept"] };
        for (var i = 0; i < Servers.Length; i++)
        {
            if (i == left) continue;
            if (world.Servers[i].Role != Role.Inactive) world = world.Step(i, new Deposed());
            var queues = world.Broadcast.Queues;
            world = world with { Broadcast = world.Broadcast.Cut(i) };
            // What the old leader had sent to who is left behind may still arrive there.
            if (left >= 0) world = world with { Broadcast = world.Broadcast with { Queues = world.Broadcast.Queues.SetItem(i * Servers.Length + left, queues[i * Servers.Length + left]) } };
        }
        world = world with { Broadcast = world.Broadcast.Begin(leader, kept) };
        world = world.CaughtUp(leader).Step(leader, new Activated(world.Broadcast.Epoch, new(leader + 1), Now));
        return world.With((lost > 0 ? Goal(0) : 0) | (kept > 0 ? Goal(1) : 0) | (left >= 0 ? Goal(2) : 0));
    }

    /// <summary>A server leaves its epoch.</summary>
    private ServiceWorld Lost(int i)
    {
        var spent = IsStale(i) ? Spent : Spent with { Losses = Spent.Losses + 1 };
        return (this with { Broadcast = Broadcast.Cut(i), Spent = spent, Trail = [$"{i + 1} loses its leader"] }).Step(i, new Deposed());
    }

    /// <summary>A server crashes, and begins with the snapshot of what it had delivered. Its log goes back further, and is replayed from there.</summary>
    private ServiceWorld Restarted(int i, int replayed)
    {
        var world = this with { Broadcast = Broadcast.Cut(i), Spent = Spent with { Restarts = Spent.Restarts + 1 }, Trail = [$"{i + 1} restarts with {Servers[i].Committed}, and replays {replayed}"] };
        if (Servers[i].Role != Role.Inactive) world = world.Step(i, new Deposed());
        var snapshot = Read(world.Servers[i].Committed);
        world = world with
        {
            Servers = world.Servers.SetItem(i, Cores[i].Begin(snapshot)),
            Broadcast = world.Broadcast with { Delivered = world.Broadcast.Delivered.SetItem(i, world.Broadcast.Delivered[i] - replayed) },
        };
        for (var r = 0; r < replayed; r++) world = world.DeliverNext(i);
        return replayed > 0 ? world.With(Goal(3)) : world;
    }

    /// <summary>A state as it comes back from a disk.</summary>
    private static ServiceState Read(ServiceState written) => ServiceState.Restore(written.Tree.Nodes, written.Sessions, written.LastZxid);

    /// <summary>One input: the real core's step, what it has the world do, and every claim about what came of it.</summary>
    private ServiceWorld Step(int i, Input input)
    {
        if (Broken is not null) return this;
        var before = Servers[i];
        Step<ServerState, Effect> step;
        try
        {
            step = Cores[i].Take(before, input);
        }
        catch (InvalidOperationException contradiction)
        {
            return this with { Broken = new("COORD-INV-21", "what is committed can be carried out on the state that all before it left", $"server {i + 1}, {input}: {contradiction.Message}") };
        }
        var world = this with
        {
            Servers = Servers.SetItem(i, step.State),
            Witness = Witness.After(new(i + 1), before, input, step),
            Chronicle = Chronicle.After(new(i + 1), before, input, step),
            Trail = step.Ignored is null ? Trail : [.. Trail, $"{i + 1} ignores {input}: {step.Ignored}"],
        };
        foreach (var effect in step.Effects) world = world.Run(i, effect);
        return world.Judge(i, before, input);
    }

    private ServiceWorld Run(int i, Effect effect) => effect switch
    {
        Propose e => Leads(i) ? this with { Broadcast = Broadcast.Propose(e.Transaction), Trail = [.. Trail, $"{i + 1} proposes {e.Transaction}"] } : this,
        SendServer e => Leads(i) && Follows(e.To.Value - 1) || Follows(i) && Leads(e.To.Value - 1) ? this with { Broadcast = Broadcast.Send(i, e.To.Value - 1, e.Message) } : this,
        AnswerConnect e => Told(i, e.Connection, e),
        Reply e => Told(i, e.Connection, e),
        Notify e => Told(i, e.Connection, e),
        Close e => Told(i, e.Connection, e),
        _ => this,
    };

    private ServiceWorld Told(int i, ConnectionId connection, Effect effect)
    {
        for (var c = 0; c < Clients.Length; c++)
            if (Clients[c].Connection == connection)
                return (With(c, Clients[c].Hears(effect)) with { Heard = Heard.Add((c, effect)), Trail = [.. Trail, $"{i + 1}→client {c + 1} {effect}"] }).With(effect is Reply { Result: SyncResult } ? Goal(5) : 0);
        return this;
    }

    private ServiceWorld Judge(int i, ServerState before, Input input)
    {
        var after = Servers[i];
        Broken? broken = null;
        foreach (var invariant in Invariants.OfServers)
            if (broken is null && Setup.Judges(invariant.Rule) && !invariant.Holds(after)) broken = new(invariant.Rule, invariant.Claim, $"server {i + 1}, after {input}: {after}");
        foreach (var invariant in Invariants.OfSteps)
            if (broken is null && Setup.Judges(invariant.Rule) && !invariant.Holds((before, after))) broken = new(invariant.Rule, invariant.Claim, $"server {i + 1}, by {input}: {before} became {after}");
        foreach (var invariant in Witness.Invariants)
            if (broken is null && Setup.Judges(invariant.Rule) && !invariant.Holds(Witness)) broken = new(invariant.Rule, invariant.Claim, $"server {i + 1}, after {input}: {after}");
        foreach (var invariant in Chronicle.Invariants)
            if (broken is null && IsDue(invariant.Rule) && !invariant.Holds(Chronicle)) broken = new(invariant.Rule, invariant.Claim, Chronicle.Wrong[invariant.Rule]);
        var reached = Reached;
        for (var goal = 0; goal < WitnessGoals.Length; goal++)
            if ((reached >> goal & 1) == 0 && WitnessGoals[goal].Reached(Witness)) reached |= 1ul << goal;
        return this with { Broken = broken, Reached = reached };
    }

    /// <summary>What is claimed of timely reports is judged only where they are.</summary>
    private bool IsDue(string claim) => Setup.Judges(claim) && (claim != "COORD-INV-22" || Setup.Timely);
}
