using System.Text;
using Reference.Zab;

namespace Reference.Systematic.Zab;

/// <summary>Three servers on a perfect network and perfect disks, in one fixed order: the happy path, and the faults that a test asks for.</summary>
/// <remarks>The services are lists of zxids; a snapshot is such a list. Disks answer at once unless a test holds them.</remarks>
internal sealed class SmallEnsemble
{
    private readonly SortedDictionary<int, Server> _servers = [];
    private readonly SortedDictionary<(int From, int To), Queue<Message>> _links = [];
    private readonly HashSet<(int, int)> _cut = [];

    public SmallEnsemble(int count = 3, Func<PeerSettings, Peer>? make = null, uint lastCounter = uint.MaxValue)
    {
        ImmutableSortedSet<NodeId> members = [.. Enumerable.Range(1, count).Select(i => new NodeId(i))];
        foreach (var id in members) _servers[id.Value] = new(id.Value, (make ?? (s => new Peer(s)))(new PeerSettings(id, members) { LastCounter = lastCounter }));
        Ensemble = Ensemble.New(members);
    }

    /// <summary>The ghost history of this run.</summary>
    public Ensemble Ensemble { get; private set; }

    /// <summary>All messages of one type that were ever sent, in order.</summary>
    public List<(int From, int To, Message Message)> Sent { get; } = [];

    public NodeState this[int id] => _servers[id].State!;

    public IReadOnlyList<Zxid> Applied(int id) => _servers[id].Service;

    public IReadOnlyList<Effect> Effects(int id) => _servers[id].Effects;

    public int Leader => _servers.Values.Single(s => s.State is { IsEstablished: true }).Id;

    public SmallEnsemble Start(params int[] ids)
    {
        foreach (var id in ids)
        {
            var server = _servers[id];
            server.State = Peer.Recover(server.Disk);
            server.Service = [.. server.Snapshot];
            Take(id, new Started());
        }

        return this;
    }

    public void Kill(int id)
    {
        _servers[id].State = null;
        _servers[id].Writes.Clear();
        foreach (var other in _servers.Keys) Break(id, other);
    }

    /// <summary>No messages between the two until <see cref="Join"/>.</summary>
    public void Cut(int a, int b)
    {
        _cut.Add((Math.Min(a, b), Math.Max(a, b)));
        Break(a, b);
    }

    public void Join(int a, int b) => _cut.Remove((Math.Min(a, b), Math.Max(a, b)));

    public void Hold(int id, bool held = true) => _servers[id].IsHeld = held;

    public void Take(int id, Input input)
    {
        var server = _servers[id];
        var before = server.State!;
        var step = server.Peer.Take(before, input);
        server.State = step.State;
        Ensemble = Ensemble.After(new(id), before, input, step);
        foreach (var invariant in NodeState.Invariants) Assert.True(invariant.Holds(step.State), $"{invariant} after {id} {input}: {step.State}");
        foreach (var invariant in NodeState.StepInvariants) Assert.True(invariant.Holds((before, step.State)), $"{invariant} after {id} {input}: {before} -> {step.State}");
        var taken = new Taken(new(id), before, input, step, Ensemble.Members);
        foreach (var invariant in Taken.Invariants) Assert.True(invariant.Holds(taken), $"{invariant} after {id} {input}: {before} -> {step.State}");
        foreach (var invariant in Ensemble.Invariants) Assert.True(invariant.Holds(Ensemble), $"{invariant} after {id} {input}");
        foreach (var effect in step.Effects) Run(server, effect);
    }

    public void Propose(int id, string text) => Take(id, new Proposed(new(Encoding.UTF8.GetBytes(text))));

    public void Ring(int id, Alarm alarm) => Take(id, new AlarmRang(alarm));

    public void Snapshot(int id) => Take(id, new SnapshotWanted());

