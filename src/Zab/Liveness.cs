namespace Reference.Zab;

/// <summary>What an ensemble must come to, once the world lets it. Who judges it says how long that may take: spec/invariants.md, "Liveness and time".</summary>
public static class Liveness
{
    /// <summary>All servers, in one epoch, under one established leader, with one log.</summary>
    [Rule("ZAB-LIVE-1")]
    public static readonly Invariant<IReadOnlyList<NodeState>> AllServeAsOne = new("ZAB-LIVE-1",
        "once faults have stopped, within the stated number of fair rounds one leader is established, every server serves in its epoch, and a new transaction is delivered by all",
        servers => LeaderOfAll(servers) is { } leader && servers.All(s => s.Delivered == leader.LastZxid));

    /// <summary>The established leader under which every server serves; null if there is none.</summary>
    public static NodeState? LeaderOfAll(IReadOnlyList<NodeState> servers)
    {
        foreach (var leader in servers)
        {
            if (leader.IsEstablished) return servers.All(s => ReferenceEquals(s, leader) || ServesUnder(s, leader)) ? leader : null;
        }

        return null;
    }

    /// <summary>Whether a server serves under this established leader.</summary>
    public static bool ServesUnder(NodeState server, NodeState leader) =>
        server.Following?.Stage == FollowerStage.Serving && server.Vote.Candidate == leader.Vote.Candidate && server.Epoch == leader.Epoch;
}

/// <summary>A leader or follower that has just given up a term, as an onlooker with a clock sees it.</summary>
/// <param name="Who">What it was.</param>
/// <param name="Others">Those with whom the term was shared and could have gone on: live, connected, not paused, and long enough so to have been heard.</param>
public sealed record Departure(NodeState Who, ImmutableArray<NodeId> Others);

/// <summary>How long something has gone on that must not go on for ever.</summary>
/// <param name="Ticks">On the clock of the server that must end it, in ticks of the world.</param>
/// <param name="Period">As long as it may, in the same ticks.</param>
public readonly record struct Spell(int Ticks, int Period);

/// <summary>What clocks and bounded delays make true: whom the alarms spare, and whom they end in time.</summary>
public static class Timeliness
{
    /// <summary>Who lives and is heard keeps its term.</summary>
    [Rule("ZAB-TIME-1")]
    public static readonly Invariant<(Departure Departure, ImmutableSortedSet<NodeId> Members)> NobodyHeardIsGivenUp = new("ZAB-TIME-1",
        "no established leader steps down while a quorum lives, is connected to it and serves under it, and no follower leaves an established leader that lives and is connected to it",
        c => c.Departure.Who.IsEstablished ? !Quorum.Holds(c.Departure.Others, c.Members) : c.Departure.Others.IsEmpty);

    /// <summary>No leader without a quorum stays one.</summary>
    [Rule("ZAB-TIME-2")]
    public static readonly Invariant<Spell> WhoLeadsHasAQuorum = new("ZAB-TIME-2",
        "an established leader without a quorum that lives, is connected to it and serves under it steps down within the stated period", s => s.Ticks <= s.Period);

    /// <summary>No follower waits for a dead leader.</summary>
    [Rule("ZAB-TIME-3")]
    public static readonly Invariant<Spell> NobodyFollowsTheDead = new("ZAB-TIME-3",
        "a server follows one that is dead no longer than the stated period from its death on", s => s.Ticks <= s.Period);
}
