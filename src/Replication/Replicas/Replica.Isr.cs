using Step = Reference.Kernel.Step<Reference.Replication.Replicas.ReplicaState, Reference.Replication.Replicas.ReplicaEffect>;

namespace Reference.Replication.Replicas;

/// <summary>The in-sync set: who joins, who leaves, and how the store learns of it.</summary>
public partial class Replica
{
    /// <summary>Whether a follower may be written into the ISR now: one change at a time, and only a life that can be named, so that the store can refuse one that has ended.</summary>
    [Rule("REPL-ISR-1")]
    protected virtual bool MayJoin(ReplicaState s, Follower follower) =>
        !s.Partition!.Isr.Contains(follower.Broker) && s.Lead!.Change is null && follower.BrokerEpoch != BrokerEpoch.Unknown && HasAllCommitted(s, follower);

    /// <summary>Whether a follower surely has all that was committed: by this leader, and by those before, of which the high watermark may not tell yet.</summary>
    [Rule("REPL-ISR-2")]
    protected virtual bool HasAllCommitted(ReplicaState s, Follower follower) => follower.EndOffset >= s.HighWatermark && follower.EndOffset >= s.Lead!.EpochStart;

    /// <summary>A leader looks who lags, and shrinks the ISR to the others.</summary>
    [Rule("REPL-ISR-3")]
    protected virtual Step OnLagCheck(ReplicaState s, long nowMs)
    {
        if (s.Lead is not { } lead) return new(s, [], Ignored: "not the leader");

        var isr = s.Partition!.Isr;
        foreach (var follower in lead.Followers) if (IsLagging(s, follower, nowMs)) isr = isr.Remove(follower.Broker);
        var step = lead.Change is not null || isr.Equals(s.Partition.Isr) ? ForgetEligible(s) : ChangeIsr(s, isr, null);
        return step.Then(new SetAlarm(ReplicaAlarm.LagCheck));
    }

    /// <summary>Whether a follower lacks records, and was last caught up too long ago.</summary>
    [Rule("REPL-ISR-3")]
    protected virtual bool IsLagging(ReplicaState s, Follower follower, long nowMs) => follower.EndOffset != s.Log.End && nowMs - follower.CaughtUpMs > lagTimeMaxMs;

    /// <summary>Orders that the ISR be written, on the version of the state that this leader knows; until the store answers, both ISRs count.</summary>
    [Rule("REPL-ISR-5")]
    protected virtual Step ChangeIsr(ReplicaState s, BrokerSet isr, Follower? joiner)
    {
        var elr = EligibleBeside(s, isr);
        return new(s with { Lead = s.Lead! with { Change = new(isr, elr, IsUnknown: false) } },
        [
            new WriteIsr(s.Partition!.LeaderEpoch, isr, elr, s.Partition.ControllerEpoch, ExpectedVersion(s), joiner?.Broker ?? BrokerId.None, joiner?.BrokerEpoch ?? BrokerEpoch.Unknown),
        ]);
    }

    /// <summary>The version on which an ISR write is conditional.</summary>
    [Rule("REPL-ISR-5")]
    protected virtual int ExpectedVersion(ReplicaState s) => s.Partition!.Version;

    /// <summary>Who may lead beside a new ISR: while it is below min.insync.replicas, nothing is committed, so whoever it leaves behind keeps having all that is.</summary>
    [Rule("REPL-ISR-6")]
    protected virtual BrokerSet EligibleBeside(ReplicaState s, BrokerSet isr) =>
        isr.Count >= EffectiveMinInSync(s) ? BrokerSet.Empty : s.Partition!.Isr.Union(s.Partition.Elr).Except(isr);

    /// <summary>Once the ISR is large enough, those left behind are written off before anything else is committed.</summary>
    [Rule("REPL-ISR-6")]
    protected virtual Step ForgetEligible(ReplicaState s) =>
        s.Lead!.Change is null && !EligibleBeside(s, s.Partition!.Isr).Equals(s.Partition.Elr) ? ChangeIsr(s, s.Partition.Isr, null) : new(s, []);

    /// <summary>The store has the new ISR: it alone counts now.</summary>
    [Rule("REPL-ISR-5")]
    protected virtual Step OnIsrWritten(ReplicaState s, IsrWritten i)
    {
        if (!IsOfMyTerm(s, i.LeaderEpoch) || s.Lead!.Change is not { IsUnknown: false } change) return new(s, [], Ignored: "no such change under way");

        var partition = i.Version > s.Partition!.Version ? s.Partition with { Isr = change.Isr, Elr = change.Elr, Version = i.Version } : s.Partition;
        return Settle(s, partition);
    }

    /// <summary>What became of a failed write isn't known until the state is read again; until then both ISRs count.</summary>
    [Rule("REPL-ISR-7")]
    protected virtual Step OnIsrWriteFailed(ReplicaState s, IsrWriteFailed i)
    {
        if (!IsOfMyTerm(s, i.LeaderEpoch) || s.Lead!.Change is not { IsUnknown: false } change) return new(s, [], Ignored: "no such change under way");

        return new(s with { Lead = s.Lead with { Change = change with { IsUnknown = true } } }, [new ReadState(i.LeaderEpoch)]);
    }

    /// <summary>What the store holds counts, if this leader epoch is still the latest; if not, the controller is about to say so, and this leader writes no more.</summary>
    [Rule("REPL-ISR-7")]
    protected virtual Step OnStateRead(ReplicaState s, StateRead i)
    {
        if (!IsOfMyTerm(s, i.LeaderEpoch) || s.Lead!.Change is not { IsUnknown: true }) return new(s, [], Ignored: "nothing was asked");
        if (i.State is null) return new(s, [], Ignored: "the partition is being deleted");
        if (i.State.LeaderEpoch != i.LeaderEpoch) return new(s, [], Ignored: "another leader epoch has begun");
        if (i.State.Version < s.Partition!.Version) return new(s, [new ReadState(i.LeaderEpoch)], Ignored: "read before what the controller told");

        return Settle(s, i.State);
    }

    /// <summary>No change is under way any more.</summary>
    private Step Settle(ReplicaState s, PartitionState partition) =>
        Advance(s with { Partition = partition, Lead = s.Lead! with { Change = null } }).Then(ForgetEligible);

    private static bool IsOfMyTerm(ReplicaState s, LeaderEpoch epoch) => s.Lead is not null && s.Partition!.LeaderEpoch == epoch;
}
