namespace Reference.Replication.Replicas;

/// <summary>What a fetch may have.</summary>
/// <param name="Error">None, or why nothing.</param>
/// <param name="UpTo">The end of what may be read; a read starts where the fetch said.</param>
/// <param name="HighWatermark">The high watermark to tell.</param>
/// <param name="LogStart">The log start offset to tell.</param>
public readonly record struct Fetchable(ReplicaError Error, long UpTo, long HighWatermark, long LogStart);

/// <summary>An offset, the epoch of the leader that says so, or an error.</summary>
public readonly record struct OffsetAnswer(ReplicaError Error, long Offset, LeaderEpoch LeaderEpoch);

/// <summary>The answer to OffsetsForLeaderEpoch.</summary>
public readonly record struct EpochEndAnswer(ReplicaError Error, EpochEnd End);

/// <summary>Questions that change nothing.</summary>
public partial class Replica
{
    /// <summary>What a follower of <paramref name="epoch"/> may fetch from <paramref name="offset"/>: all that the leader has.</summary>
    public Fetchable FetchableBy(ReplicaState s, LeaderEpoch epoch, long offset)
    {
        var error = FetchEpochError(s, epoch);
        if (error == ReplicaError.None && (offset < s.Log.Start || offset > s.Log.End)) error = ReplicaError.OffsetOutOfRange;
        return new(error, s.Log.End, s.HighWatermark, s.Log.Start);
    }

    /// <summary>What a consumer that knows of <paramref name="epoch"/>, or of none, may fetch from <paramref name="offset"/>.</summary>
    public Fetchable Readable(ReplicaState s, LeaderEpoch epoch, long offset)
    {
        var error = EpochError(s, epoch);
        if (error == ReplicaError.None && (offset < s.Log.Start || offset > s.Log.End)) error = ReplicaError.OffsetOutOfRange;
        return new(error, ReadableUpTo(s), s.HighWatermark, s.Log.Start);
    }

    /// <summary>The end of what consumers may read.</summary>
    [Rule("REPL-READ-1")]
    public virtual long ReadableUpTo(ReplicaState s) => s.HighWatermark;

    /// <summary>The end of what retention or DeleteRecords may remove.</summary>
    [Rule("REPL-READ-3")]
    public virtual long DeletableUpTo(ReplicaState s) => s.HighWatermark;

    /// <summary>The answer to a consumer's ListOffsets for the latest: the end of what it may read, once that is known.</summary>
    public OffsetAnswer LatestOffset(ReplicaState s, LeaderEpoch epoch)
    {
        var error = EpochError(s, epoch);
        if (error == ReplicaError.None && !EndIsKnown(s)) error = ReplicaError.OffsetNotAvailable;
        return error == ReplicaError.None ? new(error, ReadableUpTo(s), s.Partition!.LeaderEpoch) : new(error, -1, LeaderEpoch.None);
    }

    /// <summary>Whether a leader knows that nothing was committed above its high watermark before it was elected.</summary>
    [Rule("REPL-READ-2")]
    protected virtual bool EndIsKnown(ReplicaState s) => s.HighWatermark >= s.Lead!.EpochStart;

    /// <summary>The answer to OffsetsForLeaderEpoch: where <paramref name="asked"/> ends in the leader's log. Who asks is in <paramref name="epoch"/>, or doesn't know.</summary>
    public EpochEndAnswer EpochEndOffset(ReplicaState s, LeaderEpoch epoch, LeaderEpoch asked)
    {
        var error = QuestionEpochError(s, epoch);
        return new(error, error == ReplicaError.None ? EndOffsetFor(s, asked) : EpochEnd.Undefined);
    }

    /// <summary>Where an epoch ends in this log.</summary>
    [Rule("REPL-EPOCH-2")]
    protected virtual EpochEnd EndOffsetFor(ReplicaState s, LeaderEpoch asked) => s.Log.Epochs.EndOffsetFor(asked, s.Log.End);

    /// <summary>A follower's fetch counts, and is answered, only in the leader's own epoch, which it must name.</summary>
    [Rule("REPL-FENCE-1")]
    protected virtual ReplicaError FetchEpochError(ReplicaState s, LeaderEpoch epoch) => epoch == LeaderEpoch.None ? ReplicaError.FencedLeaderEpoch : EpochError(s, epoch);

    /// <summary>A follower learns where to truncate only from a leader of its own epoch.</summary>
    [Rule("REPL-FENCE-2")]
    protected virtual ReplicaError QuestionEpochError(ReplicaState s, LeaderEpoch epoch) => EpochError(s, epoch);

    /// <summary>What to answer to someone of another epoch, and to all if this isn't the leader. Who names none isn't fenced: an old consumer.</summary>
    private static ReplicaError EpochError(ReplicaState s, LeaderEpoch epoch)
    {
        var mine = s.Partition?.LeaderEpoch ?? LeaderEpoch.None;
        if (epoch != LeaderEpoch.None && epoch < mine) return ReplicaError.FencedLeaderEpoch;
        if (epoch != LeaderEpoch.None && epoch > mine) return ReplicaError.UnknownLeaderEpoch;
        return s.Phase == ReplicaPhase.Leading ? ReplicaError.None : ReplicaError.NotLeader;
    }
}
