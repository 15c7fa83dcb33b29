using System.Globalization;

namespace Reference.Coordination;

/// <summary>What a client asks for, as read from the wire. Paths are as the client sent them: they're judged when the request is carried out.</summary>
public abstract record Request : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>A request that changes the service, or takes a place in its order: it goes through the leader and the log.</summary>
public abstract record WriteRequest : Request;

/// <summary>The kinds of znodes; the numbers are the wire's create flags.</summary>
public enum CreateMode
{
    /// <summary>Stays until deleted.</summary>
    Persistent = 0,
    /// <summary>Goes with its session.</summary>
    Ephemeral = 1,
    /// <summary>Its name gets the count of its parent's creations as a suffix.</summary>
    PersistentSequential = 2,
    /// <summary>Both.</summary>
    EphemeralSequential = 3,
    /// <summary>Deleted by the service some time after its last child.</summary>
    Container = 4,
}

/// <summary>create (1), create2 (15) or createContainer (19): answered by <see cref="CreatedResult"/>, with the Stat for the latter two.</summary>
public sealed record CreateRequest(string Path, Blob Data, AclList Acl, CreateMode Mode, bool WantsStat) : WriteRequest
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(Path);
        fingerprint.Add(Data);
        fingerprint.Add(Acl);
        fingerprint.Add((int)Mode);
        fingerprint.Add(WantsStat);
    }

    /// <inheritdoc/>
    public override string ToString() => $"create {Path} {Mode} {Data}";
}

/// <summary>delete (2): answered by <see cref="DoneResult"/>.</summary>
/// <param name="Path">The znode.</param>
/// <param name="Version">The version expected of the data; −1 takes any, here and in all that follow.</param>
public sealed record DeleteRequest(string Path, int Version) : WriteRequest
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(2);
        fingerprint.Add(Path);
        fingerprint.Add(Version);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"delete {Path} v{Version}");
}

/// <summary>deleteContainer (20): deletes a container that is empty; answered by <see cref="DoneResult"/>. The leader asks it of itself, too.</summary>
public sealed record DeleteContainerRequest(string Path) : WriteRequest
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(20);
        fingerprint.Add(Path);
    }

    /// <inheritdoc/>
    public override string ToString() => $"deleteContainer {Path}";
}

/// <summary>setData (5): answered by <see cref="StatResult"/>.</summary>
public sealed record SetDataRequest(string Path, Blob Data, int Version) : WriteRequest
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.Add(Path);
        fingerprint.Add(Data);
        fingerprint.Add(Version);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"setData {Path} v{Version} {Data}");
}

/// <summary>setACL (7): answered by <see cref="StatResult"/>. The version is that of the ACL.</summary>
public sealed record SetAclRequest(string Path, AclList Acl, int Version) : WriteRequest
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(7);
        fingerprint.Add(Path);
        fingerprint.Add(Acl);
        fingerprint.Add(Version);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"setAcl {Path} v{Version} {Acl}");
}

/// <summary>check (13): alone answered by <see cref="StatResult"/>, within a multi by <see cref="DoneResult"/>.</summary>
public sealed record CheckRequest(string Path, int Version) : WriteRequest
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(13);
        fingerprint.Add(Path);
        fingerprint.Add(Version);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"check {Path} v{Version}");
}

/// <summary>multi (14): all of create, createContainer, delete, setData and check, or none; answered by <see cref="MultiResult"/>, whether it failed or not.</summary>
public sealed record MultiRequest(ImmutableArray<WriteRequest> Operations) : WriteRequest
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(14);
        fingerprint.AddAll(Operations);
    }

    /// <inheritdoc/>
    public override string ToString() => $"multi [{string.Join("; ", Operations)}]";
}

/// <summary>sync (9): answered by <see cref="SyncResult"/> once all that the service had committed when it was asked is visible here.</summary>
public sealed record SyncRequest(string Path) : WriteRequest
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(9);
        fingerprint.Add(Path);
    }

    /// <inheritdoc/>
    public override string ToString() => $"sync {Path}";
}

