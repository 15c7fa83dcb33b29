namespace Reference.Replication.Replicas;

/// <summary>What a batch of an idempotent producer says of itself, and where it lies.</summary>
/// <param name="ProducerId">The producer; never negative.</param>
/// <param name="Epoch">The producer's own epoch: a later one fences an earlier.</param>
/// <param name="FirstSequence">The sequence number of the first record.</param>
/// <param name="Records">How many records; each has the sequence number after the one before.</param>
/// <param name="BaseOffset">The offset of the first record; of a batch that isn't in the log yet, minus one.</param>
public readonly record struct ProducerBatch(long ProducerId, short Epoch, int FirstSequence, int Records, long BaseOffset)
{
    /// <summary>The sequence number of the last record.</summary>
    public int LastSequence => After(FirstSequence, Records - 1);

    /// <summary>The offset of the last record.</summary>
    public long LastOffset => BaseOffset + Records - 1;

    /// <summary>The sequence number <paramref name="count"/> after another: behind 2³¹−1 comes 0.</summary>
    [Rule("REPL-IDEM-5")]
    public static int After(int sequence, int count) => (int)(((long)sequence + count) & int.MaxValue);
}

/// <summary>A producer as one partition's log knows it: its epoch, and its last batches of it in the order of the log.</summary>
public sealed record ProducerState(short Epoch, ImmutableArray<ProducerBatch> Batches)
{
    /// <summary>As many batches as a producer may have under way.</summary>
    public const int BatchesKept = 5;

    /// <summary>The last sequence number in the log.</summary>
    public int LastSequence => Batches[^1].LastSequence;
}

/// <summary>What a leader does with a batch of an idempotent producer.</summary>
/// <param name="Error">Why it isn't taken; none if it is, or is there already.</param>
/// <param name="Duplicate">The batch of the log that it repeats, if it does.</param>
public readonly record struct ProducerVerdict(ReplicaError Error, ProducerBatch? Duplicate)
{
    /// <summary>It is appended.</summary>
    public static readonly ProducerVerdict Append = new(ReplicaError.None, null);

    /// <summary>It isn't.</summary>
    public static ProducerVerdict Refuse(ReplicaError error) => new(error, null);
}

/// <summary>The idempotent producers of one partition, by their ids: nothing but a function of its log.</summary>
public sealed record Producers(ImmutableSortedDictionary<long, ProducerState> States)
{
    /// <summary>Of a log without any.</summary>
    public static readonly Producers None = new(ImmutableSortedDictionary<long, ProducerState>.Empty);

    /// <summary>The same, one batch of the log later. An epoch that differs begins the producer anew; the log has been judged when it was led.</summary>
    [Rule("REPL-IDEM-6")]
    public Producers With(ProducerBatch batch)
    {
        var known = States.TryGetValue(batch.ProducerId, out var state) && state.Epoch == batch.Epoch ? state.Batches : [];
        if (known.Length == ProducerState.BatchesKept) known = known.RemoveAt(0);
        return new(States.SetItem(batch.ProducerId, new(batch.Epoch, known.Add(batch))));
    }
}

/// <summary>How a leader judges the batches of idempotent producers.</summary>
public class ProducerRules
{
    /// <summary>The rules as they should be.</summary>
    public static readonly ProducerRules Standard = new();

    /// <summary>What is known of producers is what the log holds, batch by batch: whoever begins to lead, comes back or has cut its log off reads it from there.</summary>
    /// <param name="log">The batches of numbered producers, in the order of the log.</param>
    [Rule("REPL-IDEM-6")]
    public virtual Producers Of(IEnumerable<ProducerBatch> log) => log.Aggregate(Producers.None, (known, batch) => known.With(batch));

