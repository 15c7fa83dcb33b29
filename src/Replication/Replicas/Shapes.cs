namespace Reference.Replication.Replicas;

/// <summary>All that replication knows of a record batch: who took it in, and where it lies. Its bytes are the host's.</summary>
/// <param name="Epoch">The epoch of the leader that appended it.</param>
/// <param name="BaseOffset">The offset of its first record.</param>
/// <param name="LastOffset">The offset of its last record.</param>
public readonly record struct Batch(LeaderEpoch Epoch, long BaseOffset, long LastOffset) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Epoch);
        fingerprint.Add(BaseOffset);
        fingerprint.Add(LastOffset);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{BaseOffset}..{LastOffset}@{Epoch}";
}

/// <summary>Whose copies a producer waits for, with Kafka's numbers.</summary>
public enum Acks
{
    /// <summary>Nobody's: there is no answer at all.</summary>
    None = 0,

    /// <summary>The leader's.</summary>
    Leader = 1,

    /// <summary>Every in-sync replica's, of whom there must be min.insync.replicas.</summary>
    All = -1,
}

/// <summary>When a replica says that it has a record.</summary>
public enum AcknowledgementPoint
{
    /// <summary>When it is in the log: it survives the kill of the process, not the loss of power. Kafka's default.</summary>
    Appended,

    /// <summary>When it is on disk: flush.messages=1.</summary>
    Flushed,
}

/// <summary>What a replica answers, with Kafka's numbers.</summary>
public enum ReplicaError : short
{
    None = 0,
    OffsetOutOfRange = 1,
    UnknownTopicOrPartition = 3,
    NotLeader = 6,
    RequestTimedOut = 7,
    StaleControllerEpoch = 11,
    NotEnoughReplicas = 19,
    NotEnoughReplicasAfterAppend = 20,
    OutOfOrderSequence = 45,
    InvalidProducerEpoch = 47,
    StorageError = 56,
    FencedLeaderEpoch = 74,
    UnknownLeaderEpoch = 75,
    OffsetNotAvailable = 78,
}

/// <summary>Why a replica wants to be woken.</summary>
public enum ReplicaAlarm
{
    /// <summary>A leader looks who lags: every half of replica.lag.time.max.ms.</summary>
    LagCheck,

    /// <summary>A follower asks its leader again: after replica.fetch.backoff.ms.</summary>
    Retry,

    /// <summary>The high watermark is written down: every replica.high.watermark.checkpoint.interval.ms.</summary>
    Checkpoint,
}

/// <summary>What of a topic's settings binds its replicas.</summary>
/// <param name="MinInSync">min.insync.replicas.</param>
/// <param name="Acknowledges">When a replica says that it has a record.</param>
public sealed record ReplicaSettings(int MinInSync, AcknowledgementPoint Acknowledges = AcknowledgementPoint.Appended) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(MinInSync);
        fingerprint.Add((int)Acknowledges);
    }

    /// <inheritdoc/>
    public override string ToString() => $"min.insync.replicas {MinInSync}, acknowledges what is {(Acknowledges == AcknowledgementPoint.Flushed ? "flushed" : "appended")}";
}
