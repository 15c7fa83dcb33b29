namespace Reference.Replication.Replicas;

/// <summary>A record as a checker sees it: who took it in, and which it is.</summary>
public readonly record struct GhostRecord(LeaderEpoch Epoch, int Value) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Epoch);
        fingerprint.Add(Value);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Value}@{Epoch}";
}

/// <summary>A replica with the records that its log holds.</summary>
/// <param name="State">The replica, or what it was when its broker went down.</param>
/// <param name="Records">The records from <see cref="ReplicaLog.Start"/> on.</param>
/// <param name="IsUp">Whether its broker runs.</param>
public sealed record GhostReplica(ReplicaState State, Sequence<GhostRecord> Records, bool IsUp) : IFingerprinted
{
    /// <summary>The record at an offset, or null.</summary>
    public GhostRecord? At(long offset) => offset >= State.Log.Start && offset < State.Log.Start + Records.Count ? Records[(int)(offset - State.Log.Start)] : null;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(State);
        fingerprint.AddAll(Records);
        fingerprint.Add(IsUp);
    }
}

/// <summary>A promise made to a client: a record that a producer was told is committed, or that a consumer has read.</summary>
/// <param name="Offset">Where it lies.</param>
/// <param name="Record">Which it is.</param>
/// <param name="Epoch">The epoch of the leader that said so.</param>
/// <param name="Copies">How many replicas' logs held it at that moment, or had until a loss of power took it.</param>
/// <param name="Wanted">How many the promise needs: min.insync.replicas for a producer with acks=all, else one.</param>
public sealed record Promise(long Offset, GhostRecord Record, LeaderEpoch Epoch, int Copies, int Wanted) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Offset);
        fingerprint.Add(Record);
        fingerprint.Add(Epoch);
        fingerprint.Add(Copies);
        fingerprint.Add(Wanted);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Record} at {Offset}, promised in epoch {Epoch}, {Copies} copies";
}

