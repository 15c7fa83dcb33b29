namespace Reference.Coordination;

/// <summary>What a request comes to, as far as the specification says: an error, or what its client is told.</summary>
/// <param name="Error">Why it was refused; Ok if it wasn't.</param>
/// <param name="Told">A created path, a version, data; empty where there's nothing to tell.</param>
public readonly record struct Outcome(ErrorCode Error, string Told) : IFingerprinted
{
    /// <summary>Done, and nothing to tell.</summary>
    public static readonly Outcome Done = new(ErrorCode.Ok, "");

    /// <summary>What an answer says.</summary>
    public static Outcome Of(Result result) => result switch
    {
        ErrorResult r => new(r.Error, ""),
        CreatedResult r => new(ErrorCode.Ok, r.Path),
        StatResult r => new(ErrorCode.Ok, Specification.Versioned(r.Stat.Version)),
        DataResult r => new(ErrorCode.Ok, Specification.Versioned(r.Stat.Version) + " " + Convert.ToHexString(r.Data.Span)),
        ChildrenResult r => new(ErrorCode.Ok, string.Join(',', r.Names)),
        MultiResult r => new(ErrorCode.Ok, string.Join("; ", r.Results.Select(Of))),
        _ => Done,
    };

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add((int)Error);
        fingerprint.Add(Told);
    }

    /// <inheritdoc/>
    public override string ToString() => Error != ErrorCode.Ok ? Error.ToString() : Told.Length == 0 ? "done" : Told;
}

/// <summary>A znode as the specification has it.</summary>
/// <param name="Data">Its data.</param>
/// <param name="Version">How often that changed.</param>
/// <param name="Creations">How many children were ever created below it.</param>
/// <param name="Owner">The session that it goes with; none if it stays.</param>
/// <param name="Changed">The place in the log of its creation or of its last change of data.</param>
public sealed record Thing(Blob Data, int Version, int Creations, SessionId Owner, long Changed);

/// <summary>The service as a client may think of it: one place where one request after the other is carried out. No servers, no proposals, no sessions' clocks.</summary>
/// <remarks>Checkers hold the real service against it. It knows what worlds ask: creations of all modes but containers, setData, delete, check, multi, sync, the beginning and end of sessions, and plain reads; every ACL is open.</remarks>
public sealed record Specification(ImmutableSortedDictionary<string, Thing> Things, ImmutableSortedSet<SessionId> Sessions) : IFingerprinted
{
    /// <summary>What a service starts with, as far as clients of the worlds can tell.</summary>
    public static Specification Of(ServiceState service) => new(
        service.Tree.Nodes.Where(n => !IsOwn(n.Key)).ToImmutableSortedDictionary(n => n.Key, n => new Thing(n.Value.Data, n.Value.Version, n.Value.Creations, new(n.Value.EphemeralOwner), n.Value.Mzxid), StringComparer.Ordinal),
        [.. service.Sessions.Keys]);

    /// <summary>Whether <paramref name="service"/> is what this says: the same znodes with the same data, versions, counts and owners, and the same sessions.</summary>
    public bool Describes(ServiceState service)
    {
        var count = 0;
        foreach (var (path, node) in service.Tree.Nodes)
        {
            if (IsOwn(path)) continue;
            count++;
            if (!Things.TryGetValue(path, out var thing) || thing.Version != node.Version || thing.Creations != node.Creations || thing.Owner.Value != node.EphemeralOwner || thing.Changed != node.Mzxid || thing.Data != node.Data) return false;
        }
        return count == Things.Count && service.Sessions.Count == Sessions.Count && service.Sessions.Keys.All(Sessions.Contains);
    }

    /// <summary>Carries out a write, or a sync, at a place in the log.</summary>
    public (Specification After, Outcome Outcome) Do(SessionId session, WriteRequest request, long place)
    {
        if (request is OpenSessionRequest) return (this with { Sessions = Sessions.Add(session) }, Outcome.Done);
        if (!Sessions.Contains(session)) return (this, new(ErrorCode.SessionExpired, ""));
        if (request is CloseSessionRequest) return (Without(session), Outcome.Done);
        if (request is not MultiRequest multi) return One(session, request, place);

        var after = this;
        var told = new Outcome[multi.Operations.Length];
        for (var i = 0; i < told.Length; i++)
        {
            (after, told[i]) = after.One(session, multi.Operations[i], place);
            if (told[i].Error == ErrorCode.Ok) continue;
            for (var j = 0; j < told.Length; j++)
                if (j != i) told[j] = new(j < i ? ErrorCode.Ok : ErrorCode.RuntimeInconsistency, "");
            return (this, new(ErrorCode.Ok, string.Join("; ", told)));
        }
        return (after, new(ErrorCode.Ok, string.Join("; ", told)));
    }

