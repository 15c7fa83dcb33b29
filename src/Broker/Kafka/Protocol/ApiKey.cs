namespace Reference.Broker.Kafka.Protocol;

/// <summary>The APIs that are spoken here, by the number they have on the wire.</summary>
public enum ApiKey : short
{
    /// <summary>Appends batches.</summary>
    Produce = 0,

    /// <summary>Reads batches; followers replicate by it.</summary>
    Fetch = 1,

    /// <summary>Offsets by time, and the ends of a log.</summary>
    ListOffsets = 2,

    /// <summary>Brokers, topics, partitions and who leads them.</summary>
    Metadata = 3,

    /// <summary>From the controller: lead or follow.</summary>
    LeaderAndIsr = 4,

    /// <summary>From the controller: stop, and perhaps delete.</summary>
    StopReplica = 5,

    /// <summary>From the controller: what metadata answers.</summary>
    UpdateMetadata = 6,

    /// <summary>To the controller: this broker wants to leave.</summary>
    ControlledShutdown = 7,

    /// <summary>Where a group goes on, to be kept.</summary>
    OffsetCommit = 8,

    /// <summary>Where a group goes on.</summary>
    OffsetFetch = 9,

    /// <summary>Who coordinates a group.</summary>
    FindCoordinator = 10,

    /// <summary>A member joins.</summary>
    JoinGroup = 11,

    /// <summary>A member is alive.</summary>
    Heartbeat = 12,

    /// <summary>Members leave.</summary>
    LeaveGroup = 13,

    /// <summary>A member's share.</summary>
    SyncGroup = 14,

    /// <summary>Groups with their members.</summary>
    DescribeGroups = 15,

    /// <summary>The groups that a broker coordinates.</summary>
    ListGroups = 16,

    /// <summary>Which APIs, in which versions.</summary>
    ApiVersions = 18,

    /// <summary>Creates topics.</summary>
    CreateTopics = 19,

    /// <summary>Deletes topics.</summary>
    DeleteTopics = 20,

    /// <summary>Deletes records from the start of partitions.</summary>
    DeleteRecords = 21,

    /// <summary>An id for a producer that numbers its records.</summary>
    InitProducerId = 22,

    /// <summary>Where an epoch of leadership ends.</summary>
    OffsetForLeaderEpoch = 23,

    /// <summary>Settings of topics and brokers.</summary>
    DescribeConfigs = 32,

    /// <summary>Replaces settings of topics.</summary>
    AlterConfigs = 33,

    /// <summary>Gives topics more partitions.</summary>
    CreatePartitions = 37,

    /// <summary>Deletes groups.</summary>
    DeleteGroups = 42,

    /// <summary>Changes settings of topics.</summary>
    IncrementalAlterConfigs = 44,
}
