using System.Globalization;

namespace Reference.Coordination;

/// <summary>An order to the host.</summary>
public abstract record Effect : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>Hands a transaction to ZAB; only of a leader. It comes back as <see cref="Delivered"/>, on every server, unless this server is deposed first. Transactions are proposed in the order of these effects.</summary>
public sealed record Propose(Transaction Transaction) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(Transaction);
    }

    /// <inheritdoc/>
    public override string ToString() => $"PROPOSE {Transaction}";
}

/// <summary>Answers a connect request. A session of none with a time-out of 0 says that there is no such session, or that its password was wrong; <see cref="Close"/> follows.</summary>
public sealed record AnswerConnect(ConnectionId Connection, SessionId Session, int TimeoutMs, Blob Password) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(2);
        fingerprint.Add(Connection);
        fingerprint.Add(Session);
        fingerprint.Add(TimeoutMs);
        fingerprint.Add(Password);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Connection} CONNECTED session {Session} time-out {TimeoutMs} ms");
}

/// <summary>Answers a request.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Xid">The request's number.</param>
/// <param name="Zxid">The last transaction applied here.</param>
/// <param name="Result">The answer; an <see cref="ErrorResult"/> goes into the header and has no body.</param>
public sealed record Reply(ConnectionId Connection, int Xid, long Zxid, Result Result) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.Add(Connection);
        fingerprint.Add(Xid);
        fingerprint.Add(Zxid);
        fingerprint.Add(Result);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Connection} REPLY {Xid} at 0x{Zxid:x} {Result}");
}

/// <summary>What a watch saw; the wire's numbers.</summary>
public enum WatchEventType
{
    /// <summary>The znode came to be.</summary>
    Created = 1,
    /// <summary>The znode went.</summary>
    Deleted = 2,
    /// <summary>Its data changed.</summary>
    DataChanged = 3,
    /// <summary>A child came or went.</summary>
    ChildrenChanged = 4,
}

/// <summary>Tells a client of a change that it watches for, ahead of every reply that could show it; xid −1, state 3.</summary>
public sealed record Notify(ConnectionId Connection, WatchEventType Type, string Path) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Connection);
        fingerprint.Add((int)Type);
        fingerprint.Add(Path);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Connection} NOTIFY {Type} {Path}";
}

/// <summary>Closes a client's connection, once what was sent on it before has left. The server has forgotten it already: no <see cref="ConnectionClosed"/> is needed, one does no harm.</summary>
public sealed record Close(ConnectionId Connection, string Why) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.Add(Connection);
        fingerprint.Add(Why);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Connection} CLOSE: {Why}";
}

/// <summary>Sends a message to another server's service, on the link that also carries ZAB's, in one order. Where there is no link it is dropped: whoever lost the link is deposed.</summary>
public sealed record SendServer(ServerId To, Message Message) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(6);
        fingerprint.Add(To);
        fingerprint.Add(Message);
    }

    /// <inheritdoc/>
    public override string ToString() => $"→{To} {Message}";
}

/// <summary>Rings an alarm in so many milliseconds; one set anew replaces the old.</summary>
public sealed record SetAlarm(Alarm Alarm, int InMs) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(7);
        fingerprint.Add((int)Alarm);
        fingerprint.Add(InMs);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"ALARM {Alarm} in {InMs} ms");
}
