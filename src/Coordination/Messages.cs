using System.Globalization;

namespace Reference.Coordination;

/// <summary>What the services of two servers tell each other. It travels on the link that carries ZAB's messages, in one order with them.</summary>
public abstract record Message : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>Follower to leader: a client's write, to be prepared and proposed.</summary>
/// <param name="Session">The client's session.</param>
/// <param name="Connection">Its connection at the follower.</param>
/// <param name="Xid">Its number of the request.</param>
/// <param name="Identities">Who the caller is.</param>
/// <param name="Request">What it asks for.</param>
public sealed record Forward(SessionId Session, ConnectionId Connection, int Xid, ImmutableArray<Identity> Identities, WriteRequest Request) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(Session);
        fingerprint.Add(Connection);
        fingerprint.Add(Xid);
        fingerprint.AddAll(Identities);
        fingerprint.Add(Request);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"FORWARD {Session}{Connection} {Xid} {Request}");
}

/// <summary>Follower to leader: a client wants to go on with its session here.</summary>
public sealed record Revalidate(ConnectionId Connection, SessionId Session, Blob Password) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(2);
        fingerprint.Add(Connection);
        fingerprint.Add(Session);
        fingerprint.Add(Password);
    }

    /// <inheritdoc/>
    public override string ToString() => $"REVALIDATE {Session}{Connection}";
}

/// <summary>Leader to follower: the answer to <see cref="Revalidate"/>. A time-out of 0 says that there is no such session, or that its password was wrong.</summary>
public sealed record Revalidated(ConnectionId Connection, SessionId Session, int TimeoutMs) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.Add(Connection);
        fingerprint.Add(Session);
        fingerprint.Add(TimeoutMs);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"REVALIDATED {Session}{Connection} {TimeoutMs} ms");
}

/// <summary>Leader to a session's former server: it goes on elsewhere; its connection here is to be closed.</summary>
public sealed record Moved(SessionId Session) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Session);
    }

    /// <inheritdoc/>
    public override string ToString() => $"MOVED {Session}";
}

/// <summary>Follower to leader: these sessions were heard of since the last report.</summary>
public sealed record Touched(ImmutableArray<SessionId> Sessions) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.AddAll(Sessions);
    }

    /// <inheritdoc/>
    public override string ToString() => $"TOUCHED {string.Join(',', Sessions)}";
}
