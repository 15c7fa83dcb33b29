using Reference.Zab;
using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Systematic.World.Mutants;

/// <summary>The server with the greatest id is elected, its followers know more, and so for ever.</summary>
public class VotesByIdOnly(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override bool IsBetter(Vote vote, Vote other) => vote.Candidate > other.Candidate;
}

/// <summary>A leader whom nobody follows stays one.</summary>
public class LeadsWithoutAQuorum(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnQuorumCheck(NodeState s) => s.IsEstablished ? new(s, [new SetAlarm(Alarm.QuorumCheck)]) : base.OnQuorumCheck(s);
}

/// <summary>Who asked a server that doesn't lead goes on waiting for its answer.</summary>
public class WaitsForEver(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnDiscoveryLimit(NodeState s) => new(s, []);
}

/// <summary>A follower whose leader is silent waits on.</summary>
public class WaitsForTheDead(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnLeaderSilent(NodeState s) => new(s, [new SetAlarm(Alarm.LeaderSilent)]);
}

/// <summary>A leader is joined on the word of its followers alone.</summary>
public class TrustsVotesFromOutside(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step Decide(NodeState s)
    {
        var outside = s.Ballots.Values.FirstOrDefault(b => b.Standing == Standing.Following && b.Vote.Candidate != Self && HasQuorum([.. FollowersOf(s, b.Vote.Candidate), b.Vote.Candidate]));
        return s.Phase == Phase.Election && outside is not null ? Follow(s with { Vote = outside.Vote, Round = outside.Round }) : base.Decide(s);
    }
}

/// <summary>The link to a leader that is left stays open, and what an earlier leader says is taken for a sign of the present one's life, and answered.</summary>
public class OldLeadersCount(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step Leave(NodeState s, string why) => s.Following is null ? base.Leave(s, why) : base.Leave(s, why) is var left
        ? new(left.State with { Connected = s.Connected }, [.. left.Effects.Where(e => e is not Disconnect)])
        : default;

    /// <inheritdoc/>
    protected override Step OnPing(NodeState s, NodeId from) => new(s, [new Send(from, new Pong())]);

    /// <inheritdoc/>
    protected override bool HearsLeader(NodeState s, NodeId from) => s.Following?.Stage == FollowerStage.Serving;
}

/// <summary>A follower doesn't answer.</summary>
public class ForgetsToSayPong(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Step OnPing(NodeState s, NodeId from) => base.OnPing(s, from) with { Effects = [] };
}

/// <summary>A session that nobody was heard of is kept.</summary>
public class KeepsTheDead(Reference.Coordination.Settings settings) : Reference.Coordination.Server(settings)
{
    /// <inheritdoc/>
    protected override Reference.Kernel.Step<Reference.Coordination.ServerState, Reference.Coordination.Effect> Expire(Reference.Coordination.ServerState s, Reference.Coordination.SessionId session, Reference.Coordination.Moment at) => new(s, []);
}
