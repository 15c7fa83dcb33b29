namespace Reference.Coordination;

/// <summary>A request of a client that isn't answered yet.</summary>
/// <param name="Session">Whose it is.</param>
/// <param name="Request">What it asks.</param>
/// <param name="Floor">The greatest zxid that any client had been answered with when it was asked.</param>
public sealed record Asked(SessionId Session, Request Request, long Floor) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Session);
        fingerprint.Add(Request);
        fingerprint.Add(Floor);
    }
}

/// <summary>When a session's client was heard of.</summary>
/// <param name="Server">By which server.</param>
/// <param name="LastMs">When, last.</param>
/// <param name="UnreportedMs">Since when the leader hasn't been told of it; −1 if it has.</param>
public readonly record struct Hearing(ServerId Server, long LastMs, long UnreportedMs);

/// <summary>All that clients asked and were told, held against the <see cref="Specification"/> as the log goes on. Ghost history: no server reads it.</summary>
/// <remarks>
/// Every write and every sync has a place in the log, so nobody has to search for an order in which they make sense: a history is linearizable if each took its place between its request and its answer, and was answered as the
/// specification answers it there. (If this order is none, another may be: it could say no where Wing and Gong's search says yes. The service promises this one.)
/// </remarks>
public sealed partial record Chronicle : IFingerprinted
{
    /// <summary>A chronicle that begins with what the servers begin with.</summary>
    public static Chronicle Of(ServiceState service) => new() { Places = ImmutableSortedDictionary<long, Specification>.Empty.Add(service.LastZxid, Specification.Of(service)) };

    /// <summary>The specified service after each transaction.</summary>
    public required ImmutableSortedDictionary<long, Specification> Places { get; init; }

    /// <summary>The session of each connection that was confirmed.</summary>
    public ImmutableSortedDictionary<ConnectionId, SessionId> Connections { get; init; } = ImmutableSortedDictionary<ConnectionId, SessionId>.Empty;

    /// <summary>Reads that aren't answered, and writes that haven't taken place, by connection and number.</summary>
    public ImmutableSortedDictionary<(ConnectionId Connection, int Xid), Asked> Open { get; init; } = ImmutableSortedDictionary<(ConnectionId, int), Asked>.Empty;

    /// <summary>Writes that took place and aren't answered: when they were asked, where that is, and what the specification answers.</summary>
    public ImmutableSortedDictionary<(ConnectionId Connection, int Xid), (long Floor, long Place, Outcome Outcome)> Done { get; init; } = ImmutableSortedDictionary<(ConnectionId, int), (long, long, Outcome)>.Empty;

    /// <summary>The greatest zxid that any client was answered with.</summary>
    public long Shown { get; init; }

    /// <summary>What each session's client watches, and the place of what it saw there; 0 where it saw nothing.</summary>
    public ImmutableSortedDictionary<(SessionId Session, string Path), long> Watched { get; init; } = ImmutableSortedDictionary<(SessionId, string), long>.Empty.WithComparers(BySessionAndPath);

    /// <summary>When each session was last heard of, by a server of the present epoch; one that was silent for its time-out isn't here.</summary>
    public ImmutableSortedDictionary<SessionId, Hearing> Heard { get; init; } = ImmutableSortedDictionary<SessionId, Hearing>.Empty;

    /// <summary>The latest epoch that a leader was activated in.</summary>
    public int Epoch { get; init; }

