namespace Reference.Replication.Groups;

/// <summary>What a coordinator orders. The host runs the effects of a step in the order given.</summary>
public abstract record GroupEffect;

/// <summary>Read the partition's log from its start. Answered by <see cref="RecordsRead"/>, any number of times, and <see cref="LogRead"/>.</summary>
public sealed record Load(int Epoch) : GroupEffect;

/// <summary>Append records, in one batch, with acks=all. Answered by <see cref="Appended"/> or <see cref="AppendFailed"/>.</summary>
public sealed record Append(long Number, ImmutableArray<GroupRecord> Records) : GroupEffect;

/// <summary>Answer a request.</summary>
public sealed record Answer(long Token, GroupAnswer Body) : GroupEffect;

/// <summary>Ring with <see cref="SessionDue"/> at or after a time. It replaces the member's alarm; it may ring late, early, or after the member is gone.</summary>
public sealed record SetSessionAlarm(string Group, string Member, long AtMs) : GroupEffect;

/// <summary>Ring with <see cref="RebalanceDue"/> at or after a time. It replaces the group's alarm.</summary>
public sealed record SetRebalanceAlarm(string Group, long AtMs) : GroupEffect;

/// <summary>An answer: an error, and if it is none, what was asked for.</summary>
public record GroupAnswer(GroupError Error);

/// <summary>The answer to JoinGroup. The members are told to the leader alone.</summary>
public sealed record JoinAnswer(GroupError Error, int Generation, string? Protocol, string? Leader, string Member, ImmutableArray<JoinedMember> Members) : GroupAnswer(Error)
{
    /// <summary>A refusal.</summary>
    public static JoinAnswer Refused(GroupError error, string member) => new(error, -1, null, null, member, []);
}

/// <summary>A member as the leader is told of it.</summary>
public sealed record JoinedMember(string Id, string? Instance, Opaque Metadata);

/// <summary>The answer to SyncGroup.</summary>
public sealed record SyncAnswer(GroupError Error, Opaque Assignment) : GroupAnswer(Error);

/// <summary>The answer to LeaveGroup: one error a member, in the order of the request.</summary>
public sealed record LeaveAnswer(GroupError Error, ImmutableArray<GroupError> Members) : GroupAnswer(Error);

/// <summary>The answer to OffsetFetch: null where nothing is committed.</summary>
public sealed record OffsetsAnswer(GroupError Error, ImmutableArray<(TopicPartition Partition, CommittedOffset? Offset)> Offsets) : GroupAnswer(Error);

/// <summary>The answer to DescribeGroups: null if there's no such group.</summary>
public sealed record DescribeAnswer(GroupError Error, Group? Group) : GroupAnswer(Error);

/// <summary>The answer to ListGroups.</summary>
public sealed record ListAnswer(GroupError Error, ImmutableArray<(string Group, string ProtocolType)> Groups) : GroupAnswer(Error);
