namespace Reference.Broker.ZooKeeper.Client;

/// <summary>What a <see cref="ZooKeeperClient"/> is told.</summary>
public sealed record ZooKeeperClientSettings
{
    /// <summary><c>host:port,host:port/chroot</c>.</summary>
    public required string Connect { get; init; }

    /// <summary>How long the ensemble waits for a sign of life before it ends the session, in ms; the ensemble may choose another.</summary>
    public int SessionTimeoutMs { get; init; } = 6000;

    /// <summary>The longest frame that is taken from a server, in bytes.</summary>
    public int MaxFrameBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Credentials, by scheme; given again on each connection. For the scheme digest: <c>user:password</c>.</summary>
    public ImmutableArray<(string Scheme, byte[] Credentials)> Auth { get; init; } = [];

    /// <summary>A session of an earlier client to go on with, by its id and password.</summary>
    public (long Id, byte[] Password)? Session { get; init; }

    /// <summary>Draws a number below its argument; it decides which server is tried first.</summary>
    public Func<int, int> Draw { get; init; } = Random.Shared.Next;
}
