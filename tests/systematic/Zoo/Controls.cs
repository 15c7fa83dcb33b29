using Reference.Zab;
using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Systematic.Zoo;

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

/// <summary>Control. Writes its promise twice: the second write says what the first one said.</summary>
public class PersistsOnceMore(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnNewEpoch(NodeState s, NodeId from, NewEpoch m)
    {
        var step = base.OnNewEpoch(s, from, m);
        return step.State.Following?.Stage == FollowerStage.Promising ? step.Then(n => Write(n, new AcceptEpoch(m.Epoch))) : step;
    }
}

/// <summary>Control. Counts an acknowledgement of NEWLEADER whatever epoch it names: on links that end with the term (ZAB-BEAT-5), none of another epoch ever arrives.</summary>
public class CountsAcksOfAnyTerm(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override bool IsOfThisTerm(NodeState s, AckNewLeader m) => true;
}
