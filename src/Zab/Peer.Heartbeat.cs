namespace Reference.Zab;

/// <summary>Links, heartbeats and the end of a term: a leader without followers and a follower without a leader look for another.</summary>
public partial class Peer
{
    private static readonly SetAlarm LeaderSilent = new(Alarm.LeaderSilent);

    /// <summary>A fresh link: each end says how it stands.</summary>
    [Rule("ZAB-ELECT-4")]
    protected virtual Step OnConnected(NodeState s, NodeId peer)
    {
        if (peer == Self || !Members.Contains(peer)) return Ignore(s, "no other member of the ensemble");
        if (s.Connected.Contains(peer)) return OnDisconnected(s, peer).Then(n => OnConnected(n, peer));
        return new(s with { Connected = s.Connected.Add(peer) }, [new Send(peer, BallotOf(s))]);
    }

    /// <summary>A link is gone, and with it the term that it carried. What the other end promised or has on disk stays true.</summary>
    [Rule("ZAB-BEAT-1")]
    protected virtual Step OnDisconnected(NodeState s, NodeId peer)
    {
        if (!s.Connected.Contains(peer)) return Ignore(s, "its link is closed");
        var without = s with { Connected = s.Connected.Remove(peer), Ballots = s.Ballots.Remove(peer) };
        if (IsLeader(s, peer)) return Leave(without, "the link to its leader broke");
        if (s.Leading is not null) return new(without with { Leading = s.Leading with { Learners = s.Leading.Learners.RemoveAll(l => l.Id == peer) } }, []);
        return s.Phase == Phase.Election ? Decide(without) : new(without, []);
    }

    /// <summary>A message counts if its link stands; and it tells a leader that this follower lives, a follower that its leader does.</summary>
    [Rule("ZAB-BEAT-1"), Rule("ZAB-BEAT-2"), Rule("ZAB-BEAT-3")]
    protected virtual Step OnReceived(NodeState s, NodeId from, Message message)
    {
        if (!s.Connected.Contains(from)) return Ignore(s, "its link is closed");
        var step = OnMessage(Hear(s, from), from, message);
        if (step.Ignored is { } why) return Ignore(s, why);
        return HearsLeader(step.State, from) ? step.Then(LeaderSilent) : step;
    }

    /// <summary>The leader notes that it heard this follower since it last looked.</summary>
    [Rule("ZAB-BEAT-3")]
    protected virtual NodeState Hear(NodeState s, NodeId from) => LearnerOf(s, from) is { Heard: false } learner ? With(s, learner with { Heard = true }) : s;

    /// <summary>Whether a message is a sign of life of the leader that this server serves under, in the present term.</summary>
    [Rule("ZAB-BEAT-2")]
    protected virtual bool HearsLeader(NodeState s, NodeId from) => IsLeader(s, from) && s.Following!.Stage == FollowerStage.Serving;

    /// <summary>A follower answers its leader's ping, and no other's.</summary>
    [Rule("ZAB-BEAT-2")]
    protected virtual Step OnPing(NodeState s, NodeId from) => IsLeader(s, from) ? new(s, [new Send(from, new Pong())]) : Ignore(s, "not from the leader this server follows");

    /// <summary>The leader hears a follower, and that's all.</summary>
    [Rule("ZAB-BEAT-3")]
    protected virtual Step OnPong(NodeState s, NodeId from) => LearnerOf(s, from) is null ? Ignore(s, "no follower of this server") : new(s, []);

    /// <summary>An established leader greets its followers.</summary>
    [Rule("ZAB-BEAT-2")]
    protected virtual Step OnHeartbeat(NodeState s) =>
        s.IsEstablished ? new(s, [.. s.Leading!.Learners.Select(l => new Send(l.Id, new Ping())), new SetAlarm(Alarm.Heartbeat)]) : Ignore(s, "it is no established leader");

    /// <summary>A leader that didn't hear a quorum since it last looked steps down.</summary>
    [Rule("ZAB-BEAT-3")]
    protected virtual Step OnQuorumCheck(NodeState s)
    {
        if (!s.IsEstablished) return Ignore(s, "it is no established leader");
        if (!HasQuorum([Self, .. s.Leading!.Learners.Where(l => l.Heard).Select(l => l.Id)])) return Leave(s, "no quorum was heard in time");
        return new(s with { Leading = s.Leading with { Learners = [.. s.Leading.Learners.Select(l => l with { Heard = false })] } }, [new SetAlarm(Alarm.QuorumCheck)]);
    }

    /// <summary>A follower that hears nothing of its leader leaves it.</summary>
    [Rule("ZAB-BEAT-2")]
    protected virtual Step OnLeaderSilent(NodeState s) =>
        s.Following?.Stage == FollowerStage.Serving ? Leave(s, "its leader is silent") : Ignore(s, "it serves under no leader");

    /// <summary>
    /// The term ends: a follower leaves its leader, or a leader steps down. The links that carried it are closed, so that nothing of it arrives in another; and the
    /// next election round begins.
    /// </summary>
    [Rule("ZAB-BEAT-5")]
    protected virtual Step Leave(NodeState s, string why)
    {
        IEnumerable<NodeId> links = s.Leading is { } term ? term.Learners.Select(l => l.Id) : [s.Vote.Candidate];
        var closed = links.Where(s.Connected.Contains).ToImmutableArray();
        var without = Abandon(s) with
        {
            Phase = Phases.After(s.Phase, Trigger.LeaderLost),
            Following = null,
            Leading = null,
            Connected = s.Connected.Except(closed),
        };
        var effects = closed.Select(link => (Effect)new Disconnect(link, why));
        if (s.Phase == Phase.Broadcast) effects = effects.Prepend(new Depose(why));
        return new Step(without, [.. effects]).Then(n => Look(n, n.Round + 1));
    }
}
