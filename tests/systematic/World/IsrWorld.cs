using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>One partition's real replica cores under an oracle controller, small enough to be explored: every run within its budgets, whatever the clocks say.</summary>
/// <remarks>
/// What <see cref="ReplicaWorld"/> walks, without clocks: who lags is for the world to say, what wasn't answered is asked again at any time, and consumers have read whatever a leader lets them read.
/// A request arrives at once, late, or never; spec/exploration.md says why that loses nothing. Parts are interned and local steps remembered, so that a state costs a few look-ups.
/// </remarks>
public sealed partial record IsrWorld : IWorld<IsrWorld>
{
    private const int Order = 0, Fetch = 1, Ask = 2, Late = 3, Produce = 4, Lag = 5, Store = 6, Answer = 7, Elect = 8, Expire = 9, Return = 10, Consume = 11, Arrive = 12, Hear = 13, Again = 14, Register = 15, Crash = 16;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } =
        ["order", "fetch", "ask", "late fetch", "produce", "lag", "store", "store answers", "elect", "expire", "return", "consume", "arrive", "hear", "again", "register", "!crash"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = ["committed", "consumed", "truncated", "shrunk", "expanded", "left behind", "failed over", "lost unflushed records", "late fetch counted"];

    private const ulong Committed = 1, ConsumedGoal = 2, Truncated = 4, Shrunk = 8, Expanded = 16, LeftBehind = 32, FailedOver = 64, LostRecords = 128, LateCounted = 256;

    private IsrWorld(IsrSetup setup, IsrMemory memory, ImmutableArray<Part<IsrBroker>> brokers, Part<PartitionState> stored, Part<IsrGhost> ghost) =>
        (Setup, _memory, _brokers, _stored, _ghost, Records, Shrinks, Expands, Crashes, LostAnswers) = (setup, memory, brokers, stored, ghost, setup.Records, setup.Shrinks, setup.Expands, setup.Crashes, setup.LostAnswers);

    private readonly IsrMemory _memory;
    private ImmutableArray<Part<IsrBroker>> _brokers;
    private Part<PartitionState> _stored;
    private Part<IsrGhost> _ghost;

    /// <summary>What may happen here.</summary>
    public IsrSetup Setup { get; }

    /// <summary>Records that may still be produced.</summary>
    public int Records { get; private init; }

    /// <summary>Shrinks by leaders that are left.</summary>
    public int Shrinks { get; private init; }

    /// <summary>Expansions by leaders that are left.</summary>
    public int Expands { get; private init; }

    /// <summary>Crashes that are left.</summary>
    public int Crashes { get; private init; }

    /// <summary>Answers of the store that may still get lost.</summary>
    public int LostAnswers { get; private init; }

    /// <summary>The partition's state in the store.</summary>
    public PartitionState Stored => _stored.Value;

    /// <summary>What the onlooker knows.</summary>
    public IsrGhost Ghost => _ghost.Value;

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    /// <summary>A broker.</summary>
    public IsrBroker Broker(int i) => _brokers[i].Value;

    /// <summary>All brokers run, registered; the partition has just been created: the first leads, all are in sync, nobody has been told.</summary>
    public static IsrWorld Start(IsrSetup setup)
    {
        var stored = new PartitionState(new(1), LeaderEpoch.First, setup.All, BrokerSet.Empty, 1, 0);
        var memory = new IsrMemory(setup.Brokers, setup.Seed);
        var parts = setup.Replicas.Select((r, i) => memory.Brokers.Of(new(i, r.Recover(ReplicaLog.Empty, new(setup.MinInSync), cleanly: true), [], [], 0, true, true, true, i + 1, [stored], [], [], [], null, null)));
        var start = new IsrWorld(setup, memory, [.. parts], memory.Stored.Of(stored), memory.Ghosts.Of(new([], [], 0)));
        return setup.Reduced ? start.OfflineTakeOrders() : start;
    }

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        for (var i = 0; i < _brokers.Length; i++)
        {
            var broker = Broker(i);
            if (!broker.ToStore.IsEmpty && !Setup.IsControlled)
            {
                moves.Add(new(Store, i));
                if (LostAnswers > 0 && broker.IsUp) moves.Add(new(Store, i, 0, 1));
            }
            if (broker.IsRegistered && !broker.IsUp && !Setup.IsControlled) moves.Add(new(Expire, i));
            if (CanElect(i)) moves.Add(new(Elect, i));
            for (var late = 0; late < broker.Late.Length; late++)
                if (IsFirst(broker, late)) moves.Add(new(Late, i, 0, late));
            if (!broker.IsUp)
            {
                if (!Setup.IsControlled && (!Setup.Reduced || CanRegister(i))) moves.Add(new(Return, i));
                continue;
            }
            if (!Setup.IsControlled && !broker.IsRegistered && CanRegister(i)) moves.Add(new(Register, i));
            if (!broker.Orders.IsEmpty) moves.Add(new(Order, i));
            if (!broker.FromStore.IsEmpty) moves.Add(new(Answer, i));
            if (Setup.Reduced) RequestMoves(i, broker, moves);
            else StepwiseMoves(i, broker, moves);
            if (broker.State.Lead is not null) LeaderMoves(i, broker, moves);
            if (Crashes > 0) CrashMoves(i, broker, moves);
        }
    }

    /// <summary>A follower's request arrives at once and is answered; or the answer is lost.</summary>
    private void RequestMoves(int i, IsrBroker broker, List<Move> moves)
    {
        if (broker.Leader is not (>= 0 and var leader) || !Broker(leader).IsUp) return;
        if (broker.State.Phase == ReplicaPhase.Truncating)
        {
            if (Setup.Replicas[leader].EpochEndOffset(Broker(leader).State, broker.State.Partition!.LeaderEpoch, broker.State.AskedEpoch).Error == ReplicaError.None) moves.Add(new(Ask, i));
            return;
        }
        var given = Fetches(i, leader).Step.Given;
        if (given is null) return;
        if (given.Answer.Error is ReplicaError.None or ReplicaError.OffsetOutOfRange) moves.Add(new(Fetch, i));
        if (given.Answer.Error == ReplicaError.None) moves.Add(new(Fetch, i, 0, 1));
    }

    /// <summary>A follower's request, its answer, and the patience to wait for them, each by itself.</summary>
    private void StepwiseMoves(int i, IsrBroker broker, List<Move> moves)
    {
        if (broker.Leader is not (>= 0 and var leader)) return;
        if (broker.Sent is not null && Broker(leader).IsUp) moves.Add(new(Arrive, i));
        if (broker.Given is not null) moves.Add(new(Hear, i));
        if (broker.Sent is null) moves.Add(new(Again, i));
    }

    private void LeaderMoves(int i, IsrBroker broker, List<Move> moves)
    {
        if (Records > 0)
        {
            moves.Add(new(Produce, i));
            if (!Setup.Reduced || broker.State.Partition!.Isr.Count < Setup.MinInSync) moves.Add(new(Produce, i, 0, 1));
        }
        if (Shrinks > 0 && broker.State.Lead!.Change is null)
        {
            var lagging = Lagging(broker.State);
            for (var some = lagging; some != 0; some = some - 1 & lagging) moves.Add(new(Lag, i, 0, some));
        }
        if (!Setup.Reduced && (Ghost.Consumed.Count < Setup.Replicas[i].ReadableUpTo(broker.State) || EndToTell(i) is >= 0 and var end && end != Ghost.FarthestEnd)) moves.Add(new(Consume, i));
    }

    private void CrashMoves(int i, IsrBroker broker, List<Move> moves)
    {
        for (var written = 0; written <= (broker.State.HighWatermark > 0 ? 1 : 0); written++)
        {
            if (Setup.OnlyKills) moves.Add(new(Crash, i, written, -1));
            for (var kept = 0; !Setup.OnlyKills && kept <= broker.State.Log.End; kept++) moves.Add(new(Crash, i, written, kept));
        }
    }

    /// <inheritdoc/>
    public IsrWorld? After(Move move)
    {
        var i = move.Owner;
        var broker = Broker(i);
        switch (move.Kind)
        {
            case Store when !broker.ToStore.IsEmpty && (move.Detail == 0 || LostAnswers > 0):
                return StoreTakes(i, broker, loseAnswer: move.Detail == 1).Judged(this);
            case Expire when broker.IsRegistered && !broker.IsUp:
                return With(i, broker with { IsRegistered = false }, Setup.Tells ? $"store: the session of {i + 1} expires" : "");
            case Elect when CanElect(i):
                return ElectLeader(i).Judged(this);
            case Late when move.Detail < broker.Late.Length && IsFirst(broker, move.Detail):
                return LateArrives(i, broker, move.Detail).Judged(this);
            case Return when !broker.IsUp && (!Setup.Reduced || CanRegister(i)):
                return Returns(i, broker).Judged(this);
        }
        if (!broker.IsUp) return null;
        switch (move.Kind)
        {
            case Register when !broker.IsRegistered && CanRegister(i):
                return Registers(i, broker).Judged(this);
            case Order when !broker.Orders.IsEmpty:
                return TakesOrder(i).Judged(this);
            case Answer when !broker.FromStore.IsEmpty:
                return Takes(i, new(Answer, 0), b => b with { FromStore = b.FromStore.RemoveFirst(1) }, b => b.FromStore[0], Setup.Tells ? $"store→{i + 1}" : "").Judged(this);
            case Produce when Records > 0 && broker.State.Lead is not null:
                return Produces(i, move.Detail).Judged(this);
            case Lag when Shrinks > 0 && broker.State.Lead is { Change: null } && move.Detail != 0 && (move.Detail & ~Lagging(broker.State)) == 0:
                return Lags(i, move.Detail).Judged(this);
            case Consume when !Setup.Reduced && broker.State.Lead is not null:
                return Consumes(i).Judged(this);
            case Crash when Crashes > 0 && move.Detail <= broker.State.Log.End && move.Detail < 0 == Setup.OnlyKills:
                return Crashed(i, broker, move.Other == 1 ? broker.State.HighWatermark : 0, move.Detail).Judged(this);
        }
        if (broker.Leader is not (>= 0 and var leader)) return null;
        switch (move.Kind)
        {
            case Fetch when Broker(leader).IsUp && broker.State.Phase == ReplicaPhase.Fetching:
                return FetchHeard(i, leader, answered: move.Detail == 0)?.Judged(this);
            case Ask when Broker(leader).IsUp && broker.State.Phase == ReplicaPhase.Truncating:
                return Asks(i, leader)?.Judged(this);
            case Arrive when broker.Sent is not null && Broker(leader).IsUp:
                return Arrives(i, broker, leader).Judged(this);
            case Hear when broker.Given is not null:
                return Hears(i, broker).Judged(this);
            case Again when broker.Sent is null:
                return With(i, broker with { Given = null, Sent = RequestOf(broker) }, $"{i + 1} asks {leader + 1} again");
            default:
                return null;
        }
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var budgets = Records | Shrinks << 8 | Expands << 12 | Crashes << 16 | LostAnswers << 20;
        if (!Setup.Reduced || Setup.IsControlled)      // a controller prefers some brokers to others: they aren't alike
        {
            var f = new Fingerprint(seed);
            foreach (var part in _brokers) f.Add(part.Hash);
            f.Add(_stored.Hash);
            f.Add(_ghost.Hash);
            f.Add(budgets);
            return f.Value;
        }
        // One that stands for all that differ by the brokers' numbers alone: the one with the least fingerprint.
        var least = ulong.MaxValue;
        Span<ulong> hashes = stackalloc ulong[_brokers.Length];
        var stored = _stored.Images(_memory.Renamings, static (r, s) => r.Of(s), _memory.Seed);
        for (var r = 0; r < _memory.Renamings.Length; r++)
        {
            foreach (var part in _brokers) hashes[_memory.Renamings[r].Place(part.Value.Place)] = part.Images(_memory.Renamings, static (r, b) => r.Of(b), _memory.Seed)[r];
            var f = new Fingerprint(seed);
            foreach (var hash in hashes) f.Add(hash);
            f.Add(stored[r]);
            f.Add(_ghost.Hash);
            f.Add(budgets);
            least = Math.Min(least, f.Value);
        }
        return least;
    }

    private static BrokerId Id(int index) => new(index + 1);

    /// <summary>Which followers of the ISR lack records, a bit each.</summary>
    private static int Lagging(ReplicaState s)
    {
        var lagging = 0;
        foreach (var follower in s.Lead!.Followers)
            if (follower.EndOffset != s.Log.End && s.Partition!.Isr.Contains(follower.Broker)) lagging |= 1 << follower.Broker.Value - 1;
        return lagging;
    }

    /// <summary>Links are in order: the first late fetch for each leader comes first.</summary>
    private static bool IsFirst(IsrBroker broker, int late)
    {
        for (var earlier = 0; earlier < late; earlier++)
            if (broker.Late[earlier].To == broker.Late[late].To) return false;
        return true;
    }

    private static IFingerprinted RequestOf(IsrBroker broker) =>
        broker.State.Phase == ReplicaPhase.Fetching ? broker.Fetch : new EpochEndAsked(broker.State.Partition!.LeaderEpoch, broker.State.AskedEpoch);
}
