using System.Globalization;

namespace Reference.Coordination;

/// <summary>What happened to a server of the service.</summary>
public abstract record Input : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>ZAB established an epoch with this server in it: it leads with a quorum, or follows and has delivered the leader's initial history.</summary>
public sealed record Activated(int Epoch, ServerId Leader, Moment At) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(Epoch);
        fingerprint.Add(Leader);
        fingerprint.Add(At);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"ACTIVATED epoch {Epoch} leader {Leader}");
}

/// <summary>This server no longer leads, or follows nobody.</summary>
public sealed record Deposed : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(2);

    /// <inheritdoc/>
    public override string ToString() => "DEPOSED";
}

/// <summary>ZAB delivers the next transaction, in zxid order, each once since the last <see cref="Restored"/>.</summary>
public sealed record Delivered(long Zxid, Transaction Transaction) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.Add(Zxid);
        fingerprint.Add(Transaction);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"DELIVERED {Zxid >> 32:x}.{Zxid & 0xffffffff:x} {Transaction}");
}

/// <summary>The service's state becomes a snapshot: at start, or because the leader sent one. The server isn't active.</summary>
public sealed record Restored(ServiceState Service) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Service);
    }

    /// <inheritdoc/>
    public override string ToString() => $"RESTORED {Service}";
}

/// <summary>A client's first frame on a connection.</summary>
/// <param name="Connection">The connection, under a name never used before.</param>
/// <param name="Address">The client's IP address as text: its identity under the scheme <c>ip</c>.</param>
/// <param name="LastZxidSeen">The last zxid it saw, of any server.</param>
/// <param name="TimeoutMs">The session time-out it asks for.</param>
/// <param name="Session">The session it goes on with; none for a new one.</param>
/// <param name="Password">That session's password.</param>
/// <param name="DrawA">A draw: 64 unpredictable bits. Session ids and passwords are made of the two.</param>
/// <param name="DrawB">Another.</param>
/// <param name="At">When.</param>
public sealed record ConnectRequested(
    ConnectionId Connection, string Address, long LastZxidSeen, int TimeoutMs, SessionId Session, Blob Password, ulong DrawA, ulong DrawB, Moment At) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.Add(Connection);
        fingerprint.Add(Address);
        fingerprint.Add(LastZxidSeen);
        fingerprint.Add(TimeoutMs);
        fingerprint.Add(Session);
        fingerprint.Add(Password);
        fingerprint.Add(DrawA);
        fingerprint.Add(DrawB);
        fingerprint.Add(At);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Connection} CONNECT session {Session} seen 0x{LastZxidSeen:x} time-out {TimeoutMs} ms");
}

/// <summary>A client's request, in the order of its connection.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Xid">The client's number for it, given back in the reply; −2 ping, −4 auth, −8 setWatches.</param>
/// <param name="Request">What it asks for.</param>
/// <param name="At">When.</param>
public sealed record Requested(ConnectionId Connection, int Xid, Request Request, Moment At) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(6);
        fingerprint.Add(Connection);
        fingerprint.Add(Xid);
        fingerprint.Add(Request);
        fingerprint.Add(At);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Connection} REQUEST {Xid} {Request}");
}

/// <summary>A client's connection is gone, by whoever's doing. The session lives on until it times out.</summary>
public sealed record ConnectionClosed(ConnectionId Connection) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(7);
        fingerprint.Add(Connection);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Connection} CLOSED";
}

/// <summary>A message of another server's service, in the order of the link that also carries ZAB's.</summary>
public sealed record Received(ServerId From, Message Message, Moment At) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(8);
        fingerprint.Add(From);
        fingerprint.Add(Message);
        fingerprint.Add(At);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{From}→ {Message}";
}

/// <summary>The alarms of the service.</summary>
public enum Alarm
{
    /// <summary>Followers report who was heard of; the leader expires who wasn't.</summary>
    Heartbeat,
    /// <summary>The leader deletes containers that were left empty.</summary>
    Containers,
}

/// <summary>An alarm that <see cref="SetAlarm"/> set. It may ring at any time.</summary>
public sealed record AlarmRang(Alarm Alarm, Moment At) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(9);
        fingerprint.Add((int)Alarm);
        fingerprint.Add(At);
    }

    /// <inheritdoc/>
    public override string ToString() => $"RANG {Alarm} {At}";
}
