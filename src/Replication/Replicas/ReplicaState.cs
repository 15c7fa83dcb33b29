namespace Reference.Replication.Replicas;

/// <summary>The durable part of a replica: what its log would show if the broker came back.</summary>
/// <param name="Epochs">The leader epochs of its records.</param>
/// <param name="Start">The log start offset: the first that is kept.</param>
/// <param name="End">The log end offset: the next to be given. A killed process keeps all of it.</param>
/// <param name="Flushed">Up to where it is on disk. A loss of power keeps at least this, and any prefix up to <paramref name="End"/>.</param>
/// <param name="CheckpointedHighWatermark">The high watermark last written down.</param>
public sealed record ReplicaLog(LeaderEpochs Epochs, long Start, long End, long Flushed, long CheckpointedHighWatermark) : IFingerprinted
{
    /// <summary>The log of a replica that was just assigned.</summary>
    public static readonly ReplicaLog Empty = new(LeaderEpochs.Empty, 0, 0, 0, 0);

    /// <summary>Whether it holds no record.</summary>
    public bool IsEmpty => Start == End;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Epochs);
        fingerprint.Add(Start);
        fingerprint.Add(End);
        fingerprint.Add(Flushed);
        fingerprint.Add(CheckpointedHighWatermark);
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{Start},{End}) epochs {Epochs}";
}

/// <summary>What a leader knows of a follower, from its fetches in this leader epoch.</summary>
/// <param name="Broker">Who.</param>
/// <param name="BrokerEpoch">The life in which it last fetched.</param>
/// <param name="EndOffset">The offset it last fetched from: it has all below. Minus one until it fetches.</param>
/// <param name="CaughtUpMs">When it last had all that the leader had, in ms of the leader's clock.</param>
/// <param name="FetchedMs">When it last fetched.</param>
/// <param name="LeaderEndAtFetch">The leader's log end at that time; the largest number until it fetches.</param>
public sealed record Follower(BrokerId Broker, BrokerEpoch BrokerEpoch, long EndOffset, long CaughtUpMs, long FetchedMs, long LeaderEndAtFetch) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Broker);
        fingerprint.Add(BrokerEpoch);
        fingerprint.Add(EndOffset);
        fingerprint.Add(CaughtUpMs);
        fingerprint.Add(FetchedMs);
        fingerprint.Add(LeaderEndAtFetch);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Broker} at {EndOffset}";
}

/// <summary>A produce request that isn't answered yet.</summary>
/// <param name="Token">The host's name for it.</param>
/// <param name="BaseOffset">The offset of its first record.</param>
/// <param name="RequiredOffset">The offset after its last record.</param>
public readonly record struct Waiter(long Token, long BaseOffset, long RequiredOffset) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Token);
        fingerprint.Add(BaseOffset);
        fingerprint.Add(RequiredOffset);
    }
}

/// <summary>A change of the ISR that the store hasn't answered.</summary>
/// <param name="Isr">The ISR that is being written.</param>
/// <param name="Elr">The eligible leader replicas that are being written.</param>
/// <param name="IsUnknown">Whether the write failed, or may have, and the state is being read again.</param>
public sealed record IsrChange(BrokerSet Isr, BrokerSet Elr, bool IsUnknown) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Isr);
        fingerprint.Add(Elr);
        fingerprint.Add(IsUnknown);
    }

    /// <inheritdoc/>
    public override string ToString() => $"isr {Isr}{(Elr.IsEmpty ? "" : $" elr {Elr}")}{(IsUnknown ? ", fate unknown" : "")}";
}

/// <summary>What only a leader has.</summary>
/// <param name="EpochStart">Its log end when it was elected.</param>
/// <param name="Followers">The other replicas, by broker.</param>
/// <param name="ForCommit">Producers who wait until their records are committed, in the order of the log.</param>
/// <param name="ForLeader">Producers who wait until the leader itself acknowledges their records, in the order of the log.</param>
/// <param name="Change">The ISR change under way, or null.</param>
public sealed record Leadership(long EpochStart, ImmutableArray<Follower> Followers, Sequence<Waiter> ForCommit, Sequence<Waiter> ForLeader, IsrChange? Change) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(EpochStart);
        foreach (var follower in Followers) fingerprint.Add(follower);
        fingerprint.Add(Followers.Length);
        foreach (var waiter in ForCommit) fingerprint.Add(waiter);
        fingerprint.Add(ForCommit.Count);
        foreach (var waiter in ForLeader) fingerprint.Add(waiter);
        fingerprint.Add(ForLeader.Count);
        fingerprint.Add(Change);
    }
}

/// <summary>The state of one partition's replica on one broker.</summary>
/// <param name="Log">What would survive, as far as it does.</param>
/// <param name="Settings">What the topic's settings say.</param>
/// <param name="Phase">What it is doing.</param>
/// <param name="HighWatermark">The first offset that isn't known to be committed. Consumers read below it.</param>
/// <param name="Partition">The partition's state as last told by the controller or written by this leader; null before the first.</param>
/// <param name="Replicas">The brokers that hold a replica.</param>
/// <param name="EnteredEpoch">The latest leader epoch that it is or, before it came back, was known to be in.</param>
/// <param name="MayLackRecords">Whether it came back without a clean-shutdown mark and hasn't been seen outside the ISR since: it may lack what it once acknowledged.</param>
/// <param name="Lead">What only a leader has; else null.</param>
/// <param name="AskedEpoch">The epoch whose end a truncating follower has asked for; else none.</param>
public sealed record ReplicaState(
    ReplicaLog Log, ReplicaSettings Settings, ReplicaPhase Phase, long HighWatermark, PartitionState? Partition, BrokerSet Replicas, LeaderEpoch EnteredEpoch,
    bool MayLackRecords, Leadership? Lead, LeaderEpoch AskedEpoch) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Log);
        fingerprint.Add(Settings);
        fingerprint.Add((int)Phase);
        fingerprint.Add(HighWatermark);
        fingerprint.Add(Partition);
        fingerprint.Add(Replicas);
        fingerprint.Add(EnteredEpoch);
        fingerprint.Add(MayLackRecords);
        fingerprint.Add(Lead);
        fingerprint.Add(AskedEpoch);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Phase} {Partition} log {Log} hw {HighWatermark}{(Lead is { } lead ? $" followers {string.Join(", ", lead.Followers)}" : "")}";
}
