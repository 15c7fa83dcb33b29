using Reference.Zab;
using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Systematic.Zoo;

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

/// <summary>
/// A8. NEWEPOCH with an epoch that the follower has already promised, or one before it, is promised once more: two leaders, each with a quorum of promises, then hold
/// one epoch, and give out the same zxids. Source: phase 1 of the paper; ZooKeeper's <c>registerWithLeader</c> tells the two cases apart.
/// </summary>
public class AcceptsAnOlderEpoch(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnNewEpoch(NodeState s, NodeId from, NewEpoch m)
    {
        var step = base.OnNewEpoch(s, from, m);
        if (step.Ignored is not null || m.Epoch > s.Durable.AcceptedEpoch) return step;
        return AnswerNewEpoch(s with { Following = s.Following! with { Epoch = m.Epoch } }, promised: true);
    }
}

/// <summary>
/// A10. Two files hold the two epochs, and the current epoch's is written first: a crash in between leaves a server whose current epoch is above the one it accepted,
/// and which refuses to start. Source: ZOOKEEPER-1653, -2033.
/// </summary>
public class EpochFilesTear(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnNewEpoch(NodeState s, NodeId from, NewEpoch m)
    {
        var step = base.OnNewEpoch(s, from, m);
        return step.State.Following?.Stage == FollowerStage.Promising ? Write(s, new EnterEpoch(m.Epoch)).Then(n => base.OnNewEpoch(n, from, m)) : step;
    }
}

/// <summary>
/// A11. Of two histories the longer one is taken for the better. A tail of an old epoch, never committed, outweighs the few transactions that a later epoch has
/// committed, and its owner goes on to lead. Source: phase 1 of the paper; ZooKeeper's <c>waitForEpochAck</c>.
/// </summary>
public class InitialHistoryByLength(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override bool IsAhead(NodeState s, AckEpoch m) => Length(m.EpochEnds) > Length(s.Durable.History.EpochEnds());

    private static long Length(IEnumerable<Zxid> epochEnds) => epochEnds.Sum(end => (long)end.Counter);
}

/// <summary>
/// A12. The leader proposes its epoch before it has accepted that epoch on its own disk. It crashes, forgets, and promises the same epoch to another. Source: ZOOKEEPER-1291.
/// </summary>
public class LeaderPromisesLast(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step Invite(NodeState s) => SendNewEpoch(s);
}
