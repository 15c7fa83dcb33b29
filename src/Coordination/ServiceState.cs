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
