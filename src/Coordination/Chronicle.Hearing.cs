namespace Reference.Coordination;

public sealed partial record Chronicle
{
    /// <summary>Whether by <paramref name="nowMs"/> every report would have reached the leader within <paramref name="heartbeatMs"/>. Where worlds keep to it, <see cref="WhoIsHeardInTimeIsNotExpired"/> is due.</summary>
    public bool IsTimely(long nowMs, int heartbeatMs) => Heard.Values.All(h => h.UnreportedMs < 0 || nowMs - h.UnreportedMs <= heartbeatMs);

    /// <summary>Who was heard of, who was reported, and who was expired in a step.</summary>
    private Chronicle HearsOf(ServerId server, ServerState before, Input input, Step step)
    {
        var after = step.State;
        switch (input)
        {
            case Activated i when i.Leader == server:
                return this with { Epoch = i.Epoch, Heard = ImmutableSortedDictionary<SessionId, Hearing>.Empty };
            case Deposed:
                return Heard.Values.Any(h => h.Server == server) ? this with { Heard = Heard.RemoveRange(Heard.Where(h => h.Value.Server == server).Select(h => h.Key)) } : this;
        }
        if (after.Role == Role.Inactive || after.Epoch != Epoch) return this;
        return input switch
        {
            Requested i when step.Ignored is null => Hears(server, before.Connections[i.Connection].Session, before, i.At.NowMs),
            Received { Message: Touched m } when after.Leadership is not null => Reported(m.Sessions),
            Received { Message: Revalidate m } i when after.Leadership is not null && step.Effects.Any(e => e is SendServer { Message: Revalidated { TimeoutMs: > 0 } }) => Renewed(m.Session, i.From, i.At.NowMs),
            ConnectRequested i when after.Leadership is not null && i.Session != SessionId.None && step.Effects.Any(e => e is AnswerConnect { TimeoutMs: > 0 }) => Renewed(i.Session, server, i.At.NowMs),
            Received { Message: Forward { Request: OpenSessionRequest } m } i when after.Leadership is not null => Renewed(m.Session, i.From, i.At.NowMs),
            AlarmRang { Alarm: Alarm.Heartbeat } i when after.Leadership is not null => Reported(before.Heard).Expires(before, step, i.At.NowMs),
            _ => this,
        };
    }

    private Chronicle Hears(ServerId server, SessionId session, ServerState at, long nowMs)
    {
        if (!at.Committed.Sessions.TryGetValue(session, out var open)) return this;
        if (!Heard.TryGetValue(session, out var last)) return this;
        if (nowMs - last.LastMs >= open.TimeoutMs) return this with { Heard = Heard.Remove(session) };
        return this with { Heard = Heard.SetItem(session, new(server, nowMs, last.UnreportedMs >= 0 ? last.UnreportedMs : nowMs)) };
    }

    private Chronicle Renewed(SessionId session, ServerId server, long nowMs) => this with { Heard = Heard.SetItem(session, new(server, nowMs, -1)) };

    private Chronicle Reported(IEnumerable<SessionId> sessions) =>
        this with { Heard = sessions.Aggregate(Heard, (heard, session) => heard.TryGetValue(session, out var h) ? heard.SetItem(session, h with { UnreportedMs = -1 }) : heard) };

    private Chronicle Expires(ServerState before, Step step, long nowMs)
    {
        var next = this;
        foreach (var effect in step.Effects)
        {
            if (effect is not Propose { Transaction: { Operation: CloseSession, Header.Session: var session } } || !Heard.TryGetValue(session, out var last)) continue;
            next = next with { Heard = next.Heard.Remove(session) };
            var timeoutMs = before.Leadership!.Proposed.Sessions[session].TimeoutMs;
            if (nowMs - last.LastMs < timeoutMs) next = next.Contradicted("COORD-INV-22", $"session {session} was heard of at {last.LastMs} ms by server {last.Server}, and expired at {nowMs} ms with a time-out of {timeoutMs} ms");
        }
        return next;
    }
}
