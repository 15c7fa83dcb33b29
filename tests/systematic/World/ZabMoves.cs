using System.Numerics;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>What is left of a world's budgets, and the oracle's last word.</summary>
/// <param name="Round">The oracle's round.</param>
/// <param name="Leader">Whom it named in that round; -1 before the first.</param>
/// <param name="TimeOuts">Time-outs, where they are bounded.</param>
public readonly record struct ZabBudgets(int Crashes, int Breaks, int Proposals, int Snapshots, int Round = 0, int Leader = -1, int TimeOuts = ZabSetup.Unbounded)
{
    /// <summary>All of it in one word.</summary>
    public int Packed => Crashes | Breaks << 4 | Proposals << 8 | Snapshots << 14 | Round << 18 | TimeOuts << 22 | (Leader + 1) << 26;

    /// <summary>The budgets in a word.</summary>
    public static ZabBudgets Of(int packed) => new(packed & 15, packed >> 4 & 15, packed >> 8 & 63, packed >> 14 & 15, packed >> 18 & 15, (packed >> 26 & 31) - 1, packed >> 22 & 15);
}

/// <summary>A world of servers as its rules see it: made of objects when it's walked, of numbers when it's explored.</summary>
public interface IZabFrame
{
    /// <summary>Who and how many.</summary>
    ZabSetup Setup { get; }

    /// <summary>What is left of the budgets.</summary>
    ZabBudgets Budgets { get; set; }

    /// <summary>A server.</summary>
    ZabServer Server(int i);

    /// <summary>The link between two servers.</summary>
    Link Link(int a, int b);

    /// <summary>The next packet from one server arrives at another, which takes it; true if that made it send or close anything.</summary>
    bool Deliver(int to, int from);

    /// <summary>Something happens to a server by itself.</summary>
    void Do(int i, LocalMove move, int number);

    /// <summary>Whether the server has taken part in the oracle's present round.</summary>
    void Joins(int i, bool joined);

    /// <summary>Something happens to a link: it comes up, breaks (detail: bit 0 keeps what's on its way to end 0, bit 1 to end 1), or one end's node crashes.</summary>
    void OnLink(int a, int b, LinkMove move, int detail);
}

/// <summary>What may happen to a link by itself.</summary>
public enum LinkMove
{
    /// <summary>It comes up.</summary>
    Connect,

    /// <summary>It breaks; bit 0 of the detail: what's on its way to end 0 is kept, bit 1: to end 1.</summary>
    Break,

    /// <summary>A node crashes; bit 0 of the detail: which end, bit 1: whether what it sent is kept.</summary>
    Crash,
}

/// <summary>What may happen in a world of servers, and what comes of it; once, for all its forms.</summary>
public static class ZabMoves
{
    /// <summary>The kinds of move.</summary>
    public const int Deliver = 0, Persist = 1, Connect = 2, Propose = 3, Ring = 4, TimeOut = 5, Crash = 6, Restart = 7, Break = 8, Snap = 9, SnapDone = 10, Name = 11, Follow = 12;

    /// <summary>Their names.</summary>
    public static readonly IReadOnlyList<string> Kinds = ["deliver", "persist", "connect", "propose", "ring", "!time out", "!crash", "restart", "!break", "!snapshot", "snapshot done", "name", "follow"];

    /// <summary>The budgets that may cut a run short.</summary>
    public static readonly IReadOnlyList<string> Limits = ["rounds", "epochs", "proposals", "crashes", "breaks", "time-outs"];

    private const int LongestQueue = 12;

    /// <summary>Which budget, if any, ends all runs here: a server that went beyond it isn't followed further.</summary>
    public static int? LimitOf<TFrame>(ref TFrame f) where TFrame : struct, IZabFrame
    {
        var setup = f.Setup;
        if (setup.Grain == Grain.Whole) return null;
        for (var i = 0; i < setup.Servers; i++)
        {
            if (f.Server(i).State is not { } state) continue;
            if (state.Round > setup.Rounds) return 0;
            if (state.Durable.AcceptedEpoch > setup.Epochs) return 1;
        }
        return null;
    }

