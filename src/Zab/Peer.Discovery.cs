namespace Reference.Zab;

/// <summary>Phase 1: the leader begins an epoch that a quorum has promised it, and makes sure that nobody in that quorum knows more than itself.</summary>
public partial class Peer
{
    /// <summary>A follower tells its leader the last epoch that it accepted; again when it hears it lead, for a leader in the making didn't listen.</summary>
    [Rule("ZAB-DISC-1")]
    protected virtual Step Ask(NodeState s) => new(s, [new Send(s.Vote.Candidate, new CEpoch(s.Durable.AcceptedEpoch))]);

    /// <summary>A leader gathers the epochs that its followers accepted.</summary>
    [Rule("ZAB-DISC-2"), Rule("ZAB-DISC-3")]
    protected virtual Step OnCEpoch(NodeState s, NodeId from, CEpoch m)
    {
        if (s.Leading is not { } term) return Ignore(s, "it doesn't lead");
        if (LearnerOf(s, from) is not null) return Ignore(s, "asked before on this link");
        if (IsOutbid(term, m)) return Write(s, new AcceptEpoch(m.AcceptedEpoch)).Then(n => Leave(n, "a follower has promised a later epoch"));

        var joined = With(s, new Learner(from, LearnerStage.Joined, Zxid.Zero, Heard: true, Zxid.Zero, []));
        return ChooseEpoch(joined with { Leading = joined.Leading! with { MaxAccepted = Math.Max(term.MaxAccepted, m.AcceptedEpoch) } });
    }

    /// <summary>Whether a follower has accepted an epoch above the leader's: it could never follow here, so the leader begins again, above that epoch.</summary>
    [Rule("ZAB-DISC-3")]
    protected virtual bool IsOutbid(Leading term, CEpoch m) => term.Epoch != 0 && m.AcceptedEpoch > term.Epoch;

    /// <summary>Once a quorum has told its accepted epochs, the leader accepts the next one itself; followers hear of it when that is on disk.</summary>
    [Rule("ZAB-DISC-2"), Rule("ZAB-DISC-4")]
    protected virtual Step ChooseEpoch(NodeState s)
    {
        var term = s.Leading!;
        if (term.Epoch != 0) return Invite(s);
        if (!HasQuorum([Self, .. term.Learners.Select(l => l.Id)])) return new(s, []);
        var epoch = EpochAfter(term.MaxAccepted);
        return Write(s with { Leading = term with { Epoch = epoch } }, new AcceptEpoch(epoch)).Then(Invite);
    }

    /// <summary>An epoch later than any that the quorum accepted.</summary>
    [Rule("ZAB-DISC-2")]
    protected virtual int EpochAfter(int accepted) => accepted + 1;

    /// <summary>The leader proposes its epoch to those who asked, never before its own promise is on disk.</summary>
    [Rule("ZAB-DISC-4")]
    protected virtual Step Invite(NodeState s) => s.Leading!.Promises.Contains(Self) ? SendNewEpoch(s) : new(s, []);

    /// <summary>NEWEPOCH to everyone that asked and wasn't answered yet.</summary>
    protected static Step SendNewEpoch(NodeState s)
    {
        var step = new Step(s, []);
        foreach (var learner in s.Leading!.Learners)
        {
            if (learner.Stage != LearnerStage.Joined) continue;
            step = new Step(With(step.State, learner with { Stage = LearnerStage.Asked }), step.Effects).Then(new Send(learner.Id, new NewEpoch(s.Leading.Epoch)));
        }

        return step;
    }

    /// <summary>A follower promises a later epoch, on disk first; it may follow in one that it promised before, but promises that once only; it leaves an earlier one.</summary>
    [Rule("ZAB-DISC-5")]
    protected virtual Step OnNewEpoch(NodeState s, NodeId from, NewEpoch m)
    {
        if (!IsLeader(s, from)) return Ignore(s, "not from the leader this server follows");
        if (s.Following!.Stage != FollowerStage.Asking) return Ignore(s, "it didn't ask");

        var told = s with { Following = s.Following with { Epoch = m.Epoch } };
        if (m.Epoch > s.Durable.AcceptedEpoch) return Write(told with { Following = told.Following with { Stage = FollowerStage.Promising } }, new AcceptEpoch(m.Epoch));
        if (m.Epoch == s.Durable.AcceptedEpoch) return AnswerNewEpoch(told, promised: false);
        return Leave(s, "its leader's epoch is older than one it promised");
    }

    /// <summary>The follower's promise is on disk, and leaves.</summary>
    [Rule("ZAB-DISC-5")]
    protected virtual Step AnswerNewEpoch(NodeState s, bool promised)
    {
        var answered = s with { Phase = Phases.After(s.Phase, Trigger.EpochPromised), Following = s.Following! with { Stage = FollowerStage.Awaiting } };
        return new(answered, [new Send(s.Vote.Candidate, Report(s, promised)), new SetAlarm(Alarm.Synchronization)]);
    }

    /// <summary>What the follower's history is worth and where its epochs end: of everything on its way to disk, for that gets there.</summary>
    [Rule("ZAB-DISC-6")]
    protected virtual AckEpoch Report(NodeState s, bool promised) => new(promised, s.Durable.CurrentEpoch, s.LastZxid, s.Durable.History.EpochEnds());

    /// <summary>A leader hears a promise. It gives up for a follower that knows more; with a quorum of promises its history is the epoch's.</summary>
    [Rule("ZAB-DISC-7"), Rule("ZAB-DISC-8")]
    protected virtual Step OnAckEpoch(NodeState s, NodeId from, AckEpoch m)
    {
        if (LearnerOf(s, from) is not { Stage: LearnerStage.Asked } learner) return Ignore(s, "no epoch was proposed to it");
        if (IsAhead(s, m)) return Leave(s, "a follower's history is ahead of its own");

        var heard = With(s, learner with { Stage = LearnerStage.Promised, Last = m.LastZxid, EpochEnds = m.EpochEnds });
        if (m.Promised && s.Phase == Phase.Discovery) heard = heard with { Leading = heard.Leading! with { Promises = Heard(heard.Leading.Promises, from) } };
        return s.Phase == Phase.Discovery ? BeginSynchronization(heard) : Synchronize(heard, LearnerOf(heard, from)!);
    }

    /// <summary>Whether a follower's history is worth more than the leader's: then the leader's can't be the initial history.</summary>
    [Rule("ZAB-DISC-7")]
    protected virtual bool IsAhead(NodeState s, AckEpoch m) => (m.CurrentEpoch, m.LastZxid).CompareTo(Worth(s)) > 0;

    /// <summary>Nobody agreed on an epoch in time.</summary>
    [Rule("ZAB-BEAT-4")]
    protected virtual Step OnDiscoveryLimit(NodeState s) => s.Phase == Phase.Discovery ? Leave(s, "no common epoch in time") : Ignore(s, "discovery is over");
}
