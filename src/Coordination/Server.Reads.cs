namespace Reference.Coordination;

public partial class Server
{
    /// <summary>Answers a read of what is committed here, and sets the watches that it asks for.</summary>
    [Rule("COORD-READ-1")]
    protected virtual ServerState AnswerRead(ServerState s, Connection c, Pending read, ImmutableArray<Effect>.Builder effects)
    {
        var (result, watches) = read.Request switch
        {
            GetDataRequest r => (GetData(s, c, r), r.Watch),
            ExistsRequest r => (Exists(s, r), r.Watch),
            GetChildrenRequest r => (GetChildren(s, c, r), r.Watch),
            PingRequest => (DoneResult.Instance, false),
            GetAclRequest r => (GetAcl(s, c, r), false),
            MultiReadRequest r => (new MultiResult([.. r.Operations.Select(one => ReadOne(s, c, one))]), false),
            GetEphemeralsRequest r => (GetEphemerals(s, c, r), false),
            GetAllChildrenNumberRequest r => (GetAllChildrenNumber(s, c, r), false),
            WhoAmIRequest => (new WhoAmIResult([.. c.Identities.Select(i => i.Scheme == "digest" ? i with { Id = Access.UserOf(i.Id) } : i)]), false),
            CheckWatchesRequest r => (HasWatches(s, c, r.Path, r.Type), false),
            RemoveWatchesRequest r => (HasWatches(s, c, r.Path, r.Type), true),
            AddWatchRequest r => (r.Mode is WatchMode.Persistent or WatchMode.PersistentRecursive ? WatchAddedResult.Instance : new ErrorResult(ErrorCode.MarshallingError), true),
            SetWatchesRequest => (DoneResult.Instance, true),
            RefusedRequest r => (new ErrorResult(r.Error), false),
            _ => ((Result)new ErrorResult(ErrorCode.Unimplemented), false),
        };
        if (watches) s = Watch(s, c, read.Request, result, effects);
        effects.Add(Reply(s, c, read.Xid, result));
        return s;
    }

    /// <summary>Sets or removes the watches that a request asks for, given how it went.</summary>
    [Rule("COORD-WATCH-2")]
    protected virtual ServerState Watch(ServerState s, Connection c, Request request, Result result, ImmutableArray<Effect>.Builder effects)
    {
        var watches = request switch
        {
            ExistsRequest r => s.Watches.Add(WatchKind.Data, r.Path, c.Id),
            GetDataRequest r when result is DataResult => s.Watches.Add(WatchKind.Data, r.Path, c.Id),
            GetChildrenRequest r when result is ChildrenResult => s.Watches.Add(WatchKind.Child, r.Path, c.Id),
            AddWatchRequest r when result is WatchAddedResult => s.Watches.Add(r.Mode == WatchMode.Persistent ? WatchKind.Persistent : WatchKind.Recursive, r.Path, c.Id),
            RemoveWatchesRequest r when result is DoneResult => Kinds(r.Type).Aggregate(s.Watches, (w, kind) => w.Remove(kind, r.Path, c.Id)),
            SetWatchesRequest r => SetWatches(s, c, r, effects),
            _ => s.Watches,
        };
        return ReferenceEquals(watches, s.Watches) ? s : s with { Watches = watches };
    }

    /// <summary>A client that comes back sets its watches again. Those that its last zxid says have fired meanwhile fire now.</summary>
    [Rule("COORD-WATCH-3")]
    protected virtual Watches SetWatches(ServerState s, Connection c, SetWatchesRequest r, ImmutableArray<Effect>.Builder effects)
    {
        var watches = s.Watches;
        foreach (var path in r.Data) Set(WatchKind.Data, path, MissedOfData(s.Committed.Tree.Find(path), r.SeenZxid));
        foreach (var path in r.Exist) Set(WatchKind.Data, path, MissedOfExistence(s.Committed.Tree.Find(path)));
        foreach (var path in r.Child) Set(WatchKind.Child, path, MissedOfChildren(s.Committed.Tree.Find(path), r.SeenZxid));
        foreach (var path in r.Persistent) Set(WatchKind.Persistent, path, null);
        foreach (var path in r.PersistentRecursive) Set(WatchKind.Recursive, path, null);
        return watches;

        void Set(WatchKind kind, string path, WatchEventType? missed)
        {
            if (missed is { } type) effects.Add(new Notify(c.Id, type, path));
            else watches = watches.Add(kind, path, c.Id);
        }
    }

