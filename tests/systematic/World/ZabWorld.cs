using System.Buffers.Binary;
using System.Numerics;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>What a world of servers may do to them, and how often.</summary>
/// <param name="Rules">The rules that a server follows; the zoo gives its own.</param>
public sealed record ZabSetup(int Servers, int Crashes, int Breaks, int Proposals, int Snapshots, Func<PeerSettings, Peer> Rules)
{
    /// <summary>The only claims to evaluate; all if empty.</summary>
    public ImmutableArray<string> Judged { get; init; } = [];

    /// <summary>Whether a claim is evaluated.</summary>
    public bool Judges(string invariant) => Judged.IsEmpty || Judged.Contains(invariant);

    /// <summary>The rules of each server.</summary>
    public ImmutableArray<Peer> Peers { get; } = [.. Enumerable.Range(1, Servers).Select(id => Rules(new(new(id), [.. Enumerable.Range(1, Servers).Select(i => new NodeId(i))])))];
}

/// <summary>One server of the world: its core's state while it runs, its disk, the alarms it has set, and the service it feeds.</summary>
/// <param name="State">The core's state; null while it's down.</param>
/// <param name="Disk">What is on disk for sure.</param>
/// <param name="Stored">The service's state in the snapshot on disk.</param>
/// <param name="Pending">Writes on their way to the disk; a crash keeps any prefix.</param>
/// <param name="Alarms">Bit a: alarm a is set.</param>
/// <param name="Service">What the service was given: its state is the list of all transactions in it.</param>
/// <param name="Snapshot">A snapshot on its way to the disk.</param>
public sealed record ZabServer(NodeState? State, Durable Disk, Sequence<Entry> Stored, Sequence<Write> Pending, int Alarms, Sequence<Entry> Service, (Zxid Zxid, Sequence<Entry> Content)? Snapshot);

