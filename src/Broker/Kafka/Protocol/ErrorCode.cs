namespace Reference.Broker.Kafka.Protocol;

/// <summary>The protocol's error codes, by Kafka's names.</summary>
public enum ErrorCode : short
{
    /// <summary>Something that no code of the protocol names; the broker's log has it.</summary>
    UnknownServerError = -1,

    /// <summary>No error.</summary>
    None = 0,

    /// <summary>The offset is below the log's start or above what may be read.</summary>
    OffsetOutOfRange = 1,

    /// <summary>The batch fails its checksum, or its frame makes no sense.</summary>
    CorruptMessage = 2,

    /// <summary>No such topic or partition here.</summary>
    UnknownTopicOrPartition = 3,

    /// <summary>INVALID_FETCH_SIZE.</summary>
    InvalidFetchSize = 4,

    /// <summary>There is no leader at present; ask again.</summary>
    LeaderNotAvailable = 5,

    /// <summary>This broker doesn't lead the partition (any more); refresh metadata.</summary>
    NotLeaderOrFollower = 6,

    /// <summary>REQUEST_TIMED_OUT.</summary>
    RequestTimedOut = 7,

    /// <summary>BROKER_NOT_AVAILABLE.</summary>
    BrokerNotAvailable = 8,

    /// <summary>REPLICA_NOT_AVAILABLE.</summary>
    ReplicaNotAvailable = 9,

    /// <summary>MESSAGE_TOO_LARGE.</summary>
    MessageTooLarge = 10,

    /// <summary>A controller that has been superseded.</summary>
    StaleControllerEpoch = 11,

    /// <summary>OFFSET_METADATA_TOO_LARGE.</summary>
    OffsetMetadataTooLarge = 12,

    /// <summary>NETWORK_EXCEPTION.</summary>
    NetworkException = 13,

    /// <summary>COORDINATOR_LOAD_IN_PROGRESS.</summary>
    CoordinatorLoadInProgress = 14,

    /// <summary>COORDINATOR_NOT_AVAILABLE.</summary>
    CoordinatorNotAvailable = 15,

    /// <summary>NOT_COORDINATOR.</summary>
    NotCoordinator = 16,

    /// <summary>INVALID_TOPIC_EXCEPTION.</summary>
    InvalidTopicException = 17,

    /// <summary>RECORD_LIST_TOO_LARGE.</summary>
    RecordListTooLarge = 18,

    /// <summary>NOT_ENOUGH_REPLICAS.</summary>
    NotEnoughReplicas = 19,

    /// <summary>NOT_ENOUGH_REPLICAS_AFTER_APPEND.</summary>
    NotEnoughReplicasAfterAppend = 20,

    /// <summary>INVALID_REQUIRED_ACKS.</summary>
    InvalidRequiredAcks = 21,

    /// <summary>ILLEGAL_GENERATION.</summary>
    IllegalGeneration = 22,

    /// <summary>INCONSISTENT_GROUP_PROTOCOL.</summary>
    InconsistentGroupProtocol = 23,

    /// <summary>INVALID_GROUP_ID.</summary>
    InvalidGroupId = 24,

    /// <summary>UNKNOWN_MEMBER_ID.</summary>
    UnknownMemberId = 25,

    /// <summary>INVALID_SESSION_TIMEOUT.</summary>
    InvalidSessionTimeout = 26,

    /// <summary>REBALANCE_IN_PROGRESS.</summary>
    RebalanceInProgress = 27,

    /// <summary>INVALID_COMMIT_OFFSET_SIZE.</summary>
    InvalidCommitOffsetSize = 28,

    /// <summary>TOPIC_AUTHORIZATION_FAILED.</summary>
    TopicAuthorizationFailed = 29,

    /// <summary>GROUP_AUTHORIZATION_FAILED.</summary>
    GroupAuthorizationFailed = 30,

    /// <summary>CLUSTER_AUTHORIZATION_FAILED.</summary>
    ClusterAuthorizationFailed = 31,

    /// <summary>INVALID_TIMESTAMP.</summary>
    InvalidTimestamp = 32,

