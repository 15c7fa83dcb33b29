namespace Reference.Coordination;

/// <summary>Why a request failed; the numbers are those of the wire.</summary>
public enum ErrorCode
{
    /// <summary>It didn't.</summary>
    Ok = 0,
    /// <summary>An operation of a multi that was never tried, because an earlier one failed.</summary>
    RuntimeInconsistency = -2,
    /// <summary>The request couldn't be read.</summary>
    MarshallingError = -5,
    /// <summary>The operation isn't served here.</summary>
    Unimplemented = -6,
    /// <summary>A path, flag or mode that can't be.</summary>
    BadArguments = -8,
    /// <summary>The znode, or its parent, isn't there.</summary>
    NoNode = -101,
    /// <summary>The ACL doesn't allow it to the caller.</summary>
    NoAuth = -102,
    /// <summary>The version expected isn't the znode's.</summary>
    BadVersion = -103,
    /// <summary>The parent is ephemeral.</summary>
    NoChildrenForEphemerals = -108,
    /// <summary>The znode is there already.</summary>
    NodeExists = -110,
    /// <summary>The znode has children.</summary>
    NotEmpty = -111,
    /// <summary>The session has ended.</summary>
    SessionExpired = -112,
    /// <summary>The ACL is empty, or has an entry that can't be.</summary>
    InvalidAcl = -114,
    /// <summary>The credentials weren't taken.</summary>
    AuthFailed = -115,
    /// <summary>The session goes on at another server.</summary>
    SessionMoved = -118,
    /// <summary>A write at a server that only reads.</summary>
    NotReadOnly = -119,
    /// <summary>No such watch is set.</summary>
    NoWatcher = -121,
    /// <summary>A quota stands against it.</summary>
    QuotaExceeded = -125,
}
