namespace Reference.Zab;

/// <summary>Phase 2: the leader's history becomes that of a quorum. Then, and not before, it is committed.</summary>
public partial class Peer
{
    /// <summary>With a quorum of promises the leader's history is the epoch's initial history, and goes to everyone that answered.</summary>
    [Rule("ZAB-DISC-8"), Rule("ZAB-SYNC-1")]
    protected virtual Step BeginSynchronization(NodeState s)
    {
        if (!HasQuorum(s.Leading!.Promises)) return new(s, []);
        var settled = s with { Phase = Phases.After(s.Phase, Trigger.EpochPromised), Leading = s.Leading with { Initial = s.LastZxid } };
        var step = Write(settled, new EnterEpoch(s.Leading.Epoch)).Then(new SetAlarm(Alarm.Synchronization));
        foreach (var learner in s.Leading.Learners)
        {
            if (learner.Stage == LearnerStage.Promised) step = step.Then(n => Synchronize(n, learner));
        }

        return step;
    }

    /// <summary>One follower is brought to the leader's present history; what's proposed from now on follows on the same link.</summary>
    [Rule("ZAB-SYNC-2"), Rule("ZAB-SYNC-3")]
    protected virtual Step Synchronize(NodeState s, Learner learner)
    {
        var history = s.Durable.History;
        var common = CommonPoint(history, learner.EpochEnds);
        var effects = ImmutableArray.CreateBuilder<Effect>();
        if (common is not { } point) effects.Add(new SendSnapshot(learner.Id));
        else effects.Add(new Send(learner.Id, point == learner.Last ? new Diff(point) : new Trunc(point)));
        foreach (var entry in EntriesAfter(history, common ?? s.Delivered)) effects.Add(new Send(learner.Id, new Propose(entry.Zxid, entry.Txn)));
        effects.Add(new Send(learner.Id, new NewLeader(s.Leading!.Epoch, history.Last)));
        return new(With(s, learner with { Stage = LearnerStage.Synchronizing, Last = Zxid.Zero, EpochEnds = [] }), effects.ToImmutable());
    }

    /// <summary>
    /// Up to where a follower with these epoch ends has the same history: in the last epoch that both know, the earlier of the two ends. Null if that's
    /// below what the leader has at hand.
    /// </summary>
    [Rule("ZAB-SYNC-2")]
    protected virtual Zxid? CommonPoint(History history, ImmutableArray<Zxid> ends)
    {
        var own = history.EpochEnds();
        for (var i = ends.Length - 1; i >= 0; i--)
        {
            foreach (var end in own)
            {
                if (end.Epoch != ends[i].Epoch) continue;
                var common = end < ends[i] ? end : ends[i];
                return common < history.Base ? null : common;
            }
        }

        return null;
    }

    /// <summary>What a follower lacks that has everything up to <paramref name="zxid"/>: all the rest, committed or not.</summary>
    [Rule("ZAB-SYNC-3")]
    protected virtual IEnumerable<Entry> EntriesAfter(History history, Zxid zxid)
    {
        for (var i = history.IndexAfter(zxid); i < history.Entries.Count; i++) yield return history.Entries[i];
    }

    /// <summary>The follower's history is a prefix of the leader's.</summary>
    [Rule("ZAB-SYNC-4")]
    protected virtual Step OnDiff(NodeState s, NodeId from, Diff m)
    {
        if (!Awaits(s, from)) return Ignore(s, "no history is awaited from it");
        return m.From == s.LastZxid ? Receive(s) : Leave(s, "a DIFF that begins elsewhere than its history ends");
    }

    /// <summary>The follower forgets what the leader's history doesn't have; never what its service has applied.</summary>
    [Rule("ZAB-SYNC-5")]
    protected virtual Step OnTrunc(NodeState s, NodeId from, Trunc m)
    {
        if (!Awaits(s, from)) return Ignore(s, "no history is awaited from it");
        if (m.To < s.Delivered || !s.Durable.History.Contains(m.To)) return Leave(s, "a TRUNC to where it can't go back");
        return Forget(s, m.To).Then(Receive);
    }

    /// <summary>What's behind <paramref name="zxid"/> leaves the history on disk, before anything else is written there.</summary>
    [Rule("ZAB-SYNC-5")]
    protected virtual Step Forget(NodeState s, Zxid zxid) => Write(s, new Truncate(zxid));

    /// <summary>The follower's history is replaced by the leader's snapshot, which holds committed transactions only: its service may have it at once.</summary>
    [Rule("ZAB-SYNC-6")]
    protected virtual Step OnSnap(NodeState s, NodeId from, Snap m)
    {
        if (!Awaits(s, from)) return Ignore(s, "no history is awaited from it");
        if (m.Zxid < s.Delivered) return Leave(s, "a SNAP of less than it has applied");
        return Install(s, m).Then(n => Receive(n with { Committed = m.Zxid, Delivered = m.Zxid })).Then(new Restore(m.Zxid, m.Content));
    }

    /// <summary>The snapshot goes to disk in one instant, before anything that builds on it: a crash finds the old history or the snapshot alone.</summary>
    [Rule("ZAB-SYNC-7")]
    protected virtual Step Install(NodeState s, Snap m) => Write(s, new InstallSnapshot(m.Zxid, m.Content));

