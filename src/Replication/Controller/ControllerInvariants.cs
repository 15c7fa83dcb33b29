namespace Reference.Replication.Control;

public sealed partial record ControllerState
{
    /// <summary>A leader that the controller knows of is in sync.</summary>
    [Rule("CTRL-INV-1")]
    public static readonly Invariant<ControllerState> LeaderIsInSync = new("CTRL-INV-1",
        "a partition's leader is in its ISR",
        s => s.Partitions.Values.All(p => p.State is not { } state || MetadataStore.IsLedFromWithin(state)));

    /// <summary>Who is made leader is registered, as far as the controller knows when it decides.</summary>
    [Rule("CTRL-INV-4")]
    public static readonly Invariant<(ControllerState Before, ControllerState After)> ElectedIsRegistered = new("CTRL-INV-4",
        "who is elected is registered",
        step => Decided(step).All(c => c.State.Leader == BrokerId.None || step.After.Brokers.ContainsKey(c.State.Leader)));

    /// <summary>A broker that may lack what it acknowledged is no longer relied on.</summary>
    [Rule("CTRL-INV-5")]
    public static readonly Invariant<(ControllerState Before, ControllerState After)> DoubtfulIsNotReliedOn = new("CTRL-INV-5",
        "no ISR or ELR of a partition with records that the controller writes names a broker that may lack acknowledged records, unless it names only one",
        step => Decided(step).Where(c => c.State.Version > 0).Select(c => c.State.Isr.Union(c.State.Elr))
            .All(eligible => eligible.Count == 1 || eligible.All(e => !step.After.Brokers.TryGetValue(e, out var b) || b.Registration.TailKept)));

    /// <summary>A broker that may lack what it acknowledged is not told to lead or follow.</summary>
    [Rule("CTRL-INV-6")]
    public static readonly Invariant<ControllerState> DoubtfulIsNotServing = new("CTRL-INV-6",
        "a broker is told to lead or follow only once no ISR relies on what it may have lost",
        s => s.Outboxes.All(o => o.Value.UnderWay is not LeaderAndIsr || s.Brokers[o.Key].Registration.TailKept));

    /// <summary>Whoever is told something is registered, and is told as the life that it lives.</summary>
    [Rule("CTRL-INV-7")]
    public static readonly Invariant<ControllerState> ToldAreRegistered = new("CTRL-INV-7",
        "an outbox is that of a registered life of its broker",
        s => s.Outboxes.All(o => s.Brokers.TryGetValue(o.Key, out var b) && b.Epoch == o.Value.Epoch));

    /// <summary>Claims about one state.</summary>
    public static readonly ImmutableArray<Invariant<ControllerState>> Invariants = [LeaderIsInSync, DoubtfulIsNotServing, ToldAreRegistered];

    /// <summary>Claims about a step.</summary>
    public static readonly ImmutableArray<Invariant<(ControllerState Before, ControllerState After)>> StepInvariants = [ElectedIsRegistered, DoubtfulIsNotReliedOn];

    /// <summary>What a run must reach to say anything.</summary>
    public static readonly ImmutableArray<Reachable<ControllerState>> Goals =
    [
        new("a controller is active", s => s.Phase == ControllerPhase.Active),
        new("a topic is created", s => s.Partitions.Values.Any(p => p.State is not null)),
        new("a leader is elected anew", s => s.Partitions.Values.Any(p => p.State is { } state && state.LeaderEpoch > LeaderEpoch.First && state.Leader != BrokerId.None)),
        new("a partition has no leader", s => s.Partitions.Values.Any(p => p.State?.Leader == BrokerId.None)),
        new("an ELR is kept", s => s.Partitions.Values.Any(p => p.State is { Elr.IsEmpty: false })),
        new("a topic is being deleted", s => s.Topics.Values.Any(t => t.Deleting)),
        new("a second term", s => s.Epoch > 1),
    ];

    /// <summary>What a step decided and began to write.</summary>
    private static IEnumerable<Change> Decided((ControllerState Before, ControllerState After) step)
    {
        var before = step.Before.Writes.OfType<ChangeLeaders>().SelectMany(w => w.Changes).Select(c => (c.Partition, c.State.LeaderEpoch, c.State.Version)).ToImmutableArray();
        return step.After.Writes.OfType<ChangeLeaders>().SelectMany(w => w.Changes).Where(c => !before.Contains((c.Partition, c.State.LeaderEpoch, c.State.Version)));
    }
}

public sealed partial record MetadataStore
{
    /// <summary>A leader in the store is in sync.</summary>
    [Rule("CTRL-INV-1")]
    public static readonly Invariant<MetadataStore> LeaderIsInSync = new("CTRL-INV-1",
        "a partition's leader is in its ISR", s => s.States.All(p => IsLedFromWithin(p.State)));

    /// <summary>Leadership has one order.</summary>
    [Rule("CTRL-INV-2")]
    public static readonly Invariant<(MetadataStore Before, MetadataStore After)> LeaderEpochGrows = new("CTRL-INV-2",
        "while a partition exists its leader epoch never goes back, and another leader comes with a later one",
        step => step.After.States.All(p => step.Before.StateOf(p.Key) is not { } before || p.State.LeaderEpoch > before.LeaderEpoch || (p.State.LeaderEpoch == before.LeaderEpoch && p.State.Leader == before.Leader)));

    /// <summary>Terms have one order.</summary>
    [Rule("CTRL-INV-3")]
    public static readonly Invariant<(MetadataStore Before, MetadataStore After)> ControllerEpochGrows = new("CTRL-INV-3",
        "the controller epoch never goes back, and a new holder of the seat comes with a later one",
        step => step.After.Term >= step.Before.Term && (step.After.SeatCzxid is not { } seat || seat == step.Before.SeatCzxid || step.After.Term > step.Before.Term));

    /// <summary>A controller whose term is over elects nobody.</summary>
    [Rule("CTRL-INV-8")]
    public static readonly Invariant<(MetadataStore Before, MetadataStore After)> ElectedInPresentTerm = new("CTRL-INV-8",
        "a leader epoch begins under the latest controller only",
        step => step.After.States.All(p => step.Before.StateOf(p.Key)?.LeaderEpoch == p.State.LeaderEpoch || p.State.ControllerEpoch == step.After.Term));

    /// <summary>Claims about one state of the store.</summary>
    public static readonly ImmutableArray<Invariant<MetadataStore>> Invariants = [LeaderIsInSync];

    /// <summary>Claims about a transaction.</summary>
    public static readonly ImmutableArray<Invariant<(MetadataStore Before, MetadataStore After)>> StepInvariants = [LeaderEpochGrows, ControllerEpochGrows, ElectedInPresentTerm];

    /// <summary>Whether a state names no leader, or one of its ISR.</summary>
    public static bool IsLedFromWithin(PartitionState state) => state.Leader == BrokerId.None || state.Isr.Contains(state.Leader);

    private IEnumerable<(MetadataKey Key, PartitionState State)> States => Entries.Where(e => e.Key.Kind == MetadataKind.Partition).Select(e => (e.Key, ((PartitionEntry)e.Value.Value).State));

    private int Term => Entries.TryGetValue(MetadataKey.ControllerEpoch, out var node) ? ((ControllerTerm)node.Value).Epoch : 0;

    private long? SeatCzxid => Entries.TryGetValue(MetadataKey.Controller, out var node) ? node.Czxid : null;

    private PartitionState? StateOf(MetadataKey key) => Entries.TryGetValue(key, out var node) ? ((PartitionEntry)node.Value).State : null;
}
