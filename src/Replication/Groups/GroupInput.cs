namespace Reference.Replication.Groups;

/// <summary>What happens to a coordinator: one partition of the offsets topic on one broker.</summary>
public abstract record GroupInput;

/// <summary>This broker leads the partition from now on.</summary>
public sealed record Elected(int Epoch) : GroupInput;

/// <summary>This broker no longer leads the partition.</summary>
public sealed record Resigned(int Epoch) : GroupInput;

/// <summary>Some of the log, in its order, that <see cref="Load"/> asked for.</summary>
public sealed record RecordsRead(int Epoch, ImmutableArray<GroupRecord> Records) : GroupInput;

/// <summary>The log has been read up to its end, and all of it is committed.</summary>
public sealed record LogRead(int Epoch, long NowMs) : GroupInput;

/// <summary>What an <see cref="Append"/> ordered is committed. Answers come in the order of the appends.</summary>
public sealed record Appended(long Append, long NowMs) : GroupInput;

/// <summary>An <see cref="Append"/> failed, or its fate isn't known.</summary>
public sealed record AppendFailed(long Append, GroupError Error, long NowMs) : GroupInput;

/// <summary>A member's session may be over.</summary>
public sealed record SessionDue(string Group, string Member, long NowMs) : GroupInput;

/// <summary>A rebalance may have taken long enough.</summary>
public sealed record RebalanceDue(string Group, long NowMs) : GroupInput;

/// <summary>Time to look for offsets that nobody wants any more.</summary>
public sealed record ExpiryDue(long NowMs) : GroupInput;

/// <summary>A client asks something of a group. Answered by one <see cref="Answer"/> with its token.</summary>
public abstract record GroupRequest(long Token, string Group, long NowMs) : GroupInput;

/// <summary>JoinGroup.</summary>
/// <param name="Member">The member's id; empty if it has none.</param>
/// <param name="NewMember">An id drawn for it, should it need one.</param>
/// <param name="Instance">group.instance.id of a static member, or null.</param>
/// <param name="MustKnowId">Whether a new dynamic member is told its id first (version 4 and later).</param>
public sealed record JoinRequested(long Token, string Group, string Member, string NewMember, string? Instance, string ClientId, string ClientHost, int SessionTimeoutMs, int RebalanceTimeoutMs,
    string ProtocolType, ImmutableArray<GroupProtocol> Protocols, bool MustKnowId, long NowMs) : GroupRequest(Token, Group, NowMs);

/// <summary>SyncGroup; from the leader, with everybody's assignment.</summary>
public sealed record SyncRequested(long Token, string Group, int Generation, string Member, string? Instance, ImmutableSortedDictionary<string, Opaque> Assignments, long NowMs) : GroupRequest(Token, Group, NowMs);

/// <summary>Heartbeat.</summary>
public sealed record HeartbeatReceived(long Token, string Group, int Generation, string Member, string? Instance, long NowMs) : GroupRequest(Token, Group, NowMs);

/// <summary>LeaveGroup: who leaves, each by id or, if that is empty, by instance.</summary>
public sealed record LeaveRequested(long Token, string Group, ImmutableArray<(string Member, string? Instance)> Members, long NowMs) : GroupRequest(Token, Group, NowMs);

/// <summary>OffsetCommit; generation −1 from a client that isn't a member.</summary>
public sealed record CommitRequested(long Token, string Group, int Generation, string Member, string? Instance, ImmutableSortedDictionary<TopicPartition, CommittedOffset> Offsets, long NowMs) : GroupRequest(Token, Group, NowMs);

/// <summary>OffsetFetch; null asks for all.</summary>
public sealed record OffsetsRequested(long Token, string Group, ImmutableArray<TopicPartition>? Partitions, long NowMs) : GroupRequest(Token, Group, NowMs);

/// <summary>DescribeGroups, of one group.</summary>
public sealed record DescribeRequested(long Token, string Group, long NowMs) : GroupRequest(Token, Group, NowMs);

/// <summary>DeleteGroups, of one group.</summary>
public sealed record DeleteRequested(long Token, string Group, long NowMs) : GroupRequest(Token, Group, NowMs);

/// <summary>ListGroups: all that this coordinator has.</summary>
public sealed record ListRequested(long Token) : GroupInput;
