using Step = Reference.Kernel.Step<Reference.Replication.Replicas.ReplicaState, Reference.Replication.Replicas.ReplicaEffect>;

namespace Reference.Replication.Replicas;

/// <summary>Who leads, in which epoch: the controller's orders.</summary>
public partial class Replica
{
    /// <summary>A replica takes its role from the state of a leader epoch that it isn't in yet; of its own epoch, only news of the ISR.</summary>
    [Rule("REPL-ROLE-1")]
    protected virtual Step OnStateTold(ReplicaState s, StateTold i)
    {
        if (IsStale(s, i.State.LeaderEpoch)) return Refuse(s, ReplicaError.StaleControllerEpoch, "an earlier leader epoch");
        if (s.Phase != ReplicaPhase.Offline && i.State.LeaderEpoch == s.EnteredEpoch) return Refresh(s, i);
        if (i.State.Leader == me && !MayLead(s, i.State)) return Refuse(s, ReplicaError.StorageError, "it may lack records that it once acknowledged");

        var next = s with
        {
            Partition = i.State,
            Replicas = i.Replicas,
            EnteredEpoch = i.State.LeaderEpoch,
            MayLackRecords = s.MayLackRecords && i.State.Leader != me && (i.State.Isr.Contains(me) || i.State.Elr.Contains(me)),
            AskedEpoch = LeaderEpoch.None,
        };
        if (i.State.Leader == me) return i.State.LeaderEpoch == s.EnteredEpoch ? Resume(next, i.NowMs) : Lead(next, i.NowMs, null);
        return i.State.Leader == BrokerId.None ? AwaitLeader(next) : Follow(next);
    }

    /// <summary>Whether an order was given in an earlier leader epoch than this replica knows of.</summary>
    [Rule("REPL-ROLE-2")]
    protected virtual bool IsStale(ReplicaState s, LeaderEpoch epoch) => epoch < s.EnteredEpoch;

    /// <summary>Who came back without a clean-shutdown mark leads only if it has left the ISR since, or, in an epoch in which it never was, if there is nobody else who might have all.</summary>
    [Rule("REPL-LEAD-2")]
    protected virtual bool MayLead(ReplicaState s, PartitionState state) =>
        !s.MayLackRecords || (state.LeaderEpoch > s.EnteredEpoch && state.Isr.Union(state.Elr).IsSubsetOf([me]));

    /// <summary>Someone else changed the state within the epoch: the newer version holds.</summary>
    [Rule("REPL-ROLE-1")]
    protected virtual Step Refresh(ReplicaState s, StateTold i)
    {
        if (i.State.Leader != s.Partition!.Leader) return new(s, [], Ignored: "another leader in the same epoch");
        if (i.State.Version <= s.Partition.Version && i.Replicas.Equals(s.Replicas)) return new(s, [], Ignored: "already known");

        var next = s with { Partition = i.State.Version > s.Partition.Version ? i.State : s.Partition, Replicas = i.Replicas };
        if (next.Lead is not { } lead) return new(next, []);
        return Advance(next with { Lead = lead with { Followers = FollowersOf(next, i.NowMs, lead.Followers) } }).Then(ForgetEligible);
    }

    /// <summary>A new leader enters its epoch at its log end, at once; what it knew of followers counts no more.</summary>
    [Rule("REPL-LEAD-1")]
    protected virtual Step Lead(ReplicaState s, long nowMs, IsrChange? change)
    {
        var epochs = EpochsOnElection(s);
        var lead = new Leadership(s.Log.End, FollowersOf(s, nowMs, []), s.Lead?.ForCommit ?? [], s.Lead?.ForLeader ?? [], change);
        var next = s with { Phase = ReplicaPhases.After(s.Phase, ReplicaTrigger.Elected), Log = s.Log with { Epochs = epochs }, Lead = lead };

        var effects = ImmutableArray.CreateBuilder<ReplicaEffect>();
        if (s.Lead is null) effects.Add(new StopFetching());
        if (!epochs.Equals(s.Log.Epochs)) effects.Add(new WriteEpoch(epochs.Last, s.Log.End));
        effects.Add(new SetAlarm(ReplicaAlarm.LagCheck));
        effects.Add(new SetAlarm(ReplicaAlarm.Checkpoint));
        if (AcknowledgedEnd(next) < next.Log.End) effects.Add(new Flush(next.Log.End));
        return new Step(next, effects.ToImmutable()).Then(ForgetEligible).Then(Advance);
    }

