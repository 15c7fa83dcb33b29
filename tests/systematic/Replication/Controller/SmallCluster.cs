using Reference.Replication;
using Reference.Replication.Control;
using Control = Reference.Replication.Control;

namespace Reference.Systematic.Replication;

/// <summary>A few brokers' controllers and registrations around one model of the store. Each session's requests are served in order, key by key; events and answers come in order; a request to a broker arrives, or its connection breaks.</summary>
/// <remarks>Every claim is evaluated after every step. Without a seed the order is the same each time; with one it is drawn.</remarks>
public sealed class SmallCluster
{
    private readonly Random? _dice;
    private readonly Func<BrokerId, Controller> _controllerOf;
    private readonly ControllerFence _fence = new();
    private readonly HashSet<string> _reached = [];
    private int _correlation;
    private long _calls;

    public SmallCluster(int brokers = 3, int? seed = null, Func<ControllerSettings, Controller>? controller = null, Func<ControllerSettings, ControllerSettings>? settings = null)
    {
        _dice = seed is { } s ? new Random(s) : null;
        _controllerOf = id => (controller ?? (c => new Controller(c)))((settings ?? (c => c))(new ControllerSettings(id)));
        for (var id = 1; id <= brokers; id++) Nodes.Add(new(id), new Node(new(id)));
    }

    public MetadataStore Store { get; private set; } = MetadataStore.Empty;

    public SortedDictionary<BrokerId, Node> Nodes { get; } = [];

    public IReadOnlySet<string> Reached => _reached;

    public List<string> Log { get; } = [];

    /// <summary>What the brokers' callers were answered, by call.</summary>
    public Dictionary<CallId, Effect> Answers { get; } = [];

    public sealed class Node(BrokerId id)
    {
        public BrokerId Id => id;
        public bool Up { get; set; }
        public long Session { get; set; }
        public int Process { get; set; }
        public List<long> Orphans { get; } = [];
        public Controller? Controller { get; set; }
        public ControllerState State { get; set; } = ControllerState.Initial;
        public Registrar? Registrar { get; set; }
        public RegistrarState Registration { get; set; } = RegistrarState.Start(null, true);
        public string? Cluster { get; set; }
        public bool Marked { get; set; }
        public string? Refused { get; set; }
        public Queue<(bool ForController, Effect Request)> Requests { get; } = new();
        public List<MetadataEntry> HalfRead { get; } = [];
        public Queue<(bool? ForController, Input Input)> Replies { get; } = new();
        public List<(bool ForController, MetadataKey Key)> Watches { get; } = [];
        public Dictionary<BrokerId, (ControllerRequest Request, int Correlation)> Sent { get; } = [];
        public List<(ControllerRequest Request, int Correlation)> Late { get; } = [];
        public SortedDictionary<string, (bool ForController, Alarm Alarm)> Alarms { get; } = new(StringComparer.Ordinal);
        public ControllerSeen Seen { get; set; } = ControllerSeen.Nobody;
        public SortedDictionary<PartitionId, PartitionState> Replicas { get; } = [];
        public Dictionary<PartitionId, (LeaderEpoch Epoch, int Process)> Led { get; } = [];
        public SortedDictionary<PartitionId, PartitionState> Metadata { get; } = [];
        public BrokerSet Live { get; set; } = BrokerSet.Empty;
    }

    public Node Active => Nodes.Values.Single(n => n.State.Phase == ControllerPhase.Active);

    public PartitionState? StateOf(string topic, int partition = 0) =>
        Store.Read(MetadataKey.Partition(new(topic, partition))).Node is { Value: PartitionEntry entry } node ? entry.State with { Version = node.Version } : null;

    public void Start(BrokerId id, bool tailKept = true)
    {
        var node = Nodes[id];
        node.Up = true;
        node.Process++;
        node.Refused = null;
        node.Controller = _controllerOf(id);
        node.State = ControllerState.Initial;
        node.Registrar = new(new(id, [new("PLAINTEXT", "PLAINTEXT", "127.0.0.1", 9090 + id.Value)], $"folder-{id}", $"cluster-of-{id}", 10_000));
        node.Registration = RegistrarState.Start(node.Cluster, tailKept);
        node.Seen = ControllerSeen.Nobody;
        if (Store.Sessions.Contains(node.Session)) node.Orphans.Add(node.Session);      // a process doesn't know the session of the one before it
        node.Session = 0;
        Connect(id);
    }

    public void StartAll()
    {
        foreach (var id in Nodes.Keys) Start(id);
        Run();
    }

