using System.Diagnostics.CodeAnalysis;

namespace Reference.Coordination;

/// <summary>One version of a znode. Immutable; versions share what didn't change.</summary>
public sealed class Node : IFingerprinted
{
    /// <summary>What a container has for an owner. Clients don't see it.</summary>
    public const long ContainerOwner = long.MinValue;

    /// <summary>No names.</summary>
    internal static readonly ImmutableSortedSet<string> NoChildren = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    private readonly ulong _dataHash;

    /// <summary>A znode without children.</summary>
    public Node(
        Blob data, AclList acl, long czxid, long mzxid, long pzxid, long ctimeMs, long mtimeMs, int version, int aversion, int creations, long ephemeralOwner)
        : this(data, Fingerprint.Of(data), acl, czxid, mzxid, pzxid, ctimeMs, mtimeMs, version, aversion, creations, ephemeralOwner, NoChildren)
    {
    }

    [SuppressMessage("Major Code Smell", "S107", Justification = "A znode has so many fields.")]
    private Node(
        Blob data, ulong dataHash, AclList acl, long czxid, long mzxid, long pzxid, long ctimeMs, long mtimeMs, int version, int aversion, int creations, long ephemeralOwner,
        ImmutableSortedSet<string> children)
    {
        Data = data;
        _dataHash = dataHash;
        Acl = acl;
        Czxid = czxid;
        Mzxid = mzxid;
        Pzxid = pzxid;
        CtimeMs = ctimeMs;
        MtimeMs = mtimeMs;
        Version = version;
        Aversion = aversion;
        Creations = creations;
        EphemeralOwner = ephemeralOwner;
        Children = children;
    }

    /// <summary>The data.</summary>
    public Blob Data { get; }

    /// <summary>Who may do what.</summary>
    public AclList Acl { get; }

    /// <summary>The transaction that created it.</summary>
    public long Czxid { get; }

    /// <summary>The transaction that last changed its data.</summary>
    public long Mzxid { get; }

    /// <summary>The transaction that last created or deleted a child.</summary>
    public long Pzxid { get; }

    /// <summary>When it was created, in milliseconds since the epoch of Unix.</summary>
    public long CtimeMs { get; }

    /// <summary>When its data last changed.</summary>
    public long MtimeMs { get; }

    /// <summary>How often its data changed.</summary>
    public int Version { get; }

    /// <summary>How often its ACL changed.</summary>
    public int Aversion { get; }

    /// <summary>How many children were ever created below it: the next sequence number. Never decreases.</summary>
    public int Creations { get; }

    /// <summary>The session that it goes with; 0 for none, <see cref="ContainerOwner"/> for a container.</summary>
    public long EphemeralOwner { get; }

    /// <summary>The names of its children, in ordinal order.</summary>
    public ImmutableSortedSet<string> Children { get; }

    /// <summary>Whether it goes with its session.</summary>
    public bool IsEphemeral => EphemeralOwner is not (0 or ContainerOwner);

    /// <summary>Whether the service deletes it after its last child.</summary>
    public bool IsContainer => EphemeralOwner == ContainerOwner;

    /// <summary>What clients see of it beside the data.</summary>
    public Stat Stat => new(Czxid, Mzxid, CtimeMs, MtimeMs, Version, 2 * Creations - Children.Count, Aversion, IsEphemeral ? EphemeralOwner : 0, Data.Length, Children.Count, Pzxid);

    /// <summary>This znode with new data.</summary>
    internal Node WithData(Blob data, int version, long zxid, long wallMs) =>
        new(data, Fingerprint.Of(data), Acl, Czxid, zxid, Pzxid, CtimeMs, wallMs, version, Aversion, Creations, EphemeralOwner, Children);

    /// <summary>This znode with a new ACL.</summary>
    internal Node WithAcl(AclList acl, int aversion) =>
        new(Data, _dataHash, acl, Czxid, Mzxid, Pzxid, CtimeMs, MtimeMs, Version, aversion, Creations, EphemeralOwner, Children);

    /// <summary>This znode after a child's creation.</summary>
    internal Node WithChild(string name, long zxid) =>
        new(Data, _dataHash, Acl, Czxid, Mzxid, zxid, CtimeMs, MtimeMs, Version, Aversion, Creations + 1, EphemeralOwner, Children.Add(name));

    /// <summary>This znode after a child's deletion.</summary>
    internal Node WithoutChild(string name, long zxid) =>
        new(Data, _dataHash, Acl, Czxid, Mzxid, zxid, CtimeMs, MtimeMs, Version, Aversion, Creations, EphemeralOwner, Children.Remove(name));

    /// <summary>This znode with these children, which it has had all along: for putting a tree together.</summary>
    internal Node Holding(ImmutableSortedSet<string> children) =>
        new(Data, _dataHash, Acl, Czxid, Mzxid, Pzxid, CtimeMs, MtimeMs, Version, Aversion, Creations, EphemeralOwner, children);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(_dataHash);
        fingerprint.Add(Acl.Hash);
        fingerprint.Add(Czxid);
        fingerprint.Add(Mzxid);
        fingerprint.Add(Pzxid);
        fingerprint.Add(CtimeMs);
        fingerprint.Add(MtimeMs);
        fingerprint.Add(Version);
        fingerprint.Add(Aversion);
        fingerprint.Add(Creations);
        fingerprint.Add(EphemeralOwner);
        fingerprint.Add(Children.Count);
    }
}