    /// <summary>Runs until nothing is on its way; lookers whose vote has a quorum are then told that votes have settled.</summary>
    public SmallEnsemble Run()
    {
        for (var steps = 0; Once(); steps++) Assert.True(steps < 10_000, "it never comes to rest");
        return this;
    }

    private bool Once()
    {
        var live = _servers.Values.Where(s => s.State is not null).ToList();
        foreach (var a in live)
        {
            foreach (var b in live)
            {
                if (a.Id >= b.Id || _links.ContainsKey((a.Id, b.Id)) || _cut.Contains((a.Id, b.Id))) continue;
                _links[(a.Id, b.Id)] = new();
                _links[(b.Id, a.Id)] = new();
                Take(a.Id, new Connected(new(b.Id)));
                Take(b.Id, new Connected(new(a.Id)));
                return true;
            }
        }

        foreach (var ((from, to), link) in _links)
        {
            if (!link.TryDequeue(out var message)) continue;
            Take(to, new Received(new(from), message));
            return true;
        }

        foreach (var server in live)
        {
            if (server.IsHeld || server.Writes.Count == 0) continue;
            var count = server.Writes.Count;
            while (server.Writes.TryDequeue(out var write)) server.Do(write);
            Take(server.Id, new Persisted(count));
            return true;
        }

        foreach (var server in live.Where(s => s.State is { Phase: Phase.Election, Settling: true }))
        {
            Ring(server.Id, Alarm.ElectionSettles);
            return true;
        }

        return false;
    }

    private void Run(Server server, Effect effect)
    {
        server.Effects.Add(effect);
        switch (effect)
        {
            case Send e:
                Put(server.Id, e.To.Value, e.Message);
                break;
            case SendSnapshot e:
                Put(server.Id, e.To.Value, new Snap(server.Service.Count == 0 ? Zxid.Zero : server.Service[^1], Server.Write(server.Service)));
                break;
            case Disconnect e:
                Break(server.Id, e.Peer.Value);
                break;
            case Persist e:
                server.Writes.Enqueue(e.Write);
                break;
            case Deliver e:
                server.Service.Add(e.Zxid);
                break;
            case Restore e:
                server.Service = Server.Read(e.Content);
                break;
            case TakeSnapshot e:
                server.Snapshot = [.. server.Service];
                server.Disk = server.Disk with { History = server.Disk.History.TrimmedTo(e.Zxid) };
                Take(server.Id, new SnapshotTaken(e.Zxid));
                break;
        }
    }

    private void Put(int from, int to, Message message)
    {
        Sent.Add((from, to, message));
        if (_links.TryGetValue((from, to), out var link)) link.Enqueue(message);
    }

    private void Break(int a, int b)
    {
        if (!_links.Remove((a, b)) | !_links.Remove((b, a))) return;
        foreach (var (end, other) in new[] { (a, b), (b, a) })
        {
            if (_servers[end].State is not null) Take(end, new Disconnected(new(other)));
        }
    }

    private sealed class Server(int id, Peer peer)
    {
        public int Id { get; } = id;

        public Peer Peer { get; } = peer;

        public NodeState? State { get; set; }

        public Durable Disk { get; set; } = Durable.New;

        public List<Zxid> Snapshot { get; set; } = [];

        public List<Zxid> Service { get; set; } = [];

        public Queue<Write> Writes { get; } = new();

        public List<Effect> Effects { get; } = [];

        public bool IsHeld { get; set; }

        public void Do(Write write)
        {
            if (write is InstallSnapshot install) Snapshot = Read(install.Content);
            Disk = Disk.After(write);
        }

        public static Payload Write(List<Zxid> service) => new(Encoding.UTF8.GetBytes(string.Join(' ', service.Select(z => z.Value))));

        public static List<Zxid> Read(Payload content) =>
            [.. Encoding.UTF8.GetString(content.Bytes.Span).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(z => new Zxid(long.Parse(z, System.Globalization.CultureInfo.InvariantCulture)))];
    }
}
