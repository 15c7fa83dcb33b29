using Reference.Coordination;
using Reference.Systematic.World;

namespace Reference.Systematic.Zoo;

/// <summary>C8. A new leader takes over the deadlines that sessions had, which it can't know: whoever talked to a follower since is expired at once. Source: ZooKeeper's rule, touch all sessions.</summary>
public sealed class SessionClockSurvivesLeader(Settings settings) : Server(settings)
{
    /// <inheritdoc/>
    protected override long DeadlineOnActivation(Session session, Moment at) => at.NowMs;
}

/// <summary>C9. A request of a session whose end is proposed is carried out: an ephemeral comes after the end of its session, and stays for good. Source: ZOOKEEPER-1367, -2355, -2926, -4837.</summary>
public sealed class SessionRevivedAfterClose(Settings settings) : Server(settings)
{
    /// <inheritdoc/>
    protected override bool IsOpen(ServiceState proposed, SessionId session) => true;
}

/// <summary>C10. Expiry isn't replicated: the leader ends the session in its own tree, and the others keep its ephemerals. Source: ZooKeeper's rule, expiry is a transaction.</summary>
public sealed class EphemeralOutlivesSession(Settings settings) : Server(settings)
{
    /// <inheritdoc/>
    protected override Step<ServerState, Effect> Expire(ServerState s, SessionId session, Moment at)
    {
        var committed = Apply(s.Committed, s.Committed.LastZxid, new(new(session, Me, ConnectionId.None, 0, at.WallMs), new CloseSession())).State;
        var l = s.Leadership!;
        return new(s with { Committed = committed, Leadership = l with { Proposed = committed, Due = l.Due.Remove(session), Owners = l.Owners.Remove(session) } }, []);
    }
}

/// <summary>C11. A watch that is set again at another server is just set: what changed since the client's last zxid is never told. Source: ZOOKEEPER-1412.</summary>
public sealed class WatchLostOnMove(Settings settings) : Server(settings)
{
    /// <inheritdoc/>
    protected override WatchEventType? MissedOfData(Node? node, long seenZxid) => null;
}

/// <summary>C12. A server takes a client in that has seen more than it has itself: the client reads the past. Source: ZooKeeper's guarantee of a single system image.</summary>
public sealed class ReadsGoBack(Settings settings) : Server(settings)
{
    /// <inheritdoc/>
    protected override bool IsAhead(ServerState s, long lastZxidSeen) => false;
}

/// <summary>C13. A sequential name is counted from the children that are there: after a deletion it comes again. Source: ZOOKEEPER-1046.</summary>
public sealed class SequenceFromChildren(Settings settings) : Server(settings)
{
    /// <inheritdoc/>
    protected override int SequenceNumber(Node parent) => parent.Children.Count;
}

/// <summary>C14. A multi that fails leaves its first operations in what the leader judges by: the next request sees a version that never was. Source: ZOOKEEPER-1624, -2052.</summary>
public sealed class MultiHalfApplied(Settings settings) : Server(settings)
{
    /// <inheritdoc/>
    protected override ServiceState StateAfterFailedMulti(ServiceState before, ServiceState partly) => partly;
}

/// <summary>C15. A version is checked against what's committed, not what's outstanding: of two that expect one version both succeed. Source: what ZooKeeper's leader keeps outstanding change records for.</summary>
public sealed class VersionCheckAtApply(Settings settings) : Server(settings)
{
    /// <inheritdoc/>
    protected override ServiceState StateToJudgeBy(ServerState s, Leadership l) => s.Committed;
}

/// <summary>C16. Recovery applies again what the snapshot already holds, and its parent's creations count twice: the next sequence number differs from server to server. Source: ZOOKEEPER-3125, -3249.</summary>
public sealed class SnapshotReplaysTwice(Settings settings) : Server(settings)
{
    /// <inheritdoc/>
    protected override bool IsNews(ServerState s, long zxid) => true;
}

/// <summary>The animals of sessions and znodes.</summary>
public static class ServiceAnimals
{
    /// <summary>The list. A second claim, where there is one, is what the first leads to when a state has come apart: a transaction that can't be carried out.</summary>
    public static ImmutableArray<Animal> All { get; } =
    [
        Of<SessionClockSurvivesLeader>("C8", "service2t", "COORD-INV-14"),
        Of<SessionRevivedAfterClose>("C9", "service2t", "COORD-INV-1"),
        Of<EphemeralOutlivesSession>("C10", "service2t", "COORD-INV-10"),
        Of<WatchLostOnMove>("C11", "service2", "COORD-INV-20"),
        Of<ReadsGoBack>("C12", "service", "COORD-INV-12"),
        Of<SequenceFromChildren>("C13", "service", "COORD-INV-11"),
        Of<MultiHalfApplied>("C14", "service1", "COORD-INV-17"),
        Of<VersionCheckAtApply>("C15", "service3", "COORD-INV-17"),
        Of<SnapshotReplaysTwice>("C16", "service1r", "COORD-INV-10"),
    ];

    private static Animal Of<TServer>(string id, string world, params ImmutableArray<string> invariants) where TServer : Server
    {
        var setup = ServiceWorlds.All[world];
        return Animal.Of(id, typeof(TServer).Name, world, setup.Servers + setup.Clients,
            (mutant, judged) => ServiceWorlds.Start(setup, mutant ? Rules.True.With(typeof(TServer)) : Rules.True, judged), invariants);
    }
}
