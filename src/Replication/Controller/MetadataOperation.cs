namespace Reference.Replication.Control;

/// <summary>One operation of a write. A write is a multi: all of its operations take effect, in order, or none.</summary>
public abstract record MetadataOperation(MetadataKey Key) : IFingerprinted
{
    /// <summary>The version that stands for any.</summary>
    public const int AnyVersion = -1;

    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>Fails unless the entry has this data version.</summary>
public sealed record CheckVersion(MetadataKey Key, int Version) : MetadataOperation(Key)
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add('v');
        fingerprint.Add(Key);
        fingerprint.Add(Version);
    }

    /// <inheritdoc/>
    public override string ToString() => $"check {Key} v{Version}";
}

/// <summary>Creates an entry; fails if there is one. Ephemeral ones end with the session that creates them.</summary>
/// <remarks>For a partition the host first creates the folders <c>…/partitions</c> and <c>…/partitions/N</c> where they are missing.</remarks>
public sealed record CreateEntry(MetadataKey Key, MetadataValue Value, bool Ephemeral = false) : MetadataOperation(Key)
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add('c');
        fingerprint.Add(Key);
        fingerprint.Add(Value);
        fingerprint.Add(Ephemeral);
    }

    /// <inheritdoc/>
    public override string ToString() => $"create {Key} {Value}{(Ephemeral ? " ephemeral" : "")}";
}

/// <summary>Replaces what an entry holds, if it has this data version.</summary>
public sealed record SetEntry(MetadataKey Key, MetadataValue Value, int Version) : MetadataOperation(Key)
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add('s');
        fingerprint.Add(Key);
        fingerprint.Add(Value);
        fingerprint.Add(Version);
    }

    /// <inheritdoc/>
    public override string ToString() => $"set {Key} v{Version} {Value}";
}

/// <summary>Removes an entry, if it has this data version, and all below it; fails if there is none.</summary>
/// <remarks>Of a topic's the host removes what lies below in the same multi.</remarks>
public sealed record RemoveEntry(MetadataKey Key, int Version = MetadataOperation.AnyVersion) : MetadataOperation(Key)
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add('r');
        fingerprint.Add(Key);
        fingerprint.Add(Version);
    }

    /// <inheritdoc/>
    public override string ToString() => $"remove {Key} v{Version}";
}

/// <summary>Why a write was refused.</summary>
public enum MetadataError
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>There is no such entry.</summary>
    NoNode,

    /// <summary>There is one already.</summary>
    NodeExists,

    /// <summary>It has another version.</summary>
    BadVersion,
}