    /// <summary>A new session, or the old one if it is alive.</summary>
    public void Connect(BrokerId id)
    {
        var node = Nodes[id];
        if (!Store.Sessions.Contains(node.Session))
        {
            Change(Store.Open(), []);
            node.Session = Store.Zxid;
        }
        Take(node, null, new Connected(node.Session));
    }

    /// <summary>Cut off from the store; some of what is under way may still be carried out, and is never answered.</summary>
    public void Disconnect(BrokerId id, int carriedOut = 0)
    {
        var node = Nodes[id];
        for (var i = 0; i < carriedOut && node.Requests.Count > 0; i++) Serve(node);
        Forget(node);
        Take(node, null, new Disconnected());
    }

    public void Expire(BrokerId id)
    {
        var node = Nodes[id];
        EndSession(id);
        if (!node.Up) return;
        Forget(node);
        Take(node, null, new Expired());
        Connect(id);
    }

    /// <summary>The process is killed; its session goes on until it is expired.</summary>
    public void Kill(BrokerId id)
    {
        var node = Nodes[id];
        node.Up = false;
        Forget(node);
        node.Sent.Clear();
        node.Late.Clear();
        node.Alarms.Clear();
        node.State = ControllerState.Initial;
        node.Metadata.Clear();
        node.Live = BrokerSet.Empty;
    }

    /// <summary>The store gives up on a broker's session, whether or not it lives, and on those of its dead processes.</summary>
    public void EndSession(BrokerId id)
    {
        var node = Nodes[id];
        EndSession(node.Session);
        EndOrphans(id);
    }

    public void EndOrphans(BrokerId id)
    {
        foreach (var orphan in Nodes[id].Orphans) EndSession(orphan);
        Nodes[id].Orphans.Clear();
    }

    private void EndSession(long session)
    {
        if (!Store.Sessions.Contains(session)) return;
        var gone = Store.Entries.Where(e => e.Value.Owner == session).Select(e => e.Key).ToImmutableArray();
        Change(Store.End(session), gone);
    }

    private static void Forget(Node node)
    {
        node.Requests.Clear();
        node.HalfRead.Clear();
        node.Replies.Clear();
        node.Watches.Clear();
    }

    /// <summary>A call on the active controller.</summary>
    public CallId Call(Func<CallId, Input> call)
    {
        var id = new CallId(++_calls);
        Take(Nodes.Values.First(n => n.State.Phase == ControllerPhase.Active), true, call(id));
        return id;
    }

    public static NewTopic Topic(string name, int partitions, int replicas) => new(name, partitions, replicas, NewTopic.NoAssignment, NewTopic.NoSettings, new(0, 0));

    public static NewTopic Topic(string name, ImmutableDictionary<string, string?> settings, params int[] replicas) => new(
        name, -1, -1, NewTopic.NoAssignment.Add(0, [.. replicas.Select(r => new BrokerId(r))]), NewTopic.NoSettings.AddRange(settings), new(0, 0));

    public TopicResult Create(NewTopic topic)
    {
        var id = Call(c => new CreateTopics(c, [topic], 30_000, false));
        Run();
        return Assert.Single(Assert.IsType<AnswerTopics>(Answers[id]).Topics);
    }

    /// <summary>A leader changes the ISR, and says so.</summary>
    public bool WriteIsr(PartitionId id, BrokerSet isr, BrokerSet elr, int? version = null)
    {
        var state = StateOf(id.Topic, id.Partition)!;
        var written = Write(0, [new SetEntry(MetadataKey.Partition(id), new PartitionEntry(state with { Isr = isr, Elr = elr }), version ?? state.Version)]);
        if (written) Write(0, [new CreateEntry(MetadataKey.IsrChange($"isr_change_{Store.Zxid:D10}"), new PartitionList([id]))]);
        return written;
    }

    /// <summary>Someone writes into the store by hand.</summary>
    public bool Write(long session, params ImmutableArray<MetadataOperation> operations)
    {
        var (store, answer, changed) = Store.Write(session, operations);
        Change(store, changed);
        return answer.Error == MetadataError.None;
    }

    /// <summary>Until nothing moves any more but alarms; those to try a live broker again ring, unless told otherwise.</summary>
    public void Run(bool retry = true)
    {
        var most = 20_000;
        while (most-- > 0 && (Step() || (retry && Retry()))) { }
        Assert.True(most > 0, "it doesn't come to rest:\n" + string.Join('\n', Log.TakeLast(60)));
    }

