using Reference.Coordination;

namespace Reference.Systematic.Coordination;

/// <summary>A few servers of the service over a broadcast that loses nothing: what is proposed is committed, and delivered to each server when a test, or a draw, says so.</summary>
/// <remarks>Every step is checked against all invariants and seen by a <see cref="Witness"/>. Links from the leader carry deliveries and messages in one order, as ZAB's do.</remarks>
internal sealed class SmallService
{
    private readonly Func<Settings, Server> _make;
    private readonly SortedDictionary<int, Server> _cores = [];
    private readonly SortedDictionary<int, ServerState> _states = [];
    private readonly SortedDictionary<(int From, int To), Queue<Input>> _links = [];
    private readonly SortedDictionary<int, int> _delivered = [];
    private readonly List<Delivered> _log = [];
    private readonly string? _only;
    private int _epoch;
    private uint _counter;
    private int[] _cutOff = [];
    private long _connections;

    /// <param name="count">How many servers.</param>
    /// <param name="make">Makes a server; the rules as they are, if none is given.</param>
    /// <param name="only">The one claim to judge by; all, if none is given.</param>
    public SmallService(int count = 3, Func<Settings, Server>? make = null, string? only = null)
    {
        _make = make ?? (s => new Server(s));
        _only = only;
        for (var i = 1; i <= count; i++)
        {
            _cores[i] = _make(new(new(i)) { MinSessionTimeoutMs = 100, MaxSessionTimeoutMs = 10_000, HeartbeatMs = 50, ContainerCheckMs = 1_000 });
            _states[i] = _cores[i].Begin(ServiceState.Initial);
            _delivered[i] = 0;
            for (var j = 1; j <= count; j++) _links[(i, j)] = [];
        }
        Witness = Witness.New;
    }

    public Witness Witness { get; private set; }

    public SortedDictionary<string, int> Reached { get; } = [];

    /// <summary>The first claim that didn't hold; null while all did.</summary>
    public string? Broken { get; private set; }

    public int Leader { get; private set; }

    public long NowMs { get; set; } = 1_000;

    public Moment Now => new(NowMs, NowMs + 1_000_000);

    public int Count => _states.Count;

    public ServerState this[int server] => _states[server];

    public Server Core(int server) => _cores[server];

    public IReadOnlyList<Delivered> Log => _log;

    /// <summary>All that each connection was sent, in order.</summary>
    public SortedDictionary<long, List<Effect>> Sent { get; } = [];

    public IReadOnlyList<Effect> LastEffects { get; private set; } = [];

    public IEnumerable<(int From, int To)> Busy => _links.Where(l => l.Value.Count > 0).Select(l => l.Key);

    /// <summary>An epoch under <paramref name="leader"/>: every server leaves the one before, has all that was committed, and is activated. Who is cut off notices nothing.</summary>
    public SmallService Elect(int leader, params int[] cutOff)
    {
        foreach (var queue in _links.Values) queue.Clear();
        _cutOff = cutOff;
        int[] members = [.. _states.Keys.Except(cutOff)];
        foreach (var id in members)
            if (_states[id].Role != Role.Inactive) Take(id, new Deposed());
        _epoch++;
        _counter = 0;
        Leader = leader;
        foreach (var id in members) CatchUp(id);
        Take(leader, new Activated(_epoch, new(leader), Now));
        foreach (var id in members)
            if (id != leader) Take(id, new Activated(_epoch, new(leader), Now));
        return this;
    }

    /// <summary>A follower loses its leader and finds it again.</summary>
    public void Rejoin(int id)
    {
        Leave(id);
        CatchUp(id);
        Take(id, new Activated(_epoch, new(Leader), Now));
    }

    /// <summary>A server takes in a snapshot as new as its own state or the leader's, and its log goes back further than that.</summary>
    public void Restart(int id, int replayed)
    {
        Leave(id);
        var snapshot = _states[_states[Leader].Committed.LastZxid >= _states[id].Committed.LastZxid ? Leader : id].Committed;
        _delivered[id] = Math.Max(0, _log.FindLastIndex(d => d.Zxid <= snapshot.LastZxid) + 1 - replayed);
        Take(id, new Restored(ServiceState.Restore(snapshot.Tree.Nodes, snapshot.Sessions, snapshot.LastZxid)));
        CatchUp(id);
        Take(id, new Activated(_epoch, new(Leader), Now));
    }

