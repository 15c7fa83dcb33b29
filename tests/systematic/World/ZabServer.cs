using System.Buffers.Binary;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>What may happen to one server by itself; the number says which, how many, or to whom.</summary>
public enum LocalMove
{
    /// <summary>It starts with what its disk holds.</summary>
    Start,

    /// <summary>Its first so many writes reach the disk.</summary>
    Persist,

    /// <summary>An alarm rings.</summary>
    Alarm,

    /// <summary>It is given the transaction of that number.</summary>
    Propose,

    /// <summary>It is asked for a snapshot.</summary>
    Snapshot,

    /// <summary>Its snapshot is on disk.</summary>
    SnapshotDone,

    /// <summary>It's gone; the first so many writes on their way reached the disk.</summary>
    Crash,

    /// <summary>The oracle names that server leader: the votes that it finds agree.</summary>
    Named,
}

/// <summary>What a server's step did to the links: a message to a peer, or the link to it closed if there is none.</summary>
public readonly record struct LinkEffect(int Peer, Message? Message);

/// <summary>A server's step, apart from the rest of the world.</summary>
/// <param name="Next">The server after it.</param>
/// <param name="Core">The step of its core, if it took one.</param>
/// <param name="Links">What it sent and closed, in order.</param>
/// <param name="Lost">Writes that a crash took.</param>
public sealed record LocalStep(ZabServer Next, (NodeState Before, Input Input, Step<NodeState, Effect> Step)? Core, ImmutableArray<LinkEffect> Links, int Lost = 0);

/// <summary>One server of the world: its core's state while it runs, its disk, the alarms it has set, and the service it feeds.</summary>
/// <param name="State">The core's state; null while it's down.</param>
/// <param name="Disk">What is on disk for sure.</param>
/// <param name="Stored">The service's state in the snapshot on disk.</param>
/// <param name="Pending">Writes on their way to the disk; a crash keeps any prefix.</param>
/// <param name="Alarms">Bit a: alarm a is set.</param>
/// <param name="Service">What the service was given: its state is the list of all transactions in it.</param>
/// <param name="Snapshot">A snapshot on its way to the disk.</param>
/// <param name="Joined">Whether it has taken part in the oracle's present round.</param>
public sealed record ZabServer(NodeState? State, Durable Disk, Sequence<Entry> Stored, Sequence<Write> Pending, int Alarms, Sequence<Entry> Service, (Zxid Zxid, Sequence<Entry> Content)? Snapshot, bool Joined = false) : IFingerprinted
{
    /// <summary>A server that's down, with this disk.</summary>
    public static ZabServer With(Durable disk) => new(null, disk, [], [], 0, [], null);

    /// <summary>The server <paramref name="i"/> of <paramref name="setup"/> after <paramref name="move"/>.</summary>
    public LocalStep After(ZabSetup setup, int i, LocalMove move, int number = 0)
    {
        switch (move)
        {
            case LocalMove.Persist:
                var disk = this;
                for (var w = 0; w < number; w++) disk = Written(disk, Pending[w]);
                return (disk with { Pending = Pending.RemoveFirst(number) }).Take(setup, i, new Persisted(number));
            case LocalMove.Alarm:
                return (this with { Alarms = Alarms & ~(1 << number) }).Take(setup, i, new AlarmRang((Alarm)number));
            case LocalMove.Propose:
                return Take(setup, i, new Proposed(Numbered(number)));
            case LocalMove.Start:
                return (this with { State = Peer.Recover(Disk), Service = Stored }).Take(setup, i, new Started());
            case LocalMove.Snapshot:
                return Take(setup, i, new SnapshotWanted());
            case LocalMove.SnapshotDone:
                var (zxid, content) = Snapshot!.Value;
                return (this with { Snapshot = null, Stored = content, Disk = Disk with { History = Disk.History.TrimmedTo(zxid) } }).Take(setup, i, new SnapshotTaken(zxid));
            case LocalMove.Crash:
                var left = this;
                for (var w = 0; w < number; w++) left = Written(left, Pending[w]);
                return new(left with { State = null, Pending = [], Alarms = 0, Service = [], Snapshot = null }, null, [], Pending.Count - number);
            case LocalMove.Named:
                return (this with { State = Stuffed(setup, number) }).Take(setup, i, new AlarmRang(Alarm.ElectionSettles));
            default:
                throw new ArgumentOutOfRangeException(nameof(move), move, "a move that no server knows");
        }
    }