    /// <summary>A leader that comes back into its own epoch may have written the ISR before it went: until it has read the state, anyone may be in sync.</summary>
    [Rule("REPL-LEAD-3")]
    protected virtual Step Resume(ReplicaState s, long nowMs) =>
        Lead(s, nowMs, new(s.Replicas, s.Partition!.Elr, IsUnknown: true)).Then(new ReadState(s.Partition.LeaderEpoch));

    /// <summary>The leader-epoch history of a leader just elected: its epoch is in it before its first record.</summary>
    [Rule("REPL-LEAD-1")]
    protected virtual LeaderEpochs EpochsOnElection(ReplicaState s) => s.Log.Epochs.Enter(s.Partition!.LeaderEpoch, s.Log.End);

    /// <summary>A follower parts with what only leaders have, and first finds out where its log parts from its leader's.</summary>
    [Rule("REPL-ROLE-3")]
    protected virtual Step Follow(ReplicaState s) =>
        StepDown(s, ReplicaTrigger.LeaderNamed).Then(new SetAlarm(ReplicaAlarm.Checkpoint)).Then(BeginTruncation);

    /// <summary>Without a leader, a replica waits for the next epoch.</summary>
    [Rule("REPL-ROLE-3")]
    protected virtual Step AwaitLeader(ReplicaState s) => StepDown(s, ReplicaTrigger.LeaderMissing).Then(new StopFetching());

    /// <summary>A stopped replica neither serves nor fetches; told to delete, it forgets all. An order of an earlier epoch is refused: the replica may have been assigned anew.</summary>
    [Rule("REPL-ROLE-4")]
    protected virtual Step OnStopTold(ReplicaState s, StopTold i)
    {
        if (i.LeaderEpoch != LeaderEpoch.None && IsStale(s, i.LeaderEpoch)) return Refuse(s, ReplicaError.FencedLeaderEpoch, "an earlier leader epoch");

        var stopped = StepDown(s, ReplicaTrigger.Stopped).Then(new StopFetching());
        return i.Delete ? stopped.Then(new DeleteLog()) with { State = Recover(ReplicaLog.Empty, s.Settings, cleanly: true) } : stopped;
    }

    /// <summary>Who leads no more tells the producers that wait: their records may be kept or not.</summary>
    [Rule("REPL-ACK-5")]
    protected virtual Step StepDown(ReplicaState s, ReplicaTrigger why)
    {
        var next = s with { Phase = ReplicaPhases.After(s.Phase, why), Lead = null, AskedEpoch = LeaderEpoch.None };
        return new(next, s.Lead is { } lead ? [.. lead.ForLeader.Concat(lead.ForCommit).Select(w => new AnswerProduce(w.Token, ReplicaError.NotLeader, -1))] : []);
    }

    private static Step Refuse(ReplicaState s, ReplicaError error, string why) => new(s, [new RefuseOrder(error, why)], Ignored: why);

    /// <summary>The followers that a leader watches: those already known keep what is known; those in the ISR have replica.lag.time.max.ms from now.</summary>
    private ImmutableArray<Follower> FollowersOf(ReplicaState s, long nowMs, ImmutableArray<Follower> known) =>
    [
        .. from broker in s.Replicas
           where broker != me
           select known.FirstOrDefault(f => f.Broker == broker)
               ?? new Follower(broker, BrokerEpoch.Unknown, -1, s.Partition!.Isr.Contains(broker) ? nowMs : long.MinValue / 2, 0, long.MaxValue),
    ];
}