/// <summary>createSession (−10): what a connect request for a new session becomes; never sent by a client under this name.</summary>
public sealed record OpenSessionRequest(int TimeoutMs, Blob Password) : WriteRequest
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(-10);
        fingerprint.Add(TimeoutMs);
        fingerprint.Add(Password);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"openSession {TimeoutMs} ms");
}

/// <summary>closeSession (−11): answered by <see cref="DoneResult"/>, then the connection is closed.</summary>
public sealed record CloseSessionRequest : WriteRequest
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(-11);

    /// <inheritdoc/>
    public override string ToString() => "closeSession";
}

/// <summary>exists (3): answered by <see cref="StatResult"/> or NoNode; either way its watch is set.</summary>
public sealed record ExistsRequest(string Path, bool Watch) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.Add(Path);
        fingerprint.Add(Watch);
    }

    /// <inheritdoc/>
    public override string ToString() => $"exists {Path}{(Watch ? " watch" : "")}";
}

/// <summary>getData (4): answered by <see cref="DataResult"/>.</summary>
public sealed record GetDataRequest(string Path, bool Watch) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Path);
        fingerprint.Add(Watch);
    }

    /// <inheritdoc/>
    public override string ToString() => $"getData {Path}{(Watch ? " watch" : "")}";
}

/// <summary>getACL (6): answered by <see cref="AclResult"/>.</summary>
public sealed record GetAclRequest(string Path) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(6);
        fingerprint.Add(Path);
    }

    /// <inheritdoc/>
    public override string ToString() => $"getAcl {Path}";
}

/// <summary>getChildren (8) or getChildren2 (12): answered by <see cref="ChildrenResult"/>, with the Stat for the latter.</summary>
public sealed record GetChildrenRequest(string Path, bool Watch, bool WantsStat) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(8);
        fingerprint.Add(Path);
        fingerprint.Add(Watch);
        fingerprint.Add(WantsStat);
    }

    /// <inheritdoc/>
    public override string ToString() => $"getChildren {Path}{(Watch ? " watch" : "")}";
}

/// <summary>getAllChildrenNumber (104): answered by <see cref="CountResult"/>.</summary>
public sealed record GetAllChildrenNumberRequest(string Path) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(104);
        fingerprint.Add(Path);
    }

    /// <inheritdoc/>
    public override string ToString() => $"getAllChildrenNumber {Path}";
}

/// <summary>getEphemerals (103): this session's ephemerals whose paths begin with <paramref name="Prefix"/>; answered by <see cref="PathsResult"/>.</summary>
public sealed record GetEphemeralsRequest(string? Prefix) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(103);
        fingerprint.Add(Prefix);
    }

    /// <inheritdoc/>
    public override string ToString() => $"getEphemerals {Prefix}";
}

/// <summary>multiRead (22): any of getData and getChildren, each answered for itself in a <see cref="MultiResult"/>.</summary>
public sealed record MultiReadRequest(ImmutableArray<Request> Operations) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(22);
        fingerprint.AddAll(Operations);
    }

    /// <inheritdoc/>
    public override string ToString() => $"multiRead [{string.Join("; ", Operations)}]";
}

/// <summary>How long a watch stays and how far it sees; the first two are set by addWatch, with the wire's numbers.</summary>
public enum WatchMode
{
    /// <summary>Sees the znode and its children; stays until removed.</summary>
    Persistent = 0,
    /// <summary>Sees the znode and all below it, but no change of children as such; stays until removed.</summary>
    PersistentRecursive = 1,
}

/// <summary>Which watches checkWatches and removeWatches mean; the wire's numbers.</summary>
public enum WatcherType
{
    /// <summary>Those that getChildren left.</summary>
    Children = 1,
    /// <summary>Those that getData and exists left.</summary>
    Data = 2,
    /// <summary>All.</summary>
    Any = 3,
    /// <summary>Those that addWatch set for one znode.</summary>
    Persistent = 4,
    /// <summary>Those that addWatch set for all below one.</summary>
    PersistentRecursive = 5,
}

