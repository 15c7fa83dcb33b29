using System.Net;
using Reference.Broker.Configuration;

namespace Reference.Broker.ZooKeeper.Server;

/// <summary>What a <see cref="ClientPort"/> is told.</summary>
public sealed record ClientPortSettings
{
    /// <summary>What the ensemble server was configured with; <c>conf</c> shows it.</summary>
    public required EnsembleSettings Ensemble { get; init; }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint Address => Ensemble.ClientAddress;

    /// <summary>Requests of one connection that may be under way before no more are read from it.</summary>
    public int MaxOutstanding { get; init; } = 1000;

    /// <summary>Replies and events that may wait for one client to read them before its connection is given up.</summary>
    public int MaxUnread { get; init; } = 100_000;
}