    /// <summary>What contradicts a claim, by its number; nothing while all hold.</summary>
    public ImmutableSortedDictionary<string, string> Wrong { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    private static IComparer<(SessionId Session, string Path)> BySessionAndPath { get; } =
        Comparer<(SessionId Session, string Path)>.Create((a, b) => a.Session != b.Session ? a.Session.CompareTo(b.Session) : string.CompareOrdinal(a.Path, b.Path));

    /// <summary>The chronicle with one more step.</summary>
    public Chronicle After(ServerId server, ServerState before, Input input, Step step)
    {
        var next = HearsOf(server, before, input, step);
        if (step.Ignored is null)
        {
            next = input switch
            {
                ConnectRequested { Session.Value: 0 } i when step.State.Connections.TryGetValue(i.Connection, out var c) =>
                    next.Asks(i.Connection, 0, c.Session, new OpenSessionRequest(i.TimeoutMs, i.Password)),
                Requested { Xid: > 0 } i => next.Asks(i.Connection, i.Xid, before.Connections[i.Connection].Session, i.Request),
                Delivered i => next.TakesPlace(i, step.State),
                ConnectionClosed i => next.Parts(i.Connection),
                _ => next,
            };
        }
        foreach (var effect in step.Effects)
        {
            next = effect switch
            {
                AnswerConnect e when e.Session != SessionId.None => next with { Connections = next.Connections.SetItem(e.Connection, e.Session) },
                Notify e => next.Tells(e),
                Reply e => next.Answers(server, e),
                Close e => next.Parts(e.Connection),
                _ => next,
            };
        }
        return next;
    }

    private Chronicle Asks(ConnectionId connection, int xid, SessionId session, Request request) => this with { Open = Open.SetItem((connection, xid), new(session, request, Shown)) };

    /// <summary>A transaction is delivered for the first time: what it was asked to do, the specification does.</summary>
    private Chronicle TakesPlace(Delivered d, ServerState after)
    {
        var (last, before) = (Places.Keys.Last(), Places.Values.Last());
        if (d.Zxid <= last) return this;

        var (header, operation) = (d.Transaction.Header, d.Transaction.Operation);
        var key = (header.Connection, header.Xid);
        Specification now;
        Chronicle next;
        if (Open.TryGetValue(key, out var asked) && asked.Request is WriteRequest request)
        {
            (now, var outcome) = operation is Fail { Error: ErrorCode.SessionMoved } ? (before, new(ErrorCode.SessionMoved, "")) : before.Do(header.Session, request, d.Zxid);
            next = this with { Open = Open.Remove(key), Done = Connections.ContainsKey(header.Connection) ? Done.SetItem(key, (asked.Floor, d.Zxid, outcome)) : Done };
            if (request is not MultiRequest && (operation is Fail f ? f.Error : ErrorCode.Ok) != outcome.Error)
                next = next.Contradicted("COORD-INV-17", $"{header} asked {request}, which is {outcome} where there is {before}, and became {operation}");
        }
        else
        {
            now = operation is CloseSession ? before.Without(header.Session) : before;
            next = this;
        }
        next = next with { Places = next.Places.Add(d.Zxid, now) };
        return now.Describes(after.Committed) ? next : next.Contradicted("COORD-INV-17", $"after {operation} of {header}, which {asked?.Request.ToString() ?? "nobody"} asked for, there should be {now}, and is {Specification.Of(after.Committed)}");
    }

    private Chronicle Answers(ServerId server, Reply e)
    {
        if (!Connections.TryGetValue(e.Connection, out var session)) return this;
        var next = this;
        var outcome = Outcome.Of(e.Result);
        if (Done.TryGetValue((e.Connection, e.Xid), out var done))
        {
            next = next with { Done = Done.Remove((e.Connection, e.Xid)) };
            if (outcome != done.Outcome) next = next.Contradicted("COORD-INV-18", $"request {e.Xid} of {e.Connection} is {done.Outcome} at 0x{done.Place:x}, and was answered {outcome}");
            if (e.Zxid != done.Place || done.Place <= done.Floor) next = next.Contradicted("COORD-INV-18", $"request {e.Xid} of {e.Connection} took place at 0x{done.Place:x}, was asked after 0x{done.Floor:x} was shown, and answered as of 0x{e.Zxid:x}");
        }
        else if (Open.TryGetValue((e.Connection, e.Xid), out var asked))
        {
            next = next with { Open = Open.Remove((e.Connection, e.Xid)) };
            next = asked.Request switch
            {
                SyncRequest when e.Zxid < asked.Floor => next.Contradicted("COORD-INV-18", $"server {server} answered a sync of {e.Connection} as of 0x{e.Zxid:x}, asked after 0x{asked.Floor:x} was shown"),
                SyncRequest => next,
                WriteRequest w when outcome.Error == ErrorCode.Ok => next.Contradicted("COORD-INV-18", $"{w} of {e.Connection} was answered {outcome}, and has no place in the log"),
                WriteRequest => next,
                var read => next.Reads(session, read, outcome, e.Zxid),
            };
        }
        foreach (var ((_, path), place) in next.Watched.Where(w => w.Key.Session == session))
            if (Places.TryGetValue(e.Zxid, out var now) && now.ChangedAt(path) != place)
                next = next.Contradicted("COORD-INV-20", $"session {session} watches {path} as of 0x{place:x}, wasn't told of its change at 0x{now.ChangedAt(path):x}, and was answered as of 0x{e.Zxid:x}");
        return next with { Shown = Math.Max(next.Shown, e.Zxid) };
    }

    private Chronicle Reads(SessionId session, Request read, Outcome outcome, long zxid)
    {
        if (!Places.TryGetValue(zxid, out var there)) return Contradicted("COORD-INV-19", $"{read} of {session} was answered as of 0x{zxid:x}, where nothing took place");
        var next = there.Read(read) == outcome ? this : Contradicted("COORD-INV-19", $"{read} of {session} is {there.Read(read)} at 0x{zxid:x}, and was answered {outcome}");
        var path = read switch
        {
            GetDataRequest { Watch: true } r when outcome.Error == ErrorCode.Ok => r.Path,
            ExistsRequest { Watch: true } r => r.Path,
            _ => null,
        };
        return path is null || next.Watched.ContainsKey((session, path)) ? next : next with { Watched = next.Watched.Add((session, path), there.ChangedAt(path)) };
    }

    private Chronicle Tells(Notify e) =>
        Connections.TryGetValue(e.Connection, out var session) && e.Type != WatchEventType.ChildrenChanged ? this with { Watched = Watched.Remove((session, e.Path)) } : this;

    /// <summary>A connection is over, or its client has turned its back on it: what comes on it from now on nobody sees.</summary>
    public Chronicle Parts(ConnectionId connection) => this with
    {
        Connections = Connections.Remove(connection),
        Open = Open.RemoveRange(Open.Where(o => o.Key.Connection == connection && o.Value.Request is not WriteRequest).Select(o => o.Key)),
        Done = Done.RemoveRange(Done.Keys.Where(k => k.Connection == connection)),
    };

    private Chronicle Contradicted(string claim, string how) => Wrong.ContainsKey(claim) ? this : this with { Wrong = Wrong.Add(claim, how) };

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Places.Count);
        foreach (var (zxid, service) in Places)
        {
            fingerprint.Add(zxid);
            fingerprint.Add(service);
        }
        fingerprint.Add(Connections.Count);
        foreach (var (connection, session) in Connections)
        {
            fingerprint.Add(connection);
            fingerprint.Add(session);
        }
        fingerprint.Add(Open.Count);
        foreach (var ((connection, xid), asked) in Open)
        {
            fingerprint.Add(connection);
            fingerprint.Add(xid);
            fingerprint.Add(asked);
        }
        fingerprint.Add(Done.Count);
        foreach (var ((connection, xid), done) in Done)
        {
            fingerprint.Add(connection);
            fingerprint.Add(xid);
            fingerprint.Add(done.Floor);
            fingerprint.Add(done.Place);
            fingerprint.Add(done.Outcome);
        }
        fingerprint.Add(Shown);
        fingerprint.Add(Watched.Count);
        foreach (var ((session, path), place) in Watched)
        {
            fingerprint.Add(session);
            fingerprint.Add(path);
            fingerprint.Add(place);
        }
        fingerprint.Add(Heard.Count);
        foreach (var (session, hearing) in Heard)
        {
            fingerprint.Add(session);
            fingerprint.Add(hearing.Server);
            fingerprint.Add(hearing.LastMs);
            fingerprint.Add(hearing.UnreportedMs);
        }
        fingerprint.Add(Epoch);
        fingerprint.Add(Wrong.Count);
        foreach (var claim in Wrong.Keys) fingerprint.Add(claim);
    }
}
