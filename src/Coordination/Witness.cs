namespace Reference.Coordination;

/// <summary>One step as a witness saw it.</summary>
public sealed record Seen(ServerId Server, ServerState Before, Input Input, Step Step);

/// <summary>What became of one connection, as its client saw it.</summary>
/// <param name="Session">The session that it carries; none until it's confirmed.</param>
/// <param name="Asked">The numbers of the requests not answered yet, in the order that they were asked.</param>
/// <param name="InOrder">Whether every answer so far was to the first of those.</param>
public sealed record Conversation(SessionId Session, Sequence<int> Asked, bool InOrder);

/// <summary>All servers of the service and their clients, as an onlooker who forgets nothing sees them. Ghost history: no server reads it, checkers fill it by steps and evaluate the claims on it.</summary>
public sealed partial record Witness : IFingerprinted
{
    /// <summary>Nothing seen yet.</summary>
    public static readonly Witness New = new();

    /// <summary>The hash of the first server's state at each zxid.</summary>
    public ImmutableSortedDictionary<long, ulong> States { get; init; } = ImmutableSortedDictionary<long, ulong>.Empty;

    /// <summary>The zxid at which a server's state was another than the first one's; 0 while there's none.</summary>
    public long Parted { get; init; }

    /// <summary>The zxid that created each sequential path, under its parent's czxid: another server delivers it at the same one, a repetition has another.</summary>
    public ImmutableSortedDictionary<(long Parent, string Path), long> CreatedAt { get; init; } = ImmutableSortedDictionary<(long, string), long>.Empty.WithComparers(ByParentAndPath);

    /// <summary>A sequential path that was created twice; null while there's none.</summary>
    public string? Repeated { get; init; }

    /// <summary>The connections there are.</summary>
    public ImmutableSortedDictionary<ConnectionId, Conversation> Conversations { get; init; } = ImmutableSortedDictionary<ConnectionId, Conversation>.Empty;

    /// <summary>The connection on which each session was last confirmed, and the greatest zxid that its client was answered with.</summary>
    public ImmutableSortedDictionary<SessionId, (ConnectionId Connection, long Zxid)> Sight { get; init; } = ImmutableSortedDictionary<SessionId, (ConnectionId, long)>.Empty;

    /// <summary>A session that was answered with a smaller zxid than before; none while there isn't.</summary>
    public SessionId WentBack { get; init; }

    /// <summary>When each server that leads last heard of each session, or took over; on its own clock. Two may think that they lead.</summary>
    public ImmutableSortedDictionary<(ServerId Leader, SessionId Session), long> HeardMs { get; init; } = ImmutableSortedDictionary<(ServerId, SessionId), long>.Empty;

    /// <summary>The latest step. No part of the fingerprint.</summary>
    public Seen? Latest { get; init; }

    private static IComparer<(long Parent, string Path)> ByParentAndPath { get; } =
        Comparer<(long Parent, string Path)>.Create((a, b) => a.Parent != b.Parent ? a.Parent.CompareTo(b.Parent) : string.CompareOrdinal(a.Path, b.Path));

    /// <summary>The history with one more step.</summary>
    public Witness After(ServerId server, ServerState before, Input input, Step step)
    {
        var next = this with { Latest = new(server, before, input, step) };
        if (step.Ignored is null && input is Delivered d) next = next.SawDelivery(d, step.State);
        if (step.Ignored is null && input is Requested { Request: not AuthRequest } r) next = next.SawRequest(r);
        if (input is ConnectionClosed c) next = next with { Conversations = next.Conversations.Remove(c.Connection) };
        foreach (var effect in step.Effects) next = next.SawEffect(effect);
        return next.Heard(server, before, input, step);
    }

    /// <summary>A client has turned its back on a connection: what comes on it from now on nobody sees, though its server hasn't noticed.</summary>
    public Witness Parts(ConnectionId connection) => this with { Conversations = Conversations.Remove(connection) };

    private Witness SawDelivery(Delivered d, ServerState after)
    {
        var hash = after.Committed.Hash;
        var next = States.TryGetValue(d.Zxid, out var first)
            ? first == hash || Parted != 0 ? this : this with { Parted = d.Zxid }
            : this with { States = States.Add(d.Zxid, hash) };
        foreach (var change in after.LastApplied!.Changes)
        {
            if (!change.Sequential || after.Committed.Tree.Find(Paths.Parent(change.Path)) is not { } parent) continue;
            var key = (parent.Czxid, change.Path);
            if (!next.CreatedAt.TryGetValue(key, out var zxid)) next = next with { CreatedAt = next.CreatedAt.Add(key, d.Zxid) };
            else if (zxid != d.Zxid) next = next with { Repeated = change.Path };
        }
        return next;
    }