    /// <summary>The next of what is on its way between two servers.</summary>
    public void Deliver(int from, int to) => Take(to, _links[(from, to)].Dequeue() is Received r ? r with { At = Now } : _log[_delivered[to]++]);

    /// <summary>Everything on its way arrives; what is held back for <paramref name="except"/> stays.</summary>
    public SmallService Settle(params int[] except)
    {
        while (Busy.Where(l => !except.Contains(l.To)).ToList() is { Count: > 0 } busy)
            foreach (var (from, to) in busy) Deliver(from, to);
        return this;
    }

    public void Ring(Alarm alarm, params int[] servers)
    {
        foreach (var id in servers.Length == 0 ? [.. _states.Keys] : servers) Take(id, new AlarmRang(alarm, Now));
    }

    public ConnectionId Connect(int server, long seen = 0, SessionId session = default, Blob password = default, int timeoutMs = 1_000)
    {
        var connection = new ConnectionId(++_connections);
        Sent[connection.Value] = [];
        Take(server, new ConnectRequested(connection, "127.0.0.1", seen, timeoutMs, session, password, (ulong)_connections, (ulong)server, Now));
        return connection;
    }

    public IReadOnlyList<Effect> Request(int server, ConnectionId connection, int xid, Request request) => Take(server, new Requested(connection, xid, request, Now));

    public IReadOnlyList<Effect> Take(int id, Input input)
    {
        var before = _states[id];
        var step = _cores[id].Take(before, input);
        _states[id] = step.State;
        Witness = Witness.After(new(id), before, input, step);
        Check(id, before, input, step.State);
        foreach (var effect in step.Effects) Run(id, effect);
        LastEffects = step.Effects;
        return step.Effects;
    }

    /// <summary>Fails unless every claim held.</summary>
    public SmallService Holds()
    {
        Assert.Null(Broken);
        return this;
    }

    private void Leave(int id)
    {
        _links[(Leader, id)].Clear();
        _links[(id, Leader)].Clear();
        _cutOff = [.. _cutOff.Where(c => c != id)];
        if (_states[id].Role != Role.Inactive) Take(id, new Deposed());
    }

    private void CatchUp(int id)
    {
        while (_delivered[id] < _log.Count) Take(id, _log[_delivered[id]++]);
    }

    private void Run(int id, Effect effect)
    {
        switch (effect)
        {
            case Propose when id != Leader: break;
            case Propose e:
                _log.Add(new(((long)_epoch << 32) + ++_counter, e.Transaction));
                foreach (var to in _states.Keys.Except(_cutOff)) _links[(id, to)].Enqueue(_log[^1]);
                break;
            case SendServer e when _cutOff.Contains(id) || _cutOff.Contains(e.To.Value): break;
            case SendServer e: _links[(id, e.To.Value)].Enqueue(new Received(new(id), e.Message, default)); break;
            case AnswerConnect e: Sent[e.Connection.Value].Add(e); break;
            case Reply e: Sent[e.Connection.Value].Add(e); break;
            case Notify e: Sent[e.Connection.Value].Add(e); break;
            case Close e: Sent[e.Connection.Value].Add(e); break;
        }
    }

    private void Check(int id, ServerState before, Input input, ServerState after)
    {
        if (Broken is not null) return;
        Broken = Invariants.OfServers.Where(i => Judges(i.Rule) && !i.Holds(after)).Select(i => i.ToString())
            .Concat(Invariants.OfSteps.Where(i => Judges(i.Rule) && !i.Holds((before, after))).Select(i => i.ToString()))
            .Concat(Witness.Invariants.Where(i => Judges(i.Rule) && !i.Holds(Witness)).Select(i => i.ToString()))
            .Select(claim => $"{claim} (server {id}, {input})").FirstOrDefault();
        foreach (var goal in Witness.Goals.Where(g => g.Reached(Witness))) Reached[goal.Name] = Reached.GetValueOrDefault(goal.Name) + 1;

        bool Judges(string rule) => _only is null || rule == _only;
    }
}

