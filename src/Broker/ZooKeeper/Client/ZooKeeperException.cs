namespace Reference.Broker.ZooKeeper.Client;

/// <summary>What a request can come to, with the protocol's numbers.</summary>
public enum ZooKeeperError
{
    /// <summary>All went well.</summary>
    Ok = 0,

    /// <summary>An operation of a multi that was not tried, since an earlier one failed.</summary>
    RuntimeInconsistency = -2,

    /// <summary>The connection was lost while the request was under way: whether it was carried out isn't known. Or there was none for a session's time-out, and it was never sent.</summary>
    ConnectionLoss = -4,

    /// <summary>The server couldn't read the request.</summary>
    MarshallingError = -5,

    /// <summary>The server doesn't serve such requests.</summary>
    Unimplemented = -6,

    /// <summary>A path, a mode or another argument that can't be.</summary>
    BadArguments = -8,

    /// <summary>There's no such znode.</summary>
    NoNode = -101,

    /// <summary>The znode's access rights don't allow it.</summary>
    NoAuth = -102,

    /// <summary>The znode has another version than was expected.</summary>
    BadVersion = -103,

    /// <summary>An ephemeral znode has no children.</summary>
    NoChildrenForEphemerals = -108,

    /// <summary>There's such a znode already.</summary>
    NodeExists = -110,

    /// <summary>The znode has children.</summary>
    NotEmpty = -111,

    /// <summary>The session is over: expired by the ensemble, or closed here.</summary>
    SessionExpired = -112,

    /// <summary>Access rights that can't be.</summary>
    InvalidAcl = -114,

    /// <summary>The ensemble refused the credentials.</summary>
    AuthFailed = -115,

    /// <summary>The session has moved to another connection.</summary>
    SessionMoved = -118,

    /// <summary>The server only serves reads.</summary>
    NotReadOnly = -119,

    /// <summary>There's no such watch.</summary>
    NoWatcher = -121,

    /// <summary>More bytes or znodes than the quota allows.</summary>
    QuotaExceeded = -125,
}

/// <summary>A request that the ensemble refused, or whose fate isn't known.</summary>
public class ZooKeeperException(ZooKeeperError error, string what, string? path)
    : Exception(path is null ? $"{what}: {error}" : $"{what} {path}: {error}")
{
    /// <summary>Why.</summary>
    public ZooKeeperError Error { get; } = error;

    /// <summary>The znode that was asked for, as the caller named it; null for requests without one.</summary>
    public string? Path { get; } = path;

    /// <summary>Whether the request may have been carried out all the same.</summary>
    public bool FateUnknown => Error == ZooKeeperError.ConnectionLoss;
}

/// <summary>A multi of which nothing was done, since one of its operations couldn't be.</summary>
public sealed class ZooKeeperMultiException(ZooKeeperError error, string? path, int failed, ImmutableArray<ZooKeeperError> errors)
    : ZooKeeperException(error, $"operation {failed} of a multi of {errors.Length}", path)
{
    /// <summary>The index of the operation that failed.</summary>
    public int Failed { get; } = failed;

    /// <summary>Each operation's error: Ok before the one that failed, RuntimeInconsistency after it.</summary>
    public ImmutableArray<ZooKeeperError> Errors { get; } = errors;
}
