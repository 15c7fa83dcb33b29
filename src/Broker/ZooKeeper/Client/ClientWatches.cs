namespace Reference.Broker.ZooKeeper.Client;

/// <summary>The watches that a client has set, by what they watch; only for the client's loop. Paths are as callers name them.</summary>
internal sealed class ClientWatches
{
    private readonly Dictionary<string, HashSet<Action<WatchedEvent>>> _data = [], _exist = [], _child = [], _persistent = [], _recursive = [];

    /// <summary>The kinds of watches, as setWatches2 lists them.</summary>
    public enum Kind
    {
        Data,
        Exist,
        Child,
        Persistent,
        Recursive,
    }

    /// <summary>Adds a watcher; one that is there already stays the one.</summary>
    public void Add(Kind kind, string path, Action<WatchedEvent> watcher)
    {
        var watches = Of(kind);
        if (!watches.TryGetValue(path, out var watchers)) watches[path] = watchers = [];
        watchers.Add(watcher);
    }

    /// <summary>Removes all watchers of a path.</summary>
    public void RemoveAll(string path)
    {
        foreach (var kind in Enum.GetValues<Kind>()) Of(kind).Remove(path);
    }

    /// <summary>All watches, to be set again at another server.</summary>
    public IEnumerable<(Kind Kind, string Path)> All()
    {
        foreach (var kind in Enum.GetValues<Kind>())
            foreach (var path in Of(kind).Keys)
                yield return (kind, path);
    }

    /// <summary>Tells an event to all who watch for it, each once; watches of one shot are gone then.</summary>
    public void Fire(WatchedEvent seen)
    {
        HashSet<Action<WatchedEvent>> told = [];
        if (seen.Type != WatchedEventType.ChildrenChanged)
        {
            Take(_data, seen.Path, told);
            Take(_exist, seen.Path, told);
            AddRecursive(seen.Path, told);
        }

        if (seen.Type is WatchedEventType.ChildrenChanged or WatchedEventType.Deleted) Take(_child, seen.Path, told);
        if (_persistent.TryGetValue(seen.Path, out var persistent)) told.UnionWith(persistent);
        foreach (var watcher in told) watcher(seen);
    }

    private static void Take(Dictionary<string, HashSet<Action<WatchedEvent>>> watches, string path, HashSet<Action<WatchedEvent>> told)
    {
        if (watches.Remove(path, out var watchers)) told.UnionWith(watchers);
    }

    private void AddRecursive(string path, HashSet<Action<WatchedEvent>> told)
    {
        if (_recursive.Count == 0) return;
        for (var above = path; ; above = above[..Math.Max(1, above.LastIndexOf('/'))])
        {
            if (_recursive.TryGetValue(above, out var watchers)) told.UnionWith(watchers);
            if (above == "/") return;
        }
    }

    private Dictionary<string, HashSet<Action<WatchedEvent>>> Of(Kind kind) => kind switch
    {
        Kind.Data => _data,
        Kind.Exist => _exist,
        Kind.Child => _child,
        Kind.Persistent => _persistent,
        _ => _recursive,
    };
}
