using Reference.Replication.Groups;
using Step = Reference.Kernel.Step<Reference.Replication.Groups.CoordinatorState, Reference.Replication.Groups.GroupEffect>;

namespace Reference.Systematic.Zoo;

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

/// <summary>E12. A coordinator answers from what it has, before its log is read. Source: KAFKA-5600.</summary>
public sealed class CoordinatorBeforeLoad(GroupSettings settings) : Coordinator(settings)
{
    /// <inheritdoc/>
    protected override GroupError? Refusal(CoordinatorState s, GroupRequest i) => s.Phase == CoordinatorPhase.Loading ? null : base.Refusal(s, i);
}
