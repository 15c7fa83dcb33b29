using Reference.Zab;
using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Systematic.Zoo;

/// <summary>A1. Two of four is taken for a quorum, in every phase: the textbook's off-by-one. Two halves then elect, promise and establish without one server in common.</summary>
public class HalfIsAQuorum(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override bool HasQuorum(IEnumerable<NodeId> who) => 2 * Members.Intersect(who).Count >= Members.Count;
}

/// <summary>A7. The promise of an epoch is acknowledged before it is on disk, so that a crash forgets it, and the follower promises the same epoch to another leader. Source: phase 1 of the paper; ZOOKEEPER-335.</summary>
public class AcceptedEpochNotPersisted(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnNewEpoch(NodeState s, NodeId from, NewEpoch m)
    {
        var step = base.OnNewEpoch(s, from, m);
        return step.State.Following?.Stage == FollowerStage.Promising ? step.Then(n => AnswerNewEpoch(n, promised: true)) : step;
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

/// <summary>C1. A commit delivers the transaction that it names, though earlier ones, acknowledged as a group with it, haven't been delivered. Source: phase 3 of the paper.</summary>
public class CommitOutOfOrder(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step DeliverCommitted(NodeState s)
    {
        var step = base.DeliverCommitted(s);
        return step.Effects.Length > 1 ? step with { Effects = [step.Effects[^1]] } : step;
    }
}

/// <summary>C3. A proposal is acknowledged when it is queued for the disk: ZooKeeper's forceSync=no. A quorum of acknowledgements is then no quorum of copies.</summary>
public class AckBeforeFsync(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnPropose(NodeState s, NodeId from, Propose m)
    {
        var step = base.OnPropose(s, from, m);
        return step.Ignored is null && step.State.Following is not null ? step.Then(n => AnswerPropose(n, m.Zxid)) : step;
    }
}

/// <summary>Control. Answers every ping twice: an equivalent mutant, which must survive.</summary>
public class SaysPongTwice(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnPing(NodeState s, NodeId from)
    {
        var step = base.OnPing(s, from);
        return step.Effects.IsEmpty ? step : step.Then([.. step.Effects]);
    }
}
