using Reference.Zab;
using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Systematic.Zoo;

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

/// <summary>
/// C2. A new leader finds that a quorum has copies of its history, and takes that for committed, before a quorum has entered its epoch. The copies still vote as of
/// their old epoch, and lose to one who has begun a later epoch without them. Source: figure 8 of the Raft paper, in ZAB's terms.
/// </summary>
public class CommitOldEpochByCount(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step BeginSynchronization(NodeState s)
    {
        var step = base.BeginSynchronization(s);
        if (step.State.Phase != Phase.Synchronization) return step;
        var copies = s.Leading!.Learners.Where(l => l.Stage == LearnerStage.Promised && l.EpochEnds.Contains(s.LastZxid)).Select(l => l.Id);
        return HasQuorum([Self, .. copies]) ? step.Then(n => DeliverCommitted(n with { Committed = n.LastZxid })) : step;
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

/// <summary>C4. The leader counts itself among a proposal's copies when it has queued it: the same as C3, on the leader alone. Source: section 10.2.1 of Ongaro's thesis, which allows it only with a quorum of others.</summary>
public class LeaderCountsItselfBeforeFsync(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnProposed(NodeState s, Payload txn)
    {
        var step = base.OnProposed(s, txn);
        return step.State.Leading is null || step.Ignored is not null ? step : step.Then(n => AdvanceCommit(n with { Leading = n.Leading! with { Position = n.LastZxid } }));
    }
}

/// <summary>C7. A zxid is one number to be counted up: when the low half is full, the next one carries over into the epoch's half, to an epoch that nobody began. Source: ZOOKEEPER-1277.</summary>
public class ZxidOverflow(PeerSettings settings) : Peer(settings)
{
    private readonly uint _last = settings.LastCounter;

    /// <inheritdoc/>
    protected override Zxid? NextZxid(NodeState s) => base.NextZxid(s) ?? (s.LastZxid.Counter < _last ? Zxid.Of(s.LastZxid.Epoch, s.LastZxid.Counter + 1) : Zxid.Of(s.LastZxid.Epoch + 1, 0));
}
