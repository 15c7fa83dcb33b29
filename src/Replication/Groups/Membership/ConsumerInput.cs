namespace Reference.Replication.Groups;

/// <summary>What happens to a consumer in its group. Times are of its own clock.</summary>
public abstract record ConsumerInput(long NowMs);

/// <summary>Its application polls, and so is done with what it got before.</summary>
public sealed record Polled(long NowMs) : ConsumerInput(NowMs);

/// <summary>Its application has let go of what <see cref="Revoke"/> took, and has committed it.</summary>
public sealed record Released(long NowMs) : ConsumerInput(NowMs);

/// <summary>Time has passed; said often enough for its time-outs to be kept.</summary>
public sealed record Ticked(long NowMs) : ConsumerInput(NowMs);

/// <summary>The coordinator was found; answers <see cref="FindCoordinator"/>.</summary>
public sealed record CoordinatorFound(long NowMs) : ConsumerInput(NowMs);

/// <summary>An answer to <see cref="SendJoin"/>.</summary>
/// <param name="Request">The request's number.</param>
/// <param name="Answer">What the coordinator says.</param>
/// <param name="Partitions">How many partitions each topic has that a member reads; only its leader needs it.</param>
public sealed record JoinTold(long Request, JoinAnswer Answer, ImmutableSortedDictionary<string, int> Partitions, long NowMs) : ConsumerInput(NowMs);

/// <summary>An answer to <see cref="SendSync"/>.</summary>
public sealed record SyncTold(long Request, SyncAnswer Answer, long NowMs) : ConsumerInput(NowMs);

/// <summary>An answer to <see cref="SendBeat"/>.</summary>
/// <param name="Generation">The generation that the heartbeat named.</param>
/// <param name="Error">What the coordinator says.</param>
public sealed record BeatTold(int Generation, GroupError Error, long NowMs) : ConsumerInput(NowMs);

/// <summary>The coordinator can't be asked any more: the connection broke, or it moved. What was asked may have been heard.</summary>
public sealed record CoordinatorLost(long NowMs) : ConsumerInput(NowMs);

/// <summary>Its application is done; what it had is committed.</summary>
public sealed record Closing(long NowMs) : ConsumerInput(NowMs);

/// <summary>What a consumer orders. The host runs the effects of a step in the order given.</summary>
public abstract record ConsumerEffect;

/// <summary>Find the coordinator, for as long as it takes. Answered by <see cref="CoordinatorFound"/>.</summary>
public sealed record FindCoordinator : ConsumerEffect;

/// <summary>Ask to join. Answered by <see cref="JoinTold"/> or <see cref="CoordinatorLost"/>.</summary>
public sealed record SendJoin(long Request, string Member, ImmutableArray<GroupProtocol> Protocols) : ConsumerEffect;

/// <summary>Ask for the share; as the leader, with everybody's. Answered by <see cref="SyncTold"/> or <see cref="CoordinatorLost"/>.</summary>
public sealed record SendSync(long Request, int Generation, string Member, ImmutableSortedDictionary<string, Opaque> Assignments) : ConsumerEffect;

/// <summary>Send a heartbeat. Answered by <see cref="BeatTold"/> or <see cref="CoordinatorLost"/>.</summary>
public sealed record SendBeat(int Generation, string Member) : ConsumerEffect;

/// <summary>Tell the coordinator that the member leaves. Not answered.</summary>
public sealed record SendLeave(string Member) : ConsumerEffect;

/// <summary>Stop reading these, and commit where they were read to. Answered by <see cref="Released"/>.</summary>
public sealed record Revoke(ImmutableSortedSet<TopicPartition> Partitions) : ConsumerEffect;

/// <summary>Stop reading these; they may be another's by now, and can't be committed.</summary>
public sealed record Lose(ImmutableSortedSet<TopicPartition> Partitions) : ConsumerEffect;

/// <summary>Read these too, from where the group has committed.</summary>
public sealed record Assign(ImmutableSortedSet<TopicPartition> Partitions) : ConsumerEffect;

/// <summary>Something that whoever runs the consumer should know.</summary>
public sealed record Say(string What) : ConsumerEffect;

/// <summary>The consumer can't go on, and says why.</summary>
public sealed record Fail(GroupError Error, string Why) : ConsumerEffect;
