using System.Globalization;

namespace Reference.Coordination;

/// <summary>What ZAB replicates: one change of the service, checked by the leader, applied alike by every server.</summary>
/// <param name="Header">Whose it is, and when.</param>
/// <param name="Operation">What changes.</param>
public sealed record Transaction(Header Header, Operation Operation) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Header);
        fingerprint.Add(Operation);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Operation} by {Header}";
}

/// <summary>Whose a transaction is.</summary>
/// <param name="Session">The session that asked, or that is opened or closed; none for the service's own.</param>
/// <param name="Origin">The server that the client asked.</param>
/// <param name="Connection">The connection there that waits for the answer; none if nobody does (an expiry, a container's end).</param>
/// <param name="Xid">The client's number of the request.</param>
/// <param name="WallMs">The leader's wall clock as it prepared it: ctime and mtime on every server.</param>
public readonly record struct Header(SessionId Session, ServerId Origin, ConnectionId Connection, int Xid, long WallMs) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Session);
        fingerprint.Add(Origin);
        fingerprint.Add(Connection);
        fingerprint.Add(Xid);
        fingerprint.Add(WallMs);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Session} at {Origin}{Connection} xid {Xid}");
}

/// <summary>What a transaction changes. Versions, ACLs, existence and names were judged when it was prepared; carrying it out judges nothing again.</summary>
public abstract record Operation : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>The header's session begins.</summary>
/// <param name="TimeoutMs">Unheard of for so long, it is expired.</param>
/// <param name="Password">16 bytes that a client shows to go on with the session elsewhere.</param>
public sealed record CreateSession(int TimeoutMs, Blob Password) : Operation
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(TimeoutMs);
        fingerprint.Add(Password);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"CREATE-SESSION {TimeoutMs} ms");
}

/// <summary>The header's session ends, closed or expired, and its ephemerals with it.</summary>
public sealed record CloseSession : Operation
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(2);

    /// <inheritdoc/>
    public override string ToString() => "CLOSE-SESSION";
}

/// <summary>A znode comes to be.</summary>
/// <param name="Path">Its path, the sequence suffix included.</param>
/// <param name="Data">Its data.</param>
/// <param name="Acl">Its ACL, <c>auth</c> replaced by the caller's identities.</param>
/// <param name="EphemeralOwner">The owner's session id; 0, or <see cref="Node.ContainerOwner"/>.</param>
/// <param name="Sequential">Whether the name's last ten digits are the parent's count of creations.</param>
public sealed record Create(string Path, Blob Data, AclList Acl, long EphemeralOwner, bool Sequential) : Operation
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.Add(Path);
        fingerprint.Add(Data);
        fingerprint.Add(Acl);
        fingerprint.Add(EphemeralOwner);
        fingerprint.Add(Sequential);
    }

    /// <inheritdoc/>
    public override string ToString() => $"CREATE {Path} {Data}";
}

/// <summary>A znode goes.</summary>
public sealed record Delete(string Path) : Operation
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Path);
    }

    /// <inheritdoc/>
    public override string ToString() => $"DELETE {Path}";
}

/// <summary>An empty container goes.</summary>
public sealed record DeleteContainer(string Path) : Operation
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.Add(Path);
    }

    /// <inheritdoc/>
    public override string ToString() => $"DELETE-CONTAINER {Path}";
}

/// <summary>A znode's data changes.</summary>
/// <param name="Path">The znode.</param>
/// <param name="Data">Its new data.</param>
/// <param name="Version">Its version from now on.</param>
public sealed record SetData(string Path, Blob Data, int Version) : Operation
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(6);
        fingerprint.Add(Path);
        fingerprint.Add(Data);
        fingerprint.Add(Version);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"SET-DATA {Path} v{Version} {Data}");
}

/// <summary>A znode's ACL changes.</summary>
/// <param name="Path">The znode.</param>
/// <param name="Acl">Its new ACL.</param>
/// <param name="Aversion">Its ACL's version from now on.</param>
public sealed record SetAcl(string Path, AclList Acl, int Aversion) : Operation
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(7);
        fingerprint.Add(Path);
        fingerprint.Add(Acl);
        fingerprint.Add(Aversion);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"SET-ACL {Path} v{Aversion} {Acl}");
}

/// <summary>A version was as expected; nothing changes.</summary>
public sealed record Check(string Path) : Operation
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(8);
        fingerprint.Add(Path);
    }

    /// <inheritdoc/>
    public override string ToString() => $"CHECK {Path}";
}

/// <summary>Several operations at one zxid: every one of them went well.</summary>
public sealed record Multi(ImmutableArray<Operation> Operations) : Operation
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(9);
        fingerprint.AddAll(Operations);
    }

    /// <inheritdoc/>
    public override string ToString() => $"MULTI [{string.Join("; ", Operations)}]";
}

/// <summary>A request that the leader refused: it changes nothing, and takes its place in the order so that its client's answers keep theirs.</summary>
/// <param name="Error">Why.</param>
/// <param name="At">The culprit's place in a multi, counted from 0; −1 if it was no multi.</param>
public sealed record Fail(ErrorCode Error, int At) : Operation
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(10);
        fingerprint.Add((int)Error);
        fingerprint.Add(At);
    }

    /// <inheritdoc/>
    public override string ToString() => At < 0 ? $"FAIL {Error}" : string.Create(CultureInfo.InvariantCulture, $"FAIL {Error} at {At}");
}

/// <summary>Nothing changes: what a sync waits for. That it is committed proves that its leader still led; all that was committed before is delivered before.</summary>
public sealed record Barrier : Operation
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(11);

    /// <inheritdoc/>
    public override string ToString() => "BARRIER";
}