    /// <summary>What a watch on a znode's data missed since a zxid.</summary>
    [Rule("COORD-WATCH-3")]
    protected virtual WatchEventType? MissedOfData(Node? node, long seenZxid) =>
        node is null ? WatchEventType.Deleted : node.Mzxid > seenZxid ? WatchEventType.DataChanged : null;

    /// <summary>What a watch on a znode that wasn't there missed.</summary>
    [Rule("COORD-WATCH-3")]
    protected virtual WatchEventType? MissedOfExistence(Node? node) => node is null ? null : WatchEventType.Created;

    /// <summary>What a watch on a znode's children missed since a zxid.</summary>
    [Rule("COORD-WATCH-3")]
    protected virtual WatchEventType? MissedOfChildren(Node? node, long seenZxid) =>
        node is null ? WatchEventType.Deleted : node.Pzxid > seenZxid ? WatchEventType.ChildrenChanged : null;

    private static Result ReadOne(ServerState s, Connection c, Request request) => request switch
    {
        GetDataRequest r => GetData(s, c, r),
        GetChildrenRequest r => GetChildren(s, c, r),
        _ => new ErrorResult(ErrorCode.Unimplemented),
    };

    private static Result GetData(ServerState s, Connection c, GetDataRequest r) =>
        Readable(s, c, r.Path, Permissions.Read, out var error) is { } node ? new DataResult(node.Data, node.Stat) : error!;

    private static Result Exists(ServerState s, ExistsRequest r) => s.Committed.Tree.Find(r.Path) is { } node ? new StatResult(node.Stat) : new ErrorResult(ErrorCode.NoNode);

    private static Result GetChildren(ServerState s, Connection c, GetChildrenRequest r) =>
        Readable(s, c, r.Path, Permissions.Read, out var error) is { } node ? new ChildrenResult(node.Children, r.WantsStat ? node.Stat : null) : error!;

    private static Result GetAcl(ServerState s, Connection c, GetAclRequest r) =>
        Readable(s, c, r.Path, Permissions.Read | Permissions.Admin, out var error) is { } node
            ? new AclResult(Access.Allows(node.Acl, Permissions.Admin, c.Identities) ? node.Acl : Access.Mask(node.Acl), node.Stat)
            : error!;

    private static Result GetAllChildrenNumber(ServerState s, Connection c, GetAllChildrenNumberRequest r) =>
        Readable(s, c, r.Path, Permissions.Read, out var error) is not null ? new CountResult(s.Committed.Tree.CountBelow(r.Path)) : error!;

    private static PathsResult GetEphemerals(ServerState s, Connection c, GetEphemeralsRequest r) =>
        new([.. s.Committed.Tree.Ephemerals.GetValueOrDefault(c.Session)?.Where(path => path.StartsWith(r.Prefix ?? "/", StringComparison.Ordinal)) ?? []]);

    private static Node? Readable(ServerState s, Connection c, string path, Permissions wanted, out ErrorResult? error)
    {
        var node = s.Committed.Tree.Find(path);
        error = node is null ? new(ErrorCode.NoNode) : Access.Allows(node.Acl, wanted, c.Identities) ? null : new(ErrorCode.NoAuth);
        return error is null ? node : null;
    }

    /// <summary>Whether a connection has any of the watches meant.</summary>
    [Rule("COORD-WATCH-4")]
    private static Result HasWatches(ServerState s, Connection c, string path, WatcherType type) =>
        !Enum.IsDefined(type) ? new ErrorResult(ErrorCode.MarshallingError)
        : Kinds(type).Any(kind => s.Watches.Has(kind, path, c.Id)) ? DoneResult.Instance
        : new ErrorResult(ErrorCode.NoWatcher);

    /// <summary>The kinds that a client means. One set by addWatch sees data and children, and older clients know no other word for it.</summary>
    private static ImmutableArray<WatchKind> Kinds(WatcherType type) => type switch
    {
        WatcherType.Data => [WatchKind.Data, WatchKind.Persistent, WatchKind.Recursive],
        WatcherType.Children => [WatchKind.Child, WatchKind.Persistent, WatchKind.Recursive],
        WatcherType.Persistent => [WatchKind.Persistent],
        WatcherType.PersistentRecursive => [WatchKind.Recursive],
        _ => [WatchKind.Data, WatchKind.Child, WatchKind.Persistent, WatchKind.Recursive],
    };
}
