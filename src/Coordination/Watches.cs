namespace Reference.Coordination;

/// <summary>What a watch looks at and how long it stays.</summary>
public enum WatchKind
{
    /// <summary>Left by getData and exists: the znode itself, once.</summary>
    Data,
    /// <summary>Left by getChildren: the znode's children and its end, once.</summary>
    Child,
    /// <summary>Set by addWatch: both, until removed.</summary>
    Persistent,
    /// <summary>Set by addWatch: the znode and all below it, until removed.</summary>
    Recursive,
}

/// <summary>The watches of the clients attached to one server. They're that server's alone: not replicated, gone with the connection.</summary>
public sealed class Watches : IFingerprinted
{
    private static readonly ImmutableSortedSet<ConnectionId> Nobody = [];
    private static readonly ImmutableArray<ImmutableSortedSet<ConnectionId>> NoWatchers = [Nobody, Nobody, Nobody, Nobody];

    /// <summary>None set.</summary>
    public static readonly Watches None = new(
        ImmutableDictionary.Create<string, ImmutableArray<ImmutableSortedSet<ConnectionId>>>(StringComparer.Ordinal), ImmutableSortedDictionary<ConnectionId, ImmutableSortedSet<string>>.Empty, 0, 0, 0);

    private readonly ImmutableDictionary<string, ImmutableArray<ImmutableSortedSet<ConnectionId>>> _byPath;     // watchers of a path, by kind
    private readonly int _recursive;
    private readonly ulong _hash;

    private Watches(
        ImmutableDictionary<string, ImmutableArray<ImmutableSortedSet<ConnectionId>>> byPath, ImmutableSortedDictionary<ConnectionId, ImmutableSortedSet<string>> byConnection,
        int count, int recursive, ulong hash)
    {
        _byPath = byPath;
        ByConnection = byConnection;
        Count = count;
        _recursive = recursive;
        _hash = hash;
    }

    /// <summary>The paths that each connection watches.</summary>
    public ImmutableSortedDictionary<ConnectionId, ImmutableSortedSet<string>> ByConnection { get; }

    /// <summary>How many watches are set.</summary>
    public int Count { get; }

    /// <summary>How many paths are watched.</summary>
    public int PathCount => _byPath.Count;

    /// <summary>Whether a connection has a watch of this kind on a path.</summary>
    public bool Has(WatchKind kind, string path, ConnectionId connection) => Of(kind, path).Contains(connection);

    /// <summary>With a watch; one that is set already stays the one.</summary>
    public Watches Add(WatchKind kind, string path, ConnectionId connection)
    {
        var watchers = _byPath.GetValueOrDefault(path, NoWatchers);
        if (watchers[(int)kind].Contains(connection)) return this;
        var paths = ByConnection.GetValueOrDefault(connection) ?? ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
        return new(
            _byPath.SetItem(path, watchers.SetItem((int)kind, watchers[(int)kind].Add(connection))),
            ByConnection.SetItem(connection, paths.Add(path)),
            Count + 1,
            _recursive + (kind == WatchKind.Recursive ? 1 : 0),
            _hash + HashOf(kind, path, connection));
    }

    /// <summary>Without a watch.</summary>
    public Watches Remove(WatchKind kind, string path, ConnectionId connection)
    {
        var watchers = _byPath.GetValueOrDefault(path, NoWatchers);
        if (!watchers[(int)kind].Contains(connection)) return this;
        var left = watchers.SetItem((int)kind, watchers[(int)kind].Remove(connection));
        return new(
            left.All(w => w.IsEmpty) ? _byPath.Remove(path) : _byPath.SetItem(path, left),
            left.Any(w => w.Contains(connection)) ? ByConnection : Forget(connection, path),
            Count - 1,
            _recursive - (kind == WatchKind.Recursive ? 1 : 0),
            _hash - HashOf(kind, path, connection));
    }

    /// <summary>Without any watch of a connection.</summary>
    public Watches RemoveAll(ConnectionId connection)
    {
        var left = this;
        foreach (var path in (IEnumerable<string>?)ByConnection.GetValueOrDefault(connection) ?? [])
            for (var kind = WatchKind.Data; kind <= WatchKind.Recursive; kind++)
                left = left.Remove(kind, path, connection);
        return left;
    }

    /// <summary>Fires what sees a change: the events, one a connection, and the watches that are left.</summary>
    [Rule("COORD-WATCH-1")]
    public Watches Fire(Change change, ImmutableArray<Effect>.Builder events)
    {
        if (_byPath.IsEmpty) return this;
        var left = change.Type switch
        {
            WatchEventType.Deleted => FireAt(change.Path, change.Type, true, true, events),
            _ => FireAt(change.Path, change.Type, true, false, events),
        };
        return change.Type is WatchEventType.DataChanged || change.Path == "/" ? left : left.FireAt(Paths.Parent(change.Path), WatchEventType.ChildrenChanged, false, true, events);
    }

    /// <summary>The watchers of every path, in no order: for reports only.</summary>
    public IEnumerable<(string Path, ConnectionId Connection)> All => ByConnection.SelectMany(c => c.Value, (c, path) => (path, c.Key));

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Count);
        fingerprint.Add(_hash);
    }

    private Watches FireAt(string path, WatchEventType type, bool data, bool child, ImmutableArray<Effect>.Builder events)
    {
        var whom = Of(WatchKind.Persistent, path);
        if (data) whom = whom.Union(Of(WatchKind.Data, path));
        if (child) whom = whom.Union(Of(WatchKind.Child, path));
        if (_recursive > 0 && type != WatchEventType.ChildrenChanged)
            for (var above = path; ; above = Paths.Parent(above))
            {
                whom = whom.Union(Of(WatchKind.Recursive, above));
                if (above == "/") break;
            }

        var left = this;
        foreach (var connection in whom)
        {
            events.Add(new Notify(connection, type, path));
            if (data) left = left.Remove(WatchKind.Data, path, connection);
            if (child) left = left.Remove(WatchKind.Child, path, connection);
        }
        return left;
    }

    private ImmutableSortedSet<ConnectionId> Of(WatchKind kind, string path) => _byPath.TryGetValue(path, out var watchers) ? watchers[(int)kind] : Nobody;

    private ImmutableSortedDictionary<ConnectionId, ImmutableSortedSet<string>> Forget(ConnectionId connection, string path)
    {
        var paths = ByConnection[connection].Remove(path);
        return paths.IsEmpty ? ByConnection.Remove(connection) : ByConnection.SetItem(connection, paths);
    }

    private static ulong HashOf(WatchKind kind, string path, ConnectionId connection)
    {
        var fingerprint = new Fingerprint();
        fingerprint.Add((int)kind);
        fingerprint.Add(path);
        fingerprint.Add(connection);
        return fingerprint.Value;
    }
}