    /// <summary>A session is over, and its ephemerals with it.</summary>
    public Specification Without(SessionId session) => new(Things.RemoveRange(Things.Where(t => t.Value.Owner == session).Select(t => t.Key)), Sessions.Remove(session));

    /// <summary>What a read is told.</summary>
    public Outcome Read(Request request) => request switch
    {
        GetDataRequest r => Things.TryGetValue(r.Path, out var thing) ? new(ErrorCode.Ok, Versioned(thing.Version) + " " + Convert.ToHexString(thing.Data.Span)) : new(ErrorCode.NoNode, ""),
        ExistsRequest r => Things.TryGetValue(r.Path, out var thing) ? new(ErrorCode.Ok, Versioned(thing.Version)) : new(ErrorCode.NoNode, ""),
        GetChildrenRequest r => Things.ContainsKey(r.Path) ? new(ErrorCode.Ok, string.Join(',', ChildrenOf(r.Path))) : new(ErrorCode.NoNode, ""),
        _ => Outcome.Done,
    };

    /// <summary>Where a znode was created or last changed; 0 if there's none. What a watch on it was set on.</summary>
    public long ChangedAt(string path) => Things.TryGetValue(path, out var thing) ? thing.Changed : 0;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Things.Count);
        foreach (var (path, thing) in Things)
        {
            fingerprint.Add(path);
            fingerprint.Add(thing.Data);
            fingerprint.Add(thing.Version);
            fingerprint.Add(thing.Creations);
            fingerprint.Add(thing.Owner);
            fingerprint.Add(thing.Changed);
        }
        fingerprint.AddAll(Sessions);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{string.Join(", ", Things.Where(t => t.Key != "/").Select(t => $"{t.Key} {Versioned(t.Value.Version)}{(t.Value.Owner == SessionId.None ? "" : " of " + t.Value.Owner)}"))} with sessions {string.Join(", ", Sessions)}";

    internal static string Versioned(int version) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"v{version}");

    private (Specification, Outcome) One(SessionId session, WriteRequest request, long place)
    {
        switch (request)
        {
            case CreateRequest r:
                if (!Things.TryGetValue(Paths.Parent(r.Path), out var parent)) return Refused(ErrorCode.NoNode);
                var path = r.Mode is CreateMode.PersistentSequential or CreateMode.EphemeralSequential ? Paths.Sequential(r.Path, parent.Creations) : r.Path;
                if (Things.ContainsKey(path)) return Refused(ErrorCode.NodeExists);
                if (parent.Owner != SessionId.None) return Refused(ErrorCode.NoChildrenForEphemerals);
                var owner = r.Mode is CreateMode.Ephemeral or CreateMode.EphemeralSequential ? session : SessionId.None;
                return (With(Paths.Parent(path), parent with { Creations = parent.Creations + 1 }).With(path, new(r.Data, 0, 0, owner, place)), new(ErrorCode.Ok, path));
            case SetDataRequest r:
                if (!Things.TryGetValue(r.Path, out var thing)) return Refused(ErrorCode.NoNode);
                if (!Expects(r.Version, thing)) return Refused(ErrorCode.BadVersion);
                return (With(r.Path, thing with { Data = r.Data, Version = thing.Version + 1, Changed = place }), new(ErrorCode.Ok, Versioned(thing.Version + 1)));
            case DeleteRequest r:
                if (!Things.TryGetValue(r.Path, out var gone)) return Refused(ErrorCode.NoNode);
                if (!Expects(r.Version, gone)) return Refused(ErrorCode.BadVersion);
                return ChildrenOf(r.Path).Any() ? Refused(ErrorCode.NotEmpty) : (this with { Things = Things.Remove(r.Path) }, Outcome.Done);
            case CheckRequest r:
                if (!Things.TryGetValue(r.Path, out var looked)) return Refused(ErrorCode.NoNode);
                return (this, Expects(r.Version, looked) ? Outcome.Done : new(ErrorCode.BadVersion, ""));
            case SyncRequest:
                return (this, Outcome.Done);
            default:
                throw new NotSupportedException($"the specification says nothing of {request}");
        }

        (Specification, Outcome) Refused(ErrorCode error) => (this, new(error, ""));
    }

    private Specification With(string path, Thing thing) => this with { Things = Things.SetItem(path, thing) };

    private IEnumerable<string> ChildrenOf(string path) => Things.Keys.Where(p => p != "/" && Paths.Parent(p) == path).Select(Paths.Name);

    private static bool Expects(int version, Thing thing) => version == -1 || version == thing.Version;

    private static bool IsOwn(string path) => path == "/zookeeper" || path.StartsWith("/zookeeper/", StringComparison.Ordinal);
}
