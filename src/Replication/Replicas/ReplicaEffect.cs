namespace Reference.Replication.Replicas;

/// <summary>What a replica orders. The host runs the effects of a step in the order given, each complete before the next, and all before it takes the next input.</summary>
public abstract record ReplicaEffect;

/// <summary>Append a producer's batch: patch its base offset and leader epoch, write it. It need not reach the disk; should the write fail, the replica is taken down as in a crash.</summary>
/// <param name="Token">The host's name for the bytes.</param>
/// <param name="Batch">Where they go.</param>
public sealed record Append(long Token, Batch Batch) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"append #{Token} {Batch}";
}

/// <summary>Append what the fetch that is being answered brought, bytes as they are: all of its batches.</summary>
/// <param name="From">The log end before.</param>
/// <param name="End">The log end after.</param>
public sealed record AppendFetched(long From, long End) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"append fetched {From}..{End - 1}";
}

/// <summary>Enter an epoch's start in the leader-epoch checkpoint, and have it on disk before any record of that epoch is appended. Entries that start at or after it make room.</summary>
public sealed record WriteEpoch(LeaderEpoch Epoch, long StartOffset) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"enter epoch {Epoch} at {StartOffset}";
}

/// <summary>Cut the log and its epochs off at <paramref name="End"/>, on disk. A flush under way is forgotten.</summary>
public sealed record Truncate(long End) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"truncate to {End}";
}

/// <summary>Drop the whole log and its epochs, and begin anew at <paramref name="Start"/>. A flush under way is forgotten.</summary>
public sealed record TruncateFully(long Start) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"truncate fully, start at {Start}";
}

/// <summary>Records below <paramref name="Start"/> are no more wanted: the leader has dropped them. Whole segments may go.</summary>
public sealed record MoveLogStart(long Start) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"log starts at {Start}";
}

/// <summary>Get the log onto the disk. Answered by <see cref="Replicas.Flushed"/>; any number may be answered as one.</summary>
public sealed record Flush(long End) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"flush to {End}";
}

/// <summary>Delete the log, its folder and its checkpoints.</summary>
public sealed record DeleteLog : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => "delete the log";
}

/// <summary>Write the high watermark down, together with those of the broker's other partitions.</summary>
public sealed record CheckpointHighWatermark(long Offset) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"checkpoint hw {Offset}";
}

/// <summary>Answer a producer.</summary>
/// <param name="Token">The host's name for the request.</param>
/// <param name="Error">None, or why not.</param>
/// <param name="BaseOffset">The offset of its first record; minus one with an error.</param>
public sealed record AnswerProduce(long Token, ReplicaError Error, long BaseOffset) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => Error == ReplicaError.None ? $"answer #{Token} at {BaseOffset}" : $"answer #{Token} {Error}";
}

/// <summary>Answer the follower's fetch just received: with the records from <paramref name="From"/> that lie below <paramref name="UpTo"/>, as many as it wants.</summary>
/// <remarks>The host may keep it waiting until there are some. When it then answers, it asks <see cref="Replica.FetchableBy"/> anew.</remarks>
public sealed record AnswerFetch(BrokerId Replica, LeaderEpoch LeaderEpoch, ReplicaError Error, long From, long UpTo, long HighWatermark, long LogStart) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => Error == ReplicaError.None ? $"→{Replica} records {From}..{UpTo - 1} hw {HighWatermark}" : $"→{Replica} {Error}";
}

/// <summary>The high watermark is <paramref name="Offset"/> now: consumers may read below it; fetches that wait for it can be answered.</summary>
public sealed record HighWatermarkAdvanced(long Offset) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"hw {Offset}";
}

/// <summary>Fetch from the leader, from now on from <paramref name="From"/>. Answered by <see cref="FetchAnswered"/> when there are records, an error, or a new high watermark or log start; or <see cref="LeaderUnreachable"/>.</summary>
/// <remarks>One per replica is under way; a new one replaces an older. The host gathers those of all partitions with one leader into one request, and may go on asking by itself while answers are empty.</remarks>
public sealed record Fetch(BrokerId Leader, LeaderEpoch LeaderEpoch, long From) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"→{Leader} FETCH epoch {LeaderEpoch} from {From}";
}

/// <summary>Stop fetching, and asking: what is still answered will be ignored.</summary>
public sealed record StopFetching : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => "stop fetching";
}

/// <summary>Ask the leader where <paramref name="Epoch"/> ends in its log. Answered by <see cref="EpochEndAnswered"/> or <see cref="LeaderUnreachable"/>.</summary>
public sealed record AskEpochEnd(BrokerId Leader, LeaderEpoch LeaderEpoch, LeaderEpoch Epoch) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"→{Leader} EPOCHEND of {Epoch} in epoch {LeaderEpoch}";
}

/// <summary>Write a changed ISR into the partition's state, which must have <paramref name="ExpectedVersion"/>; then leave a note under /isr_change_notification. Answered by <see cref="IsrWritten"/> or <see cref="IsrWriteFailed"/>.</summary>
/// <param name="LeaderEpoch">The writer's leader epoch.</param>
/// <param name="Isr">The new ISR.</param>
/// <param name="Elr">The new eligible leader replicas.</param>
/// <param name="ControllerEpoch">The controller epoch to write, unchanged.</param>
/// <param name="ExpectedVersion">The version on which the write is conditional.</param>
/// <param name="Joiner">Who joins, or none. Its registration must be there now, of <paramref name="JoinerEpoch"/>, or the write fails: the host looks after it has this order.</param>
/// <param name="JoinerEpoch">The life in which the joiner caught up.</param>
public sealed record WriteIsr(LeaderEpoch LeaderEpoch, BrokerSet Isr, BrokerSet Elr, int ControllerEpoch, int ExpectedVersion, BrokerId Joiner, BrokerEpoch JoinerEpoch) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"write isr {Isr}{(Elr.IsEmpty ? "" : $" elr {Elr}")} epoch {LeaderEpoch} on v{ExpectedVersion}";
}

/// <summary>Read the partition's state, after the failed write can no longer take effect. Answered by <see cref="StateRead"/>, sooner or later.</summary>
public sealed record ReadState(LeaderEpoch LeaderEpoch) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => "read state";
}

/// <summary>Answer the controller's order with an error instead of none.</summary>
public sealed record RefuseOrder(ReplicaError Error, string Why) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"refuse: {Why}";
}

/// <summary>Have an alarm ring after its usual time; one already set for the same reason is set anew.</summary>
public sealed record SetAlarm(ReplicaAlarm Alarm) : ReplicaEffect
{
    /// <inheritdoc/>
    public override string ToString() => $"alarm {Alarm}";
}