    /// <summary>One thing that can happen happens.</summary>
    public bool Step()
    {
        var possible = new List<Action>();
        foreach (var node in Nodes.Values.Where(n => n.Up))
        {
            if (node.Replies.Count > 0) possible.Add(() => Deliver(node));
            if (node.Requests.Count > 0) possible.Add(() => Serve(node));
            foreach (var to in node.Sent.Keys.ToArray()) possible.Add(() => Arrive(node, to));
        }
        if (possible.Count == 0) return false;
        possible[_dice?.Next(possible.Count) ?? 0]();
        return true;
    }

    private bool Retry()
    {
        foreach (var node in Nodes.Values.Where(n => n.Up))
        {
            foreach (var (name, (_, alarm)) in node.Alarms.Where(a => a.Value.Alarm is RetryBroker retry && Nodes[retry.Broker].Up).ToArray())
            {
                node.Alarms.Remove(name);
                Take(node, true, new AlarmRang(alarm));
                return true;
            }
        }
        return false;
    }

    /// <summary>All alarms ring; for calls too if asked.</summary>
    public void Ring(bool calls = false)
    {
        foreach (var node in Nodes.Values.Where(n => n.Up))
        {
            foreach (var (name, (forController, alarm)) in node.Alarms.Where(a => calls || a.Value.Alarm is not CallDue).ToArray())
            {
                node.Alarms.Remove(name);
                Take(node, forController, new AlarmRang(alarm));
            }
        }
    }

    private void Deliver(Node node)
    {
        var (forController, input) = node.Replies.Dequeue();
        Take(node, forController, input);
    }

    /// <summary>The store serves one request of a session, or one key of a read.</summary>
    private void Serve(Node node)
    {
        if (!Store.Sessions.Contains(node.Session))
        {
            Forget(node);       // the store closes the connection; the broker hears later that its session is over
            return;
        }
        var (forController, request) = node.Requests.Peek();
        switch (request)
        {
            case Watch watch:
                node.Watches.AddRange(watch.Keys.Select(k => (forController, k)));
                break;
            case Control.List list:
                node.Replies.Enqueue((forController, new Listed(list.Folder, Store.List(list.Folder))));
                break;
            case Read read:
                node.HalfRead.Add(Store.Read(read.Keys[node.HalfRead.Count]));
                if (node.HalfRead.Count < read.Keys.Length) return;
                node.Replies.Enqueue((forController, new Found([.. node.HalfRead])));
                node.HalfRead.Clear();
                break;
            case Write write:
                var (store, answer, changed) = Store.Write(node.Session, write.Operations);
                Change(store, changed);
                node.Replies.Enqueue((forController, answer));
                break;
            default: throw new InvalidOperationException(request.ToString());
        }
        node.Requests.Dequeue();
    }

    private void Change(MetadataStore after, ImmutableArray<MetadataKey> changed)
    {
        var before = Store;
        Store = after;
        foreach (var claim in MetadataStore.Invariants) Assert.True(claim.Holds(after), Fault(claim.ToString()));
        foreach (var claim in MetadataStore.StepInvariants) Assert.True(claim.Holds((before, after)), Fault(claim.ToString()));
        foreach (var key in changed)
        {
            Log.Add($"      store: {key} = {after.Read(key).Node?.ToString() ?? "gone"}");
            // only a creation or a removal shows in the folder
            var folder = before.Entries.ContainsKey(key) != after.Entries.ContainsKey(key) ? MetadataStore.FolderOf(key) : null;
            foreach (var node in Nodes.Values)
            {
                foreach (var watch in node.Watches.Where(w => w.Key == key || w.Key == folder).Distinct().ToArray())
                {
                    node.Watches.RemoveAll(w => w == watch);
                    node.Replies.Enqueue((watch.ForController, new Changed(watch.Key)));
                }
            }
        }
    }

    /// <summary>A controller's request arrives at a broker, if that lives.</summary>
    private void Arrive(Node from, BrokerId id)
    {
        var (request, correlation) = from.Sent[id];
        from.Sent.Remove(id);
        Take(from, true, Nodes[id].Up ? Obey(Nodes[id], request, correlation) : new Unanswered(id, request.BrokerEpoch));
    }

    /// <summary>The connection of a controller to a broker breaks; the broker may yet read what was sent, but its answer goes nowhere.</summary>
    public void Break(Node from, BrokerId id, bool lost)
    {
        if (!from.Sent.Remove(id, out var sent)) return;
        if (Nodes[id].Up && !lost) Nodes[id].Late.Add(sent);
        Take(from, true, new Unanswered(id, sent.Request.BrokerEpoch));
    }