    /// <summary>The follower takes over the leader's history from here on; it is still of its old epoch.</summary>
    [Rule("ZAB-SYNC-8")]
    protected virtual Step Receive(NodeState s) => new(s with { Following = s.Following! with { Stage = FollowerStage.Receiving } }, []);

    /// <summary>The history is whole: behind it, in that order, the epoch goes to disk; what's on the way is acknowledged when it's there.</summary>
    [Rule("ZAB-SYNC-8")]
    protected virtual Step OnNewLeader(NodeState s, NodeId from, NewLeader m)
    {
        if (!IsLeader(s, from) || s.Following!.Stage != FollowerStage.Receiving) return Ignore(s, "no history is being received from it");
        if (m.Epoch != s.Following.Epoch || m.LastZxid != s.LastZxid) return Leave(s, "a NEWLEADER for another epoch or history");
        return Write(s with { Following = s.Following with { Stage = FollowerStage.Entering, Target = m.LastZxid } }, new EnterEpoch(m.Epoch));
    }

    /// <summary>The follower acknowledges NEWLEADER: history and epoch are on disk.</summary>
    [Rule("ZAB-SYNC-9")]
    protected virtual Step AnswerNewLeader(NodeState s) =>
        new(s with { Following = s.Following! with { Stage = FollowerStage.Entered } }, [new Send(s.Vote.Candidate, new AckNewLeader(s.Following.Epoch, s.Following.Target))]);

    /// <summary>A leader hears that a follower has its history: it counts towards the quorum, or, once there is one, may deliver at once.</summary>
    [Rule("ZAB-SYNC-10"), Rule("ZAB-SYNC-12")]
    protected virtual Step OnAckNewLeader(NodeState s, NodeId from, AckNewLeader m)
    {
        if (LearnerOf(s, from) is not { Stage: LearnerStage.Synchronizing } learner) return Ignore(s, "no NEWLEADER was sent to it");
        if (!IsOfThisTerm(s, m)) return Ignore(s, "an acknowledgement of another epoch");

        var synchronized = With(s, learner with { Stage = LearnerStage.Synchronized, Position = m.LastZxid });
        return s.IsEstablished ? Welcome(synchronized).Then(AdvanceCommit) : Establish(synchronized with { Leading = synchronized.Leading! with { Acks = Heard(synchronized.Leading.Acks, from) } });
    }

    /// <summary>Whether an acknowledgement is for the NEWLEADER of the leader's present epoch.</summary>
    [Rule("ZAB-SYNC-10")]
    protected virtual bool IsOfThisTerm(NodeState s, AckNewLeader m) => m.Epoch == s.Leading!.Epoch;

    /// <summary>With a quorum that has the initial history and the epoch on disk, the leader is established: that history is committed, and its service may begin.</summary>
    [Rule("ZAB-SYNC-11")]
    protected virtual Step Establish(NodeState s)
    {
        if (s.Phase != Phase.Synchronization || !HasQuorum(s.Leading!.Acks)) return new(s, []);
        var established = s with { Phase = Phases.After(s.Phase, Trigger.QuorumSynchronized), Committed = s.Leading.Initial };
        return DeliverCommitted(established).Then(Welcome).Then(new Activate(s.Leading.Epoch, Self), new SetAlarm(Alarm.Heartbeat), new SetAlarm(Alarm.QuorumCheck));
    }

    /// <summary>UPTODATE to everyone that has acknowledged NEWLEADER: all that is committed so far, by one that may commit.</summary>
    [Rule("ZAB-SYNC-12")]
    protected virtual Step Welcome(NodeState s)
    {
        var step = new Step(s, []);
        foreach (var learner in s.Leading!.Learners)
        {
            if (learner.Stage != LearnerStage.Synchronized) continue;
            step = new Step(With(step.State, learner with { Stage = LearnerStage.Serving }), step.Effects).Then(new Send(learner.Id, new UpToDate(s.Committed)));
        }

        return step;
    }

    /// <summary>The leader is established: the follower delivers what's committed, not before, and its service may begin.</summary>
    [Rule("ZAB-SYNC-13")]
    protected virtual Step OnUpToDate(NodeState s, NodeId from, UpToDate m)
    {
        if (!IsLeader(s, from) || s.Following!.Stage != FollowerStage.Entered) return Ignore(s, "it hasn't acknowledged NEWLEADER");
        var serving = s with { Phase = Phases.After(s.Phase, Trigger.QuorumSynchronized), Following = s.Following with { Stage = FollowerStage.Serving }, Committed = m.Committed };
        return DeliverCommitted(serving).Then(new Activate(s.Following.Epoch, from));
    }

    /// <summary>No quorum has the history in time, or the follower hasn't.</summary>
    [Rule("ZAB-BEAT-4")]
    protected virtual Step OnSynchronizationLimit(NodeState s) => s.Phase == Phase.Synchronization ? Leave(s, "no common history in time") : Ignore(s, "synchronisation is over");

    private static bool Awaits(NodeState s, NodeId from) => IsLeader(s, from) && s.Following!.Stage == FollowerStage.Awaiting;
}
