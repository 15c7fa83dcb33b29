namespace Reference.Replication.Groups;

/// <summary>Where a consumer stands with its group.</summary>
public enum ConsumerPhase
{
    /// <summary>Not in a generation; joins when its application polls next.</summary>
    Outside,

    /// <summary>Wants to join, and looks for the coordinator.</summary>
    Finding,

    /// <summary>Gives up partitions before it joins; waits until its application has let go of them.</summary>
    Releasing,

    /// <summary>Has asked to join.</summary>
    Joining,

    /// <summary>Has joined, and has asked for its share.</summary>
    Syncing,

    /// <summary>Has its share.</summary>
    Stable,

    /// <summary>Has left for good.</summary>
    Closed,
}

/// <summary>What a consumer knows of its membership. Nothing of it is durable.</summary>
/// <param name="Phase">Where it stands.</param>
/// <param name="Member">Its id; empty until it has one.</param>
/// <param name="Generation">The generation that it is in; −1: none.</param>
/// <param name="Owned">The partitions that it may read and commit.</param>
/// <param name="Request">The number of the JoinGroup or SyncGroup asked last; answers to earlier ones count for nothing.</param>
/// <param name="PolledMs">When its application polled last.</param>
/// <param name="HeardMs">When the coordinator last said that it is a member.</param>
/// <param name="BeatMs">When it last sent a heartbeat.</param>
/// <param name="IsBeating">Whether a heartbeat is not answered yet.</param>
/// <param name="MustRejoin">Whether the group is rebalancing, and it has to join anew at the next poll.</param>
/// <param name="KnowsCoordinator">Whether it knows which broker to ask.</param>
public sealed record ConsumerState(ConsumerPhase Phase, string Member, int Generation, ImmutableSortedSet<TopicPartition> Owned, long Request, long PolledMs, long HeardMs, long BeatMs, bool IsBeating,
    bool MustRejoin, bool KnowsCoordinator) : IFingerprinted
{
    /// <summary>A consumer that has not polled yet.</summary>
    public static readonly ConsumerState Start = new(ConsumerPhase.Outside, "", -1, [], 0, 0, 0, 0, false, false, false);

    /// <summary>Whether the coordinator counts it as a member that heartbeats.</summary>
    public bool Beats => Phase is ConsumerPhase.Stable or ConsumerPhase.Releasing && Generation >= 0;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add((int)Phase);
        fingerprint.Add(Member);
        fingerprint.Add(Generation);
        fingerprint.AddAll(Owned);
        fingerprint.Add(Request);
        fingerprint.Add(PolledMs);
        fingerprint.Add(HeardMs);
        fingerprint.Add(BeatMs);
        fingerprint.Add(IsBeating);
        fingerprint.Add(MustRejoin);
        fingerprint.Add(KnowsCoordinator);
    }
}

/// <summary>What a consumer is told, by the names of Kafka's own.</summary>
/// <param name="Topics">What it reads.</param>
/// <param name="Assignors">partition.assignment.strategy: how it can share out, best first; all of them eager, or cooperative-sticky alone.</param>
/// <param name="Instance">group.instance.id, or null.</param>
/// <param name="SessionTimeoutMs">session.timeout.ms: how long the coordinator does without a heartbeat.</param>
/// <param name="HeartbeatMs">heartbeat.interval.ms.</param>
/// <param name="MaxPollMs">max.poll.interval.ms: how long the application may take from one poll to the next. Another clock than the session's (KIP-62).</param>
public sealed record ConsumerGroupSettings(ImmutableArray<string> Topics, ImmutableArray<string> Assignors, string? Instance = null, int SessionTimeoutMs = 10_000, int HeartbeatMs = 3_000, int MaxPollMs = 300_000)
{
    /// <summary>Whether a rebalance takes away only what moves (KIP-429), not everything first.</summary>
    public bool IsCooperative => Assignors is [Assignor.CooperativeSticky];
}