/// <summary>addWatch (106): answered by <see cref="WatchAddedResult"/>. An unknown mode answers MarshallingError, as in ZooKeeper, which can't read it.</summary>
public sealed record AddWatchRequest(string Path, WatchMode Mode) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(106);
        fingerprint.Add(Path);
        fingerprint.Add((int)Mode);
    }

    /// <inheritdoc/>
    public override string ToString() => $"addWatch {Path} {Mode}";
}

/// <summary>checkWatches (17): answered by <see cref="DoneResult"/>, or NoWatcher.</summary>
public sealed record CheckWatchesRequest(string Path, WatcherType Type) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(17);
        fingerprint.Add(Path);
        fingerprint.Add((int)Type);
    }

    /// <inheritdoc/>
    public override string ToString() => $"checkWatches {Path} {Type}";
}

/// <summary>removeWatches (18): answered by <see cref="DoneResult"/>, or NoWatcher.</summary>
public sealed record RemoveWatchesRequest(string Path, WatcherType Type) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(18);
        fingerprint.Add(Path);
        fingerprint.Add((int)Type);
    }

    /// <inheritdoc/>
    public override string ToString() => $"removeWatches {Path} {Type}";
}

/// <summary>setWatches (101) or setWatches2 (105), xid −8: sets again, after a reconnection, the watches the client still has; answered by <see cref="DoneResult"/> after the events that it missed.</summary>
/// <param name="SeenZxid">The last zxid that the client saw: what changed later, it missed.</param>
/// <param name="Data">Left by getData, or by exists on a znode that was there.</param>
/// <param name="Exist">Left by exists on a znode that wasn't there.</param>
/// <param name="Child">Left by getChildren.</param>
/// <param name="Persistent">Set by addWatch.</param>
/// <param name="PersistentRecursive">Set by addWatch.</param>
public sealed record SetWatchesRequest(
    long SeenZxid,
    ImmutableArray<string> Data,
    ImmutableArray<string> Exist,
    ImmutableArray<string> Child,
    ImmutableArray<string> Persistent,
    ImmutableArray<string> PersistentRecursive) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(101);
        fingerprint.Add(SeenZxid);
        foreach (var paths in (ReadOnlySpan<ImmutableArray<string>>)[Data, Exist, Child, Persistent, PersistentRecursive])
        {
            fingerprint.Add(paths.Length);
            foreach (var path in paths) fingerprint.Add(path);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"setWatches 0x{SeenZxid:x} {Data.Length}+{Exist.Length}+{Child.Length}+{Persistent.Length}+{PersistentRecursive.Length}");
}

/// <summary>auth (100), xid −4: answered by <see cref="DoneResult"/>, or AuthFailed and the connection is closed.</summary>
public sealed record AuthRequest(string Scheme, Blob Credentials) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(100);
        fingerprint.Add(Scheme);
        fingerprint.Add(Credentials);
    }

    /// <inheritdoc/>
    public override string ToString() => $"auth {Scheme}";
}

/// <summary>whoAmI (107): answered by <see cref="WhoAmIResult"/>.</summary>
public sealed record WhoAmIRequest : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(107);

    /// <inheritdoc/>
    public override string ToString() => "whoAmI";
}

/// <summary>ping (11), xid −2: answered by <see cref="DoneResult"/>.</summary>
public sealed record PingRequest : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(11);

    /// <inheritdoc/>
    public override string ToString() => "ping";
}

/// <summary>A request that can only be refused: an opcode that isn't served (Unimplemented), flags that don't exist (BadArguments), a body that can't be read (MarshallingError).</summary>
public sealed record RefusedRequest(int Opcode, ErrorCode Error) : Request
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(0);
        fingerprint.Add(Opcode);
        fingerprint.Add((int)Error);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"opcode {Opcode} {Error}");
}
