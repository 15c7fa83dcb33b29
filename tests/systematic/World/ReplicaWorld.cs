using System.Numerics;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>What a world of one partition's replicas may do to them, and how often.</summary>
/// <param name="Rules">The rules that a broker follows; the zoo gives its own.</param>
public sealed record ReplicaSetup(int Brokers, int MinInSync, int Kills, int PowerLosses, int Expiries, int Elections, int Breaks, int Records, Func<BrokerId, Replica> Rules)
{
    /// <summary>The only claims to evaluate; all if empty.</summary>
    public ImmutableArray<string> Judged { get; init; } = [];

    /// <summary>Whether a claim is evaluated.</summary>
    public bool Judges(string invariant) => Judged.IsEmpty || Judged.Contains(invariant);

    /// <summary>replica.lag.time.max.ms here.</summary>
    public const long LagMs = 10;

    /// <summary>The rules of each broker.</summary>
    public ImmutableArray<Replica> Replicas { get; } = [.. Enumerable.Range(1, Brokers).Select(id => Rules(new(id)))];

    /// <summary>All brokers: each holds a replica.</summary>
    public BrokerSet All { get; } = BrokerSet.Of(Enumerable.Range(1, Brokers).Select(id => new BrokerId(id)));
}

/// <summary>One broker of the world.</summary>
/// <param name="State">Its replica; what it was, once it's down.</param>
/// <param name="Records">What its log holds.</param>
/// <param name="IsUp">Whether it runs.</param>
/// <param name="Life">The epoch of its latest registration.</param>
/// <param name="IsRegistered">Whether the store has that registration.</param>
/// <param name="KeptTail">Whether it surely has all that it appended before it went down.</param>
/// <param name="Orders">What the controller has sent it, in order.</param>
/// <param name="ToStore">What it has asked of the store, in order.</param>
/// <param name="FromStore">What the store has answered, in order.</param>
/// <param name="Alarms">Bit a: alarm a is set.</param>
/// <param name="FlushTo">A flush under way, or −1.</param>
/// <param name="Asking">Whom it has asked last, in which leader epoch, without an answer yet.</param>
public sealed record ReplicaBroker(
    ReplicaState State, Sequence<GhostRecord> Records, bool IsUp, long Life, bool IsRegistered, bool KeptTail, Sequence<PartitionState> Orders, Sequence<ReplicaEffect> ToStore,
    Sequence<ReplicaInput> FromStore, int Alarms, long FlushTo, (BrokerId Leader, LeaderEpoch Epoch)? Asking)
{
    /// <summary>What the latest loss of power took, and from where: a leader that hasn't heard of it may still count on it.</summary>
    public (long From, Sequence<GhostRecord> Records) Lost { get; init; } = (0, []);

    /// <summary>Whether it holds a record at an offset, or did until a loss of power took it.</summary>
    public bool Held(long offset, GhostRecord record) => At(Records, offset) == record || At(Lost.Records, offset - Lost.From) == record;

    private static GhostRecord? At(Sequence<GhostRecord> records, long at) => at >= 0 && at < records.Count ? records[(int)at] : null;
}

/// <summary>Between brokers: a follower's fetch.</summary>
public sealed record FetchAsked(LeaderEpoch Epoch, long From, BrokerEpoch Life) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(1);
        f.Add(Epoch);
        f.Add(From);
        f.Add(Life);
    }

    /// <inheritdoc/>
    public override string ToString() => $"FETCH epoch {Epoch} from {From}";
}

/// <summary>Between brokers: the leader's answer to a fetch, with the records.</summary>
public sealed record FetchGiven(FetchAnswered Answer, Sequence<GhostRecord> Records) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(2);
        f.Add(Answer);
        f.AddAll(Records);
    }

    /// <inheritdoc/>
    public override string ToString() => Answer.ToString();
}

/// <summary>Between brokers: where does an epoch end?</summary>
public sealed record EpochEndAsked(LeaderEpoch Epoch, LeaderEpoch Asked) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(3);
        f.Add(Epoch);
        f.Add(Asked);
    }

    /// <inheritdoc/>
    public override string ToString() => $"EPOCHEND of {Asked} in epoch {Epoch}?";
}

