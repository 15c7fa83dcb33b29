using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Client;

/// <summary>A znode's data and its stat.</summary>
public sealed record ZnodeData(Blob Data, Stat Stat);

/// <summary>The names of a znode's children, in no order, and its stat.</summary>
public sealed record ZnodeChildren(ImmutableArray<string> Names, Stat Stat);

/// <summary>A znode's access control list and its stat.</summary>
public sealed record ZnodeAcl(AclList Acl, Stat Stat);

/// <summary>A znode as create2 answers it.</summary>
public sealed record ZnodeCreated(string Path, Stat Stat);

/// <summary>What happened to a znode.</summary>
public enum WatchedEventType
{
    /// <summary>It was made.</summary>
    Created = 1,

    /// <summary>It was deleted.</summary>
    Deleted = 2,

    /// <summary>Its data was changed.</summary>
    DataChanged = 3,

    /// <summary>A child of it was made or deleted.</summary>
    ChildrenChanged = 4,
}

/// <summary>What a watch tells.</summary>
public sealed record WatchedEvent(WatchedEventType Type, string Path)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Type} {Path}";
}

/// <summary>Where a client stands with its session.</summary>
public enum ClientState
{
    /// <summary>Looking for a server that takes the session, the first time or again. It may come to <see cref="Connected"/>.</summary>
    Disconnected,

    /// <summary>A server serves the session.</summary>
    Connected,

    /// <summary>The ensemble has ended the session: its ephemerals and watches are gone. Final.</summary>
    Expired,

    /// <summary>The ensemble refused the credentials. Final.</summary>
    AuthFailed,

    /// <summary>Closed here. Final.</summary>
    Closed,
}
