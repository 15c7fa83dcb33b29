namespace Reference.Coordination;

public partial class Server
{
    /// <summary>A leader's beginning: what is committed is what is proposed, and no session is nearer to its end than any other's time-out.</summary>
    private Leadership Lead(ServiceState committed, Moment at)
    {
        var due = committed.Sessions.ToImmutableSortedDictionary(s => s.Key, s => DeadlineOnActivation(s.Value, at));
        return new(committed, Sequence<Proposal>.Empty, due, [.. due.Select(d => (d.Value, d.Key))], ImmutableSortedDictionary<SessionId, ServerId>.Empty);
    }

    /// <summary>A new leader knows nothing of when a session was last heard of: it grants each a fresh time-out.</summary>
    [Rule("COORD-SESSION-3")]
    protected virtual long DeadlineOnActivation(Session session, Moment at) => Deadline(session.TimeoutMs, at);

    /// <summary>A client's write comes before the leader: it is judged, and proposed for what it is found to be.</summary>
    [Rule("COORD-PREP-1")]
    protected virtual Step OnForward(ServerState s, ServerId from, Forward m, Moment at)
    {
        if (s.Leadership is not { } l) return new(s, [], "not leading");

        var header = new Header(m.Session, from, m.Connection, m.Xid, at.WallMs);
        var error = m.Request is OpenSessionRequest ? ErrorCode.Ok : MayWrite(l, from, m.Session);
        var judged = error == ErrorCode.Ok ? Judge(s, l, header, m.Identities, m.Request) : new(new Fail(error, -1), l.Proposed);
        return Propose(s, l, judged, header, at);
    }

    /// <summary>A session writes while it is open, and through the server that it is attached to.</summary>
    private ErrorCode MayWrite(Leadership l, ServerId from, SessionId session) =>
        !IsOpen(l.Proposed, session) ? ErrorCode.SessionExpired : IsElsewhere(l, from, session) ? ErrorCode.SessionMoved : ErrorCode.Ok;

    /// <summary>Nothing that a session asks is carried out once its end is proposed.</summary>
    [Rule("COORD-SESSION-2")]
    protected virtual bool IsOpen(ServiceState proposed, SessionId session) => proposed.Sessions.ContainsKey(session);

    /// <summary>What a server left behind asks on a session's behalf comes too late.</summary>
    [Rule("COORD-MOVE-3")]
    protected virtual bool IsElsewhere(Leadership l, ServerId from, SessionId session) => l.Owners.TryGetValue(session, out var owner) && owner != from;

    /// <summary>Enters a judged operation into the order: from now on, requests are judged by what comes of it.</summary>
    private Step Propose(ServerState s, Leadership l, Judged judged, Header header, Moment at)
    {
        var transaction = new Transaction(header, judged.Operation);
        var applied = Apply(judged.On, NextZxid(s, l.Proposed), transaction);
        l = judged.Operation switch
        {
            CreateSession o => Register(l, header, o.TimeoutMs, at),
            CloseSession => l with { Due = l.Due.Remove(header.Session), Owners = l.Owners.Remove(header.Session) },
            _ => l,
        };
        return new(s with { Leadership = l with { Proposed = applied.State, Outstanding = l.Outstanding.Add(new(transaction, applied)) } }, [new Propose(transaction)]);
    }

    /// <summary>The zxid that ZAB will give the next transaction. Were it another, what is delivered is applied anew: nothing is judged by a zxid.</summary>
    private static long NextZxid(ServerState s, ServiceState proposed) => Math.Max(proposed.LastZxid, (long)s.Epoch << 32) + 1;

    /// <summary>Followers tell the leader who was heard of; the leader expires who wasn't.</summary>
    [Rule("COORD-SESSION-6")]
    protected virtual Step OnHeartbeat(ServerState s, Moment at)
    {
        if (s.Role == Role.Inactive) return new(s, [], "not active");

        var again = new SetAlarm(Alarm.Heartbeat, settings.HeartbeatMs);
        if (s.Heard.IsEmpty && s.Leadership is null) return new(s, [again]);
        var told = Tell(s with { Heard = [] }, s.Leader, new Touched([.. s.Heard]), at);
        return told.Then(after => ExpireDue(after, at)).Then(again);
    }

    /// <summary>Sessions were heard of: each has its whole time-out again.</summary>
    [Rule("COORD-SESSION-6")]
    protected virtual Step OnTouched(ServerState s, Touched m, Moment at) =>
        s.Leadership is { } l ? new(s with { Leadership = m.Sessions.Aggregate(l, (l, session) => Touch(l, session, at)) }, []) : new(s, [], "not leading");

    /// <summary>Expires every session whose deadline is over.</summary>
    private Step ExpireDue(ServerState s, Moment at)
    {
        var step = new Step(s, []);
        while (step.State.Leadership is { Looks.IsEmpty: false } l && l.Looks.Min is var look && look.AtMs <= at.NowMs)
        {
            var looks = l.Looks.Remove(look);
            if (!l.Due.TryGetValue(look.Session, out var due)) step = step with { State = step.State with { Leadership = l with { Looks = looks } } };
            else if (due > at.NowMs) step = step with { State = step.State with { Leadership = l with { Looks = looks.Add((due, look.Session)) } } };
            else step = (step with { State = step.State with { Leadership = l with { Looks = looks } } }).Then(after => Expire(after, look.Session, at));
        }
        return step;
    }

    /// <summary>A session wasn't heard of in time. Its end is a transaction like any other: every server sees it at the same place.</summary>
    [Rule("COORD-SESSION-5")]
    protected virtual Step Expire(ServerState s, SessionId session, Moment at)
    {
        var l = s.Leadership!;
        return Propose(s, l, new(new CloseSession(), l.Proposed), new(session, Me, ConnectionId.None, 0, at.WallMs), at);
    }

    /// <summary>Containers that had children and have none are deleted.</summary>
    [Rule("COORD-PREP-8")]
    protected virtual Step OnContainers(ServerState s, Moment at)
    {
        if (s.Leadership is null) return new(s, [], "not leading");

        var step = new Step(s, []);
        foreach (var path in s.Committed.Tree.Containers)
            if (step.State.Leadership is { } l && l.Proposed.Tree.Find(path) is { IsContainer: true, Creations: > 0, Children.IsEmpty: true })
                step = step.Then(after => Propose(after, l, new(new DeleteContainer(path), l.Proposed), new(SessionId.None, Me, ConnectionId.None, 0, at.WallMs), at));
        return step.Then(new SetAlarm(Alarm.Containers, settings.ContainerCheckMs));
    }

    private Leadership Register(Leadership l, Header header, int timeoutMs, Moment at)
    {
        var due = Deadline(timeoutMs, at);
        return l with { Due = l.Due.SetItem(header.Session, due), Looks = l.Looks.Add((due, header.Session)), Owners = l.Owners.SetItem(header.Session, header.Origin) };
    }

    private Leadership Touch(Leadership l, SessionId session, Moment at) =>
        l.Due.ContainsKey(session) ? l with { Due = l.Due.SetItem(session, Deadline(l.Proposed.Sessions[session].TimeoutMs, at)) } : l;

    /// <summary>When a session heard of now is expired. What followers report is up to a heartbeat old: so much it has in addition.</summary>
    private long Deadline(int timeoutMs, Moment at) => at.NowMs + timeoutMs + settings.HeartbeatMs;
}