/// <summary>Between brokers: there.</summary>
public sealed record EpochEndGiven(EpochEndAnswered Answer) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(4);
        f.Add(Answer);
    }

    /// <inheritdoc/>
    public override string ToString() => Answer.ToString();
}

/// <summary>One partition's real replica cores, under an oracle controller and a store with versions; on links that break and disks that forget.</summary>
/// <remarks>
/// The oracle elects whomever the controller's rules allow, at any time within its budget: the first grain of DESIGN's ISR checks. A killed process keeps what it appended; a
/// loss of power keeps any prefix of what wasn't flushed, and the oracle takes the broker out of ISR and ELR before it may lead, where others remain.
/// </remarks>
public sealed partial record ReplicaWorld(
    ReplicaSetup Setup, ImmutableArray<ReplicaBroker> Brokers, Links Links, PartitionState Stored, long NowMs, long LastLife, int Kills, int PowerLosses, int Expiries, int Elections, int Breaks, int Records,
    ImmutableSortedDictionary<LeaderEpoch, BrokerSet> Leaders, Sequence<Promise> Acknowledged, Sequence<Promise> Consumed, long FarthestEndTold, long LastEndTold) : IWorld<ReplicaWorld>
{
    private const int Deliver = 0, Order = 1, Store = 2, Stored_ = 3, Connect = 4, Produce = 5, Consume = 6, Ring = 7, FlushDone = 8, Restart = 9, Register = 10, Elect = 11, Unreachable = 12,
        Lag = 13, Kill = 14, PowerLoss = 15, Expire = 16, Break = 17;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } =
        ["deliver", "order", "store", "store answers", "connect", "produce", "consume", "ring", "flushed", "restart", "register", "elect", "unreachable", "!lag", "!kill", "!power loss", "!expire", "!break"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = [.. Partition.Goals.Select(g => g.Name), "lost unflushed records"];

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    /// <summary>All brokers run, registered; the partition has just been created: the first leads, all are in sync, nobody has been told.</summary>
    public static ReplicaWorld Start(ReplicaSetup setup)
    {
        var stored = new PartitionState(new(1), LeaderEpoch.First, setup.All, BrokerSet.Empty, 1, 0);
        var brokers = setup.Replicas.Select((r, i) => new ReplicaBroker(r.Recover(ReplicaLog.Empty, new(setup.MinInSync), cleanly: true), [], true, i + 1, true, true, [stored], [], [], 0, -1, null));
        return new(setup, [.. brokers], Links.None(setup.Brokers), stored, 0, setup.Brokers, setup.Kills, setup.PowerLosses, setup.Expiries, setup.Elections, setup.Breaks, setup.Records,
            ImmutableSortedDictionary<LeaderEpoch, BrokerSet>.Empty, [], [], 0, 0);
    }

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        var n = Brokers.Length;
        for (var i = 0; i < n; i++)
        {
            var broker = Brokers[i];
            if (!broker.ToStore.IsEmpty)
            {
                moves.Add(new(Store, i));
                if (Breaks > 0) moves.Add(new(Store, i, 0, 1));
            }
            if (broker.IsRegistered && (!broker.IsUp || Expiries > 0)) moves.Add(new(Expire, i));
            if (CanElect(i)) moves.Add(new(Elect, i));
            if (!broker.IsUp)
            {
                moves.Add(new(Restart, i));
                continue;
            }
            if (!broker.IsRegistered) moves.Add(new(Register, i));
            if (!broker.Orders.IsEmpty) moves.Add(new(Order, i));
            if (!broker.FromStore.IsEmpty) moves.Add(new(Stored_, i));
            for (var j = 0; j < n; j++)
            {
                if (j == i) continue;
                if (!Links.Queue(j, i).IsEmpty) moves.Add(new(Deliver, i, j));
                if (j < i || !Brokers[j].IsUp) continue;
                if (Links.CanConnect(i, j)) moves.Add(new(Connect, i, j));
                else if (Breaks > 0 && Links.CanBreak(i, j))
                    for (var keep = 0; keep < 4; keep++) moves.Add(new(Break, i, j, keep));
            }
            if (broker.Asking is { } asking && !Links.IsOpen(i, asking.Leader.Value - 1)) moves.Add(new(Unreachable, i));
            if (Records > 0 && broker.State.Lead is not null)
            {
                moves.Add(new(Produce, i));
                moves.Add(new(Produce, i, 0, 1));
            }
            if (broker.State.Lead is not null && (Consumed.Count < Setup.Replicas[i].ReadableUpTo(broker.State) || CanTellEnd(i))) moves.Add(new(Consume, i));
            for (var alarms = broker.Alarms; alarms != 0; alarms &= alarms - 1) moves.Add(new(Ring, i, 0, BitOperations.TrailingZeroCount(alarms)));
            if ((broker.Alarms >> (int)ReplicaAlarm.LagCheck & 1) != 0 && broker.State.Lead is not null) moves.Add(new(Lag, i));
            if (broker.FlushTo >= 0) moves.Add(new(FlushDone, i));
            if (Kills > 0)
            {
                moves.Add(new(Kill, i, 0));
                moves.Add(new(Kill, i, 1));
            }
            if (PowerLosses > 0)
                for (var kept = broker.State.Log.Flushed; kept <= broker.State.Log.End; kept++) moves.Add(new(PowerLoss, i, 0, (int)kept));
        }
    }

    /// <inheritdoc/>
    public ReplicaWorld? After(Move move)
    {
        var i = move.Owner;
        var broker = Brokers[i];
        switch (move.Kind)
        {
            case Store when !broker.ToStore.IsEmpty && (move.Detail == 0 || Breaks > 0):
                return StoreTakes(i, broker, loseAnswer: move.Detail == 1).Judged(this);
            case Expire when broker.IsRegistered && (!broker.IsUp || Expiries > 0):
                return With(i, broker with { IsRegistered = false }) with { Expiries = broker.IsUp ? Expiries - 1 : Expiries, Trail = [$"store: the session of {i + 1} expires"] };
            case Elect when CanElect(i):
                return ElectLeader(i).Judged(this);
            case Restart when !broker.IsUp:
                return RestartOf(i, broker).Judged(this);
        }
        if (!broker.IsUp) return null;
        switch (move.Kind)
        {
            case Register when !broker.IsRegistered:
                return RegisterOf(i, broker).Judged(this);
            case Order when !broker.Orders.IsEmpty:
                return With(i, broker with { Orders = broker.Orders.RemoveFirst(1) }).Step(i, new StateTold(broker.Orders[0], Setup.All, NowMs), $"controller→{i + 1} LEADERANDISR {broker.Orders[0]}").Judged(this);
            case Stored_ when !broker.FromStore.IsEmpty:
                return With(i, broker with { FromStore = broker.FromStore.RemoveFirst(1) }).Step(i, broker.FromStore[0], $"store→{i + 1} {broker.FromStore[0]}").Judged(this);
            case Deliver when !Links.Queue(move.Other, i).IsEmpty:
                return Delivered(i, move.Other).Judged(this);
            case Connect when Brokers[move.Other].IsUp && Links.CanConnect(i, move.Other):
                return this with { Links = Links.Connect(i, move.Other), Trail = [$"{i + 1}—{move.Other + 1} link up"] };
            case Break when Breaks > 0 && Brokers[move.Other].IsUp && Links.CanBreak(i, move.Other):
                return this with { Breaks = Breaks - 1, Links = Links.Break(i, move.Other, (move.Detail & 1) != 0, (move.Detail & 2) != 0), Trail = [$"{i + 1}—{move.Other + 1} link breaks"] };
            case Unreachable when broker.Asking is { } asking && !Links.IsOpen(i, asking.Leader.Value - 1):
                return With(i, broker with { Asking = null }).Step(i, new LeaderUnreachable(asking.Epoch), $"{i + 1} can't reach {asking.Leader}").Judged(this);
            case Produce when Records > 0 && broker.State.Lead is not null:
                var number = Setup.Records - Records + 1;
                return (this with { Records = Records - 1 }).Step(i, new ProduceReceived(2 * number + move.Detail, 1, move.Detail == 0 ? Acks.All : Acks.Leader), $"producer→{i + 1} record {number} acks={(move.Detail == 0 ? "all" : "1")}").Judged(this);
            case Consume when broker.State.Lead is not null:
                return ConsumeFrom(i, broker.State).Judged(this);
            case Ring when (broker.Alarms >> move.Detail & 1) != 0:
                return With(i, broker with { Alarms = broker.Alarms & ~(1 << move.Detail) }).Step(i, new AlarmRang((ReplicaAlarm)move.Detail, NowMs), $"{i + 1} alarm {(ReplicaAlarm)move.Detail}").Judged(this);
            case Lag when (broker.Alarms >> (int)ReplicaAlarm.LagCheck & 1) != 0 && broker.State.Lead is not null:
                var late = With(i, broker with { Alarms = broker.Alarms & ~(1 << (int)ReplicaAlarm.LagCheck) }) with { NowMs = NowMs + ReplicaSetup.LagMs + 1 };
                return late.Step(i, new AlarmRang(ReplicaAlarm.LagCheck, late.NowMs), $"{i + 1} looks who lags, {ReplicaSetup.LagMs + 1} ms later").Judged(this);
            case FlushDone when broker.FlushTo >= 0:
                return With(i, broker with { FlushTo = -1 }).Step(i, new Flushed(broker.FlushTo), $"{i + 1} disk: flushed to {broker.FlushTo}").Judged(this);
            case Kill when Kills > 0:
                return Down(i, broker, (int)broker.State.Log.End, keepSent: move.Other == 1, power: false).Judged(this);
            case PowerLoss when PowerLosses > 0 && move.Detail >= broker.State.Log.Flushed && move.Detail <= broker.State.Log.End:
                return Down(i, broker, move.Detail, keepSent: false, power: true).Judged(this);
            default:
                return null;
        }
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(seed);
        foreach (var broker in Brokers)
        {
            f.Add(broker.Lost.From);
            f.AddAll(broker.Lost.Records);
            f.Add(broker.Life);
            f.Add(broker.IsRegistered);
            f.Add(broker.KeptTail);
            f.AddAll(broker.Orders);
            foreach (var asked in broker.ToStore) f.Add(asked.ToString());
            f.AddAll(broker.FromStore);
            f.Add(broker.Alarms);
            f.Add(broker.FlushTo);
            f.Add(broker.Asking is null);
        }
        Links.AddTo(ref f);
        f.Add(Ghost());
        foreach (var left in (ReadOnlySpan<int>)[Kills, PowerLosses, Expiries, Elections, Breaks, Records]) f.Add(left);
        f.Add(NowMs);
        return f.Value;
    }

    /// <summary>A record's token is even if its producer wants acks=all.</summary>
    private static bool WaitsForAll(int token) => token % 2 == 0;

    private static BrokerId Id(int index) => new(index + 1);

    private ReplicaWorld With(int i, ReplicaBroker broker) => this with { Brokers = Brokers.SetItem(i, broker) };

    private Partition Ghost()
    {
        var replicas = ImmutableArray.CreateBuilder<GhostReplica>(Brokers.Length);
        foreach (var broker in Brokers) replicas.Add(new(broker.State, broker.Records, broker.IsUp));
        return new(replicas.MoveToImmutable(), Stored, Leaders, Acknowledged, Consumed, FarthestEndTold, LastEndTold);
    }

    /// <summary>Every claim about what a move made of the partition.</summary>
    private ReplicaWorld Judged(ReplicaWorld before)
    {
        var (then, now) = (before.Ghost(), Ghost());
        var broken = Broken;
        foreach (var invariant in Partition.Invariants)
            if (broken is null && Setup.Judges(invariant.Rule) && !invariant.Holds(now)) broken = new(invariant.Rule, invariant.Claim, string.Join("; ", Brokers.Select((b, i) => $"{i + 1}{(b.IsUp ? "" : " down")}: {b.State.Phase} epoch {b.State.EnteredEpoch} hw {b.State.HighWatermark} [{string.Join(' ', b.Records)}]")));
        foreach (var invariant in Partition.StepInvariants)
            if (broken is null && Setup.Judges(invariant.Rule) && !invariant.Holds((then, now))) broken = new(invariant.Rule, invariant.Claim, $"{then.Stored} became {now.Stored}");
        var reached = Reached;
        for (var goal = 0; goal < Partition.Goals.Length; goal++)
            if ((reached >> goal & 1) == 0 && Partition.Goals[goal].Reached((then, now))) reached |= 1ul << goal;
        return this with { Broken = broken, Reached = reached };
    }
}
