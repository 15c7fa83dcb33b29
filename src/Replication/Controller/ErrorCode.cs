namespace Reference.Replication.Control;

/// <summary>What controller and brokers answer, with Kafka's numbers.</summary>
public enum ErrorCode : short
{
    None = 0,
    UnknownTopicOrPartition = 3,
    LeaderNotAvailable = 5,
    RequestTimedOut = 7,
    StaleControllerEpoch = 11,
    InvalidTopic = 17,
    TopicAlreadyExists = 36,
    InvalidPartitions = 37,
    InvalidReplicationFactor = 38,
    InvalidReplicaAssignment = 39,
    InvalidConfig = 40,
    NotController = 41,
    InvalidRequest = 42,
    KafkaStorageError = 56,
    TopicDeletionDisabled = 73,
    FencedLeaderEpoch = 74,
    StaleBrokerEpoch = 77,
    PreferredLeaderNotAvailable = 80,
    ElectionNotNeeded = 84,
}
