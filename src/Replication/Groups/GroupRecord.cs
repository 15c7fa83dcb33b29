namespace Reference.Replication.Groups;

/// <summary>A record of the offsets topic. The last one of a key holds; without a value it ends the key.</summary>
public abstract record GroupRecord(string Group);

/// <summary>An offset that a group committed; null once it is dropped.</summary>
public sealed record OffsetRecord(string Group, TopicPartition Partition, CommittedOffset? Value) : GroupRecord(Group);

/// <summary>A group's generation and members; null once the group is gone.</summary>
public sealed record GenerationRecord(string Group, StoredGeneration? Value) : GroupRecord(Group);

/// <summary>A generation as the log keeps it.</summary>
/// <param name="ProtocolType">What the group is for: "consumer"; null if it has only ever committed offsets.</param>
/// <param name="Generation">Its number.</param>
/// <param name="Protocol">The protocol that was elected; null without members.</param>
/// <param name="Leader">The member that assigns; null without members.</param>
/// <param name="SinceMs">When the group came into this state.</param>
/// <param name="Members">Its members, with their assignments.</param>
public sealed record StoredGeneration(string? ProtocolType, int Generation, string? Protocol, string? Leader, long SinceMs, ImmutableArray<StoredMember> Members);

/// <summary>A member as the log keeps it: of its protocols, the elected one alone.</summary>
public sealed record StoredMember(string Id, string? Instance, string ClientId, string ClientHost, int SessionTimeoutMs, int RebalanceTimeoutMs, Opaque Subscription, Opaque Assignment);
