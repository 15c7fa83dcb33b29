namespace Reference.Coordination;

/// <summary>A session as the replicated state knows it.</summary>
/// <param name="TimeoutMs">Unheard of for so long, the leader expires it.</param>
/// <param name="Password">16 bytes that a client shows to go on with it on any server.</param>
public sealed record Session(int TimeoutMs, Blob Password) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(TimeoutMs);
        fingerprint.Add(Password);
    }
}

/// <summary>A znode that a transaction changed, as watches see it.</summary>
/// <param name="Type">What happened to it.</param>
/// <param name="Path">Where.</param>
/// <param name="Sequential">Whether it was created with a sequence suffix.</param>
public readonly record struct Change(WatchEventType Type, string Path, bool Sequential);

/// <summary>What came of a transaction.</summary>
/// <param name="State">The state after it.</param>
/// <param name="Changes">The znodes it changed, in its order.</param>
/// <param name="Stats">The Stat that each of its operations left, in their order; nothing where it left no znode.</param>
public sealed record Applied(ServiceState State, ImmutableArray<Change> Changes, ImmutableArray<Stat> Stats);

/// <summary>All that is replicated: a deterministic function of the transactions up to <see cref="LastZxid"/>. A snapshot is a reference to one.</summary>
public sealed class ServiceState : IFingerprinted
{
    /// <summary>A new ensemble's.</summary>
    public static readonly ServiceState Initial = new(Tree.Initial, ImmutableSortedDictionary<SessionId, Session>.Empty, 0, 0);

    private readonly ulong _sessionsHash;

    private ServiceState(Tree tree, ImmutableSortedDictionary<SessionId, Session> sessions, ulong sessionsHash, long lastZxid)
    {
        Tree = tree;
        Sessions = sessions;
        _sessionsHash = sessionsHash;
        LastZxid = lastZxid;
    }

    /// <summary>The znodes.</summary>
    public Tree Tree { get; }

    /// <summary>The sessions that are open.</summary>
    public ImmutableSortedDictionary<SessionId, Session> Sessions { get; }

    /// <summary>The last transaction applied.</summary>
    public long LastZxid { get; }

    /// <summary>A canonical hash of it all, in O(1).</summary>
    public ulong Hash => Fingerprint.Of(this);

    /// <summary>The state that a snapshot holds: its <see cref="Tree.Nodes"/>, sessions and zxid.</summary>
    public static ServiceState Restore(IEnumerable<KeyValuePair<string, Node>> nodes, IEnumerable<KeyValuePair<SessionId, Session>> sessions, long lastZxid)
    {
        var all = ImmutableSortedDictionary.CreateRange(sessions);
        ulong hash = 0;
        foreach (var (id, session) in all) hash += HashOf(id, session);
        return new(Tree.Of(nodes), all, hash, lastZxid);
    }

    /// <summary>This state after the transaction at <paramref name="zxid"/>. Judges nothing: the leader's preparation has.</summary>
    [Rule("COORD-APPLY-1")]
    public Applied Apply(long zxid, Transaction transaction)
    {
        var operation = transaction.Operation;
        if (operation is Multi multi)
        {
            var state = this;
            var changes = ImmutableArray.CreateBuilder<Change>(multi.Operations.Length);
            var stats = ImmutableArray.CreateBuilder<Stat>(multi.Operations.Length);
            foreach (var one in multi.Operations)
            {
                var applied = state.ApplyOne(zxid, transaction.Header, one);
                state = applied.State;
                changes.AddRange(applied.Changes);
                stats.Add(applied.Stats[0]);
            }
            return new(state.At(zxid), changes.ToImmutable(), stats.ToImmutable());
        }
        return ApplyOne(zxid, transaction.Header, operation);
    }

    private Applied ApplyOne(long zxid, Header header, Operation operation) => operation switch
    {
        Create o => On(o.Path, Tree.Create(o.Path, o.Data, o.Acl, o.EphemeralOwner, zxid, header.WallMs), zxid, WatchEventType.Created, o.Sequential),
        SetData o => On(o.Path, Tree.SetData(o.Path, o.Data, o.Version, zxid, header.WallMs), zxid, WatchEventType.DataChanged, false),
        Delete o => On(o.Path, Tree.Delete(o.Path, zxid), zxid, WatchEventType.Deleted, false),
        DeleteContainer o => On(o.Path, Tree.Delete(o.Path, zxid), zxid, WatchEventType.Deleted, false),
        SetAcl o => Unwatched(o.Path, Tree.SetAcl(o.Path, o.Acl, o.Aversion), zxid),
        Check o => Unwatched(o.Path, Tree, zxid),
        CreateSession o => Quiet(Open(header.Session, new(o.TimeoutMs, o.Password)).At(zxid)),
        CloseSession => End(header.Session, zxid),
        Fail or Barrier => Quiet(At(zxid)),
        _ => throw new InvalidOperationException($"no transaction is made of {operation}"),
    };

    /// <summary>A change of one znode that watches see.</summary>
    private Applied On(string path, Tree tree, long zxid, WatchEventType type, bool sequential) =>
        new(new(tree, Sessions, _sessionsHash, zxid), [new(type, path, sequential)], [tree.Find(path)?.Stat ?? default]);

    /// <summary>A change of one znode that no watch sees.</summary>
    private Applied Unwatched(string path, Tree tree, long zxid) => new(new(tree, Sessions, _sessionsHash, zxid), [], [tree.Find(path)?.Stat ?? default]);

    /// <summary>No znode changes.</summary>
    private static Applied Quiet(ServiceState state) => new(state, [], [default]);

    private ServiceState At(long zxid) => new(Tree, Sessions, _sessionsHash, zxid);

    private ServiceState Open(SessionId id, Session session) => new(Tree, Sessions.Add(id, session), _sessionsHash + HashOf(id, session), LastZxid);

    /// <summary>A session ends, and its ephemerals with it.</summary>
    [Rule("COORD-SESSION-4")]
    private Applied End(SessionId id, long zxid)
    {
        if (!Sessions.TryGetValue(id, out var session)) return Quiet(At(zxid));
        var tree = Tree;
        var paths = Tree.Ephemerals.GetValueOrDefault(id);
        var changes = ImmutableArray.CreateBuilder<Change>();
        foreach (var path in (IEnumerable<string>?)paths ?? [])
        {
            tree = tree.Delete(path, zxid);
            changes.Add(new(WatchEventType.Deleted, path, false));
        }
        return new(new(tree, Sessions.Remove(id), _sessionsHash - HashOf(id, session), zxid), changes.ToImmutable(), [default]);
    }

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Tree);
        fingerprint.Add(_sessionsHash);
        fingerprint.Add(LastZxid);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{Tree.Count} znodes, {Sessions.Count} sessions at {LastZxid >> 32:x}.{LastZxid & 0xffffffff:x}");

    private static ulong HashOf(SessionId id, Session session)
    {
        var fingerprint = new Fingerprint();
        fingerprint.Add(id);
        fingerprint.Add(session);
        return fingerprint.Value;
    }
}
