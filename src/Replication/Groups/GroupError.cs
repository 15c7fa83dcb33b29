namespace Reference.Replication.Groups;

/// <summary>What the coordinator answers, with Kafka's numbers.</summary>
public enum GroupError : short
{
    None = 0,
    LoadInProgress = 14,
    NotAvailable = 15,
    NotCoordinator = 16,
    IllegalGeneration = 22,
    InconsistentProtocol = 23,
    InvalidGroupId = 24,
    UnknownMemberId = 25,
    InvalidSessionTimeout = 26,
    RebalanceInProgress = 27,
    NonEmptyGroup = 68,
    GroupIdNotFound = 69,
    MemberIdRequired = 79,
    FencedInstanceId = 82,
}
