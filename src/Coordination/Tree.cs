namespace Reference.Coordination;

/// <summary>The znodes, by path. Immutable: a change makes a new tree that shares with the old all but what changed, in O(log n).</summary>
/// <remarks>Paths are compared ordinally. Nothing here judges: what a change presupposes, the leader's preparation has checked.</remarks>
public sealed class Tree : IFingerprinted
{
    private static readonly ImmutableDictionary<string, Node> NoNodes = ImmutableDictionary.Create<string, Node>(StringComparer.Ordinal);
    private static readonly ImmutableSortedSet<string> NoPaths = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>What a new ensemble has: the root, and ZooKeeper's own znodes.</summary>
    public static readonly Tree Initial = Of(
    [
        new("/", new(Blob.Of([]), AclList.Open, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        new("/zookeeper", new(Blob.Of([]), AclList.Open, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        new("/zookeeper/config", new(Blob.Of([]), AclList.ReadOnly, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        new("/zookeeper/quota", new(Blob.Of([]), AclList.Open, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
    ]);

    private readonly ImmutableDictionary<string, Node> _nodes;

    private Tree(
        ImmutableDictionary<string, Node> nodes, ImmutableSortedDictionary<SessionId, ImmutableSortedSet<string>> ephemerals, ImmutableSortedSet<string> containers, ulong hash, long size)
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
    public Node? Find(string path) => _nodes.GetValueOrDefault(path);

    /// <summary>All znodes, parents first, names in ordinal order: the same on every server.</summary>
    public IEnumerable<KeyValuePair<string, Node>> Nodes => From("/");

    /// <summary>The tree of these znodes, whose children are each other: what <see cref="Nodes"/> gave. Parents come first.</summary>
    /// <exception cref="ArgumentException">A znode's parent isn't there before it, or a path comes twice.</exception>
    public static Tree Of(IEnumerable<KeyValuePair<string, Node>> nodes)
    {
        var all = NoNodes.ToBuilder();
        var children = ImmutableDictionary.CreateBuilder<string, ImmutableSortedSet<string>.Builder>(StringComparer.Ordinal);
        var ephemerals = ImmutableSortedDictionary.CreateBuilder<SessionId, ImmutableSortedSet<string>>();
        var containers = NoPaths.ToBuilder();
        long size = 0;
        foreach (var (path, node) in nodes)
        {
            all.Add(path, node);
            size += path.Length + node.Data.Length;
            if (node.IsEphemeral) ephemerals[new(node.EphemeralOwner)] = ephemerals.GetValueOrDefault(new(node.EphemeralOwner), NoPaths).Add(path);
            if (node.IsContainer) containers.Add(path);
            if (path == "/") continue;

            var parent = Paths.Parent(path);
            if (!all.ContainsKey(parent)) throw new ArgumentException($"The znode {path} comes before its parent.", nameof(nodes));
            if (!children.TryGetValue(parent, out var names)) children.Add(parent, names = Node.NoChildren.ToBuilder());
            names.Add(Paths.Name(path));
        }
        foreach (var (path, names) in children) all[path] = all[path].Holding(names.ToImmutable());

        ulong hash = 0;
        foreach (var (path, node) in all) hash += HashOf(path, node);
        return new(all.ToImmutable(), ephemerals.ToImmutable(), containers.ToImmutable(), hash, size);
    }

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Hash);

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
        var node = _nodes[path];
        yield return new(path, node);
        foreach (var name in node.Children)
            foreach (var below in From(Paths.Child(path, name)))
                yield return below;
    }
}
