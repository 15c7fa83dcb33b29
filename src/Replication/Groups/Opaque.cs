namespace Reference.Replication.Groups;

/// <summary>Bytes that members exchange and the coordinator never reads: subscriptions and assignments. Equal if their bytes are.</summary>
public readonly struct Opaque(ImmutableArray<byte> bytes) : IEquatable<Opaque>, IFingerprinted
{
    /// <summary>The bytes.</summary>
    public ImmutableArray<byte> Bytes => bytes.IsDefault ? [] : bytes;

    /// <inheritdoc/>
    public bool Equals(Opaque other) => Bytes.AsSpan().SequenceEqual(other.Bytes.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Opaque other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Fingerprint.Of(this).GetHashCode();

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Bytes.AsSpan());

    public static bool operator ==(Opaque a, Opaque b) => a.Equals(b);
    public static bool operator !=(Opaque a, Opaque b) => !a.Equals(b);
}

/// <summary>A way to share partitions out that a member knows, with what it has to say for it.</summary>
public readonly record struct GroupProtocol(string Name, Opaque Metadata) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Name);
        fingerprint.Add(Metadata);
    }
}

/// <summary>A partition of a topic, in the order of names and numbers.</summary>
public readonly record struct TopicPartition(string Topic, int Partition) : IComparable<TopicPartition>, IFingerprinted
{
    /// <inheritdoc/>
    public int CompareTo(TopicPartition other) => string.CompareOrdinal(Topic, other.Topic) is not 0 and var order ? order : Partition.CompareTo(other.Partition);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Topic);
        fingerprint.Add(Partition);
    }

    public static bool operator <(TopicPartition a, TopicPartition b) => a.CompareTo(b) < 0;
    public static bool operator >(TopicPartition a, TopicPartition b) => a.CompareTo(b) > 0;
    public static bool operator <=(TopicPartition a, TopicPartition b) => a.CompareTo(b) <= 0;
    public static bool operator >=(TopicPartition a, TopicPartition b) => a.CompareTo(b) >= 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Topic}-{Partition}";
}

/// <summary>Where a group goes on in a partition.</summary>
/// <param name="Offset">The next offset to read.</param>
/// <param name="LeaderEpoch">The leader epoch of the record before it; −1 if the client didn't say.</param>
/// <param name="Metadata">The client's own words.</param>
/// <param name="CommittedMs">When it was committed, by the coordinator's clock.</param>
public sealed record CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long CommittedMs) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Offset);
        fingerprint.Add(LeaderEpoch);
        fingerprint.Add(Metadata);
        fingerprint.Add(CommittedMs);
    }
}