    /// <summary>A broker's port refuses connections: controllers hear of it, and who stands by, if it holds the seat as far as they know.</summary>
    public void Refuse(BrokerId id)
    {
        foreach (var node in Nodes.Values.Where(n => n.Up && n.Id != id).ToArray())
            if (node.State.Phase == ControllerPhase.Standby || node.State.Brokers.ContainsKey(id))
                Take(node, true, new ConnectionRefused(id, node.State.Brokers.TryGetValue(id, out var broker) ? broker.Epoch : BrokerEpoch.Unknown));
    }

    /// <summary>A broker reads the oldest of what came over broken connections.</summary>
    public void ReadLate(Node broker)
    {
        if (broker.Late.Count == 0) return;
        var (request, correlation) = broker.Late[0];
        broker.Late.RemoveAt(0);
        Log.Add($"{broker.Id} reads late: {request}: {Obey(broker, request, correlation).Error}");
    }

    /// <summary>What a broker answers to a request, now.</summary>
    public Answered Obey(Node broker, ControllerRequest request, int correlation)
    {
        var (error, seen) = _fence.Judge(broker.Seen, request, correlation, broker.Registration.Epoch);
        var replacesAll = error == ErrorCode.None && request is UpdateMetadata told && _fence.ReplacesAll(broker.Seen, told);
        broker.Seen = seen;
        var answers = ImmutableArray.CreateBuilder<PartitionAnswer>();
        if (error != ErrorCode.None) return new(broker.Id, request.BrokerEpoch, error, []);
        switch (request)
        {
            case LeaderAndIsr m:
                foreach (var order in m.Partitions)
                {
                    var refused = _fence.JudgeOrder(order, broker.Replicas.GetValueOrDefault(order.Partition));
                    answers.Add(new(order.Partition, refused));
                    if (refused != ErrorCode.None) continue;
                    broker.Replicas[order.Partition] = order.State;
                    if (order.State.Leader != broker.Id) continue;
                    var twice = broker.Led.TryGetValue(order.Partition, out var led) && led.Epoch == order.State.LeaderEpoch && led.Process != broker.Process;
                    Assert.False(twice, Fault($"{broker.Id} is told to lead {order.Partition} in the epoch in which a process before it led it"));
                    broker.Led[order.Partition] = (order.State.LeaderEpoch, broker.Process);
                }
                break;
            case StopReplica m:
                foreach (var stop in m.Partitions)
                {
                    var refused = _fence.JudgeStop(stop, broker.Replicas.GetValueOrDefault(stop.Partition)?.LeaderEpoch ?? LeaderEpoch.None);
                    answers.Add(new(stop.Partition, refused));
                    if (refused != ErrorCode.None || !stop.Delete) continue;
                    broker.Replicas.Remove(stop.Partition);
                    broker.Led.Remove(stop.Partition);
                    var wanted = Store.Entries.ContainsKey(MetadataKey.Partition(stop.Partition)) && !Store.Entries.ContainsKey(MetadataKey.Deletion(stop.Partition.Topic));
                    Assert.False(wanted, Fault($"{broker.Id} deletes {stop.Partition}, which nobody wants deleted"));
                }
                break;
            case UpdateMetadata m:
                if (replacesAll) broker.Metadata.Clear();
                broker.Live = BrokerSet.Of(m.Brokers.Select(b => b.Id));
                foreach (var order in m.Partitions)
                {
                    if (order.IsDeletion) broker.Metadata.Remove(order.Partition);
                    else broker.Metadata[order.Partition] = order.State;
                }
                break;
            default: throw new InvalidOperationException(request.ToString());
        }
        return new(broker.Id, request.BrokerEpoch, ErrorCode.None, answers.ToImmutable());
    }

    public void Take(Node node, bool? forController, Input input)
    {
        if (forController != false) TakeController(node, input);
        if (forController != true && node.Up) TakeRegistrar(node, input);
    }

    private void TakeController(Node node, Input input)
    {
        var before = node.State;
        var step = node.Controller!.Take(before, input);
        Log.Add($"{node.Id} {input}{(step.Ignored is { } why ? $" (ignored: {why})" : "")}");
        node.State = step.State;
        foreach (var claim in ControllerState.Invariants) Assert.True(claim.Holds(step.State), Fault(claim.ToString()));
        foreach (var claim in ControllerState.StepInvariants) Assert.True(claim.Holds((before, step.State)), Fault(claim.ToString()));
        foreach (var goal in ControllerState.Goals.Where(g => g.Reached(step.State))) _reached.Add(goal.Name);
        foreach (var effect in step.Effects) Run(node, forController: true, effect);
    }

