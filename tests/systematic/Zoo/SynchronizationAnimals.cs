using Reference.Zab;
using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Systematic.Zoo;

/// <summary>
/// A9. The follower writes the leader's epoch as its current one when the history begins to come, not behind it. A crash in between leaves the epoch without the
/// history, and that server wins against those who have both less epoch and more history. Source: ZOOKEEPER-4643.
/// </summary>
public class CurrentEpochBeforeHistory(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step Receive(NodeState s) => base.Receive(s).Then(n => Write(n, new EnterEpoch(n.Following!.Epoch)));
}

/// <summary>
/// B1. What the leader sent in DIFF is taken for committed, and delivered with NEWLEADER, before a quorum has it. If the leader then falls, the next one may not know of it.
/// Source: ZOOKEEPER-3911, -4394.
/// </summary>
public class DiffIsCommittedAtOnce(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnNewLeader(NodeState s, NodeId from, NewLeader m)
    {
        var step = base.OnNewLeader(s, from, m);
        return step.State.Following?.Stage == FollowerStage.Entering ? step.Then(n => DeliverCommitted(n with { Committed = m.LastZxid })) : step;
    }
}

/// <summary>B2. NEWLEADER is acknowledged when the history is received, not when it is on disk: the quorum that establishes the leader may forget what it acknowledged. Source: ZOOKEEPER-4646, -4785.</summary>
public class AckNewLeaderBeforeDisk(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnNewLeader(NodeState s, NodeId from, NewLeader m)
    {
        var step = base.OnNewLeader(s, from, m);
        return step.State.Following?.Stage == FollowerStage.Entering ? step.Then(AnswerNewLeader) : step;
    }
}

/// <summary>B3. A follower that is ahead keeps its tail, and the leader's later transactions land behind it. Source: ZOOKEEPER-2845.</summary>
public class NoTruncate(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step Forget(NodeState s, Zxid zxid) => new(s, []);
}

/// <summary>B4. TRUNC leaves one transaction too many: the position to cut at was read behind the record, not before it. Source: ZOOKEEPER-1154.</summary>
public class TruncateTooLittle(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step Forget(NodeState s, Zxid zxid)
    {
        var history = s.Durable.History;
        return base.Forget(s, history.Entries[history.IndexAfter(zxid)].Zxid);
    }
}

/// <summary>B5. TRUNC takes one transaction too many, which the leader believes to be there; what follows comes to stand behind a hole. Source: ZOOKEEPER-1156.</summary>
public class TruncateTooMuch(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step Forget(NodeState s, Zxid zxid)
    {
        var history = s.Durable.History;
        var index = history.IndexAfter(zxid);
        return base.Forget(s, index >= 2 ? history.Entries[index - 2].Zxid : history.Base);
    }
}

/// <summary>
/// B6. The tail is truncated in memory, but the log on disk keeps it: cutting the file failed, and nobody looked. After the next start the tail is back, with the
/// leader's transactions behind it. Source: ZOOKEEPER-1489, -3701.
/// </summary>
public class TruncateForgottenOnCrash(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step Forget(NodeState s, Zxid zxid) => new(s with { Durable = s.Durable with { History = s.Durable.History.TruncatedTo(zxid) } }, []);
}

/// <summary>
/// B8. SNAP is loaded into memory; its way to disk is left to the server's own next snapshot. A synchronisation that breaks off there goes on as DIFF with the next
/// leader, from where memory stands, and the disk gets what follows a snapshot that it doesn't have. Source: ZOOKEEPER-3642.
/// </summary>
public class DiffAfterHalfSnapshot(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step Install(NodeState s, Snap m) => new(s with { Durable = s.Durable with { History = new(m.Zxid, []) } }, []);
}

/// <summary>
/// B11. A follower whose history is the leader's has acknowledged it before, to an earlier NEWLEADER, and that counts for the present one. But the epoch isn't on its
/// disk: it would still vote as of the old one. Source: phase 2 of the paper, where an acknowledgement names its epoch.
/// </summary>
/// <remarks>That the old message itself arrives in a later term can't happen on links that end with the term (ZAB-BEAT-5): see <see cref="CountsAcksOfAnyTerm"/>.</remarks>
public class NewLeaderAckFromOldEpoch(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step Synchronize(NodeState s, Learner learner)
    {
        var step = base.Synchronize(s, learner);
        var term = step.State.Leading!;
        if (learner.Last != s.LastZxid || learner.Last == Zxid.Zero || term.Acks.Contains(learner.Id)) return step;
        return step with { State = step.State with { Leading = term with { Acks = [.. term.Acks.Add(learner.Id).Order()] } } };
    }
}

/// <summary>
/// B12. The current epoch is written on UPTODATE. A quorum has then acknowledged a history that it would still vote for as one of an older epoch, and loses against
/// an old tail. Source: ZOOKEEPER-1282.
/// </summary>
/// <remarks>One write moved: NEWLEADER writes the epoch that is there already, so that the acknowledgement still waits for the history.</remarks>
public class CurrentEpochAtUptodate(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnNewLeader(NodeState s, NodeId from, NewLeader m)
    {
        var step = base.OnNewLeader(s, from, m);
        if (step.State.Following is not { Stage: FollowerStage.Entering } following) return step;
        return Write(s with { Following = following }, new EnterEpoch(s.Durable.CurrentEpoch));
    }

    /// <inheritdoc/>
    protected override Step OnUpToDate(NodeState s, NodeId from, UpToDate m)
    {
        var step = base.OnUpToDate(s, from, m);
        return step.Ignored is null ? step.Then(n => Write(n, new EnterEpoch(n.Epoch))) : step;
    }
}

/// <summary>
/// B13. A follower hears proposals once it has acknowledged NEWLEADER. What is proposed after its history was put together and before that reaches it neither in the
/// synchronisation nor after it. Source: ZOOKEEPER-1264.
/// </summary>
public class LostInTheGap(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override bool HearsProposals(Learner learner) => learner.Stage >= LearnerStage.Synchronized;
}