/// <summary>A client as the libraries are: one request after the other goes out, the last zxid seen is remembered, and shown when it comes back.</summary>
internal sealed class SmallClient(SmallService service)
{
    private int _read;

    public int Server { get; private set; }
    public ConnectionId Connection { get; private set; }
    public SessionId Session { get; private set; }
    public Blob Password { get; private set; }
    public long Seen { get; private set; }
    public int Xid { get; private set; }
    public bool IsOpen { get; private set; }
    public List<Reply> Replies { get; } = [];
    public List<Notify> Events { get; } = [];

    /// <summary>Goes to a server with the session it has, if any, and lets everything arrive.</summary>
    public SmallClient Join(int server, int timeoutMs = 1_000)
    {
        Come(server, timeoutMs);
        service.Settle();
        return Hear();
    }

    public SmallClient Come(int server, int timeoutMs = 1_000)
    {
        Hear();
        if (Connection != ConnectionId.None && IsOpen) service.Take(Server, new ConnectionClosed(Connection));
        (Server, _read, IsOpen) = (server, 0, false);
        Connection = service.Connect(server, Seen, Session, Password, timeoutMs);
        return Hear();
    }

    public int Ask(Request request)
    {
        var xid = request switch { PingRequest => -2, AuthRequest => -4, SetWatchesRequest => -8, _ => ++Xid };
        service.Request(Server, Connection, xid, request);
        Hear();
        return xid;
    }

    /// <summary>Asks, lets everything arrive, and gives the answer.</summary>
    public Result Do(Request request)
    {
        var xid = Ask(request);
        service.Settle();
        Hear();
        return Replies.Last(r => r.Xid == xid).Result;
    }

    public ErrorCode Error(Request request) => Do(request) is ErrorResult e ? e.Error : ErrorCode.Ok;

    public string Create(string path, CreateMode mode = CreateMode.Persistent, string data = "") =>
        Assert.IsType<CreatedResult>(Do(Requests.Create(path, mode, data))).Path;

    /// <summary>Takes what has been sent to it since.</summary>
    public SmallClient Hear()
    {
        if (Connection == ConnectionId.None) return this;
        var sent = service.Sent[Connection.Value];
        for (; _read < sent.Count; _read++)
        {
            switch (sent[_read])
            {
                case AnswerConnect { Session: var session, TimeoutMs: > 0 } e: (Session, Password, IsOpen) = (session, e.Password, true); break;
                case AnswerConnect: (Session, Password, IsOpen, Seen) = (SessionId.None, Blob.None, false, 0); break;
                case Reply e:
                    Replies.Add(e);
                    Seen = Math.Max(Seen, e.Zxid);
                    break;
                case Notify e: Events.Add(e); break;
                case Close: IsOpen = false; break;
            }
        }
        return this;
    }
}

/// <summary>Requests, with what tests seldom care about filled in.</summary>
internal static class Requests
{
    public static CreateRequest Create(string path, CreateMode mode = CreateMode.Persistent, string data = "", AclList? acl = null, bool stat = false) =>
        new(path, Bytes(data), acl ?? AclList.Open, mode, stat);

    public static SetDataRequest Set(string path, string data, int version = -1) => new(path, Bytes(data), version);

    public static MultiRequest Multi(params WriteRequest[] operations) => new([.. operations]);

    public static SetWatchesRequest SetWatches(long seen, string[]? data = null, string[]? exist = null, string[]? child = null) => new(seen, [.. data ?? []], [.. exist ?? []], [.. child ?? []], [], []);

    public static Blob Bytes(string text) => Blob.Of(System.Text.Encoding.UTF8.GetBytes(text));

    public static string Text(Blob blob) => System.Text.Encoding.UTF8.GetString(blob.Span);
}