    private void TakeRegistrar(Node node, Input input)
    {
        var step = node.Registrar!.Take(node.Registration, input);
        if (input is not (Connected or Disconnected or Expired)) Log.Add($"{node.Id} registrar: {input}{(step.Ignored is { } why ? $" (ignored: {why})" : "")}");
        node.Registration = step.State;
        foreach (var effect in step.Effects) Run(node, forController: false, effect);
    }

    private void Run(Node node, bool forController, Effect effect)
    {
        Log.Add($"    {node.Id} {effect}");
        switch (effect)
        {
            case Watch or Read or Control.List or Control.Write: node.Requests.Enqueue((forController, effect)); break;
            case Send send:
                Assert.False(node.Sent.ContainsKey(send.To), Fault("two requests under way to one broker"));
                node.Sent[send.To] = (send.Request, ++_correlation);
                break;
            case Reach reach: node.Sent.Remove(reach.Broker.Id); break;
            case Control.Forget forget: node.Sent.Remove(forget.Broker); break;
            case Resign:
                node.Sent.Clear();
                foreach (var alarm in node.Alarms.Where(a => a.Value.ForController).Select(a => a.Key).ToArray()) node.Alarms.Remove(alarm);
                break;
            case SetAlarm alarm: node.Alarms[alarm.Alarm.ToString()!] = (forController, alarm.Alarm); break;
            case AnswerTopics answer: Answers.Add(answer.Call, answer); break;
            case AnswerShutdown answer: Answers.Add(answer.Call, answer); break;
            case JoinCluster join: node.Cluster = join.Id; break;
            case MarkTailKept: node.Marked = true; break;
            case Refuse refuse: node.Refused = refuse.Why; break;
            case Activate or Registered or Unregistered: break;
            default: throw new InvalidOperationException(effect.ToString());
        }
    }

    private string Fault(string claim) => $"{claim}\n{string.Join('\n', Log.TakeLast(80))}";

    /// <summary>At rest, with all brokers up: one controller, everybody registered, everything led, and everyone knows it.</summary>
    public void AssertHealed()
    {
        var controller = Active;
        var states = Store.Entries.Where(e => e.Key.Kind == MetadataKind.Partition).ToDictionary(e => e.Key.PartitionId, e => ((PartitionEntry)e.Value.Value).State with { Version = e.Value.Version });
        Assert.Equal(Nodes.Keys, controller.State.Brokers.Keys);
        Assert.Empty(controller.State.Doubted);
        foreach (var topic in Store.Entries.Where(e => e.Key.Kind == MetadataKind.Topic))
        {
            for (var p = 0; p < ((TopicAssignment)topic.Value.Value).Partitions.Length; p++) Assert.True(states.ContainsKey(new(topic.Key.Name, p)), Fault($"{topic.Key}-{p} has no state"));
        }
        foreach (var (id, state) in states) Assert.True(Nodes.ContainsKey(state.Leader), Fault($"{id} has no leader: {state}"));
        Assert.Empty(Store.List(MetadataKey.Deletions));
        Assert.Empty(Store.List(MetadataKey.IsrChanges));
        foreach (var node in Nodes.Values)
        {
            Assert.Equal(RegistrarPhase.Registered, node.Registration.Phase);
            Assert.True(node.Registration.TailKept && node.Marked, Fault($"{node.Id}'s tail is in doubt for ever"));
            Assert.Equal(node.Registration.Epoch, controller.State.Brokers[node.Id].Epoch);
            Assert.Equal(BrokerSet.Of(Nodes.Keys), node.Live);
            Assert.True(states.Keys.Order().SequenceEqual(node.Metadata.Keys), Fault($"{node.Id} knows of {string.Join(' ', node.Metadata.Keys)}, there are {string.Join(' ', states.Keys.Order())}"));
            foreach (var (id, state) in states)
            {
                Assert.True(node.Metadata[id] == state, Fault($"{node.Id} believes {node.Metadata[id]} of {id}, it is {state}"));
                if (controller.State.Partitions[id].Replicas.Contains(node.Id)) Assert.True(node.Replicas[id].LeaderEpoch == state.LeaderEpoch, Fault($"{node.Id} is in {node.Replicas[id]} of {id}, it is {state}"));
            }
            foreach (var id in node.Replicas.Keys) Assert.True(states.ContainsKey(id), Fault($"{node.Id} still has {id}"));
        }
    }
}
