using Reference.Zab;
using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Systematic.Zoo;

/// <summary>B7. A snapshot is named after the last transaction logged, not after the last one applied: it stands for proposals that nobody has committed. Source: ZOOKEEPER-1558.</summary>
public class SnapshotOfUncommitted(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Zxid SnapshotPoint(NodeState s) => s.LastZxid;
}

/// <summary>
/// B9. A server that leaves its leader forgets the proposals that were queued for its log, but the queue goes on to write them: they come to stand before, or among,
/// what the next leader sends. Source: ZOOKEEPER-4712.
/// </summary>
public class OldTailSurvivesShutdown(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override NodeState Abandon(NodeState s)
    {
        var history = s.Durable.History;
        foreach (var write in s.Outstanding.Writes.OfType<Append>().Reverse())
        {
            if (history.Last == write.Zxid && history.Entries.Count > 0) history = history with { Entries = history.Entries.RemoveLast(1) };
        }

        return base.Abandon(s) with { Durable = s.Durable with { History = history } };
    }
}

/// <summary>
/// B10. A leader takes (its epoch, 0) for its last zxid as soon as it has the epoch, before anyone has its history. Its term comes to nothing, and in the next
/// election it outbids those who hold what was committed. Source: ZOOKEEPER-790.
/// </summary>
public class LastProcessedTooEarly(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override (int CurrentEpoch, Zxid LastZxid) Worth(NodeState s)
    {
        var (epoch, last) = base.Worth(s);
        var begun = Zxid.Of(s.Durable.AcceptedEpoch, 0);
        return (Math.Max(epoch, s.Durable.AcceptedEpoch), last < begun ? begun : last);
    }
}
