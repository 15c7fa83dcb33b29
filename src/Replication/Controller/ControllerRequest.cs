namespace Reference.Replication.Control;

/// <summary>A broker as the controller knows it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Epoch">Its registration's czxid.</param>
/// <param name="Version">The registration's data version.</param>
/// <param name="Registration">What it registered.</param>
public sealed record RegisteredBroker(BrokerId Id, BrokerEpoch Epoch, int Version, BrokerRegistration Registration) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Id);
        fingerprint.Add(Epoch);
        fingerprint.Add(Version);
        fingerprint.Add(Registration);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Id} epoch {Epoch} {Registration}";
}

/// <summary>What a request says of one partition.</summary>
/// <param name="Partition">Which.</param>
/// <param name="State">Leader, epoch, ISR and version as the store has them.</param>
/// <param name="Replicas">Its assignment, preferred leader first.</param>
/// <param name="IsNew">Whether it was just created, so that an empty log is right.</param>
public sealed record PartitionOrder(PartitionId Partition, PartitionState State, ImmutableArray<BrokerId> Replicas, bool IsNew) : IFingerprinted
{
    /// <summary>The leader named for a partition that is being deleted: metadata caches forget it.</summary>
    public static readonly BrokerId DeletedLeader = new(-2);

    /// <summary>Whether the partition is being deleted.</summary>
    public bool IsDeletion => State.Leader == DeletedLeader;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Partition);
        fingerprint.Add(State);
        fingerprint.AddAll(Replicas);
        fingerprint.Add(IsNew);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Partition} {State} of [{string.Join(',', Replicas)}]{(IsNew ? " new" : "")}";
}

/// <summary>A partition whose replica a broker must stop.</summary>
/// <param name="Partition">Which.</param>
/// <param name="LeaderEpoch">The leader epoch at which it was decided; a replica of a later one stays (CTRL-FENCE-3).</param>
/// <param name="Delete">Whether its data goes too.</param>
public sealed record StopOrder(PartitionId Partition, LeaderEpoch LeaderEpoch, bool Delete) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Partition);
        fingerprint.Add(LeaderEpoch);
        fingerprint.Add(Delete);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Partition} epoch {LeaderEpoch}{(Delete ? " delete" : "")}";
}

/// <summary>A request of the controller to a broker.</summary>
/// <param name="Controller">Who sends it.</param>
/// <param name="ControllerEpoch">The sender's term.</param>
/// <param name="BrokerEpoch">The receiver's registration that the sender knows.</param>
public abstract record ControllerRequest(BrokerId Controller, int ControllerEpoch, BrokerEpoch BrokerEpoch) : IFingerprinted
{
    /// <inheritdoc/>
    public virtual void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Controller);
        fingerprint.Add(ControllerEpoch);
        fingerprint.Add(BrokerEpoch);
    }
}

/// <summary>Lead or follow these partitions.</summary>
/// <param name="Controller">Who sends it.</param>
/// <param name="ControllerEpoch">The sender's term.</param>
/// <param name="BrokerEpoch">The receiver's registration that the sender knows.</param>
/// <param name="Partitions">By rising name and number.</param>
/// <param name="Leaders">The live leaders named in it, so that followers can reach them.</param>
public sealed record LeaderAndIsr(BrokerId Controller, int ControllerEpoch, BrokerEpoch BrokerEpoch, ImmutableArray<PartitionOrder> Partitions, ImmutableArray<RegisteredBroker> Leaders)
    : ControllerRequest(Controller, ControllerEpoch, BrokerEpoch)
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add('L');
        base.AddTo(ref fingerprint);
        fingerprint.AddAll(Partitions);
        fingerprint.AddAll(Leaders);
    }

    /// <inheritdoc/>
    public override string ToString() => $"LEADERANDISR controller {Controller} epoch {ControllerEpoch} broker epoch {BrokerEpoch}: {string.Join("; ", Partitions)}";
}

/// <summary>Know these partitions and brokers; <see cref="Brokers"/> is always complete, <see cref="Partitions"/> holds what changed.</summary>
/// <param name="Controller">Who sends it.</param>
/// <param name="ControllerEpoch">The sender's term.</param>
/// <param name="BrokerEpoch">The receiver's registration that the sender knows.</param>
/// <param name="Partitions">By rising name and number; those whose leader is <see cref="PartitionOrder.DeletedLeader"/> are to be forgotten.</param>
/// <param name="Brokers">All live brokers.</param>
public sealed record UpdateMetadata(BrokerId Controller, int ControllerEpoch, BrokerEpoch BrokerEpoch, ImmutableArray<PartitionOrder> Partitions, ImmutableArray<RegisteredBroker> Brokers)
    : ControllerRequest(Controller, ControllerEpoch, BrokerEpoch)
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add('U');
        base.AddTo(ref fingerprint);
        fingerprint.AddAll(Partitions);
        fingerprint.AddAll(Brokers);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"UPDATEMETADATA controller {Controller} epoch {ControllerEpoch} broker epoch {BrokerEpoch}: brokers {string.Join(',', Brokers.Select(b => b.Id))}; {string.Join("; ", Partitions)}";
}

/// <summary>Stop these replicas.</summary>
/// <param name="Controller">Who sends it.</param>
/// <param name="ControllerEpoch">The sender's term.</param>
/// <param name="BrokerEpoch">The receiver's registration that the sender knows.</param>
/// <param name="Partitions">By rising name and number.</param>
public sealed record StopReplica(BrokerId Controller, int ControllerEpoch, BrokerEpoch BrokerEpoch, ImmutableArray<StopOrder> Partitions)
    : ControllerRequest(Controller, ControllerEpoch, BrokerEpoch)
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add('S');
        base.AddTo(ref fingerprint);
        fingerprint.AddAll(Partitions);
    }

    /// <inheritdoc/>
    public override string ToString() => $"STOPREPLICA controller {Controller} epoch {ControllerEpoch} broker epoch {BrokerEpoch}: {string.Join("; ", Partitions)}";
}

/// <summary>How a broker answered for one partition.</summary>
public readonly record struct PartitionAnswer(PartitionId Partition, ErrorCode Error) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Partition);
        fingerprint.Add((int)Error);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Partition} {Error}";
}
