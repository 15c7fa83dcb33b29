using System.Globalization;

namespace Reference.Replication.Control;

/// <summary>The kinds of entries that the metadata store keeps; each is a znode, laid out as Kafka 2.x does.</summary>
public enum MetadataKind
{
    /// <summary>Ephemeral: who is controller. <see cref="ControllerSeat"/>.</summary>
    Controller,

    /// <summary>The term of the latest controller; its data version fences every write of an older one. <see cref="ControllerTerm"/>.</summary>
    ControllerEpoch,

    /// <summary>The cluster's name. <see cref="ClusterName"/>.</summary>
    Cluster,

    /// <summary>The folder whose children are the registered brokers.</summary>
    Brokers,

    /// <summary>Ephemeral: a broker's registration; its czxid is the broker epoch. <see cref="BrokerRegistration"/>.</summary>
    Broker,

    /// <summary>The folder whose children are the topics.</summary>
    Topics,

    /// <summary>A topic and who holds its partitions. <see cref="TopicAssignment"/>.</summary>
    Topic,

    /// <summary>A topic's settings. <see cref="TopicSettings"/>.</summary>
    TopicSettings,

    /// <summary>A partition's leader and ISR. <see cref="PartitionEntry"/>.</summary>
    Partition,

    /// <summary>The folder whose children are the topics to be deleted.</summary>
    Deletions,

    /// <summary>A wish that a topic be deleted. <see cref="EmptyEntry"/>.</summary>
    Deletion,

    /// <summary>The folder whose children say that leaders changed ISRs.</summary>
    IsrChanges,

    /// <summary>A note of a leader that it changed the ISR of some partitions. <see cref="PartitionList"/>.</summary>
    IsrChange,

    /// <summary>A wish that preferred replicas lead. <see cref="PartitionList"/>.</summary>
    PreferredElection,
}

/// <summary>The name of one entry of the metadata store.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">The topic's name, or the node name of an ISR change; empty where the kind has none.</param>
/// <param name="Number">The broker's or partition's number; 0 where the kind has none.</param>
public readonly record struct MetadataKey(MetadataKind Kind, string Name = "", int Number = 0) : IComparable<MetadataKey>, IFingerprinted
{
    public static readonly MetadataKey Controller = new(MetadataKind.Controller);
    public static readonly MetadataKey ControllerEpoch = new(MetadataKind.ControllerEpoch);
    public static readonly MetadataKey Cluster = new(MetadataKind.Cluster);
    public static readonly MetadataKey Brokers = new(MetadataKind.Brokers);
    public static readonly MetadataKey Topics = new(MetadataKind.Topics);
    public static readonly MetadataKey Deletions = new(MetadataKind.Deletions);
    public static readonly MetadataKey IsrChanges = new(MetadataKind.IsrChanges);
    public static readonly MetadataKey PreferredElection = new(MetadataKind.PreferredElection);

    public static MetadataKey Broker(BrokerId broker) => new(MetadataKind.Broker, "", broker.Value);
    public static MetadataKey Topic(string topic) => new(MetadataKind.Topic, topic);
    public static MetadataKey TopicSettings(string topic) => new(MetadataKind.TopicSettings, topic);
    public static MetadataKey Partition(PartitionId partition) => new(MetadataKind.Partition, partition.Topic, partition.Partition);
    public static MetadataKey Deletion(string topic) => new(MetadataKind.Deletion, topic);
    public static MetadataKey IsrChange(string node) => new(MetadataKind.IsrChange, node);

    /// <summary>The partition that a key of kind <see cref="MetadataKind.Partition"/> names.</summary>
    public PartitionId PartitionId => new(Name, Number);

    /// <summary>The znode's path.</summary>
    public string Path => Kind switch
    {
        MetadataKind.Controller => "/controller",
        MetadataKind.ControllerEpoch => "/controller_epoch",
        MetadataKind.Cluster => "/cluster/id",
        MetadataKind.Brokers => "/brokers/ids",
        MetadataKind.Broker => string.Create(CultureInfo.InvariantCulture, $"/brokers/ids/{Number}"),
        MetadataKind.Topics => "/brokers/topics",
        MetadataKind.Topic => $"/brokers/topics/{Name}",
        MetadataKind.TopicSettings => $"/config/topics/{Name}",
        MetadataKind.Partition => string.Create(CultureInfo.InvariantCulture, $"/brokers/topics/{Name}/partitions/{Number}/state"),
        MetadataKind.Deletions => "/admin/delete_topics",
        MetadataKind.Deletion => $"/admin/delete_topics/{Name}",
        MetadataKind.IsrChanges => "/isr_change_notification",
        MetadataKind.IsrChange => $"/isr_change_notification/{Name}",
        MetadataKind.PreferredElection => "/admin/preferred_replica_election",
        _ => throw new InvalidOperationException($"no path for {Kind}"),
    };

    /// <summary>Whether the entry is a folder, of which only the children's names matter.</summary>
    public bool IsFolder => Kind is MetadataKind.Brokers or MetadataKind.Topics or MetadataKind.Deletions or MetadataKind.IsrChanges;

    /// <inheritdoc/>
    public int CompareTo(MetadataKey other)
    {
        if (Kind != other.Kind) return Kind.CompareTo(other.Kind);
        var byName = string.CompareOrdinal(Name, other.Name);
        return byName != 0 ? byName : Number.CompareTo(other.Number);
    }

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add((int)Kind);
        fingerprint.Add(Name);
        fingerprint.Add(Number);
    }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
