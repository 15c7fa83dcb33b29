namespace Reference.Replication.Replicas;

/// <summary>What holds of one replica in every state, and over every step.</summary>
public static class ReplicaInvariants
{
    [Rule("REPL-INV-1")]
    public static readonly Invariant<ReplicaState> HighWatermarkIsInTheLog = new("REPL-INV-1",
        "the high watermark lies between the log's start and its end, and no more is flushed than is there",
        s => s.Log.Start <= s.HighWatermark && s.HighWatermark <= s.Log.End && s.Log.Flushed <= s.Log.End);

    [Rule("REPL-INV-2")]
    public static readonly Invariant<ReplicaState> EpochsIncrease = new("REPL-INV-2",
        "leader epochs and their starts increase along the log, cover it, and none is later than the epoch entered",
        s => Increase(s.Log.Epochs.Entries)
            && (s.Log.IsEmpty || (!s.Log.Epochs.Entries.IsEmpty && s.Log.Epochs.Entries[0].StartOffset <= s.Log.Start))
            && (s.Log.Epochs.Entries.IsEmpty || s.Log.Epochs.Entries[^1].StartOffset <= s.Log.End)
            && s.Log.Epochs.Last <= s.EnteredEpoch);

    [Rule("REPL-INV-3")]
    public static readonly Invariant<ReplicaState> OnlyLeadersLead = new("REPL-INV-3",
        "what only a leader has is there exactly while it leads, and whoever waits for commitment isn't committed, in the order of the log",
        s => s.Lead is not null == (s.Phase == ReplicaPhase.Leading)
            && (s.Lead is null || Rise(s.Lead.ForCommit, s.HighWatermark, s.Log.End)));

    [Rule("REPL-INV-4")]
    public static readonly Invariant<(ReplicaState Before, ReplicaState After)> HighWatermarkNeverGoesBack = new("REPL-INV-4",
        "the high watermark never goes back while the log isn't cut off below it, and a leader cuts nothing off",
        step => !SameTerm(step) || step.After.HighWatermark >= step.Before.HighWatermark
            || (step.Before.Phase != ReplicaPhase.Leading && step.After.HighWatermark == step.After.Log.End));

    [Rule("REPL-INV-5")]
    public static readonly Invariant<(ReplicaState Before, ReplicaState After)> LeadersOnlyAppend = new("REPL-INV-5",
        "a leader's log only grows, but at its start, and then only where it is committed",
        step => step.Before.Lead is null || step.After.Lead is null
            || (step.After.Log.End >= step.Before.Log.End && step.After.Log.Start >= step.Before.Log.Start && step.After.Log.Start <= Math.Max(step.Before.Log.Start, step.After.HighWatermark)));

    [Rule("REPL-INV-6")]
    public static readonly Invariant<(ReplicaState Before, ReplicaState After)> EpochNeverGoesBack = new("REPL-INV-6",
        "a replica's leader epoch, and within it the version of the partition's state, never goes back, unless it is deleted",
        step => step.After.EnteredEpoch >= step.Before.EnteredEpoch && !(SameTerm(step) && step.After.Partition!.Version < step.Before.Partition!.Version)
            || (step.After.Phase == ReplicaPhase.Offline && step.After.Partition is null));

    /// <summary>Those over one replica.</summary>
    public static readonly ImmutableArray<Invariant<ReplicaState>> OfState = [HighWatermarkIsInTheLog, EpochsIncrease, OnlyLeadersLead];

    /// <summary>Those over a step of one replica.</summary>
    public static readonly ImmutableArray<Invariant<(ReplicaState Before, ReplicaState After)>> OfStep =
        [HighWatermarkNeverGoesBack, LeadersOnlyAppend, EpochNeverGoesBack];

    private static bool SameTerm((ReplicaState Before, ReplicaState After) step) =>
        step.Before.Partition is { } before && step.After.Partition is { } after && before.LeaderEpoch == after.LeaderEpoch;

    private static bool Increase(ImmutableArray<EpochStart> epochs)
    {
        for (var i = 1; i < epochs.Length; i++) if (epochs[i].Epoch <= epochs[i - 1].Epoch || epochs[i].StartOffset <= epochs[i - 1].StartOffset) return false;
        return true;
    }

    private static bool Rise(Sequence<Waiter> waiters, long above, long end)
    {
        if (waiters.IsEmpty) return true;
        var last = above + 1;
        foreach (var waiter in waiters)
        {
            if (waiter.RequiredOffset < last) return false;         // a repeated batch waits for the same offset as the first
            last = waiter.RequiredOffset;
        }
        return last <= end;
    }
}
