using System.Runtime.InteropServices;

namespace Reference.Zab;

/// <summary>Phase 3: the leader's proposals, one after another, to a quorum's disks; what's there is committed, and delivered everywhere in order.</summary>
public partial class Peer
{
    /// <summary>An established leader gives the transaction its place, and sends it to its disk and to everyone that has its history.</summary>
    [Rule("ZAB-BCAST-1")]
    protected virtual Step OnProposed(NodeState s, Payload txn)
    {
        if (!s.IsEstablished) return Ignore(s, "it is no established leader");
        if (NextZxid(s) is not { } zxid) return Leave(s, "the numbers of its epoch are used up");

        var append = new Append(zxid, txn);
        var propose = new Propose(zxid, txn);
        var learners = s.Leading!.Learners;
        var effects = ImmutableArray.CreateBuilder<Effect>(1 + learners.Length);
        effects.Add(new Persist(append));
        foreach (var learner in learners)
        {
            if (HearsProposals(learner)) effects.Add(new Send(learner.Id, propose));
        }

        return new(Issue(s, append), effects.DrainToImmutable());
    }

    /// <summary>The zxid after the leader's last; null if the epoch has none left.</summary>
    [Rule("ZAB-BCAST-2")]
    protected virtual Zxid? NextZxid(NodeState s)
    {
        var (epoch, last) = (s.Leading!.Epoch, s.LastZxid);
        if (last.Epoch != epoch) return Zxid.Of(epoch, 1);
        return last.Counter < settings.LastCounter ? Zxid.Of(epoch, last.Counter + 1) : null;
    }

    /// <summary>Whether proposals go to this follower: from the moment its history was sent, so that nothing falls between.</summary>
    [Rule("ZAB-SYNC-3")]
    protected virtual bool HearsProposals(Learner learner) => learner.Stage >= LearnerStage.Synchronizing;

    /// <summary>A follower takes the next transaction into its history; the acknowledgement waits for the disk.</summary>
    [Rule("ZAB-BCAST-3")]
    protected virtual Step OnPropose(NodeState s, NodeId from, Propose m)
    {
        if (!IsLeader(s, from)) return Ignore(s, "not from the leader this server follows");
        if (s.Following!.Stage < FollowerStage.Receiving) return Ignore(s, "no history was begun");
        if (!s.LastZxid.IsFollowedBy(m.Zxid)) return Leave(s, "a gap in the leader's proposals");
        return Write(s, new Append(m.Zxid, m.Txn));
    }

    /// <summary>A proposal, and all before it, is on a follower's own disk: it says so, once for any number that got there together.</summary>
    [Rule("ZAB-BCAST-4")]
    protected virtual Step AnswerPropose(NodeState s, Zxid zxid) =>
        s.Following!.Stage >= FollowerStage.Entered ? new(s, [new Send(s.Vote.Candidate, new Ack(zxid))]) : new(s, []);

    /// <summary>A leader hears how far a follower's disk is.</summary>
    [Rule("ZAB-BCAST-5")]
    protected virtual Step OnAck(NodeState s, NodeId from, Ack m)
    {
        if (LearnerOf(s, from) is not { Stage: >= LearnerStage.Synchronized } learner) return Ignore(s, "it hasn't acknowledged NEWLEADER");
        if (m.Zxid <= learner.Position) return Ignore(s, "acknowledged before");
        return AdvanceCommit(With(s, learner with { Position = m.Zxid }));
    }

    /// <summary>Only an established leader commits.</summary>
    [Rule("ZAB-BCAST-6")]
    protected virtual bool MayCommit(NodeState s) => s.IsEstablished;

    /// <summary>The last zxid up to which a quorum's disks, the leader's like any other, hold the leader's history.</summary>
    [Rule("ZAB-BCAST-5")]
    protected virtual Zxid CommitPoint(NodeState s)
    {
        var point = s.Committed;
        if (s.Leading!.Position > point && HasQuorum(Holders(s, s.Leading.Position))) point = s.Leading.Position;
        foreach (var learner in s.Leading.Learners)
        {
            if (learner.Position > point && learner.Stage >= LearnerStage.Synchronized && HasQuorum(Holders(s, learner.Position))) point = learner.Position;
        }

        return point;
    }

    /// <summary>Those who have acknowledged the leader's history up to <paramref name="zxid"/>, or beyond it.</summary>
    protected NodeId[] Holders(NodeState s, Zxid zxid)
    {
        var term = s.Leading!;
        var (count, holders) = (0, new NodeId[1 + term.Learners.Length]);
        if (term.Position >= zxid) holders[count++] = Self;
        foreach (var learner in term.Learners)
        {
            if (learner.Stage >= LearnerStage.Synchronized && learner.Position >= zxid) holders[count++] = learner.Id;
        }

        return count == holders.Length ? holders : holders[..count];
    }

    /// <summary>What follows from positions: once a quorum is further, all up to there is committed, and everyone that serves hears it.</summary>
    [Rule("ZAB-BCAST-5"), Rule("ZAB-BCAST-6")]
    protected virtual Step AdvanceCommit(NodeState s)
    {
        if (!MayCommit(s)) return new(s, []);
        var point = CommitPoint(s);
        if (point <= s.Committed) return new(s, []);

        var commit = new Commit(point);
        var sends = ImmutableArray.CreateBuilder<Effect>(s.Leading!.Learners.Length);
        foreach (var learner in s.Leading.Learners)
        {
            if (learner.Stage == LearnerStage.Serving) sends.Add(new Send(learner.Id, commit));
        }

        return new Step(s with { Committed = point }, sends.DrainToImmutable()).Then(DeliverCommitted);
    }

    /// <summary>A follower hears that all up to a zxid is committed.</summary>
    [Rule("ZAB-BCAST-7")]
    protected virtual Step OnCommit(NodeState s, NodeId from, Commit m)
    {
        if (!IsLeader(s, from) || s.Following!.Stage != FollowerStage.Serving) return Ignore(s, "not from a leader it serves under");
        if (m.Zxid <= s.Committed) return Ignore(s, "known as committed");
        if (m.Zxid > s.LastZxid) return Leave(s, "a COMMIT of what was never proposed");
        return DeliverCommitted(s with { Committed = m.Zxid });
    }

    /// <summary>The service gets what's committed, in the order of the history, each transaction once.</summary>
    [Rule("ZAB-BCAST-7")]
    protected virtual Step DeliverCommitted(NodeState s)
    {
        if (s.Committed <= s.Delivered) return new(s, []);
        var history = s.Durable.History;
        var (from, to) = (history.IndexAfter(s.Delivered), history.IndexAfter(s.Committed));
        var deliveries = new Effect[to - from];
        for (var i = from; i < to; i++) deliveries[i - from] = new Deliver(history.Entries[i].Zxid, history.Entries[i].Txn);
        return new(s with { Delivered = s.Committed }, ImmutableCollectionsMarshal.AsImmutableArray(deliveries));
    }
}
