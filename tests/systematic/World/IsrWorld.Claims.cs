using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>What an onlooker of a partition knows.</summary>
/// <param name="Acknowledged">What producers with acks=all were told is committed.</param>
/// <param name="Consumed">What consumers have read: the log as they see it.</param>
/// <param name="FarthestEnd">The farthest end that a consumer was told.</param>
public sealed record IsrGhost(Sequence<Promise> Acknowledged, Sequence<Promise> Consumed, long FarthestEnd) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.AddAll(Acknowledged);
        f.AddAll(Consumed);
        f.Add(FarthestEnd);
    }
}

/// <summary>What an exploration of a partition remembers: its parts, and what became of them.</summary>
public sealed class IsrMemory(int brokers, ulong seed)
{
    /// <summary>Every renaming of the brokers.</summary>
    public ImmutableArray<Renaming> Renamings { get; } = Renaming.All(brokers);

    /// <summary>The seed of the parts' fingerprints.</summary>
    public ulong Seed => seed;

    /// <summary>The brokers met.</summary>
    public Interned<IsrBroker> Brokers { get; } = new(seed);

    /// <summary>The partition's states met.</summary>
    public Interned<PartitionState> Stored { get; } = new(seed);

    /// <summary>The notes met.</summary>
    public Interned<IsrGhost> Ghosts { get; } = new(seed);

    /// <summary>Steps of one broker: by its number, the other's or what it took, and the rest.</summary>
    public Remembered<(IsrStep Step, Part<IsrBroker> Next)> Steps { get; } = new();

    /// <summary>What two replicas break together.</summary>
    public Remembered<Broken?> Pairs { get; } = new();

    /// <summary>What consumers see of one replica, and what it breaks.</summary>
    public Remembered<(Part<IsrGhost> Ghost, Broken? Broken)> Views { get; } = new();
}

/// <summary>The claims, as the partition states them; each is asked of the replicas that a step changed: of one with the promises made, of each two.</summary>
public sealed partial record IsrWorld
{
    /// <summary>A producer was told that its record is kept.</summary>
    private IsrWorld Promised(int i, AnswerProduce answer)
    {
        var broker = Broker(i);
        var record = broker.Records[(int)answer.BaseOffset];
        if (record.Value % 2 != 0) return this;    // acks=1 promises nothing
        var wanted = Math.Min(Setup.MinInSync, Setup.Brokers);
        var promise = new Promise(answer.BaseOffset, record, broker.State.Partition!.LeaderEpoch, _brokers.Count(b => b.Value.Held(answer.BaseOffset, record)), wanted);
        var broken = Broken ?? Judge(Partition.AcknowledgedIsCopied, Of([], new([promise], [], 0)), () => $"{promise}");
        return this with { _ghost = _memory.Ghosts.Of(Ghost with { Acknowledged = Ghost.Acknowledged.Add(promise with { Copies = wanted }) }), Broken = broken, Reached = Reached | Committed };
    }

    /// <summary>Without reductions: a consumer reads on from this leader, and asks for the end.</summary>
    private IsrWorld Consumes(int i)
    {
        var (ghost, broken) = View(i, Ghost, EndToTell(i));
        return this with { _ghost = ghost, Broken = Broken ?? broken, Trail = [$"consumer reads from {i + 1} up to {Setup.Replicas[i].ReadableUpTo(Broker(i).State)}"] };
    }

    /// <summary>The end that this broker may tell a consumer: it is the leader that the store names, and knows; else −1.</summary>
    private long EndToTell(int i) =>
        Broker(i).State is { Lead: not null, Partition: { } partition } state && partition.LeaderEpoch == Stored.LeaderEpoch
        && Setup.Replicas[i].LatestOffset(state, LeaderEpoch.None) is { Error: ReplicaError.None } answer ? answer.Offset : -1;