    /// <summary>UNSUPPORTED_SASL_MECHANISM.</summary>
    UnsupportedSaslMechanism = 33,

    /// <summary>ILLEGAL_SASL_STATE.</summary>
    IllegalSaslState = 34,

    /// <summary>UNSUPPORTED_VERSION.</summary>
    UnsupportedVersion = 35,

    /// <summary>TOPIC_ALREADY_EXISTS.</summary>
    TopicAlreadyExists = 36,

    /// <summary>INVALID_PARTITIONS.</summary>
    InvalidPartitions = 37,

    /// <summary>INVALID_REPLICATION_FACTOR.</summary>
    InvalidReplicationFactor = 38,

    /// <summary>INVALID_REPLICA_ASSIGNMENT.</summary>
    InvalidReplicaAssignment = 39,

    /// <summary>INVALID_CONFIG.</summary>
    InvalidConfig = 40,

    /// <summary>NOT_CONTROLLER.</summary>
    NotController = 41,

    /// <summary>INVALID_REQUEST.</summary>
    InvalidRequest = 42,

    /// <summary>UNSUPPORTED_FOR_MESSAGE_FORMAT.</summary>
    UnsupportedForMessageFormat = 43,

    /// <summary>POLICY_VIOLATION.</summary>
    PolicyViolation = 44,

    /// <summary>OUT_OF_ORDER_SEQUENCE_NUMBER.</summary>
    OutOfOrderSequenceNumber = 45,

    /// <summary>DUPLICATE_SEQUENCE_NUMBER.</summary>
    DuplicateSequenceNumber = 46,

    /// <summary>INVALID_PRODUCER_EPOCH.</summary>
    InvalidProducerEpoch = 47,

    /// <summary>KAFKA_STORAGE_ERROR.</summary>
    KafkaStorageError = 56,

    /// <summary>UNKNOWN_PRODUCER_ID.</summary>
    UnknownProducerId = 59,

    /// <summary>REASSIGNMENT_IN_PROGRESS.</summary>
    ReassignmentInProgress = 60,

    /// <summary>A group with members can't be deleted.</summary>
    NonEmptyGroup = 68,

    /// <summary>There's no such group.</summary>
    GroupIdNotFound = 69,

    /// <summary>FETCH_SESSION_ID_NOT_FOUND.</summary>
    FetchSessionIdNotFound = 70,

    /// <summary>INVALID_FETCH_SESSION_EPOCH.</summary>
    InvalidFetchSessionEpoch = 71,

    /// <summary>LISTENER_NOT_FOUND.</summary>
    ListenerNotFound = 72,

    /// <summary>TOPIC_DELETION_DISABLED.</summary>
    TopicDeletionDisabled = 73,

    /// <summary>The asker's leader epoch is older than this leader's.</summary>
    FencedLeaderEpoch = 74,

    /// <summary>The asker's leader epoch is newer than this broker knows.</summary>
    UnknownLeaderEpoch = 75,

    /// <summary>UNSUPPORTED_COMPRESSION_TYPE.</summary>
    UnsupportedCompressionType = 76,

    /// <summary>Meant for an earlier registration of this broker.</summary>
    StaleBrokerEpoch = 77,

    /// <summary>OFFSET_NOT_AVAILABLE.</summary>
    OffsetNotAvailable = 78,

    /// <summary>MEMBER_ID_REQUIRED.</summary>
    MemberIdRequired = 79,

    /// <summary>PREFERRED_LEADER_NOT_AVAILABLE.</summary>
    PreferredLeaderNotAvailable = 80,

    /// <summary>GROUP_MAX_SIZE_REACHED.</summary>
    GroupMaxSizeReached = 81,

    /// <summary>FENCED_INSTANCE_ID.</summary>
    FencedInstanceId = 82,

    /// <summary>INVALID_RECORD.</summary>
    InvalidRecord = 87,

    /// <summary>UNSTABLE_OFFSET_COMMIT.</summary>
    UnstableOffsetCommit = 88,
}
