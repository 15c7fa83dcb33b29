using System.Globalization;

namespace Reference.Coordination;

/// <summary>What an ACL entry allows; the bits are those of the wire.</summary>
[Flags]
public enum Permissions
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Read data and list children.</summary>
    Read = 1,
    /// <summary>Set data.</summary>
    Write = 2,
    /// <summary>Create children.</summary>
    Create = 4,
    /// <summary>Delete children.</summary>
    Delete = 8,
    /// <summary>Set the ACL.</summary>
    Admin = 16,
    /// <summary>All of it.</summary>
    All = 31,
}

/// <summary>Who someone is, under one scheme: <c>ip</c> and an address, <c>digest</c> and <c>user:hash</c>.</summary>
public sealed record Identity(string Scheme, string Id) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Scheme);
        fingerprint.Add(Id);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Scheme}:{Id}";
}

/// <summary>One entry of an access control list: whoever is <paramref name="Scheme"/>:<paramref name="Id"/> may do <paramref name="Permissions"/>.</summary>
public sealed record Acl(Permissions Permissions, string Scheme, string Id) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add((int)Permissions);
        fingerprint.Add(Scheme);
        fingerprint.Add(Id);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Scheme}:{Id}:{(int)Permissions}");
}

/// <summary>A znode's access control list; compared by content, so that the same list may be held once.</summary>
public sealed class AclList(ImmutableArray<Acl> entries) : IEquatable<AclList>, IFingerprinted
{
    /// <summary>Anyone may do anything.</summary>
    public static readonly AclList Open = new([new(Permissions.All, "world", "anyone")]);

    /// <summary>Anyone may read.</summary>
    public static readonly AclList ReadOnly = new([new(Permissions.Read, "world", "anyone")]);

    /// <summary>No entry: what a client may not ask for.</summary>
    public static readonly AclList Empty = new([]);

    /// <summary>The entries, in the order the client gave them.</summary>
    public ImmutableArray<Acl> Entries { get; } = entries;

    /// <summary>The canonical hash of the entries.</summary>
    public ulong Hash { get; } = HashOf(entries);

    /// <inheritdoc/>
    public bool Equals(AclList? other) => other is not null && (ReferenceEquals(this, other) || Hash == other.Hash && Entries.AsSpan().SequenceEqual(other.Entries.AsSpan()));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AclList);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Hash;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Hash);

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', Entries);

    private static ulong HashOf(ImmutableArray<Acl> entries)
    {
        var fingerprint = new Fingerprint();
        fingerprint.AddAll(entries);
        return fingerprint.Value;
    }
}