/// <summary>One partition, all of its replicas and what only a checker knows. The worlds fill it in; the invariants and goals below judge it.</summary>
/// <param name="Replicas">The replicas, in the order of their brokers.</param>
/// <param name="Stored">The partition's state in the store.</param>
/// <param name="Leaders">Who has led in which epoch, as they took it.</param>
/// <param name="Acknowledged">What producers with acks=all were told is committed.</param>
/// <param name="Consumed">What consumers have read.</param>
/// <param name="FarthestEndTold">The farthest end that a consumer was told (ListOffsets).</param>
/// <param name="LastEndTold">The latest end that a consumer was told.</param>
public sealed record Partition(
    ImmutableArray<GhostReplica> Replicas, PartitionState Stored, ImmutableSortedDictionary<LeaderEpoch, BrokerSet> Leaders,
    Sequence<Promise> Acknowledged, Sequence<Promise> Consumed, long FarthestEndTold, long LastEndTold) : IFingerprinted
{
    [Rule("REPL-INV-10")]
    public static readonly Invariant<Partition> CommittedIsNeverLost = new("REPL-INV-10",
        "every record that a producer with acks=all was told of is in the log of each later leader",
        p => p.Acknowledged.All(promise => p.IsKept(promise)));

    [Rule("REPL-INV-11")]
    public static readonly Invariant<Partition> ConsumedIsNeverLost = new("REPL-INV-11",
        "every record that a consumer has read is in the log of each later leader",
        p => p.Consumed.All(promise => p.IsKept(promise)));

    [Rule("REPL-INV-12")]
    public static readonly Invariant<Partition> LogsAgreeBelowTheHighWatermarks = new("REPL-INV-12",
        "two replicas hold the same record at every offset that is below both high watermarks",
        p => p.Pairs((a, b, offset) => offset >= Math.Min(a.State.HighWatermark, b.State.HighWatermark) || a.At(offset) == b.At(offset)));

    [Rule("REPL-INV-13")]
    public static readonly Invariant<Partition> AnEpochHasOneRecordAtAnOffset = new("REPL-INV-13",
        "two records of one leader epoch at one offset are the same record",
        p => p.Pairs((a, b, offset) => a.At(offset)!.Value.Epoch != b.At(offset)!.Value.Epoch || a.At(offset) == b.At(offset)));

    [Rule("REPL-INV-14")]
    public static readonly Invariant<Partition> OneLeaderPerEpoch = new("REPL-INV-14",
        "a leader epoch has one leader",
        p => p.Leaders.Values.All(leaders => leaders.Count <= 1));

    [Rule("REPL-INV-15")]
    public static readonly Invariant<Partition> AcknowledgedIsCopied = new("REPL-INV-15",
        "when a producer with acks=all was told, min.insync.replicas had the record, but for what a loss of power had just taken",
        p => p.Acknowledged.All(promise => promise.Copies >= promise.Wanted));

    [Rule("REPL-INV-16")]
    public static readonly Invariant<Partition> TheEndToldNeverGoesBack = new("REPL-INV-16",
        "what a consumer is told is the end is never before what one was told earlier",
        p => p.LastEndTold >= p.FarthestEndTold);

    [Rule("REPL-INV-17")]
    public static readonly Invariant<(Partition Before, Partition After)> TheStoreNeverGoesBack = new("REPL-INV-17",
        "a later leader epoch in the store is never overwritten by an earlier one",
        step => step.After.Stored.LeaderEpoch >= step.Before.Stored.LeaderEpoch && step.After.Stored.Version >= step.Before.Stored.Version);

    [Rule("REPL-INV-18")]
    public static readonly Invariant<Partition> LogsHoldWhatTheirEpochsSay = new("REPL-INV-18",
        "a log holds as many records as its offsets say, each of the epoch that its leader-epoch history says",
        p => p.Replicas.All(r => r.Records.Count == r.State.Log.End - r.State.Log.Start && MatchesEpochs(r)));

    [Rule("REPL-INV-19")]
    public static readonly Invariant<(Promise Read, GhostRecord Shown)> ReadersSeeOneLog = new("REPL-INV-19",
        "what leaders let consumers read, whoever leads, is one log that only grows",
        view => view.Read.Record == view.Shown);

    /// <summary>Those over the partition.</summary>
    public static readonly ImmutableArray<Invariant<Partition>> Invariants =
        [CommittedIsNeverLost, ConsumedIsNeverLost, LogsAgreeBelowTheHighWatermarks, AnEpochHasOneRecordAtAnOffset, OneLeaderPerEpoch, AcknowledgedIsCopied, TheEndToldNeverGoesBack, LogsHoldWhatTheirEpochsSay];

    /// <summary>Those over a step of the partition.</summary>
    public static readonly ImmutableArray<Invariant<(Partition Before, Partition After)>> StepInvariants = [TheStoreNeverGoesBack];

    /// <summary>What runs must reach.</summary>
    public static readonly ImmutableArray<Reachable<(Partition Before, Partition After)>> Goals =
    [
        new("committed", step => step.After.Acknowledged.Count > step.Before.Acknowledged.Count),
        new("consumed", step => step.After.Consumed.Count > step.Before.Consumed.Count),
        new("truncated", step => HasTruncated(step.Before.Replicas, step.After.Replicas)),
        new("shrunk", step => step.After.Stored.Isr.Count < step.Before.Stored.Isr.Count && step.After.Stored.LeaderEpoch == step.Before.Stored.LeaderEpoch),
        new("expanded", step => step.After.Stored.Isr.Count > step.Before.Stored.Isr.Count),
        new("left behind", step => !step.After.Stored.Elr.IsEmpty && step.Before.Stored.Elr.IsEmpty),
        new("failed over", step => step.After.Leaders.Count > step.Before.Leaders.Count && step.After.Acknowledged.Count > 0 && step.After.Leaders.Values.SelectMany(l => l).Distinct().Skip(1).Any()),
    ];

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        foreach (var replica in Replicas) fingerprint.Add(replica);
        fingerprint.Add(Replicas.Length);
        fingerprint.Add(Stored);
        foreach (var (epoch, leaders) in Leaders)
        {
            fingerprint.Add(epoch);
            fingerprint.Add(leaders);
        }
        fingerprint.Add(Leaders.Count);
        fingerprint.AddAll(Acknowledged);
        fingerprint.AddAll(Consumed);
        fingerprint.Add(FarthestEndTold);
        fingerprint.Add(LastEndTold);
    }

    /// <summary>Whether each leader of the promise's epoch or a later one that is up has the record, or has let retention take it.</summary>
    private bool IsKept(Promise promise) => Replicas.All(r =>
        !r.IsUp || r.State.Lead is null || r.State.Partition!.LeaderEpoch < promise.Epoch || promise.Offset < r.State.Log.Start || r.At(promise.Offset) == promise.Record);

    private bool Pairs(Func<GhostReplica, GhostReplica, long, bool> holds)
    {
        var replicas = Replicas;
        for (var i = 0; i < replicas.Length; i++)
        {
            for (var j = i + 1; j < replicas.Length; j++)
            {
                var end = Math.Min(replicas[i].State.Log.End, replicas[j].State.Log.End);
                for (var offset = Math.Max(replicas[i].State.Log.Start, replicas[j].State.Log.Start); offset < end; offset++)
                {
                    if (!holds(replicas[i], replicas[j], offset)) return false;
                }
            }
        }
        return true;
    }

    private static bool HasTruncated(ImmutableArray<GhostReplica> before, ImmutableArray<GhostReplica> after)
    {
        for (var i = 0; i < after.Length; i++)
            if (after[i].IsUp && before[i].IsUp && after[i].State.Log.End < before[i].State.Log.End) return true;
        return false;
    }

    private static bool MatchesEpochs(GhostReplica replica)
    {
        var entries = replica.State.Log.Epochs.Entries;
        var of = entries.Length - 1;
        for (var offset = replica.State.Log.End - 1; offset >= replica.State.Log.Start; offset--)
        {
            while (of >= 0 && entries[of].StartOffset > offset) of--;
            if (of < 0 || entries[of].Epoch != replica.At(offset)!.Value.Epoch) return false;
        }
        return true;
    }
}