    /// <summary>Adds every move that can happen now.</summary>
    public static void Moves<TFrame>(ref TFrame f, List<Move> moves) where TFrame : struct, IZabFrame
    {
        if (LimitOf(ref f) is not null) return;
        var setup = f.Setup;
        var budgets = f.Budgets;
        for (var i = 0; i < setup.Servers; i++)
        {
            var server = f.Server(i);
            if (server.State is not { } state)
            {
                moves.Add(new(Restart, i));
                continue;
            }
            for (var j = 0; j < setup.Servers; j++)
            {
                if (j == i) continue;
                var link = f.Link(i, j);
                if (!link.Queue(Links.End(i, j)).IsEmpty) moves.Add(new(Deliver, i, j));
                if (j < i || f.Server(j).State is null) continue;
                if (link.CanConnect) moves.Add(new(Connect, i, j));
                else if (budgets.Breaks > 0 && !IsOracle(setup) && link.CanBreak) AddBreaks(setup, link, i, j, moves);
            }
            AddWrites(server, i, moves);
            AddAlarms(ref f, server, i, moves);
            if (budgets.Proposals > 0 && state.IsEstablished) moves.Add(new(Propose, i));
            if (server.Snapshot is not null) moves.Add(new(SnapDone, i));
            else if (budgets.Snapshots > 0 && state.Delivered > state.Durable.History.Base) moves.Add(new(Snap, i));
            if (budgets.Crashes > 0) AddCrashes(setup, server, i, moves);
            if (setup.Grain == Grain.Oracle && (state.Phase == Phase.Election || setup.Reduced)) AddNaming(ref f, server, i, moves);
        }
    }

    /// <summary>Whether time-outs stand for broken links and lost messages: under the oracle, where they come at any time and nothing but them follows.</summary>
    private static bool IsOracle(ZabSetup setup) => setup is { Grain: Grain.Oracle, Reduced: true };

    private static void AddBreaks(ZabSetup setup, Link link, int i, int j, List<Move> moves)
    {
        // What's on its way in a direction can only be kept or lost if there is something.
        var (some0, some1) = (!setup.Reduced || !link.To0.IsEmpty, !setup.Reduced || !link.To1.IsEmpty);
        for (var keep = 0; keep < 4; keep++)
            if ((some0 || (keep & 1) != 0) && (some1 || (keep & 2) != 0)) moves.Add(new(Break, i, j, keep));
    }

    private static void AddWrites(ZabServer server, int i, List<Move> moves)
    {
        if (server.Pending.Count > 0) moves.Add(new(Persist, i, 0, 1));
        if (server.Pending.Count > 1) moves.Add(new(Persist, i, 0, server.Pending.Count));
    }

    private static void AddAlarms<TFrame>(ref TFrame f, ZabServer server, int i, List<Move> moves) where TFrame : struct, IZabFrame
    {
        var setup = f.Setup;
        if (setup.Grain != Grain.Whole)
        {
            // Who follows leaves when it joins another: until then it may as well be idle.
            if (server.TimeOut is not { } timeOut || (IsOracle(setup) && server.State!.Leading is null)) return;
            if (setup.Grain == Grain.Oracle || timeOut == Alarm.ElectionSettles || (server.State!.Round < setup.Rounds && f.Budgets.TimeOuts > 0)) moves.Add(new(TimeOut, i, 0, (int)timeOut));
            return;
        }
        for (var alarms = server.Alarms; alarms != 0; alarms &= alarms - 1)
        {
            var alarm = (Alarm)BitOperations.TrailingZeroCount(alarms);
            var harmless = alarm is Alarm.ElectionResend or Alarm.ElectionSettles or Alarm.Heartbeat;
            if (!harmless || RoomToSend(ref f, i)) moves.Add(new(harmless ? Ring : TimeOut, i, 0, (int)alarm));
        }
    }

    private static bool RoomToSend<TFrame>(ref TFrame f, int i) where TFrame : struct, IZabFrame
    {
        for (var j = 0; j < f.Setup.Servers; j++)
            if (j != i && f.Link(i, j).Queue(Links.End(j, i)).Count >= LongestQueue) return false;
        return true;
    }

