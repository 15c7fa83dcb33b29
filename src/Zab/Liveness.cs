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