    /// <summary>One input: the real core's step, and its effects on this server.</summary>
    public LocalStep Take(ZabSetup setup, int i, Input input)
    {
        var before = State!;
        var step = setup.Peers[i].Take(before, input);
        if (setup.Grain != Grain.Whole) step = step with { State = Abstract(setup.Grain, step.State) };
        var server = this with { State = step.State };
        var links = ImmutableArray.CreateBuilder<LinkEffect>();
        foreach (var effect in step.Effects)
        {
            switch (effect)
            {
                case Send send when IsShown(setup.Grain, send.Message): links.Add(new(send.To.Value - 1, send.Message)); break;
                case SendSnapshot snapshot: links.Add(new(snapshot.To.Value - 1, new Snap(server.Service.IsEmpty ? Zxid.Zero : server.Service[^1].Zxid, Content(server.Service)))); break;
                case Disconnect disconnect: links.Add(new(disconnect.Peer.Value - 1, null)); break;
                case Reference.Zab.Persist persist: server = server with { Pending = server.Pending.Add(persist.Write) }; break;
                case SetAlarm alarm when setup.Grain == Grain.Whole: server = server with { Alarms = server.Alarms | 1 << (int)alarm.Alarm }; break;
                case Deliver deliver: server = server with { Service = server.Service.Add(new(deliver.Zxid, deliver.Txn)) }; break;
                case Restore restore: server = server with { Service = Content(restore.Content) }; break;
                case TakeSnapshot taken: server = server with { Snapshot = (taken.Zxid, server.Service) }; break;
            }
        }
        return new(server, (before, input, step), links.DrainToImmutable());
    }

    /// <summary>The time-out that may come now where alarms aren't kept: each phase has its own.</summary>
    public Alarm? TimeOut => State switch
    {
        null => null,
        { Phase: Phase.Election, Settling: true } => Alarm.ElectionSettles,
        { Phase: Phase.Election } => null,
        { Phase: Phase.Discovery } => Alarm.Discovery,
        { Phase: Phase.Synchronization } => Alarm.Synchronization,
        { Leading: not null } => Alarm.QuorumCheck,
        _ => Alarm.LeaderSilent,
    };

    /// <summary>What a grain forgets. Whether a follower was heard of late: as if it hadn't been, so that a leader may step down at any look. In the oracle's grain also rounds and votes, which nothing but elections reads.</summary>
    private static NodeState Abstract(Grain grain, NodeState s)
    {
        if (s.Leading is { } term && term.Learners.Any(l => l.Heard)) s = s with { Leading = term with { Learners = [.. term.Learners.Select(l => l with { Heard = false })] } };
        if (grain != Grain.Oracle) return s;
        return s with { Round = 0, Settling = false, Ballots = ImmutableSortedDictionary<NodeId, Notification>.Empty, Vote = s.Phase == Phase.Election ? default : new(s.Vote.Candidate, 0, Zxid.Zero) };
    }

    private static bool IsShown(Grain grain, Message message) => grain switch
    {
        Grain.Oracle => message is not Notification,
        Grain.Election => message is Notification,
        _ => true,
    };

    /// <summary>The oracle's ballot box: everyone, <paramref name="leader"/> included, votes for it.</summary>
    private NodeState Stuffed(ZabSetup setup, int leader)
    {
        var vote = new Vote(new(leader + 1), 0, Zxid.Zero);
        return State! with
        {
            Vote = vote,
            Settling = true,
            Ballots = Enumerable.Range(1, setup.Servers).Select(id => new NodeId(id)).Where(id => State.Connected.Contains(id) || id == vote.Candidate)
                .ToImmutableSortedDictionary(id => id, _ => new Notification(vote, State.Round, Standing.Looking)),
        };
    }

    /// <summary>The disk after one more write: what is older than its snapshot is passed over, as recovery does.</summary>
    private static ZabServer Written(ZabServer server, Write write) => write switch
    {
        Append a when a.Zxid <= server.Disk.History.Base => server,
        InstallSnapshot s => server with { Disk = server.Disk.After(write), Stored = Content(s.Content) },
        _ => server with { Disk = server.Disk.After(write) },
    };

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

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(State);
        f.Add(Disk);
        f.AddAll(Stored);
        f.AddAll(Pending);
        f.Add(Alarms);
        f.AddAll(Service);
        f.Add(Snapshot is null);
        if (Snapshot is { } snapshot) f.Add(snapshot.Zxid);
        f.Add(Joined);
    }
}
