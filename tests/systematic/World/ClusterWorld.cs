using Reference.Replication;
using Reference.Replication.Control;
using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>A partition's real replicas under the brokers' real controllers and registrations, around one model of the store with its sessions; small enough to be explored.</summary>
/// <remarks>
/// The store serves the requests of a session in their order, each at any time; who hears late is one that asks late, so that what it answers, and what a watch says, is heard at once. A registration is done at one go. A controller's request
/// arrives at any time, or when its connection is gone, late or never. Without clocks: a dead broker's session ends at any time, that of a live one as often as the budget has it; a live broker that lost its session
/// goes on as before until it hears so.
/// </remarks>
public sealed partial record ClusterWorld : IWorld<ClusterWorld>
{
    private const int Serve = 17, Hear = 18, Expire = 19, End = 20, Return = 21, Arrive = 22, Break = 23, Retry = 24, Refuse = 25, Store = 26, Delete = 27, Create = 28, Oust = 29;      // after those of the replicas

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        .. IsrWorld.Kinds,
        "store serves", "hears of its session's end", "!session expires", "session of the dead ends", "start again", "order arrives", "!connection breaks", "retry", "connection refused", "store takes ISR", "delete topic", "create topic", "!operator clears the seat",
    ];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } =
        [.. IsrWorld.Goals, "a second term", "two that believe they are controller", "an order of an earlier term refused", "an order for an earlier life refused", "registered again", "leaderless", "deleted"];

    private static readonly int First = IsrWorld.Goals.Count;

    private static readonly PartitionId Partition = new("t", 0);

    private readonly ClusterSetup _setup;
    private readonly ClusterMemory _memory;
    private IsrWorld _data;
    private ImmutableArray<Part<ClusterBroker>> _brokers;      // as before the move, until it is settled
    private ImmutableArray<ClusterBroker> _now;
    private Part<StoreView> _store;
    private MetadataStore _stored;
    private ImmutableArray<RequestUnderWay> _requests = [];
    private int _expiries, _breaks, _deletions, _ousts;
    private Broken? _broken;
    private ulong _reached;
    private ImmutableArray<string> _trail = [];

    private ClusterWorld(ClusterSetup setup, ClusterMemory memory, IsrWorld data)
    {
        (_setup, _memory, _data) = (setup, memory, data);
        _store = memory.Stores.Of(new(MetadataStore.Empty));
        _stored = MetadataStore.Empty;
        _brokers = [.. Enumerable.Range(0, setup.Partition.Brokers).Select(_ => memory.Brokers.Of(ClusterBroker.Start(null, tailKept: true)))];
        _now = [.. _brokers.Select(b => b.Value)];
    }

    /// <summary>The cluster at rest: all brokers registered, the first one controller and leader, everybody told.</summary>
    public static ClusterWorld Start(ClusterSetup setup)
    {
        var partition = setup.Partition with { IsControlled = true };
        var world = new ClusterWorld(setup with { Partition = partition }, new(partition.Seed), IsrWorld.Unborn(partition));
        world = world.Transact(0, [new CreateEntry(MetadataKey.Topic(Partition.Topic), new TopicAssignment([[.. partition.All]]))]).World;
        for (var i = 0; i < partition.Brokers; i++) world = world.Connects(i);
        world = world.Settled(world);
        var moves = new List<Move>();
        while (true)
        {
            moves.Clear();
            world.PlainMoves(moves);
            if (moves.Count == 0) break;
            world = world.After(moves[0]) ?? throw new InvalidOperationException($"{moves[0]} can't happen");
            if (world.Broken is { } broken) throw new InvalidOperationException($"broken before it begins: {broken}");
        }
        return world with { _expiries = setup.Expiries, _breaks = setup.Breaks, _deletions = setup.Deletions, _ousts = setup.Ousts, _reached = 0, _trail = [], _data = world._data.Anew() };
    }

    /// <inheritdoc/>
    public Broken? Broken => _broken ?? _data.Broken;

    /// <inheritdoc/>
    public ulong Reached => _reached | _data.Reached;

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail => _trail;

    /// <summary>The store.</summary>
    public MetadataStore Stored => _stored;

    /// <summary>The replicas.</summary>
    public IsrWorld Data => _data;

    /// <summary>A broker.</summary>
    public ClusterBroker Broker(int i) => _now[i];

    private bool IsUp(int i) => _data.Broker(i).IsUp;

    private bool HasSession(int i) => IsUp(i) && Stored.Sessions.Contains(Broker(i).Session);

    private bool Tells => _setup.Partition.Tells;

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        _data.Moves(moves);
        PlainMoves(moves);
        for (var i = 0; i < _brokers.Length; i++)
        {
            if (HasSession(i) && _expiries > 0) moves.Add(new(Expire, i));
            if (!IsUp(i)) moves.Add(new(Return, i));
            for (var b = 0; b < _brokers.Length; b++) if (CanBeRefused(i, b)) moves.Add(new(Refuse, i, b));
        }
        for (var r = 0; r < _requests.Length && _breaks > 0; r++)
            if (_requests[r].IsAwaited && IsUp(_requests[r].To)) moves.Add(new(Break, _requests[r].From, 0, r));
        if (_deletions > 0 && Stored.Entries.ContainsKey(MetadataKey.Partition(Partition)) && !Stored.Entries.ContainsKey(MetadataKey.Deletion(Partition.Topic))) moves.Add(new(Delete, 0));
        if (!Stored.Entries.ContainsKey(MetadataKey.Topic(Partition.Topic))) moves.Add(new(Create, 0));
        if (_ousts > 0 && Stored.Entries.ContainsKey(MetadataKey.Controller)) moves.Add(new(Oust, 0));
    }

    /// <summary>What goes on when nothing happens.</summary>
    private void PlainMoves(List<Move> moves)
    {
        for (var i = 0; i < _brokers.Length; i++)
        {
            if (HasSession(i) && !Broker(i).Requests.IsEmpty) moves.Add(new(Serve, i));
            if (IsUp(i) && !HasSession(i)) moves.Add(new(Hear, i));
            if (!_data.Broker(i).ToStore.IsEmpty) moves.Add(new(Store, i));
            foreach (var (to, outbox) in Broker(i).Control.Outboxes)
                if (outbox.Resting && IsUp(to.Value - 1)) moves.Add(new(Retry, i, to.Value - 1));
        }
        for (var o = 0; o < Stored.Sessions.Count; o++)
            if (IsOrphan(Stored.Sessions[o])) moves.Add(new(End, 0, 0, o));
        for (var r = 0; r < _requests.Length; r++) moves.Add(new(Arrive, _requests[r].To, 0, r));
    }

    private bool IsOrphan(long session)
    {
        for (var i = 0; i < _brokers.Length; i++)
            if (Broker(i).Session == session && IsUp(i)) return false;
        return true;
    }

    /// <summary>Whether a controller, or who would be, may hear that nobody listens where a broker did, and doesn't know it yet.</summary>
    private bool CanBeRefused(int i, int b) => _setup.Refuses && i != b && !IsUp(b) && HasSession(i) && Broker(i).Control switch
    {
        { Phase: ControllerPhase.Active } s => s.Brokers.ContainsKey(Id(b)) && !s.Doubted.Contains(Id(b)),
        { Phase: ControllerPhase.Standby } s => !s.Doubted.Contains(Id(b)) && Stored.Read(MetadataKey.Controller).Node?.Value is ControllerSeat seat && seat.Broker == Id(b),
        _ => false,
    };

    /// <inheritdoc/>
    public ClusterWorld? After(Move move)
    {
        var i = move.Owner;
        var world = this with { _trail = [] };
        world = move.Kind switch
        {
            < Serve => world.DataAfter(move)!,
            Serve => HasSession(i) && !Broker(i).Requests.IsEmpty ? world.Serves(i) : null,
            Hear => IsUp(i) && !HasSession(i) ? world.Hears(i) : null,
            Expire => _expiries > 0 && HasSession(i) ? (world with { _expiries = _expiries - 1 }).Ends(Broker(i).Session, $"store: the session of {i + 1} expires") : null,
            End => move.Detail < Stored.Sessions.Count && IsOrphan(Stored.Sessions[move.Detail]) ? world.Ends(Stored.Sessions[move.Detail], $"store: session {Stored.Sessions[move.Detail]} of the dead ends") : null,
            Return => !IsUp(i) ? world.Returns(i) : null,
            Arrive => move.Detail < _requests.Length && _requests[move.Detail].To == i ? world.Arrives(move.Detail) : null,
            Break => _breaks > 0 && move.Detail < _requests.Length && _requests[move.Detail] is { IsAwaited: true } r && r.From == i && IsUp(r.To) ? world.Breaks(move.Detail) : null,
            Retry => Broker(i).Control.Outboxes.TryGetValue(Id(move.Other), out var outbox) && outbox.Resting && IsUp(move.Other) ? world.Commands(i, new Reference.Replication.Control.AlarmRang(new RetryBroker(Id(move.Other)))) : null,
            Refuse => CanBeRefused(i, move.Other) ? world.Commands(i, new ConnectionRefused(Id(move.Other), Broker(i).Control.Brokers.TryGetValue(Id(move.Other), out var b) ? b.Epoch : BrokerEpoch.Unknown)) : null,
            Store => !_data.Broker(i).ToStore.IsEmpty ? world.StoreTakes(i) : null,
            Delete => _deletions > 0 && Stored.Entries.ContainsKey(MetadataKey.Partition(Partition)) && !Stored.Entries.ContainsKey(MetadataKey.Deletion(Partition.Topic))
                ? (world with { _deletions = _deletions - 1 }).Transact(0, [new CreateEntry(MetadataKey.Deletion(Partition.Topic), EmptyEntry.Instance)]).World : null,
            Create => Stored.Entries.ContainsKey(MetadataKey.Topic(Partition.Topic)) ? null
                : world.Transact(0, [new CreateEntry(MetadataKey.Topic(Partition.Topic), new TopicAssignment([[.. _setup.Partition.All]]))]).World,
            Oust => _ousts > 0 && Stored.Entries.ContainsKey(MetadataKey.Controller) ? (world with { _ousts = _ousts - 1 }).Transact(0, [new RemoveEntry(MetadataKey.Controller)]).World : null,
            _ => null,
        };
        return world?.Hastened().WithoutVainRequests().Settled(this);
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(seed);
        f.Add(_data.Fingerprint(seed));
        f.Add(_store.Hash);
        foreach (var part in _brokers) f.Add(part.Hash);
        f.AddAll(_requests);
        f.Add(_expiries | _breaks << 4 | _deletions << 8 | _ousts << 12);
        return f.Value;
    }

    private static BrokerId Id(int place) => new(place + 1);

    private ImmutableArray<string> Line(string line) => Tells ? [.. _trail, line] : [];
}

/// <summary>The store, told apart by what anyone may ask of it: transactions have numbers only where an epoch is made of them.</summary>
public sealed record StoreView(MetadataStore Store) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        foreach (var (key, node) in Store.Entries)
        {
            f.Add(key);
            f.Add(node.Value);
            f.Add(node.Version);
            f.Add(node.Owner);
            f.Add(key.Kind == MetadataKind.Broker ? node.Czxid : key.Kind == MetadataKind.Partition ? node.Mzxid : 0);
        }
        f.Add(Store.Entries.Count);
        foreach (var session in Store.Sessions) f.Add(session);
        f.Add(Store.Sessions.Count);
        f.Add(Store.Zxid);
    }
}

/// <summary>The parts of clusters met.</summary>
public sealed class ClusterMemory(ulong seed)
{
    /// <summary>The seed of the parts' fingerprints.</summary>
    public ulong Seed => seed;

    /// <summary>The brokers.</summary>
    public Interned<ClusterBroker> Brokers { get; } = new(seed);

    /// <summary>The stores.</summary>
    public Interned<StoreView> Stores { get; } = new(seed);

    /// <summary>What a broker beside a store breaks: by their numbers.</summary>
    public Remembered<Broken?> Judged { get; } = new();
}
