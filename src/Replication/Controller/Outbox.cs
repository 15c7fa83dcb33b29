namespace Reference.Replication.Control;

/// <summary>What the controller has to say to one life of one broker. At most one request is under way; what comes meanwhile is merged, the newest word on a partition in place of the older.</summary>
/// <param name="Epoch">The life it is for.</param>
public sealed record Outbox(BrokerEpoch Epoch) : IFingerprinted
{
    /// <summary>Replicas to stop. Said before <see cref="Orders"/>: a partition that is in both was deleted and created again.</summary>
    public ImmutableSortedDictionary<PartitionId, StopOrder> Stops { get; init; } = ImmutableSortedDictionary<PartitionId, StopOrder>.Empty;

    /// <summary>Partitions to lead or follow.</summary>
    public ImmutableSortedDictionary<PartitionId, PartitionOrder> Orders { get; init; } = ImmutableSortedDictionary<PartitionId, PartitionOrder>.Empty;

    /// <summary>Partitions to know of.</summary>
    public ImmutableSortedDictionary<PartitionId, PartitionOrder> Metadata { get; init; } = ImmutableSortedDictionary<PartitionId, PartitionOrder>.Empty;

    /// <summary>Whether the live brokers are others than it was last told.</summary>
    public bool BrokersChanged { get; init; }

    /// <summary>The request under way.</summary>
    public ControllerRequest? UnderWay { get; init; }

    /// <summary>Whether it didn't answer, and is left alone until the alarm rings.</summary>
    public bool Resting { get; init; }

    /// <summary>With a replica to stop; an order for it that wasn't sent yet is moot.</summary>
    public Outbox Stop(StopOrder stop) => this with { Stops = Stops.SetItem(stop.Partition, stop), Orders = Orders.Remove(stop.Partition) };

    /// <summary>With a partition to lead or follow.</summary>
    public Outbox Order(PartitionOrder order) => this with { Orders = Orders.SetItem(order.Partition, Newer(order)) };

    /// <summary>With a partition to know of.</summary>
    public Outbox Tell(PartitionOrder order) => this with { Metadata = Metadata.SetItem(order.Partition, order) };

    /// <summary>With the request under way unsaid: what it held is to be said again, unless something newer is to be said of the same partition.</summary>
    public Outbox Unsaid() => UnderWay switch
    {
        StopReplica stop => this with { UnderWay = null, Stops = Stops.AddRange(stop.Partitions.Where(p => !Stops.ContainsKey(p.Partition)).Select(p => KeyValuePair.Create(p.Partition, p))) },
        LeaderAndIsr order => this with
        {
            UnderWay = null,
            Orders = Orders.AddRange(order.Partitions.Where(p => !Orders.ContainsKey(p.Partition) && !Stops.ContainsKey(p.Partition)).Select(p => KeyValuePair.Create(p.Partition, p))),
        },
        UpdateMetadata told => this with
        {
            UnderWay = null,
            BrokersChanged = true,
            Metadata = Metadata.AddRange(told.Partitions.Where(p => !Metadata.ContainsKey(p.Partition)).Select(p => KeyValuePair.Create(p.Partition, p))),
        },
        _ => this,
    };

    /// <summary>Whether something of a topic is still to be said, or not yet answered.</summary>
    public bool Concerns(string topic) =>
        Stops.Keys.Any(p => p.Topic == topic) || Orders.Keys.Any(p => p.Topic == topic) || Metadata.Keys.Any(p => p.Topic == topic) || UnderWay switch
        {
            StopReplica stop => stop.Partitions.Any(p => p.Partition.Topic == topic),
            LeaderAndIsr order => order.Partitions.Any(p => p.Partition.Topic == topic),
            UpdateMetadata told => told.Partitions.Any(p => p.Partition.Topic == topic),
            _ => false,
        };

    /// <summary>A partition is new to a broker until it has been told of it once.</summary>
    private PartitionOrder Newer(PartitionOrder order) => Orders.TryGetValue(order.Partition, out var older) && older.IsNew ? order with { IsNew = true } : order;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Epoch);
        fingerprint.AddAll(Stops.Values);
        fingerprint.AddAll(Orders.Values);
        fingerprint.AddAll(Metadata.Values);
        fingerprint.Add(BrokersChanged);
        fingerprint.Add(UnderWay);
        fingerprint.Add(Resting);
    }
}
