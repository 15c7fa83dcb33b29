namespace Reference.Replication.Replicas;

/// <summary>What happens to a replica.</summary>
public abstract record ReplicaInput : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>The controller says who leads the partition: LeaderAndIsr. The host has already refused those of an older controller or meant for an earlier life of this broker.</summary>
/// <param name="State">The partition's state; its leader may be this replica, another one or none.</param>
/// <param name="Replicas">The brokers that hold a replica.</param>
/// <param name="NowMs">The host's clock.</param>
public sealed record StateTold(PartitionState State, BrokerSet Replicas, long NowMs) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(State);
        fingerprint.Add(Replicas);
        fingerprint.Add(NowMs);
    }

    /// <inheritdoc/>
    public override string ToString() => $"LEADERANDISR {State} replicas {Replicas}";
}

/// <summary>The controller stops the replica: StopReplica.</summary>
/// <param name="LeaderEpoch">The leader epoch at which the controller decided so; none if the partition is being deleted, whatever its epoch.</param>
/// <param name="Delete">Whether its log goes too.</param>
public sealed record StopTold(LeaderEpoch LeaderEpoch, bool Delete) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(2);
        fingerprint.Add(LeaderEpoch);
        fingerprint.Add(Delete);
    }

    /// <inheritdoc/>
    public override string ToString() => $"STOPREPLICA epoch {LeaderEpoch}{(Delete ? " delete" : "")}";
}

/// <summary>The topic's settings changed.</summary>
public sealed record SettingsChanged(ReplicaSettings Settings) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.Add(Settings);
    }

    /// <inheritdoc/>
    public override string ToString() => $"SETTINGS {Settings}";
}

/// <summary>A producer brings a batch. Answered by <see cref="AnswerProduce"/>, unless <paramref name="Acks"/> is none.</summary>
/// <param name="Token">The host's name for the request and its bytes; <see cref="Append"/> and <see cref="AnswerProduce"/> repeat it.</param>
/// <param name="Records">How many offsets the batch takes up; at least one.</param>
/// <param name="Acks">Whose copies the producer waits for.</param>
public sealed record ProduceReceived(long Token, int Records, Acks Acks) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Token);
        fingerprint.Add(Records);
        fingerprint.Add((int)Acks);
    }

    /// <inheritdoc/>
    public override string ToString() => $"PRODUCE #{Token} {Records} records acks {Acks}";
}

/// <summary>An idempotent producer brings a batch that the log holds already. Answered as if it had just been appended there.</summary>
/// <param name="Token">The host's name for the request; <see cref="AnswerProduce"/> repeats it.</param>
/// <param name="BaseOffset">Where the log holds it.</param>
/// <param name="LastOffset">The offset of its last record.</param>
/// <param name="Acks">Whose copies the producer waits for.</param>
public sealed record DuplicateReceived(long Token, long BaseOffset, long LastOffset, Acks Acks) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(16);
        fingerprint.Add(Token);
        fingerprint.Add(BaseOffset);
        fingerprint.Add(LastOffset);
        fingerprint.Add((int)Acks);
    }

    /// <inheritdoc/>
    public override string ToString() => $"PRODUCE #{Token} again {BaseOffset}..{LastOffset} acks {Acks}";
}

/// <summary>A producer's request has waited as long as it may; its records stay in the log.</summary>
public sealed record ProduceExpired(long Token) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.Add(Token);
    }

    /// <inheritdoc/>
    public override string ToString() => $"PRODUCE #{Token} expired";
}

/// <summary>The log is on disk up to <paramref name="Offset"/>. Of a log truncated since the flush began, the host doesn't say it.</summary>
public sealed record Flushed(long Offset) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(6);
        fingerprint.Add(Offset);
    }

    /// <inheritdoc/>
    public override string ToString() => $"FLUSHED to {Offset}";
}

/// <summary>The host's retention (or DeleteRecords) removed this leader's records below <paramref name="Offset"/>, which isn't above <see cref="Replica.DeletableUpTo"/>.</summary>
public sealed record LogStartMoved(long Offset) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(7);
        fingerprint.Add(Offset);
    }

    /// <inheritdoc/>
    public override string ToString() => $"LOG START {Offset}";
}

/// <summary>A follower fetches; by it the follower says that its log has all below <paramref name="Offset"/>. Answered by <see cref="AnswerFetch"/>.</summary>
/// <param name="Replica">The follower.</param>
/// <param name="BrokerEpoch">The life in which it sent this.</param>
/// <param name="LeaderEpoch">The leader epoch that it is in.</param>
/// <param name="Offset">Where it wants records from: its log end.</param>
/// <param name="NowMs">The host's clock.</param>
public sealed record FetchReceived(BrokerId Replica, BrokerEpoch BrokerEpoch, LeaderEpoch LeaderEpoch, long Offset, long NowMs) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(8);
        fingerprint.Add(Replica);
        fingerprint.Add(BrokerEpoch);
        fingerprint.Add(LeaderEpoch);
        fingerprint.Add(Offset);
        fingerprint.Add(NowMs);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Replica}→ FETCH epoch {LeaderEpoch} from {Offset}";
}

