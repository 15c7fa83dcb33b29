using Reference.Replication.Groups;
using Step = Reference.Kernel.Step<Reference.Replication.Groups.CoordinatorState, Reference.Replication.Groups.GroupEffect>;

namespace Reference.Systematic.Zoo;

/// <summary>E5. Heartbeats go out with polls only: who takes long over its records is taken for dead. Source: KIP-62.</summary>
public class HeartbeatFromPoll(ConsumerGroupSettings settings) : GroupConsumer(settings)
{
    /// <inheritdoc/>
    protected override bool MustBeat(ConsumerState s, long nowMs) => s.PolledMs == nowMs && base.MustBeat(s, nowMs);
}

/// <summary>E6. Heartbeats go on, and nobody asks whether the application polls. Source: KIP-62.</summary>
public class BackgroundHeartbeatOnly(ConsumerGroupSettings settings) : GroupConsumer(settings)
{
    /// <inheritdoc/>
    protected override bool IsPollOverdue(ConsumerState s, long nowMs) => false;
}

/// <summary>E7. A heartbeat counts whichever generation it names: who missed the last rebalance never hears of it. Source: the group protocol.</summary>
public class OldGenerationHeartbeats(GroupSettings settings) : Coordinator(settings)
{
    /// <inheritdoc/>
    protected override Step OnHeartbeatReceived(CoordinatorState s, HeartbeatReceived i) => base.OnHeartbeatReceived(s, s.Groups.TryGetValue(i.Group, out var group) ? i with { Generation = group.Generation } : i);
}

/// <summary>E8. A commit is taken whoever sends it and of whichever generation: a former owner takes the group back. Source: the group protocol.</summary>
public sealed class StaleCommitAccepted(GroupSettings settings) : Coordinator(settings)
{
    /// <inheritdoc/>
    protected override Step OnCommitRequested(CoordinatorState s, CommitRequested i) => base.OnCommitRequested(s, i with { Generation = -1 });

    /// <inheritdoc/>
    protected override GroupError? RefusesCommit(Group? group, CommitRequested i) => null;
}

/// <summary>E9. A member that asks for its share while the generation forms gets the one it had before at once. Source: the group protocol.</summary>
public sealed class AssignedTwice(GroupSettings settings) : Coordinator(settings)
{
    /// <inheritdoc/>
    protected override Step OnSyncRequested(CoordinatorState s, SyncRequested i) =>
        s.Groups.TryGetValue(i.Group, out var group) && group.Phase == GroupPhase.CompletingRebalance && i.Member != group.Leader && i.Generation == group.Generation && group.Members.TryGetValue(i.Member, out var member) && !member.Assignment.Bytes.IsEmpty
            ? new(s, [new Answer(i.Token, new SyncAnswer(GroupError.None, member.Assignment))])
            : base.OnSyncRequested(s, i);
}

/// <summary>E10. Who was given an id is waited for, for ever. Source: KAFKA-9752.</summary>
public class RebalanceStuck(GroupSettings settings) : Coordinator(settings)
{
    /// <inheritdoc/>
    protected override Step OnPendingDue(CoordinatorState s, Group group, SessionDue i, long until) => new(s, []);

    /// <inheritdoc/>
    protected override Step OnRebalanceDue(CoordinatorState s, RebalanceDue i) => s.Groups.TryGetValue(i.Group, out var group) && !group.Pending.IsEmpty ? new(s, []) : base.OnRebalanceDue(s, i);
}

/// <summary>E11. An alarm that was set for an earlier heartbeat ends the session, whatever was heard since. Source: stale timers, textbook.</summary>
public class EvictedByLateAlarm(GroupSettings settings) : Coordinator(settings)
{
    /// <inheritdoc/>
    protected override bool IsSilent(Member member, long nowMs) => !member.IsWaiting;
}

/// <summary>E12. A coordinator answers from what it has, before its log is read. Source: KAFKA-5600.</summary>
public sealed class CoordinatorBeforeLoad(GroupSettings settings) : Coordinator(settings)
{
    /// <inheritdoc/>
    protected override GroupError? Refusal(CoordinatorState s, GroupRequest i) => s.Phase == CoordinatorPhase.Loading ? null : base.Refusal(s, i);
}
