namespace Reference.Replication.Control;

/// <summary>A topic as the controller knows it.</summary>
/// <param name="Assignment">Who holds its partitions; null as long as only its name is known.</param>
/// <param name="Version">The version of the entry that says so; who adds partitions writes on it.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="Deleting">Whether it is being deleted: nobody is elected any more, its replicas are stopped.</param>
public sealed record TopicView(TopicAssignment? Assignment, int Version, TopicSettings Settings, bool Deleting) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Assignment);
        fingerprint.Add(Version);
        fingerprint.Add(Settings);
        fingerprint.Add(Deleting);
    }
}

/// <summary>A partition as the controller knows it.</summary>
/// <param name="Replicas">Its assignment, preferred leader first.</param>
public sealed record PartitionView(ImmutableArray<BrokerId> Replicas) : IFingerprinted
{
    /// <summary>Leader, epoch and ISR as last read or written; null if the partition has had none yet, or they aren't read.</summary>
    public PartitionState? State { get; init; }

    /// <summary>Whether its state was read, present or not.</summary>
    public bool Known { get; init; }

    /// <summary>Whether a write or a repeated read of it is under way; what is decided next waits for the answer.</summary>
    public bool Busy { get; init; }

    /// <summary>Whether it needs a new leader epoch even if leader and ISR stay: its leader has been away.</summary>
    public bool Refresh { get; init; }

    /// <summary>The transaction that wrote the state as it was loaded; 0 once that was made use of.</summary>
    public long WrittenIn { get; init; }

    /// <summary>Whether its preferred replica shall lead if it can.</summary>
    public bool WantsPreferred { get; init; }

    /// <summary>Replicas that may have lost records that they once acknowledged, and must leave ISR and ELR.</summary>
    public BrokerSet Lost { get; init; } = BrokerSet.Empty;

    /// <summary>Replicas that a deletion still has to hear from.</summary>
    public BrokerSet Undeleted { get; init; } = BrokerSet.Empty;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.AddAll(Replicas);
        fingerprint.Add(State);
        fingerprint.Add(Known);
        fingerprint.Add(Busy);
        fingerprint.Add(Refresh);
        fingerprint.Add(WrittenIn);
        fingerprint.Add(WantsPreferred);
        fingerprint.Add(Lost);
        fingerprint.Add(Undeleted);
    }
}

/// <summary>All that a broker's controller core knows. None of it is durable: a controller reads everything anew.</summary>
public sealed partial record ControllerState : IFingerprinted
{
    /// <summary>A broker that has just started.</summary>
    public static readonly ControllerState Initial = new();

    /// <summary>What this broker is to the controller's seat.</summary>
    public ControllerPhase Phase { get; init; } = ControllerPhase.Unconnected;

    /// <summary>The session with the store; 0 without one.</summary>
    public long Session { get; init; }

    /// <summary>This controller's term; 0 if it has none.</summary>
    public int Epoch { get; init; }

    /// <summary>The version that /controller_epoch has for as long as the term lasts: each write checks it.</summary>
    public int EpochVersion { get; init; } = -1;

    /// <summary>Reads and lists that are to be answered.</summary>
    public int Awaited { get; init; }

    /// <summary>How many answers are yet to come of reads of a term before; they come first and count for nothing.</summary>
    public int Stale { get; init; }

    /// <summary>What the writes under way are for, oldest first.</summary>
    public Sequence<Purpose> Writes { get; init; } = [];

    /// <summary>The registered brokers.</summary>
    public ImmutableSortedDictionary<BrokerId, RegisteredBroker> Brokers { get; init; } = ImmutableSortedDictionary<BrokerId, RegisteredBroker>.Empty;

    /// <summary>Those that have said they will stop.</summary>
    public BrokerSet Leaving { get; init; } = BrokerSet.Empty;

    /// <summary>Those that nobody listens for any more though they are registered; to who isn't controller, the holder of the seat.</summary>
    public BrokerSet Doubted { get; init; } = BrokerSet.Empty;

    /// <summary>The topics, by name.</summary>
    public ImmutableSortedDictionary<string, TopicView> Topics { get; init; } = ImmutableSortedDictionary.Create<string, TopicView>(StringComparer.Ordinal);

    /// <summary>The topics' partitions.</summary>
    public ImmutableSortedDictionary<PartitionId, PartitionView> Partitions { get; init; } = ImmutableSortedDictionary<PartitionId, PartitionView>.Empty;

    /// <summary>Partitions to look at: something changed that may concern their leadership.</summary>
    public ImmutableSortedSet<PartitionId> Due { get; init; } = [];

    /// <summary>Topics of which someone wishes that they be deleted.</summary>
    public ImmutableSortedSet<string> Deletions { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>What is to be said to each live broker.</summary>
    public ImmutableSortedDictionary<BrokerId, Outbox> Outboxes { get; init; } = ImmutableSortedDictionary<BrokerId, Outbox>.Empty;

    /// <summary>Calls that wait.</summary>
    public ImmutableSortedDictionary<CallId, Call> Calls { get; init; } = ImmutableSortedDictionary<CallId, Call>.Empty;

    /// <summary>Whether this broker holds the seat, as far as it knows.</summary>
    public bool IsController => Phase is ControllerPhase.Loading or ControllerPhase.Active;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add((int)Phase);
        fingerprint.Add(Session);
        fingerprint.Add(Epoch);
        fingerprint.Add(EpochVersion);
        fingerprint.Add(Awaited);
        fingerprint.Add(Stale);
        fingerprint.AddAll(Writes);
        fingerprint.AddAll(Brokers.Values);
        fingerprint.Add(Leaving);
        fingerprint.Add(Doubted);
        foreach (var (name, topic) in Topics)
        {
            fingerprint.Add(name);
            fingerprint.Add(topic);
        }
        fingerprint.Add(Topics.Count);
        foreach (var (id, partition) in Partitions)
        {
            fingerprint.Add(id);
            fingerprint.Add(partition);
        }
        fingerprint.Add(Partitions.Count);
        fingerprint.AddAll(Due);
        foreach (var name in Deletions) fingerprint.Add(name);
        fingerprint.Add(Deletions.Count);
        foreach (var (id, outbox) in Outboxes)
        {
            fingerprint.Add(id);
            fingerprint.Add(outbox);
        }
        fingerprint.Add(Outboxes.Count);
        foreach (var (id, call) in Calls)
        {
            fingerprint.Add(id);
            fingerprint.Add(call);
        }
        fingerprint.Add(Calls.Count);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Phase} epoch {Epoch}: {Brokers.Count} brokers, {Topics.Count} topics, {Partitions.Count} partitions, {Due.Count} due";
}
