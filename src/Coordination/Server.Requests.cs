namespace Reference.Coordination;

public partial class Server
{
    /// <summary>A client's request. A write is on its way at once, however many are before it; a read is answered at once, unless this client's earlier writes aren't.</summary>
    [Rule("COORD-ORDER-1")]
    protected virtual Step OnRequested(ServerState s, Requested i)
    {
        if (!s.Connections.TryGetValue(i.Connection, out var c)) return new(s, [], "no such connection");
        if (c.Phase == ConnectionPhase.Closing) return new(s, [], "the client has asked for the end of its session");
        if (c.Phase == ConnectionPhase.Opening) return new(Without(s, c), [new Close(c.Id, "a request before the session was confirmed")]);

        s = Hear(s, c.Session);
        if (i.Request is AuthRequest auth) return OnAuth(s, c, i.Xid, auth);
        if (i.Request is WriteRequest write) return Submit(s, write is CloseSessionRequest ? Closing(c) : c, i.Xid, write, i.At);
        if (MustWait(c)) return new(With(s, c with { Waiting = c.Waiting.Add(new(i.Xid, i.Request)) }), []);

        var effects = ImmutableArray.CreateBuilder<Effect>(1);
        s = AnswerRead(s, c, new(i.Xid, i.Request), effects);
        return new(s, effects.DrainToImmutable());
    }

    /// <summary>A client reads what it has written: whatever it asks waits until all that it asked before is answered.</summary>
    [Rule("COORD-ORDER-1")]
    protected virtual bool MustWait(Connection c) => !c.Waiting.IsEmpty;

    /// <summary>The client tells who it is; taken at once, so that it holds for all that it asks from now on.</summary>
    [Rule("COORD-ACL-3")]
    protected virtual Step OnAuth(ServerState s, Connection c, int xid, AuthRequest request)
    {
        if (Access.Authenticate(request.Scheme, request.Credentials, c.Address) is not { } identity)
            return new(Without(s, c), [Reply(s, c, xid, new ErrorResult(ErrorCode.AuthFailed)), new Close(c.Id, "its credentials weren't taken")]);

        if (!c.Identities.Contains(identity)) s = With(s, c with { Identities = c.Identities.Add(identity) });
        return new(s, [Reply(s, c, xid, DoneResult.Instance)]);
    }

    /// <summary>A write goes to the leader, and waits here for what ZAB delivers.</summary>
    private Step Submit(ServerState s, Connection c, int xid, WriteRequest request, Moment at) =>
        Tell(With(s, c with { Waiting = c.Waiting.Add(new(xid, request)) }), s.Leader, new Forward(c.Session, c.Id, xid, c.Identities, request), at);

    /// <summary>Answers the client whose write was delivered, if it waits here, and then what waited behind.</summary>
    [Rule("COORD-ORDER-1")]
    protected virtual ServerState Answer(ServerState s, Transaction transaction, Applied applied, ImmutableArray<Effect>.Builder effects)
    {
        var header = transaction.Header;
        if (header.Origin != Me || !s.Connections.TryGetValue(header.Connection, out var c) || c.Session != header.Session || c.Waiting.IsEmpty) return s;
        var first = c.Waiting[0];
        if (first.Xid != header.Xid || first.Request is not WriteRequest write) return s;

        c = c with { Waiting = c.Waiting.RemoveFirst(1) };
        var error = transaction.Operation is Fail fail ? fail.Error : ErrorCode.Ok;
        if (write is OpenSessionRequest) return error == ErrorCode.Ok ? Open(s, c, effects) : Refuse(s, c, effects);
        if (error == ErrorCode.SessionMoved) return Close(s, c, "its session goes on at another server", effects);

        effects.Add(Reply(s, c, first.Xid, ResultOf(write, transaction.Operation, applied.Stats)));
        if (write is CloseSessionRequest || error == ErrorCode.SessionExpired) return Close(s, c, "its session ended", effects);

        var reads = 0;
        while (reads < c.Waiting.Count && c.Waiting[reads].Request is not WriteRequest) reads++;
        var behind = c.Waiting;
        c = c with { Waiting = behind.RemoveFirst(reads) };
        s = With(s, c);
        for (var i = 0; i < reads; i++) s = AnswerRead(s, c, behind[i], effects);
        return s;
    }

    /// <summary>What a client is told of its write.</summary>
    private static Result ResultOf(WriteRequest request, Operation operation, ImmutableArray<Stat> stats) => (request, operation) switch
    {
        (MultiRequest r, Fail { At: >= 0 } o) => new MultiResult([.. r.Operations.Select((_, i) => new ErrorResult(i < o.At ? ErrorCode.Ok : i == o.At ? o.Error : ErrorCode.RuntimeInconsistency))]),
        (_, Fail o) => new ErrorResult(o.Error),
        (MultiRequest r, Multi o) => new MultiResult([.. r.Operations.Select((one, i) => one is CheckRequest ? DoneResult.Instance : ResultOf(one, o.Operations[i], [stats[i]]))]),
        (CreateRequest r, Create o) => new CreatedResult(o.Path, r.WantsStat ? stats[0] : null),
        (SetDataRequest or SetAclRequest or CheckRequest, _) => new StatResult(stats[0]),
        (SyncRequest r, _) => new SyncResult(r.Path),
        _ => DoneResult.Instance,
    };

    private static Connection Closing(Connection c) => c with { Phase = ConnectionPhases.After(c.Phase, ConnectionTrigger.CloseAsked) };

    private static Reply Reply(ServerState s, Connection c, int xid, Result result) => new(c.Id, xid, s.Committed.LastZxid, result);

    private static ServerState Hear(ServerState s, SessionId session)
    {
        var heard = s.Heard.Add(session);
        return ReferenceEquals(heard, s.Heard) ? s : s with { Heard = heard };
    }
}