/// <summary>An ensemble of real ZAB cores, on links that break and disks that forget.</summary>
public sealed record ZabWorld(ZabSetup Setup, ImmutableArray<ZabServer> Servers, Links Links, int Crashes, int Breaks, int Proposals, int Snapshots, Ensemble Ghost) : IWorld<ZabWorld>
{
    private const int Deliver = 0, Persist = 1, Connect = 2, Propose = 3, Ring = 4, TimeOut = 5, Crash = 6, Restart = 7, Break = 8, Snap = 9, SnapDone = 10;
    private const int LongestQueue = 12;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } = ["deliver", "persist", "connect", "propose", "ring", "!time out", "!crash", "restart", "!break", "!snapshot", "snapshot done"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = [.. Ensemble.Goals.Select(g => g.Name), "lost unsynced writes"];

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    /// <summary>All servers are about to start with empty disks.</summary>
    public static ZabWorld Start(ZabSetup setup) => new(setup,
        [.. Enumerable.Repeat(new ZabServer(null, Durable.New, [], [], 0, [], null), setup.Servers)], Links.None(setup.Servers), setup.Crashes, setup.Breaks, setup.Proposals, setup.Snapshots,
        Ensemble.New([.. Enumerable.Range(1, setup.Servers).Select(i => new NodeId(i))]));

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        var n = Servers.Length;
        for (var i = 0; i < n; i++)
        {
            var server = Servers[i];
            if (server.State is not { } state)
            {
                moves.Add(new(Restart, i));
                continue;
            }
            for (var j = 0; j < n; j++)
            {
                if (j == i) continue;
                if (!Links.Queue(j, i).IsEmpty) moves.Add(new(Deliver, i, j));
                if (j < i || Servers[j].State is null) continue;
                if (Links.CanConnect(i, j)) moves.Add(new(Connect, i, j));
                else if (Breaks > 0 && Links.CanBreak(i, j))
                    for (var keep = 0; keep < 4; keep++) moves.Add(new(Break, i, j, keep));
            }
            if (server.Pending.Count > 0) moves.Add(new(Persist, i, 0, 1));
            if (server.Pending.Count > 1) moves.Add(new(Persist, i, 0, server.Pending.Count));
            for (var alarms = server.Alarms; alarms != 0; alarms &= alarms - 1)
            {
                var alarm = (Alarm)BitOperations.TrailingZeroCount(alarms);
                var harmless = alarm is Alarm.ElectionResend or Alarm.ElectionSettles or Alarm.Heartbeat;
                if (!harmless || RoomToSend(i)) moves.Add(new(harmless ? Ring : TimeOut, i, 0, (int)alarm));
            }
            if (Proposals > 0 && state.IsEstablished) moves.Add(new(Propose, i));
            if (server.Snapshot is not null) moves.Add(new(SnapDone, i));
            else if (Snapshots > 0 && state.Delivered > state.Durable.History.Base) moves.Add(new(Snap, i));
            if (Crashes > 0)
                for (var kept = 0; kept <= server.Pending.Count; kept = kept == server.Pending.Count || kept < 3 ? kept + 1 : server.Pending.Count)
                {
                    moves.Add(new(Crash, i, 0, kept));
                    moves.Add(new(Crash, i, 1, kept));
                }
        }
    }

    /// <inheritdoc/>
    public ZabWorld? After(Move move)
    {
        var (i, other) = (move.Owner, move.Other);
        var server = Servers[i];
        if (move.Kind != Restart && server.State is null) return null;
        switch (move.Kind)
        {
            case Deliver when !Links.Queue(other, i).IsEmpty:
                var (links, packet) = Links.Take(other, i);
                Input input = packet switch { Packet.Up => new Connected(Id(other)), Packet.Down => new Disconnected(Id(other)), Packet.Carries c => new Received(Id(other), (Message)c.Message), _ => throw new InvalidOperationException() };
                return (this with { Links = links }).Step(i, input, input is Received r ? $"{other + 1}→{i + 1} {r.Message}" : $"{i + 1} {input}");
            case Persist when server.Pending.Count >= move.Detail:
                var disk = server;
                for (var w = 0; w < move.Detail; w++) disk = Written(disk, server.Pending[w]);
                disk = disk with { Pending = server.Pending.RemoveFirst(move.Detail) };
                return With(i, disk).Step(i, new Persisted(move.Detail), $"{i + 1} disk: {string.Join(", ", server.Pending.Take(move.Detail))}");
            case Connect when Servers[other].State is not null && Links.CanConnect(i, other):
                return this with { Links = Links.Connect(i, other), Trail = [$"{i + 1}—{other + 1} link up"] };
            case Propose when Proposals > 0 && server.State!.IsEstablished:
                var number = Setup.Proposals - Proposals + 1;
                return (this with { Proposals = Proposals - 1 }).Step(i, new Proposed(Numbered(number)), $"{i + 1} proposes transaction {number}");
            case Ring or TimeOut when (server.Alarms >> move.Detail & 1) != 0:
                return With(i, server with { Alarms = server.Alarms & ~(1 << move.Detail) }).Step(i, new AlarmRang((Alarm)move.Detail), $"{i + 1} alarm {(Alarm)move.Detail}");
            case Crash when Crashes > 0 && move.Detail <= server.Pending.Count:
                return CrashOf(i, server, keepSent: other == 1, move.Detail);
            case Restart when server.State is null:
                return RestartOf(i, server);
            case Break when Breaks > 0 && Servers[other].State is not null && Links.CanBreak(i, other):
                return this with { Breaks = Breaks - 1, Links = Links.Break(i, other, (move.Detail & 1) != 0, (move.Detail & 2) != 0), Trail = [$"{i + 1}—{other + 1} link breaks"] };
            case Snap when Snapshots > 0 && server.Snapshot is null:
                return (this with { Snapshots = Snapshots - 1 }).Step(i, new SnapshotWanted(), $"{i + 1} wants a snapshot");
            case SnapDone when server.Snapshot is { } snapshot:
                var trimmed = server with { Snapshot = null, Stored = snapshot.Content, Disk = server.Disk with { History = server.Disk.History.TrimmedTo(snapshot.Zxid) } };
                return With(i, trimmed).Step(i, new SnapshotTaken(snapshot.Zxid), $"{i + 1} disk: snapshot {snapshot.Zxid}");
            default:
                return null;
        }
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(seed);
        foreach (var server in Servers)
        {
            f.Add(server.State);
            f.Add(server.Disk);
            f.AddAll(server.Stored);
            f.AddAll(server.Pending);
            f.Add(server.Alarms);
            f.AddAll(server.Service);
            f.Add(server.Snapshot is null);
            if (server.Snapshot is { } snapshot) f.Add(snapshot.Zxid);
        }
        Links.AddTo(ref f);
        f.Add(Crashes);
        f.Add(Breaks);
        f.Add(Proposals);
        f.Add(Snapshots);
        return f.Value;
    }

    private static NodeId Id(int index) => new(index + 1);

    private ZabWorld With(int i, ZabServer server) => this with { Servers = Servers.SetItem(i, server) };

    private bool RoomToSend(int i)
    {
        for (var j = 0; j < Servers.Length; j++)
            if (j != i && Links.Queue(i, j).Count >= LongestQueue) return false;
        return true;
    }

    /// <summary>The disk after one more write: what is older than its snapshot is passed over, as recovery does.</summary>
    private static ZabServer Written(ZabServer server, Write write) => write switch
    {
        Append a when a.Zxid <= server.Disk.History.Base => server,
        InstallSnapshot s => server with { Disk = server.Disk.After(write), Stored = Content(s.Content) },
        _ => server with { Disk = server.Disk.After(write) },
    };

    private ZabWorld CrashOf(int i, ZabServer server, bool keepSent, int kept)
    {
        var disk = server;
        for (var w = 0; w < kept; w++) disk = Written(disk, server.Pending[w]);
        var lost = server.Pending.Count - kept;
        disk = disk with { State = null, Pending = [], Alarms = 0, Service = [], Snapshot = null };
        return With(i, disk) with
        {
            Crashes = Crashes - 1,
            Links = Links.Crash(i, keepSent),
            Reached = Reached | (lost > 0 ? 1ul << Ensemble.Goals.Length : 0),
            Trail = [$"{i + 1} crashes{(lost > 0 ? $", losing {string.Join(", ", server.Pending.Skip(kept))}" : "")}; on disk: {disk.Disk}"],
        };
    }

    private ZabWorld RestartOf(int i, ZabServer server)
    {
        var state = Peer.Recover(server.Disk);
        var world = With(i, server with { State = state, Service = server.Stored });
        return world.Step(i, new Started(), $"{i + 1} starts with {server.Disk}");
    }

    /// <summary>One input: the real core's step, its effects on the world, and every claim about what came of it.</summary>
    private ZabWorld Step(int i, Input input, string line)
    {
        var before = Servers[i].State!;
        var step = Setup.Peers[i].Take(before, input);
        var server = Servers[i] with { State = step.State };
        var links = Links;
        foreach (var effect in step.Effects)
        {
            switch (effect)
            {
                case Send send: links = links.Send(i, send.To.Value - 1, send.Message); break;
                case SendSnapshot snapshot: links = links.Send(i, snapshot.To.Value - 1, new Snap(server.Service.IsEmpty ? Zxid.Zero : server.Service[^1].Zxid, Content(server.Service))); break;
                case Disconnect disconnect: links = links.Close(i, disconnect.Peer.Value - 1); break;
                case Reference.Zab.Persist persist: server = server with { Pending = server.Pending.Add(persist.Write) }; break;
                case SetAlarm alarm: server = server with { Alarms = server.Alarms | 1 << (int)alarm.Alarm }; break;
                case Reference.Zab.Deliver deliver: server = server with { Service = server.Service.Add(new(deliver.Zxid, deliver.Txn)) }; break;
                case Restore restore: server = server with { Service = Content(restore.Content) }; break;
                case TakeSnapshot taken: server = server with { Snapshot = (taken.Zxid, server.Service) }; break;
            }
        }
        var ghost = Ghost.After(Id(i), before, input, step);
        var world = With(i, server) with { Links = links, Ghost = ghost, Trail = step.Ignored is null ? [line] : [$"{line} (ignored: {step.Ignored})"] };
        return world.Judged(i, before, step.State);
    }

    private ZabWorld Judged(int i, NodeState before, NodeState after)
    {
        var broken = Broken;
        foreach (var invariant in NodeState.Invariants)
            if (broken is null && Setup.Judges(invariant.Rule) && !invariant.Holds(after)) broken = new(invariant.Rule, invariant.Claim, $"server {i + 1}: {after}");
        foreach (var invariant in NodeState.StepInvariants)
            if (broken is null && Setup.Judges(invariant.Rule) && !invariant.Holds((before, after))) broken = new(invariant.Rule, invariant.Claim, $"server {i + 1}: {before} became {after}");
        foreach (var invariant in Ensemble.Invariants)
            if (broken is null && Setup.Judges(invariant.Rule) && !invariant.Holds(Ghost)) broken = new(invariant.Rule, invariant.Claim, $"after server {i + 1} became {after}");
        var reached = Reached;
        for (var goal = 0; goal < Ensemble.Goals.Length; goal++)
            if ((reached >> goal & 1) == 0 && Ensemble.Goals[goal].Reached(Ghost)) reached |= 1ul << goal;
        return this with { Broken = broken, Reached = reached };
    }

    private static Payload Numbered(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return new(bytes);
    }

    /// <summary>The service's whole state as a snapshot carries it: each transaction's zxid and its four bytes.</summary>
    private static Payload Content(Sequence<Entry> service)
    {
        var bytes = new byte[service.Count * 12];
        for (var e = 0; e < service.Count; e++)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(e * 12), service[e].Zxid.Value);
            service[e].Txn.Bytes.Span.CopyTo(bytes.AsSpan(e * 12 + 8));
        }
        return new(bytes);
    }

    private static Sequence<Entry> Content(Payload snapshot)
    {
        var service = Sequence<Entry>.Empty;
        for (var bytes = snapshot.Bytes; bytes.Length > 0; bytes = bytes[12..])
            service = service.Add(new(new(BinaryPrimitives.ReadInt64BigEndian(bytes.Span)), new(bytes[8..12])));
        return service;
    }
}
