namespace Reference.Coordination;

/// <summary>The znodes, by path. Immutable: a change makes a new tree that shares with the old all but what changed, in O(log n).</summary>
/// <remarks>Paths are compared ordinally. Nothing here judges: what a change presupposes, the leader's preparation has checked.</remarks>
public sealed class Tree : IFingerprinted
{
    private static readonly ImmutableSortedSet<string> NoPaths = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>What a new ensemble has: the root, and ZooKeeper's own znodes.</summary>
    public static readonly Tree Initial = Of(
    [
        new("/", new(Blob.Of([]), AclList.Open, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        new("/zookeeper", new(Blob.Of([]), AclList.Open, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        new("/zookeeper/config", new(Blob.Of([]), AclList.ReadOnly, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        new("/zookeeper/quota", new(Blob.Of([]), AclList.Open, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    ]);

    private readonly PathMap _nodes;

    private Tree(
        PathMap nodes, ImmutableSortedDictionary<SessionId, ImmutableSortedSet<string>> ephemerals, ImmutableSortedSet<string> containers, ulong hash, long size)
    {
        _nodes = nodes;
        Ephemerals = ephemerals;
        Containers = containers;
        Hash = hash;
        ApproximateSize = size;
    }

    /// <summary>The paths of each session's ephemerals; sessions without any are not listed.</summary>
    public ImmutableSortedDictionary<SessionId, ImmutableSortedSet<string>> Ephemerals { get; }

    /// <summary>The paths of all containers.</summary>
    public ImmutableSortedSet<string> Containers { get; }

    /// <summary>How many znodes, the root included.</summary>
    public int Count => _nodes.Count;

    /// <summary>How many ephemerals.</summary>
    public int EphemeralCount => Ephemerals.Sum(e => e.Value.Count);

    /// <summary>Characters of paths and bytes of data, added up.</summary>
    public long ApproximateSize { get; }

    /// <summary>A canonical hash of all znodes: the sum of theirs, kept up to date with every change, whatever the order of changes that led here.</summary>
    public ulong Hash { get; }

    /// <summary>The znode at <paramref name="path"/>; null where there is none.</summary>
    public Node? Find(string path) => _nodes.Find(path)?.Node;

    /// <summary>All znodes, parents first, names in ordinal order: the same on every server.</summary>
    public IEnumerable<KeyValuePair<string, Node>> Nodes => From("/");

    /// <summary>The tree of these znodes, whose children are each other: what <see cref="Nodes"/> gave. Parents come first.</summary>
    /// <exception cref="ArgumentException">A znode's parent isn't there before it, or a path comes twice.</exception>
    public static Tree Of(IEnumerable<KeyValuePair<string, Node>> nodes)
    {
        var given = ImmutableArray.CreateBuilder<KeyValuePair<string, Node>>();
        var children = ImmutableDictionary.CreateBuilder<string, ImmutableSortedSet<string>.Builder>(StringComparer.Ordinal);
        var ephemerals = ImmutableSortedDictionary.CreateBuilder<SessionId, ImmutableSortedSet<string>>();
        var containers = NoPaths.ToBuilder();
        long size = 0;
        foreach (var (path, node) in nodes)
        {
            given.Add(new(path, node));
            if (!children.TryAdd(path, Node.NoChildren.ToBuilder())) throw new ArgumentException($"The znode {path} comes twice.", nameof(nodes));
            size += path.Length + node.Data.Length;
            if (node.IsEphemeral) ephemerals[new(node.EphemeralOwner)] = ephemerals.GetValueOrDefault(new(node.EphemeralOwner), NoPaths).Add(path);
            if (node.IsContainer) containers.Add(path);
            if (path == "/") continue;

            if (!children.TryGetValue(Paths.Parent(path), out var siblings)) throw new ArgumentException($"The znode {path} comes before its parent.", nameof(nodes));
            siblings.Add(Paths.Name(path));
        }

        var all = PathMap.Empty;
        ulong hash = 0;
        foreach (var (path, node) in given)
        {
            var entry = new Entry(path, node.Holding(children[path].ToImmutable()));
            all = all.With(entry);
            hash += entry.Fingerprint;
        }
        return new(all, ephemerals.ToImmutable(), containers.ToImmutable(), hash, size);
    }

    /// <summary>This tree with one more znode, which counts among its parent's creations.</summary>
    internal Tree Create(string path, Blob data, AclList acl, long owner, long zxid, long wallMs)
    {
        var parent = There(Paths.Parent(path));
        var grown = new Entry(parent.Path, parent.Node.WithChild(Paths.Name(path), zxid));
        var created = new Entry(path, new(data, acl, zxid, zxid, zxid, wallMs, wallMs, 0, 0, 0, owner));
        if (_nodes.Find(path) is not null) throw new InvalidOperationException($"a transaction creates {path}, which is there");
        return new(
            _nodes.With(created).With(grown),
            created.Node.IsEphemeral ? Ephemerals.SetItem(new(owner), Ephemerals.GetValueOrDefault(new(owner), NoPaths).Add(path)) : Ephemerals,
            created.Node.IsContainer ? Containers.Add(path) : Containers,
            Hash + created.Fingerprint - parent.Fingerprint + grown.Fingerprint,
            ApproximateSize + path.Length + data.Length);
    }

    /// <summary>This tree without one znode, which has no children.</summary>
    internal Tree Delete(string path, long zxid)
    {
        var gone = There(path);
        var parent = There(Paths.Parent(path));
        var shrunk = new Entry(parent.Path, parent.Node.WithoutChild(Paths.Name(path), zxid));
        return new(
            _nodes.Without(path).With(shrunk),
            gone.Node.IsEphemeral ? WithoutEphemeral(new(gone.Node.EphemeralOwner), path) : Ephemerals,
            gone.Node.IsContainer ? Containers.Remove(path) : Containers,
            Hash - gone.Fingerprint - parent.Fingerprint + shrunk.Fingerprint,
            ApproximateSize - path.Length - gone.Node.Data.Length);
    }

    /// <summary>This tree with a znode's data replaced.</summary>
    internal Tree SetData(string path, Blob data, int version, long zxid, long wallMs)
    {
        var entry = There(path);
        return Replace(entry, entry.Node.WithData(data, version, zxid, wallMs));
    }

    /// <summary>This tree with a znode's ACL replaced.</summary>
    internal Tree SetAcl(string path, AclList acl, int aversion)
    {
        var entry = There(path);
        return Replace(entry, entry.Node.WithAcl(acl, aversion));
    }

    /// <summary>How many znodes are below <paramref name="path"/>, at any depth.</summary>
    public int CountBelow(string path) => path == "/" ? Count - 1 : From(path).Count() - 1;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Hash);

    [Rule("COORD-INV-21")]
    private Entry There(string path) => _nodes.Find(path) ?? throw new InvalidOperationException($"a transaction presupposes {path}, which isn't there");

    private Tree Replace(Entry before, Node node)
    {
        var after = new Entry(before.Path, node);
        return new(_nodes.With(after), Ephemerals, Containers, Hash - before.Fingerprint + after.Fingerprint, ApproximateSize - before.Node.Data.Length + node.Data.Length);
    }

    private ImmutableSortedDictionary<SessionId, ImmutableSortedSet<string>> WithoutEphemeral(SessionId owner, string path)
    {
        var left = Ephemerals[owner].Remove(path);
        return left.IsEmpty ? Ephemerals.Remove(owner) : Ephemerals.SetItem(owner, left);
    }

    /// <summary>What one znode adds to <see cref="Hash"/>.</summary>
    internal static ulong HashOf(string path, Node node)
    {
        var fingerprint = new Fingerprint();
        fingerprint.Add(path);
        node.AddTo(ref fingerprint);
        return fingerprint.Value;
    }

    private IEnumerable<KeyValuePair<string, Node>> From(string path)
    {
        var node = There(path).Node;
        yield return new(path, node);
        foreach (var name in node.Children)
            foreach (var below in From(Paths.Child(path, name)))
                yield return below;
    }
}
