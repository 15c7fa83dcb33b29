namespace Reference.Replication.Control;

/// <summary>The host's name for a call that waits for an answer. Numbers may be used again once answered.</summary>
public readonly record struct CallId(long Value) : IComparable<CallId>, IFingerprinted
{
    /// <inheritdoc/>
    public int CompareTo(CallId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Value);

    /// <inheritdoc/>
    public override string ToString() => $"call {Value}";
}

/// <summary>Two draws that spread replicas: at which broker the first partition starts, and how far followers stand from it. Any numbers ≥ 0; the core takes them modulo what it needs.</summary>
public readonly record struct Spread(int Start, int Shift) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Start);
        fingerprint.Add(Shift);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Start}+{Shift}";
}

/// <summary>A topic to create.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Partitions">How many; −1 for the brokers' default (num.partitions), or if <paramref name="Assignment"/> says it.</param>
/// <param name="ReplicationFactor">How many replicas each; −1 for the brokers' default, or if <paramref name="Assignment"/> says it.</param>
/// <param name="Assignment">The replicas by partition number, chosen by the caller; empty to let the controller choose.</param>
/// <param name="Settings">Its settings; a null value is refused.</param>
/// <param name="Spread">The draws by which the controller chooses.</param>
public sealed record NewTopic(
    string Name, int Partitions, int ReplicationFactor, ImmutableSortedDictionary<int, ImmutableArray<BrokerId>> Assignment,
    ImmutableSortedDictionary<string, string?> Settings, Spread Spread) : IFingerprinted
{
    public static readonly ImmutableSortedDictionary<int, ImmutableArray<BrokerId>> NoAssignment = ImmutableSortedDictionary<int, ImmutableArray<BrokerId>>.Empty;
    public static readonly ImmutableSortedDictionary<string, string?> NoSettings = ImmutableSortedDictionary.Create<string, string?>(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Name);
        fingerprint.Add(Partitions);
        fingerprint.Add(ReplicationFactor);
        foreach (var (partition, replicas) in Assignment)
        {
            fingerprint.Add(partition);
            fingerprint.AddAll(replicas);
        }
        fingerprint.Add(Assignment.Count);
        foreach (var (key, value) in Settings)
        {
            fingerprint.Add(key);
            fingerprint.Add(value);
        }
        fingerprint.Add(Settings.Count);
        fingerprint.Add(Spread);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Partitions}×{ReplicationFactor} spread {Spread}";
}

/// <summary>A topic that is to have more partitions.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">How many it shall have in all.</param>
/// <param name="Assignment">The replicas of each new partition, chosen by the caller; empty to let the controller choose, which goes on from where partition 0 stands.</param>
public sealed record NewPartitions(string Name, int Count, ImmutableArray<ImmutableArray<BrokerId>> Assignment) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Name);
        fingerprint.Add(Count);
        foreach (var replicas in Assignment) fingerprint.AddAll(replicas);
        fingerprint.Add(Assignment.Length);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} to {Count}";
}

/// <summary>How a call ended for one topic.</summary>
/// <param name="Topic">Which.</param>
/// <param name="Error">Kafka's error code.</param>
/// <param name="Message">What was wrong, for people; null when nothing was.</param>
public sealed record TopicResult(string Topic, ErrorCode Error, string? Message = null) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Topic);
        fingerprint.Add((int)Error);
        fingerprint.Add(Message);
    }

    /// <inheritdoc/>
    public override string ToString() => Error == ErrorCode.None ? $"{Topic} ok" : $"{Topic} {Error}: {Message}";
}