    /// <summary>What to do with a batch, from what the log knows of its producer.</summary>
    /// <param name="producers">What the log holds of producers.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="isWhole">Whether the log holds all that was ever appended to it: nothing was dropped at its start.</param>
    public ProducerVerdict Judge(Producers producers, ProducerBatch batch, bool isWhole)
    {
        if (!producers.States.TryGetValue(batch.ProducerId, out var state)) return OfUnknown(batch, isWhole);
        if (batch.Epoch != state.Epoch) return OfOtherEpoch(state, batch);
        if (DuplicateOf(state, batch) is { } there) return new(ReplicaError.None, there);
        return Continues(state, batch) ? ProducerVerdict.Append : ProducerVerdict.Refuse(ReplicaError.OutOfOrderSequence);
    }

    /// <summary>A producer of whom the log holds nothing may begin anywhere if its records may have been dropped since; else with its first.</summary>
    [Rule("REPL-IDEM-4")]
    protected virtual ProducerVerdict OfUnknown(ProducerBatch batch, bool isWhole) => isWhole && batch.FirstSequence != 0 ? ProducerVerdict.Refuse(ReplicaError.OutOfOrderSequence) : ProducerVerdict.Append;

    /// <summary>An earlier epoch is fenced; a later one begins at sequence number 0.</summary>
    [Rule("REPL-IDEM-3")]
    protected virtual ProducerVerdict OfOtherEpoch(ProducerState state, ProducerBatch batch)
    {
        if (batch.Epoch < state.Epoch) return ProducerVerdict.Refuse(ReplicaError.InvalidProducerEpoch);
        return batch.FirstSequence == 0 ? ProducerVerdict.Append : ProducerVerdict.Refuse(ReplicaError.OutOfOrderSequence);
    }

    /// <summary>The one of the last batches that has the very same sequence numbers.</summary>
    [Rule("REPL-IDEM-2")]
    protected virtual ProducerBatch? DuplicateOf(ProducerState state, ProducerBatch batch)
    {
        foreach (var there in state.Batches) if (there.FirstSequence == batch.FirstSequence && there.Records == batch.Records) return there;
        return null;
    }

    /// <summary>Whether a batch follows the last in the log without a gap.</summary>
    [Rule("REPL-IDEM-1")]
    protected virtual bool Continues(ProducerState state, ProducerBatch batch) => batch.FirstSequence == NextAfter(state.LastSequence);

    /// <summary>The sequence number behind another: behind the largest comes 0.</summary>
    [Rule("REPL-IDEM-5")]
    protected virtual int NextAfter(int sequence) => ProducerBatch.After(sequence, 1);
}

/// <summary>Claims about one producer's batches in a partition.</summary>
public static class ProducerInvariants
{
    /// <summary>Each once, in order.</summary>
    [Rule("REPL-INV-20")]
    public static readonly Invariant<IReadOnlyList<ProducerBatch>> OnceInOrder = new("REPL-INV-20",
        "the records of each of a producer's epochs are in the log once each, in the order of their sequence numbers, without a gap",
        log => log.GroupBy(batch => batch.Epoch).All(epoch => epoch.Aggregate((IsRight: true, Next: 0), (seen, batch) => (seen.IsRight && batch.FirstSequence == seen.Next, ProducerBatch.After(batch.LastSequence, 1))).IsRight));

    /// <summary>What was acknowledged is there.</summary>
    [Rule("REPL-INV-21")]
    public static readonly Invariant<(IReadOnlyList<ProducerBatch> Log, IReadOnlyCollection<(short Epoch, int FirstSequence)> Acknowledged)> AcknowledgedIsThere = new("REPL-INV-21",
        "every record that a producer was told of is in the log, however often it was sent",
        seen => seen.Acknowledged.All(told => seen.Log.Any(batch => batch.Epoch == told.Epoch && batch.FirstSequence == told.FirstSequence)));

    /// <summary>Who was replaced writes no more.</summary>
    [Rule("REPL-INV-23")]
    public static readonly Invariant<IReadOnlyList<ProducerBatch>> FencedStaysOut = new("REPL-INV-23",
        "behind a batch of a producer's later epoch there is none of an earlier one",
        log => Enumerable.Range(1, Math.Max(0, log.Count - 1)).All(at => log[at].Epoch >= log[at - 1].Epoch));
}