    private static void AddCrashes(ZabSetup setup, ZabServer server, int i, List<Move> moves)
    {
        for (var kept = 0; kept <= server.Pending.Count; kept = kept == server.Pending.Count || kept < 3 ? kept + 1 : server.Pending.Count)
        {
            // Who loses what the crashed server sent might as well have timed out: under the oracle nothing stops it.
            if (!IsOracle(setup)) moves.Add(new(Crash, i, 0, kept));
            moves.Add(new(Crash, i, 1, kept));
        }
    }

    /// <summary>The oracle may begin a round by naming this server; or it may join the round's leader, while that leads. Nobody takes part in a round twice.</summary>
    private static void AddNaming<TFrame>(ref TFrame f, ZabServer server, int i, List<Move> moves) where TFrame : struct, IZabFrame
    {
        var budgets = f.Budgets;
        if (budgets.Round < f.Setup.Rounds) moves.Add(new(Name, i));
        for (var leader = 0; leader < f.Setup.Servers; leader++)
            if (MayFollow(ref f, server, i, leader)) moves.Add(new(Follow, i, leader));
    }

    /// <summary>Whether the oracle may have a server join that leader: the one that it named in this round, or, in a setup that says so, one of an earlier round that leads still.</summary>
    private static bool MayFollow<TFrame>(ref TFrame f, ZabServer server, int i, int leader) where TFrame : struct, IZabFrame
    {
        var budgets = f.Budgets;
        if (budgets.Round == 0 || server.Joined || leader == i || f.Server(leader).State?.Leading is null) return false;
        return f.Setup.AnyLeader || (leader == budgets.Leader && f.Server(leader).Joined);
    }

    /// <summary>Takes a move; false if it can't happen now.</summary>
    public static bool Take<TFrame>(ref TFrame f, Move move) where TFrame : struct, IZabFrame
    {
        var (i, other) = (move.Owner, move.Other);
        var server = f.Server(i);
        if (move.Kind != Restart && server.State is null) return false;
        var budgets = f.Budgets;
        switch (move.Kind)
        {
            case Deliver when !f.Link(i, other).Queue(Links.End(i, other)).IsEmpty:
                Arrives(ref f, i, other);
                break;
            case Persist when server.Pending.Count >= move.Detail:
                f.Do(i, LocalMove.Persist, move.Detail);
                break;
            case Connect when f.Server(other).State is not null && f.Link(i, other).CanConnect:
                f.OnLink(i, other, LinkMove.Connect, 0);
                break;
            case Propose when budgets.Proposals > 0 && server.State!.IsEstablished:
                f.Budgets = budgets with { Proposals = budgets.Proposals - 1 };
                f.Do(i, LocalMove.Propose, f.Setup.Proposals - budgets.Proposals + 1);
                break;
            case Ring or TimeOut when f.Setup.Grain == Grain.Whole ? (server.Alarms >> move.Detail & 1) != 0 : server.TimeOut == (Alarm)move.Detail && (budgets.TimeOuts > 0 || move.Detail == (int)Alarm.ElectionSettles):
                if (budgets.TimeOuts != ZabSetup.Unbounded && move.Detail != (int)Alarm.ElectionSettles) f.Budgets = budgets with { TimeOuts = budgets.TimeOuts - 1 };
                f.Do(i, LocalMove.Alarm, move.Detail);
                break;
            case Crash when budgets.Crashes > 0 && move.Detail <= server.Pending.Count:
                f.Budgets = budgets with { Crashes = budgets.Crashes - 1 };
                for (var peer = 0; peer < f.Setup.Servers; peer++)
                    if (peer != i) f.OnLink(i, peer, LinkMove.Crash, Links.End(i, peer) | other << 1);
                f.Do(i, LocalMove.Crash, move.Detail);
                if (f.Setup.Grain is Grain.Oracle or Grain.Full && f.Setup.Reduced) f.Do(i, LocalMove.Start, 0);
                break;
            case Restart when server.State is null:
                f.Do(i, LocalMove.Start, 0);
                break;
            case Break when budgets.Breaks > 0 && f.Server(other).State is not null && f.Link(i, other).CanBreak:
                f.Budgets = budgets with { Breaks = budgets.Breaks - 1 };
                f.OnLink(i, other, LinkMove.Break, move.Detail);
                break;
            case Snap when budgets.Snapshots > 0 && server.Snapshot is null:
                f.Budgets = budgets with { Snapshots = budgets.Snapshots - 1 };
                f.Do(i, LocalMove.Snapshot, 0);
                break;
            case SnapDone when server.Snapshot is not null:
                f.Do(i, LocalMove.SnapshotDone, 0);
                break;
            case Name when f.Setup.Grain == Grain.Oracle && budgets.Round < f.Setup.Rounds && (server.State!.Phase == Phase.Election || f.Setup.Reduced):
                Leaves(ref f, i);
                f.Budgets = budgets with { Round = budgets.Round + 1, Leader = i };
                for (var each = 0; each < f.Setup.Servers; each++) f.Joins(each, each == i);
                f.Do(i, LocalMove.Named, i);
                break;
            case Follow when f.Setup.Grain == Grain.Oracle && (server.State!.Phase == Phase.Election || f.Setup.Reduced) && MayFollow(ref f, server, i, other):
                Leaves(ref f, i);
                f.Joins(i, true);
                f.Do(i, LocalMove.Named, other);
                break;
            default:
                return false;
        }
        if (f.Setup is { Reduced: true, Grain: not Grain.Whole }) Settle(ref f);
        return true;
    }

