namespace Reference.Replication.Control;

/// <summary>What an entry of the metadata store holds; the host maps it to and from the JSON of Kafka's znode.</summary>
public abstract record MetadataValue : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>/controller: who holds the seat.</summary>
public sealed record ControllerSeat(BrokerId Broker) : MetadataValue
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Broker);

    /// <inheritdoc/>
    public override string ToString() => $"seat of {Broker}";
}

/// <summary>/controller_epoch: the latest controller's term, a plain number.</summary>
public sealed record ControllerTerm(int Epoch) : MetadataValue
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Epoch);

    /// <inheritdoc/>
    public override string ToString() => $"term {Epoch}";
}

/// <summary>/cluster/id.</summary>
public sealed record ClusterName(string Id) : MetadataValue
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Id);

    /// <inheritdoc/>
    public override string ToString() => $"cluster {Id}";
}

/// <summary>An address at which a broker listens.</summary>
/// <param name="Listener">The listener's name, as in listeners=NAME://….</param>
/// <param name="Protocol">The security protocol, as in listener.security.protocol.map.</param>
/// <param name="Host">The advertised host.</param>
/// <param name="Port">The advertised port.</param>
public sealed record Endpoint(string Listener, string Protocol, string Host, int Port) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Listener);
        fingerprint.Add(Protocol);
        fingerprint.Add(Host);
        fingerprint.Add(Port);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Listener}://{Host}:{Port}";
}

/// <summary>/brokers/ids/N: a live broker.</summary>
/// <param name="Endpoints">Where it listens; the first is also the znode's <c>host</c> and <c>port</c>.</param>
/// <param name="TailKept">
/// Whether its logs end where they ended before it last stopped: it left a clean-shutdown mark, or the machine wasn't restarted since (what a killed process appended is still there).
/// Extra key <c>tail_kept</c>, absent means yes. The controller turns a no into a yes once the broker is out of every ISR (CTRL-REBOOT-1).
/// </param>
/// <param name="Directory">A name drawn once for its data folder (meta.properties), which one process at a time may lock; extra key <c>directory</c>. Empty if not given.</param>
/// <param name="JmxPort">As in the znode; −1 for none.</param>
/// <param name="TimestampMs">Wall time of the registration, in ms since 1970; for people only, and so no part of the fingerprint. The cores leave it 0; the host stamps what it writes.</param>
public sealed record BrokerRegistration(ImmutableArray<Endpoint> Endpoints, bool TailKept = true, string Directory = "", int JmxPort = -1, long TimestampMs = 0) : MetadataValue
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.AddAll(Endpoints);
        fingerprint.Add(TailKept);
        fingerprint.Add(Directory);
        fingerprint.Add(JmxPort);
    }

    /// <inheritdoc/>
    public override string ToString() => $"broker at {string.Join(',', Endpoints)}{(TailKept ? "" : ", tail lost")}";
}

/// <summary>/brokers/topics/T: who holds each partition; the first of a partition's replicas is its preferred leader.</summary>
/// <param name="Partitions">Replicas by partition number.</param>
public sealed record TopicAssignment(ImmutableArray<ImmutableArray<BrokerId>> Partitions) : MetadataValue
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        foreach (var replicas in Partitions) fingerprint.AddAll(replicas);
        fingerprint.Add(Partitions.Length);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', Partitions.Select((replicas, p) => $"{p}:[{string.Join(',', replicas)}]"));
}

/// <summary>The note that /config/topics/T holds: the settings that differ from the brokers' defaults.</summary>
public sealed record TopicSettings(ImmutableSortedDictionary<string, string> Values) : MetadataValue
{
    public static readonly TopicSettings None = new(ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal));

    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        foreach (var (key, value) in Values)
        {
            fingerprint.Add(key);
            fingerprint.Add(value);
        }
        fingerprint.Add(Values.Count);
    }

    /// <inheritdoc/>
    public override string ToString() => $"settings {{{string.Join(", ", Values.Select(v => $"{v.Key}={v.Value}"))}}}";
}

/// <summary>…/partitions/N/state. The version inside is that of the entry; a write's is ignored in favour of the version that the write names.</summary>
public sealed record PartitionEntry(PartitionState State) : MetadataValue
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(State);

    /// <inheritdoc/>
    public override string ToString() => State.ToString();
}

/// <summary>/isr_change_notification/N and /admin/preferred_replica_election: a few partitions.</summary>
public sealed record PartitionList(ImmutableArray<PartitionId> Partitions) : MetadataValue
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.AddAll(Partitions);

    /// <inheritdoc/>
    public override string ToString() => $"partitions {string.Join(' ', Partitions)}";
}

/// <summary>An entry that says all by being there.</summary>
public sealed record EmptyEntry : MetadataValue
{
    public static readonly EmptyEntry Instance = new();

    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(0);

    /// <inheritdoc/>
    public override string ToString() => "empty";
}

/// <summary>An entry as read: what it holds, and what a conditional write or a comparison needs to know of it.</summary>
/// <param name="Value">What it holds.</param>
/// <param name="Version">Data version: 0 when created, one more with each write.</param>
/// <param name="Czxid">The transaction that created it: tells a node from its namesake of an earlier life.</param>
/// <param name="Owner">The session that an ephemeral entry ends with; 0 for others.</param>
/// <param name="Mzxid">The transaction that wrote it last.</param>
public sealed record MetadataNode(MetadataValue Value, int Version, long Czxid, long Owner, long Mzxid = 0) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Value);
        fingerprint.Add(Version);
        fingerprint.Add(Czxid);
        fingerprint.Add(Owner);
        fingerprint.Add(Mzxid);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Value} v{Version} czxid {Czxid}{(Owner == 0 ? "" : $" of session {Owner}")}";
}

/// <summary>One entry of the answer to a read; a null node means that there is none.</summary>
public readonly record struct MetadataEntry(MetadataKey Key, MetadataNode? Node) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Key);
        fingerprint.Add(Node);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Key} = {Node?.ToString() ?? "none"}";
}
