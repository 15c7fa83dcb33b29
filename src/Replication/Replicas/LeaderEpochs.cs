namespace Reference.Replication.Replicas;

/// <summary>Where a leader epoch began in a log: the offset of its first record, or, for a leader that has none yet, its log end when it was elected.</summary>
public readonly record struct EpochStart(LeaderEpoch Epoch, long StartOffset) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Epoch);
        fingerprint.Add(StartOffset);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Epoch}@{StartOffset}";
}

/// <summary>Where an epoch ends: the answer of OffsetsForLeaderEpoch.</summary>
/// <param name="Epoch">The largest epoch known that is not above the one asked for; <see cref="LeaderEpoch.None"/> if the question can't be answered.</param>
/// <param name="EndOffset">The offset after that epoch's last record: the next epoch's start, or the log end. Minus one if it can't be answered.</param>
public readonly record struct EpochEnd(LeaderEpoch Epoch, long EndOffset) : IFingerprinted
{
    /// <summary>The question can't be answered: no epoch at or above the one asked for is known.</summary>
    public static readonly EpochEnd Undefined = new(LeaderEpoch.None, -1);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Epoch);
        fingerprint.Add(EndOffset);
    }

    /// <inheritdoc/>
    public override string ToString() => this == Undefined ? "undefined" : $"epoch {Epoch} ends at {EndOffset}";
}

/// <summary>The leader epochs of a log, oldest first, each with its start: both strictly increase. It is all that replication keeps of a log's records.</summary>
/// <remarks>Source: KIP-101 and KIP-279; on disk it is Kafka's leader-epoch-checkpoint.</remarks>
public sealed class LeaderEpochs : IEquatable<LeaderEpochs>, IFingerprinted
{
    /// <summary>The history of an empty log.</summary>
    public static readonly LeaderEpochs Empty = new([]);

    private LeaderEpochs(ImmutableArray<EpochStart> entries) => Entries = entries;

    /// <summary>The epochs, oldest first.</summary>
    public ImmutableArray<EpochStart> Entries { get; }

    /// <summary>The latest epoch, or none.</summary>
    public LeaderEpoch Last => Entries.IsEmpty ? LeaderEpoch.None : Entries[^1].Epoch;

    /// <summary>The history that a checkpoint holds.</summary>
    /// <exception cref="ArgumentException">Epochs or offsets don't increase.</exception>
    public static LeaderEpochs Of(params ReadOnlySpan<EpochStart> entries)
    {
        for (var i = 1; i < entries.Length; i++)
        {
            if (entries[i].Epoch <= entries[i - 1].Epoch || entries[i].StartOffset <= entries[i - 1].StartOffset)
            {
                throw new ArgumentException($"{entries[i - 1]} can't be followed by {entries[i]}: epochs and offsets increase.", nameof(entries));
            }
        }
        return entries.IsEmpty ? Empty : new([.. entries]);
    }

    /// <summary>This history with <paramref name="epoch"/> entered at <paramref name="startOffset"/>; an epoch that turned out to have no record there makes room for it.</summary>
    [Rule("REPL-EPOCH-1")]
    public LeaderEpochs Enter(LeaderEpoch epoch, long startOffset) => epoch <= Last ? this : new(TruncateTo(startOffset).Entries.Add(new(epoch, startOffset)));

    /// <summary>Where <paramref name="epoch"/> ends, in a log that ends at <paramref name="logEnd"/>: in terms of the largest epoch here that isn't above it.</summary>
    [Rule("REPL-EPOCH-2")]
    public EpochEnd EndOffsetFor(LeaderEpoch epoch, long logEnd)
    {
        if (epoch == LeaderEpoch.None || epoch > Last) return EpochEnd.Undefined;
        if (epoch == Last) return new(epoch, logEnd);

        var later = 0;
        while (Entries[later].Epoch <= epoch) later++;
        return new(later == 0 ? epoch : Entries[later - 1].Epoch, Entries[later].StartOffset);
    }

    /// <summary>The latest epoch here that isn't above <paramref name="epoch"/>, and where it ends in a log that ends at <paramref name="logEnd"/>; with none, where the log's first epoch starts.</summary>
    public EpochEnd Floor(LeaderEpoch epoch, long logEnd)
    {
        var later = Entries.Length;
        while (later > 0 && Entries[later - 1].Epoch > epoch) later--;
        return new(later == 0 ? LeaderEpoch.None : Entries[later - 1].Epoch, later == Entries.Length ? logEnd : Entries[later].StartOffset);
    }

    /// <summary>The history of the log cut off at <paramref name="end"/>: epochs that start there or later are gone.</summary>
    [Rule("REPL-EPOCH-3")]
    public LeaderEpochs TruncateTo(long end)
    {
        var count = Entries.Length;
        while (count > 0 && Entries[count - 1].StartOffset >= end) count--;
        return count == Entries.Length ? this : count == 0 ? Empty : new(Entries[..count]);
    }

    /// <summary>The history of the log whose records before <paramref name="start"/> are gone: the epoch that holds <paramref name="start"/> begins there now.</summary>
    [Rule("REPL-EPOCH-3")]
    public LeaderEpochs StartAt(long start)
    {
        var first = 0;
        while (first + 1 < Entries.Length && Entries[first + 1].StartOffset <= start) first++;
        if (Entries.IsEmpty || (first == 0 && Entries[0].StartOffset >= start)) return this;
        return new([new(Entries[first].Epoch, start), .. Entries[(first + 1)..]]);
    }

    /// <inheritdoc/>
    public bool Equals(LeaderEpochs? other) => other is not null && Entries.AsSpan().SequenceEqual(other.Entries.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LeaderEpochs);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Fingerprint.Of(this);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        foreach (var entry in Entries) fingerprint.Add(entry);
        fingerprint.Add(Entries.Length);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', Entries);
}