    /// <summary>
    /// Steps that needn't wait, taken at once: no run is lost by it that ends with other disks or other deliveries (spec/exploration.md says why for each; a test compares with all runs of a small world).
    /// Under the oracle: links come up, their ends are noticed, what is sent to a leader arrives, and so does a DIFF. With the peer's own election: the end of a link that the server closed itself.
    /// </summary>
    public static void Settle<TFrame>(ref TFrame f) where TFrame : struct, IZabFrame
    {
        var servers = f.Setup.Servers;
        for (var again = true; again;)
        {
            again = false;
            for (var a = 0; a < servers; a++)
            {
                for (var b = 0; b < a; b++)
                {
                    while (IsSettled(ref f, a, b)) again = Arrives(ref f, a, b);
                    while (IsSettled(ref f, b, a)) again = Arrives(ref f, b, a);
                    if (f.Server(a).State is null || f.Server(b).State is null || !f.Link(a, b).CanConnect) continue;
                    f.OnLink(a, b, LinkMove.Connect, 0);
                    f.Deliver(a, b);
                    f.Deliver(b, a);
                    again = true;
                }
            }
        }
    }

    /// <summary>A server leaves its term, if it's in one, for the oracle's next round.</summary>
    private static void Leaves<TFrame>(ref TFrame f, int i) where TFrame : struct, IZabFrame
    {
        if (f.Server(i) is not { State.Phase: not Phase.Election, TimeOut: { } timeOut }) return;
        f.Do(i, LocalMove.Alarm, (int)timeOut);
        Settle(ref f);
    }

    /// <summary>The next packet arrives. Writes that it causes, and nothing else, are on disk at once: a crash that loses them is one that came before the packet did.</summary>
    private static bool Arrives<TFrame>(ref TFrame f, int to, int from) where TFrame : struct, IZabFrame
    {
        var pending = f.Server(to).Pending.Count;
        var isHeard = f.Deliver(to, from);
        if (isHeard || pending > 0 || !IsOracle(f.Setup)) return true;
        if (f.Server(to).Pending.Count is > 0 and var count) f.Do(to, LocalMove.Persist, count);
        return true;
    }

    /// <summary>Whether the next packet on its way to <paramref name="node"/> needn't wait.</summary>
    private static bool IsSettled<TFrame>(ref TFrame f, int node, int peer) where TFrame : struct, IZabFrame
    {
        if (f.Server(node).State is not { } state) return false;
        var queue = f.Link(node, peer).Queue(Links.End(node, peer));
        if (queue.IsEmpty) return false;
        if (f.Setup.Grain == Grain.Oracle) return queue[0] is Packet.Down or Packet.Carries { Message: CEpoch or AckEpoch or AckNewLeader or Ack or Diff };
        return queue[0] is Packet.Down && !state.Connected.Contains(new NodeId(peer + 1));
    }
}
