namespace Reference.Replication.Control;

/// <summary>What holds among controllers, registrations and the store; for checkers, who see them all.</summary>
public static class ClusterInvariants
{
    /// <summary>Nothing that changes goes unheard.</summary>
    [Rule("CTRL-INV-9")]
    public static readonly Invariant<(ControllerState Controller, MetadataStore Store)> KnowsWhatIsThere = new("CTRL-INV-9",
        "a controller that has nothing to ask of the store knows the registrations that there are and the leader epoch of each partition",
        at => BrokersOf(at.Store).SequenceEqual(at.Controller.Brokers.Select(b => (b.Key, b.Value.Epoch)))
            && at.Controller.Partitions.All(p => p.Value.State is null || at.Store.Read(MetadataKey.Partition(p.Key)).Node?.Value is PartitionEntry entry && entry.State.LeaderEpoch == p.Value.State.LeaderEpoch));

    /// <summary>A free seat is stood for.</summary>
    [Rule("CTRL-INV-10")]
    public static readonly Invariant<MetadataStore> SeatIsTaken = new("CTRL-INV-10",
        "while a broker stands by and has nothing to ask of the store, someone holds the seat", s => s.Entries.ContainsKey(MetadataKey.Controller));

    /// <summary>A registration lasts as long as the session of the broker that counts on it.</summary>
    [Rule("CTRL-INV-11")]
    public static readonly Invariant<(bool IsRegistered, bool IsItsOwn)> RegisteredInPresentSession = new("CTRL-INV-11",
        "the registration of a broker that has a session, and takes itself for registered, is of that session", at => !at.IsRegistered || at.IsItsOwn);

    /// <summary>Data goes with its topic only.</summary>
    [Rule("CTRL-INV-12")]
    public static readonly Invariant<bool> DeletedAsWished = new("CTRL-INV-12",
        "no broker deletes the log of a partition that has a state in the store, unless its topic's deletion is wished for there", isWanted => !isWanted);

    /// <summary>A tail that was lost is not relied on.</summary>
    [Rule("CTRL-INV-13")]
    public static readonly Invariant<(bool IsReliedOn, bool HoldsAll)> ReliedOnHoldsAll = new("CTRL-INV-13",
        "a broker of the ISR that is registered, its tail as kept, holds every record that a producer with acks=all was told of", at => !at.IsReliedOn || at.HoldsAll);

    private static IEnumerable<(BrokerId Id, BrokerEpoch Epoch)> BrokersOf(MetadataStore store) =>
        store.Entries.Where(e => e.Key.Kind == MetadataKind.Broker).Select(e => (new BrokerId(e.Key.Number), new BrokerEpoch(e.Value.Czxid)));
}