    /// <summary>Every claim about what a move made of the partition.</summary>
    private IsrWorld Judged(IsrWorld before)
    {
        var world = Setup.Reduced ? OfflineTakeOrders().WithoutVainFetches() : WithoutVainFetches();
        var (broken, ghost, reached) = (world.Broken, world._ghost, world.Reached);
        if (!ReferenceEquals(before._stored, world._stored) && broken is null)
            broken = JudgeStep(Partition.TheStoreNeverGoesBack, (Of([], new([], [], 0), before.Stored), Of([], new([], [], 0), Stored)), () => $"{before.Stored} became {Stored}");
        for (var i = 0; i < _brokers.Length; i++)
        {
            var isChanged = !ReferenceEquals(before._brokers[i], world._brokers[i]);
            if (!isChanged && ReferenceEquals(before._ghost, ghost) && ReferenceEquals(before._stored, _stored)) continue;
            if (Setup.Reduced && world.Broker(i) is { IsUp: true, State.Lead: not null })
            {
                var at = ghost;
                (ghost, var seen) = _memory.Views.Of(world._brokers[i].Number, at.Number, world.EndToTell(i), static v => v.world.View(v.i, v.at.Value, v.world.EndToTell(v.i)), (world, i, at));
                broken ??= seen;
            }
            if (!isChanged) continue;
            for (var j = 0; j < _brokers.Length; j++)
            {
                if (j == i) continue;
                var (a, b) = i < j ? (world._brokers[i], world._brokers[j]) : (world._brokers[j], world._brokers[i]);
                broken ??= _memory.Pairs.Of(a.Number, b.Number, 0, static p => p.world.JudgePair(p.a.Value, p.b.Value), (world, a, b));
            }
        }
        for (var i = 0; i < _brokers.Length && broken is null; i++)
            if (world.Broker(i) is { IsUp: true, State.Lead: not null } && (!ReferenceEquals(before._brokers[i], world._brokers[i]) || !ReferenceEquals(before._ghost, ghost)))
                broken = _memory.Pairs.Of(world._brokers[i].Number, ghost.Number, 1, static p => p.world.JudgeOne(p.world.Broker(p.i), p.ghost.Value), (world, i, ghost));
        if (ghost.Value.Consumed.Count > before.Ghost.Consumed.Count) reached |= ConsumedGoal;
        if (ghost.Value.Acknowledged.Count > 0 && world.IsLedAnew()) reached |= FailedOver;
        return world with { Broken = broken, _ghost = ghost, Reached = reached };
    }

    private bool IsLedAnew()
    {
        foreach (var part in _brokers)
            if (part.Value is { IsUp: true, State: { Lead: not null, Partition: { } partition } } && partition.LeaderEpoch > Ghost.Acknowledged[0].Epoch) return true;
        return false;
    }

    /// <summary>Late fetches that can't change anything any more might as well be gone.</summary>
    private IsrWorld WithoutVainFetches()
    {
        var world = this;
        for (var i = 0; i < _brokers.Length; i++)
        {
            var broker = Broker(i);
            if (broker.Late.IsEmpty) continue;
            var rest = broker.Late.RemoveAll(l => IsVain(i, l));
            if (rest.Length < broker.Late.Length) world = world with { _brokers = world._brokers.SetItem(i, _memory.Brokers.Of(broker with { Late = rest })) };
        }
        return world;
    }

    /// <summary>Whether a late fetch has nobody to arrive at, would be fenced now and ever after, or tells a deposed leader only what it knows.</summary>
    private bool IsVain(int i, LateFetch late)
    {
        var receiver = Broker(late.To.Value - 1);
        if (!receiver.IsUp || Setup.Replicas[receiver.Place].FetchableBy(receiver.State, late.Fetch.Epoch, late.Fetch.From).Error == ReplicaError.FencedLeaderEpoch) return true;
        return Setup.Reduced && Stored.LeaderEpoch > late.Fetch.Epoch && receiver.State is { Lead: { } lead, Partition: { } partition } && partition.LeaderEpoch == late.Fetch.Epoch
            && lead.Followers.Any(f => f.Broker == Id(i) && f.EndOffset == late.Fetch.From && f.BrokerEpoch == late.Fetch.Life);
    }

