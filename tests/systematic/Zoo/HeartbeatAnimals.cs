using Reference.Zab;
using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Systematic.Zoo;

/// <summary>C5. A leader never looks whether a quorum still follows it. It goes on leading alone, its clients wait for ever, and the others may not find each other. Source: ZooKeeper's leader tick; ZOOKEEPER-2247.</summary>
public class LeaderWithoutAQuorum(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnQuorumCheck(NodeState s)
    {
        var step = base.OnQuorumCheck(s);
        return step.Ignored is null && step.State.Leading is null ? new(s, [new SetAlarm(Alarm.QuorumCheck)]) : step;
    }
}

/// <summary>C6. Whoever speaks to it keeps a follower waiting, be it a leader of before: its own leader may be dead meanwhile. Source: heartbeats that bear no term.</summary>
public class OldLeadersHeartbeatCounts(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override bool HearsLeader(NodeState s, NodeId from) => s.Following?.Stage == FollowerStage.Serving;
}
