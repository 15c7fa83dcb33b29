namespace Reference.Replication;

/// <summary>A broker's number, as operators know it: broker.id.</summary>
public readonly record struct BrokerId(int Value) : IComparable<BrokerId>, IFingerprinted
{
    /// <summary>No broker: the leader of a partition that has none. Minus one, as on the wire and in the znode.</summary>
    public static readonly BrokerId None = new(-1);

    /// <inheritdoc/>
    public int CompareTo(BrokerId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>One life of a broker: the czxid of its znode under /brokers/ids. A broker that comes back has a larger one.</summary>
public readonly record struct BrokerEpoch(long Value) : IComparable<BrokerEpoch>, IFingerprinted
{
    /// <summary>Not known: whoever says it is of a version that doesn't carry it.</summary>
    public static readonly BrokerEpoch Unknown = new(-1);

    /// <inheritdoc/>
    public int CompareTo(BrokerEpoch other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static bool operator <(BrokerEpoch left, BrokerEpoch right) => left.Value < right.Value;
    public static bool operator >(BrokerEpoch left, BrokerEpoch right) => left.Value > right.Value;
    public static bool operator <=(BrokerEpoch left, BrokerEpoch right) => left.Value <= right.Value;
    public static bool operator >=(BrokerEpoch left, BrokerEpoch right) => left.Value >= right.Value;
}

/// <summary>A partition of a topic. Prints as Kafka names its folder: <c>topic-0</c>.</summary>
public readonly record struct PartitionId(string Topic, int Partition) : IComparable<PartitionId>, IFingerprinted
{
    /// <inheritdoc/>
    public int CompareTo(PartitionId other) =>
        string.CompareOrdinal(Topic, other.Topic) is var byTopic && byTopic != 0 ? byTopic : Partition.CompareTo(other.Partition);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Topic);
        fingerprint.Add(Partition);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Topic}-{Partition}");
}

/// <summary>The term of one leader of one partition. The controller raises it with every election; each record carries that of the leader that took it in.</summary>
public readonly record struct LeaderEpoch(int Value) : IComparable<LeaderEpoch>, IFingerprinted
{
    /// <summary>No epoch known: an empty log's last, and the answer to a question that can't be answered. Minus one, as on the wire.</summary>
    public static readonly LeaderEpoch None = new(-1);

    /// <summary>The epoch of a partition's first leader.</summary>
    public static readonly LeaderEpoch First = new(0);

    /// <summary>The epoch after this one.</summary>
    public LeaderEpoch Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(LeaderEpoch other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static bool operator <(LeaderEpoch left, LeaderEpoch right) => left.Value < right.Value;
    public static bool operator >(LeaderEpoch left, LeaderEpoch right) => left.Value > right.Value;
    public static bool operator <=(LeaderEpoch left, LeaderEpoch right) => left.Value <= right.Value;
    public static bool operator >=(LeaderEpoch left, LeaderEpoch right) => left.Value >= right.Value;
}

/// <summary>What the metadata store holds of one partition: who leads it, in which epoch, who is in sync. The znode <c>…/partitions/N/state</c>.</summary>
/// <param name="Leader">The leader, or <see cref="BrokerId.None"/>.</param>
/// <param name="LeaderEpoch">The leader's term.</param>
/// <param name="Isr">The in-sync replicas: each holds every committed record.</param>
/// <param name="Elr">The eligible leader replicas (KIP-966): those whom an ISR below min.insync.replicas left behind. They too hold every committed record, for nothing is committed while the ISR is so small.</param>
/// <param name="ControllerEpoch">The term of the controller that last wrote it, or under which a leader last changed its ISR.</param>
/// <param name="Version">The znode's data version: who writes must name it, and the store refuses any other.</param>
public sealed record PartitionState(BrokerId Leader, LeaderEpoch LeaderEpoch, BrokerSet Isr, BrokerSet Elr, int ControllerEpoch, int Version) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Leader);
        fingerprint.Add(LeaderEpoch);
        fingerprint.Add(Isr);
        fingerprint.Add(Elr);
        fingerprint.Add(ControllerEpoch);
        fingerprint.Add(Version);
    }

    /// <inheritdoc/>
    public override string ToString() => $"leader {Leader} epoch {LeaderEpoch} isr {Isr}{(Elr.IsEmpty ? "" : $" elr {Elr}")} controller {ControllerEpoch} v{Version}";
}