    /// <summary>What consumers read of a leader, against what they have read before.</summary>
    private (Part<IsrGhost> Ghost, Broken? Broken) View(int i, IsrGhost ghost, long end)
    {
        var state = Broker(i).State;
        Broken? broken = null;
        for (var offset = 0; offset < Setup.Replicas[i].ReadableUpTo(state); offset++)
        {
            var record = Broker(i).Records[offset];
            if (offset == ghost.Consumed.Count) ghost = ghost with { Consumed = ghost.Consumed.Add(new(offset, record, state.Partition!.LeaderEpoch, 1, 1)) };
            else if (Setup.Judges(Partition.ReadersSeeOneLog.Rule) && !Partition.ReadersSeeOneLog.Holds((ghost.Consumed[offset], record)))
                broken ??= new(Partition.ReadersSeeOneLog.Rule, Partition.ReadersSeeOneLog.Claim, $"{ghost.Consumed[offset]}; now {i + 1} shows {record}");
        }
        if (end >= 0)
        {
            var farthest = ghost.FarthestEnd;
            broken ??= Judge(Partition.TheEndToldNeverGoesBack, Of([], ghost) with { LastEndTold = end }, () => $"{i + 1} says {end}, and {farthest} was told");
            ghost = ghost with { FarthestEnd = Math.Max(end, ghost.FarthestEnd) };
        }
        return (_memory.Ghosts.Of(ghost), broken);
    }

    private Broken? JudgePair(IsrBroker a, IsrBroker b)
    {
        var both = Of([a, b], new([], [], 0));
        foreach (var invariant in Partition.Invariants)
            if (Judge(invariant, both, () => Facts(a, b)) is { } broken) return broken;
        return null;
    }

    private Broken? JudgeOne(IsrBroker one, IsrGhost ghost)
    {
        var partition = Of([one], ghost with { FarthestEnd = 0 });
        foreach (var invariant in Partition.Invariants)
            if (Judge(invariant, partition, () => $"{Facts(one)}; acknowledged {string.Join(", ", ghost.Acknowledged)}; consumed {string.Join(", ", ghost.Consumed)}") is { } broken) return broken;
        return null;
    }

    private Broken? Judge(Invariant<Partition> invariant, Partition partition, Func<string> facts) =>
        Setup.Judges(invariant.Rule) && !invariant.Holds(partition) ? new(invariant.Rule, invariant.Claim, facts()) : null;

    private Broken? JudgeStep(Invariant<(Partition, Partition)> invariant, (Partition, Partition) step, Func<string> facts) =>
        Setup.Judges(invariant.Rule) && !invariant.Holds(step) ? new(invariant.Rule, invariant.Claim, facts()) : null;

    private static string Facts(params ReadOnlySpan<IsrBroker> brokers)
    {
        var facts = new List<string>();
        foreach (var b in brokers) facts.Add($"{b.Place + 1}{(b.IsUp ? "" : " down")}: {b.State.Phase} epoch {b.State.EnteredEpoch} hw {b.State.HighWatermark} [{string.Join(' ', b.Records)}]");
        return string.Join("; ", facts);
    }

    private Partition Of(ReadOnlySpan<IsrBroker> brokers, IsrGhost ghost, PartitionState? stored = null)
    {
        var replicas = ImmutableArray.CreateBuilder<GhostReplica>(brokers.Length);
        var leaders = ImmutableSortedDictionary<LeaderEpoch, BrokerSet>.Empty;
        foreach (var b in brokers)
        {
            replicas.Add(new(b.State, b.Records, b.IsUp));
            if (b is { IsUp: true, State: { Lead: not null, Partition: { } partition } }) leaders = leaders.SetItem(partition.LeaderEpoch, leaders.GetValueOrDefault(partition.LeaderEpoch, BrokerSet.Empty).Add(Id(b.Place)));
        }
        return new(replicas.MoveToImmutable(), stored ?? Stored, leaders, ghost.Acknowledged, ghost.Consumed, ghost.FarthestEnd, ghost.FarthestEnd);
    }
}
