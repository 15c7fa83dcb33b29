using System.Buffers.Binary;

namespace Reference.Coordination;

public partial class Server
{
    private static readonly Blob NoPassword = Blob.Wrap(new byte[16]);

    /// <summary>A client comes: with a session that it has, or for a new one. Both are the leader's to grant.</summary>
    [Rule("COORD-SESSION-1")]
    protected virtual Step OnConnectRequested(ServerState s, ConnectRequested i)
    {
        if (s.Connections.ContainsKey(i.Connection)) return new(s, [], "the connection is there already");
        if (s.Role == Role.Inactive) return new(s, [new Close(i.Connection, "this server is in no epoch")]);
        if (IsAhead(s, i.LastZxidSeen)) return new(s, [new Close(i.Connection, "the client has seen more than this server has")]);

        var caller = new Connection(
            i.Connection, ConnectionPhase.Opening, i.Session, i.Password, 0, i.LastZxidSeen, [new Identity("ip", i.Address)], Sequence<Pending>.Empty);
        if (i.Session != SessionId.None) return Tell(With(s, caller), s.Leader, new Revalidate(i.Connection, i.Session, i.Password), i.At);

        var request = new OpenSessionRequest(Math.Clamp(i.TimeoutMs, settings.MinSessionTimeoutMs, settings.MaxSessionTimeoutMs), PasswordOf(i.DrawA, i.DrawB));
        caller = caller with { Session = SessionOf(i.DrawA, i.DrawB), Password = request.Password, TimeoutMs = request.TimeoutMs };
        return Submit(s, caller, 0, request, i.At);
    }

    /// <summary>A client that has seen more than this server has must find another: here its reads would go back.</summary>
    [Rule("COORD-MOVE-1")]
    protected virtual bool IsAhead(ServerState s, long lastZxidSeen) => lastZxidSeen > s.Committed.LastZxid;

    /// <summary>A leader lets a session go on at whichever server shows its password, from then on there alone.</summary>
    [Rule("COORD-MOVE-2")]
    protected virtual Step OnRevalidate(ServerState s, ServerId from, Revalidate m, Moment at)
    {
        if (s.Leadership is not { } l) return new(s, [], "not leading");
        if (!l.Proposed.Sessions.TryGetValue(m.Session, out var session) || !session.Password.IsSecret(m.Password))
            return Tell(s, from, new Revalidated(m.Connection, m.Session, 0), at);

        var moved = l.Owners.TryGetValue(m.Session, out var owner) && owner != from;
        s = s with { Leadership = Touch(l, m.Session, at) with { Owners = l.Owners.SetItem(m.Session, from) } };
        var told = moved ? Tell(s, owner, new Moved(m.Session), at) : new(s, []);
        return told.Then(after => Tell(after, from, new Revalidated(m.Connection, m.Session, session.TimeoutMs), at));
    }

    /// <summary>The leader has confirmed a session, or refused it.</summary>
    [Rule("COORD-MOVE-2")]
    protected virtual Step OnRevalidated(ServerState s, ServerId from, Revalidated m)
    {
        if (s.Role == Role.Inactive || from != s.Leader) return new(s, [], "not from the leader");
        if (!s.Connections.TryGetValue(m.Connection, out var c) || c.Phase != ConnectionPhase.Opening || c.Session != m.Session) return new(s, [], "nobody waits for it");

        var effects = ImmutableArray.CreateBuilder<Effect>();
        s = m.TimeoutMs > 0 ? Open(s, c with { TimeoutMs = m.TimeoutMs }, effects) : Refuse(s, c, effects);
        return new(s, effects.DrainToImmutable());
    }

    /// <summary>A session goes on at another server: whoever held on to it here is let go.</summary>
    [Rule("COORD-MOVE-3")]
    protected virtual Step OnMoved(ServerState s, ServerId from, Moved m)
    {
        if (s.Role == Role.Inactive || from != s.Leader) return new(s, [], "not from the leader");

        var effects = ImmutableArray.CreateBuilder<Effect>();
        s = CloseSessionsConnection(s, m.Session, "its session goes on at another server", effects);
        return new(s, effects.DrainToImmutable());
    }

    /// <summary>A connection is gone; its session isn't.</summary>
    private static Step OnConnectionClosed(ServerState s, ConnectionClosed i) =>
        s.Connections.TryGetValue(i.Connection, out var c) ? new(Without(s, c), []) : new(s, [], "forgotten already");

    /// <summary>A session is confirmed on a connection. One that carried it here before is closed.</summary>
    private static ServerState Open(ServerState s, Connection c, ImmutableArray<Effect>.Builder effects)
    {
        s = CloseSessionsConnection(s, c.Session, "its session goes on at another connection", effects);
        effects.Add(new AnswerConnect(c.Id, c.Session, c.TimeoutMs, c.Password));
        s = With(s, c with { Phase = ConnectionPhases.After(c.Phase, ConnectionTrigger.SessionConfirmed) });
        return s with { Attached = s.Attached.SetItem(c.Session, c.Id), Heard = s.Heard.Add(c.Session) };
    }

    /// <summary>There is no such session.</summary>
    private static ServerState Refuse(ServerState s, Connection c, ImmutableArray<Effect>.Builder effects)
    {
        effects.Add(new AnswerConnect(c.Id, SessionId.None, 0, NoPassword));
        return Close(s, c, "there is no such session", effects);
    }

    private static ServerState CloseSessionsConnection(ServerState s, SessionId session, string why, ImmutableArray<Effect>.Builder effects) =>
        s.Attached.TryGetValue(session, out var id) ? Close(s, s.Connections[id], why, effects) : s;

    private static ServerState Close(ServerState s, Connection c, string why, ImmutableArray<Effect>.Builder effects)
    {
        effects.Add(new Close(c.Id, why));
        return Without(s, c);
    }

    private static ServerState With(ServerState s, Connection c) => s with { Connections = s.Connections.SetItem(c.Id, c) };

    /// <summary>The server without a connection, and without what belonged to it alone.</summary>
    private static ServerState Without(ServerState s, Connection c) => s with
    {
        Connections = s.Connections.Remove(c.Id),
        Attached = s.Attached.TryGetValue(c.Session, out var id) && id == c.Id ? s.Attached.Remove(c.Session) : s.Attached,
        Watches = s.Watches.RemoveAll(c.Id),
    };

    /// <summary>A new session's name: this server on top, then 56 bits of the draws, which do not give away the password.</summary>
    private SessionId SessionOf(ulong drawA, ulong drawB)
    {
        var fingerprint = new Fingerprint(drawA);
        fingerprint.Add(drawB);
        return new((long)((ulong)settings.Me.Value << 56 | fingerprint.Value >> 8 | 1));
    }

    private static Blob PasswordOf(ulong drawA, ulong drawB)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, drawA);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), drawB);
        return Blob.Wrap(bytes);
    }
}