    private Witness SawRequest(Requested r)
    {
        var conversation = Conversations.GetValueOrDefault(r.Connection) ?? new(SessionId.None, Sequence<int>.Empty, true);
        return this with { Conversations = Conversations.SetItem(r.Connection, conversation with { Asked = conversation.Asked.Add(r.Xid) }) };
    }

    private Witness SawEffect(Effect effect) => effect switch
    {
        AnswerConnect e when e.Session != SessionId.None => this with
        {
            Conversations = Conversations.SetItem(e.Connection, new(e.Session, Sequence<int>.Empty, true)),
            Sight = Sight.SetItem(e.Session, (e.Connection, Sight.GetValueOrDefault(e.Session).Zxid)),
        },
        Reply e => Answered(e),
        Close e => this with { Conversations = Conversations.Remove(e.Connection) },
        _ => this,
    };

    private Witness Answered(Reply e)
    {
        if (!Conversations.TryGetValue(e.Connection, out var conversation)) return this;
        var next = this;
        if (e.Xid != AuthXid)
        {
            var isFirst = !conversation.Asked.IsEmpty && conversation.Asked[0] == e.Xid;
            next = next with { Conversations = Conversations.SetItem(e.Connection, conversation with { Asked = isFirst ? conversation.Asked.RemoveFirst(1) : conversation.Asked, InOrder = conversation.InOrder && isFirst }) };
        }
        if (!Sight.TryGetValue(conversation.Session, out var sight) || sight.Connection != e.Connection) return next;
        return e.Zxid < sight.Zxid ? next with { WentBack = conversation.Session } : next with { Sight = Sight.SetItem(conversation.Session, (e.Connection, e.Zxid)) };
    }

    /// <summary>What a leader hears of sessions. One that takes over starts all anew.</summary>
    private Witness Heard(ServerId server, ServerState before, Input input, Step step)
    {
        var after = step.State;
        if (after.Leadership is null) return this;
        return input switch
        {
            Activated i => (this with { HeardMs = HeardMs.RemoveRange(HeardMs.Keys.Where(k => k.Leader == server)) }).Heard(server, after.Committed.Sessions.Keys, i.At),
            Received { Message: Touched m } i => Heard(server, m.Sessions, i.At),
            Received { Message: Revalidate m } i when step.Effects.Any(e => e is SendServer { Message: Revalidated { TimeoutMs: > 0 } }) => Heard(server, [m.Session], i.At),
            Received { Message: Forward { Request: OpenSessionRequest } m } i => Heard(server, [m.Session], i.At),
            AlarmRang { Alarm: Alarm.Heartbeat } i => Heard(server, before.Heard, i.At),
            ConnectRequested i => Heard(server, after.Leadership.Owners.Keys.Where(s => s == i.Session && after.Attached.GetValueOrDefault(s) == i.Connection || !HeardMs.ContainsKey((server, s))), i.At),
            _ => this,
        };
    }

    private Witness Heard(ServerId leader, IEnumerable<SessionId> sessions, Moment at) =>
        this with { HeardMs = sessions.Aggregate(HeardMs, (heard, session) => heard.SetItem((leader, session), at.NowMs)) };

    private const int AuthXid = -4;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(States.Count);
        foreach (var (zxid, hash) in States)
        {
            fingerprint.Add(zxid);
            fingerprint.Add(hash);
        }
        fingerprint.Add(Parted);
        fingerprint.Add(CreatedAt.Count);
        foreach (var (key, zxid) in CreatedAt)
        {
            fingerprint.Add(key.Parent);
            fingerprint.Add(key.Path);
            fingerprint.Add(zxid);
        }
        fingerprint.Add(Repeated);
        fingerprint.Add(Conversations.Count);
        foreach (var (connection, conversation) in Conversations)
        {
            fingerprint.Add(connection);
            fingerprint.Add(conversation.Session);
            fingerprint.Add(conversation.InOrder);
            fingerprint.Add(conversation.Asked.Count);
            foreach (var xid in conversation.Asked) fingerprint.Add(xid);
        }
        fingerprint.Add(Sight.Count);
        foreach (var (session, sight) in Sight)
        {
            fingerprint.Add(session);
            fingerprint.Add(sight.Connection);
            fingerprint.Add(sight.Zxid);
        }
        fingerprint.Add(WentBack);
        fingerprint.Add(HeardMs.Count);
        foreach (var ((leader, session), ms) in HeardMs)
        {
            fingerprint.Add(leader);
            fingerprint.Add(session);
            fingerprint.Add(ms);
        }
    }
}