/// <summary>The leader answers a fetch.</summary>
/// <param name="LeaderEpoch">The leader epoch that the fetch named.</param>
/// <param name="Offset">The offset that the fetch named.</param>
/// <param name="Error">Its error.</param>
/// <param name="HighWatermark">The leader's high watermark.</param>
/// <param name="LogStart">The leader's log start offset.</param>
/// <param name="Batches">The batches that came, in order; the host keeps their bytes until this step's effects have run.</param>
public sealed record FetchAnswered(LeaderEpoch LeaderEpoch, long Offset, ReplicaError Error, long HighWatermark, long LogStart, ImmutableArray<Batch> Batches) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(9);
        fingerprint.Add(LeaderEpoch);
        fingerprint.Add(Offset);
        fingerprint.Add((int)Error);
        fingerprint.Add(HighWatermark);
        fingerprint.Add(LogStart);
        foreach (var batch in Batches) fingerprint.Add(batch);
        fingerprint.Add(Batches.Length);
    }

    /// <inheritdoc/>
    public override string ToString() => Error == ReplicaError.None
        ? $"FETCHED epoch {LeaderEpoch} from {Offset}: {string.Join(' ', Batches)} hw {HighWatermark} start {LogStart}"
        : $"FETCHED epoch {LeaderEpoch} from {Offset}: {Error}";
}

/// <summary>The leader answers where an epoch ends: OffsetsForLeaderEpoch.</summary>
/// <param name="LeaderEpoch">The leader epoch that the question named.</param>
/// <param name="Asked">The epoch that was asked for.</param>
/// <param name="Error">Its error.</param>
/// <param name="End">The answer.</param>
public sealed record EpochEndAnswered(LeaderEpoch LeaderEpoch, LeaderEpoch Asked, ReplicaError Error, EpochEnd End) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(10);
        fingerprint.Add(LeaderEpoch);
        fingerprint.Add(Asked);
        fingerprint.Add((int)Error);
        fingerprint.Add(End);
    }

    /// <inheritdoc/>
    public override string ToString() => $"EPOCHEND of {Asked} in epoch {LeaderEpoch}: {(Error == ReplicaError.None ? End : Error)}";
}

/// <summary>A request to the leader of <paramref name="LeaderEpoch"/> got no answer.</summary>
public sealed record LeaderUnreachable(LeaderEpoch LeaderEpoch) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(11);
        fingerprint.Add(LeaderEpoch);
    }

    /// <inheritdoc/>
    public override string ToString() => $"LEADER of epoch {LeaderEpoch} unreachable";
}

/// <summary>The store took a <see cref="WriteIsr"/>.</summary>
/// <param name="LeaderEpoch">The leader epoch that the order named.</param>
/// <param name="Version">The znode's version now.</param>
public sealed record IsrWritten(LeaderEpoch LeaderEpoch, int Version) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(12);
        fingerprint.Add(LeaderEpoch);
        fingerprint.Add(Version);
    }

    /// <inheritdoc/>
    public override string ToString() => $"ISR WRITTEN in epoch {LeaderEpoch} v{Version}";
}

/// <summary>The store refused a <see cref="WriteIsr"/>, or it isn't known what became of it. Answered by <see cref="ReadState"/>.</summary>
/// <param name="LeaderEpoch">The leader epoch that the order named.</param>
public sealed record IsrWriteFailed(LeaderEpoch LeaderEpoch) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(13);
        fingerprint.Add(LeaderEpoch);
    }

    /// <inheritdoc/>
    public override string ToString() => $"ISR WRITE FAILED in epoch {LeaderEpoch}";
}

/// <summary>What the store holds of the partition now, read after the failed write could no longer take effect.</summary>
/// <param name="LeaderEpoch">The leader epoch that the order named.</param>
/// <param name="State">The state; null if the partition is no more.</param>
public sealed record StateRead(LeaderEpoch LeaderEpoch, PartitionState? State) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(14);
        fingerprint.Add(LeaderEpoch);
        fingerprint.Add(State);
    }

    /// <inheritdoc/>
    public override string ToString() => $"STATE READ in epoch {LeaderEpoch}: {State?.ToString() ?? "gone"}";
}

/// <summary>An alarm rings. It may do so at any time.</summary>
/// <param name="Alarm">Which.</param>
/// <param name="NowMs">The host's clock.</param>
public sealed record AlarmRang(ReplicaAlarm Alarm, long NowMs) : ReplicaInput
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(15);
        fingerprint.Add((int)Alarm);
        fingerprint.Add(NowMs);
    }

    /// <inheritdoc/>
    public override string ToString() => $"ALARM {Alarm} at {NowMs} ms";
}
