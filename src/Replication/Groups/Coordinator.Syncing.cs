using Step = Reference.Kernel.Step<Reference.Replication.Groups.CoordinatorState, Reference.Replication.Groups.GroupEffect>;

namespace Reference.Replication.Groups;

public partial class Coordinator
{
    /// <summary>An id or instance that the group doesn't know, or an instance that has another id by now.</summary>
    [Rule("GROUP-FENCE-1")]
    protected virtual GroupError? Fence(Group group, string member, string? instance)
    {
        if (instance is null) return group.Members.ContainsKey(member) ? null : GroupError.UnknownMemberId;
        return group.OfInstance(instance) is not { } holder ? GroupError.UnknownMemberId : holder.Id == member ? null : GroupError.FencedInstanceId;
    }

    /// <summary>Only a member of the present generation speaks for it.</summary>
    [Rule("GROUP-FENCE-2")]
    protected virtual GroupError? FenceGeneration(Group group, string member, string? instance, int generation) =>
        Fence(group, member, instance) ?? (generation == group.Generation ? null : GroupError.IllegalGeneration);

    /// <summary>A member asks for its share. While the generation waits for its leader's assignment so does the member; the leader's is committed first.</summary>
    [Rule("GROUP-SYNC-1")]
    protected virtual Step OnSyncRequested(CoordinatorState s, SyncRequested i)
    {
        if (!s.Groups.TryGetValue(i.Group, out var group)) return Refuse(s, i, GroupError.UnknownMemberId);
        if (FenceGeneration(group, i.Member, i.Instance, i.Generation) is { } error) return Refuse(s, i, error);
        if (group.Phase == GroupPhase.PreparingRebalance) return Refuse(s, i, GroupError.RebalanceInProgress);

        var member = group.Members[i.Member];
        var waiting = group.With(member with { Sync = i.Token });
        var step = new Step(s.With(waiting), Dismiss(member with { Join = null }, GroupError.RebalanceInProgress)).Then(after => Beat(after, group.Name, i.Member, i.NowMs));
        if (group.Phase == GroupPhase.Stable) return step.Then(after => AnswerSyncs(after, group.Name, i.NowMs));
        if (group.Leader != i.Member || s.Appends.Values.Any(p => p is StoreAssignment a && a.Group == group.Name && a.Generation == group.Generation)) return step;

        return step.Then(after => Append(after, new StoreAssignment(group.Name, group.Generation, i.Assignments), [Stored(waiting, i.Assignments)]));
    }

    /// <summary>The assignment is committed: it holds, unless the group has moved on.</summary>
    [Rule("GROUP-SYNC-2")]
    protected virtual Step OnAssignmentStored(CoordinatorState s, Group group, StoreAssignment p, long nowMs)
    {
        if (group.Phase != GroupPhase.CompletingRebalance || group.Generation != p.Generation) return new(s, [], Ignored: "of an earlier generation");

        var assigned = group.Members.Values.Aggregate(group, (g, m) => g.With(m with { Assignment = p.Assignments.GetValueOrDefault(m.Id) }));
        return AnswerSyncs(s.With(assigned with { Phase = GroupPhases.After(group.Phase, GroupTrigger.AssignmentCommitted), SinceMs = nowMs }), group.Name, nowMs);
    }

    /// <summary>Each member gets its own share of the present generation, and a whole session from then.</summary>
    [Rule("GROUP-SYNC-2")]
    protected virtual Step AnswerSyncs(CoordinatorState s, string name, long nowMs)
    {
        var waiting = s.Groups[name].Members.Values.Where(m => m.Sync is not null).ToList();
        var next = waiting.Aggregate(s.Groups[name], (g, m) => g.With(m with { Sync = null }));
        var answered = new Step(s.With(next), [.. waiting.Select(m => new Answer(m.Sync!.Value, new SyncAnswer(GroupError.None, m.Assignment)))]);
        return waiting.Aggregate(answered, (step, m) => step.Then(after => Beat(after, name, m.Id, nowMs)));
    }

    private static GenerationRecord Stored(Group group, ImmutableSortedDictionary<string, Opaque> assignments) => new(group.Name, new(group.ProtocolType, group.Generation, group.Protocol, group.Leader, group.SinceMs,
        [.. group.Members.Values.Select(m => new StoredMember(m.Id, m.Instance, m.ClientId, m.ClientHost, m.SessionTimeoutMs, m.RebalanceTimeoutMs, m.MetadataFor(group.Protocol), assignments.GetValueOrDefault(m.Id)))]));

    /// <summary>A member of this generation is alive; while the group calls its members together it hears so.</summary>
    [Rule("GROUP-BEAT-1")]
    protected virtual Step OnHeartbeatReceived(CoordinatorState s, HeartbeatReceived i)
    {
        if (!s.Groups.TryGetValue(i.Group, out var group)) return Refuse(s, i, GroupError.UnknownMemberId);
        if (FenceGeneration(group, i.Member, i.Instance, i.Generation) is { } error) return Refuse(s, i, error);

        var answer = new GroupAnswer(group.Phase == GroupPhase.PreparingRebalance ? GroupError.RebalanceInProgress : GroupError.None);
        return Beat(s, group.Name, i.Member, i.NowMs).Then(new Answer(i.Token, answer));
    }

    /// <summary>A sign of life: the session lasts for one time-out more.</summary>
    private static Step Beat(CoordinatorState s, string name, string id, long nowMs)
    {
        var group = s.Groups[name];
        var member = group.Members[id];
        var deadline = nowMs + member.SessionTimeoutMs;
        return new(s.With(group.With(member with { DeadlineMs = deadline })), [new SetSessionAlarm(name, id, deadline)]);
    }

    /// <summary>Whether a session is over: nothing was heard for a whole time-out, and nothing of the member is waiting here. An alarm of an earlier sign of life ends nothing.</summary>
    [Rule("GROUP-BEAT-2")]
    protected virtual bool IsSilent(Member member, long nowMs) => !member.IsWaiting && nowMs >= member.DeadlineMs;

    private Step OnSessionDue(CoordinatorState s, SessionDue i)
    {
        if (s.Phase != CoordinatorPhase.Active || !s.Groups.TryGetValue(i.Group, out var group)) return new(s, [], Ignored: "no such group here");
        if (group.Pending.TryGetValue(i.Member, out var until)) return OnPendingDue(s, group, i, until);
        if (!group.Members.TryGetValue(i.Member, out var member)) return new(s, [], Ignored: "no such member");
        if (IsSilent(member, i.NowMs)) return Remove(s, group, member, i.NowMs);
        return member.IsWaiting && i.NowMs >= member.DeadlineMs ? Beat(s, group.Name, member.Id, i.NowMs) : new(s, [new SetSessionAlarm(group.Name, member.Id, member.DeadlineMs)], Ignored: "heard of since");
    }

    /// <summary>Who was given an id and doesn't come is no longer waited for.</summary>
    [Rule("GROUP-JOIN-6")]
    protected virtual Step OnPendingDue(CoordinatorState s, Group group, SessionDue i, long until) => i.NowMs < until
        ? new(s, [new SetSessionAlarm(group.Name, i.Member, until)], Ignored: "too early")
        : RemovePending(s, group, i.Member, i.NowMs);

    private Step RemovePending(CoordinatorState s, Group group, string id, long nowMs)
    {
        var next = group with { Pending = group.Pending.Remove(id) };
        return TryComplete(s.With(next), group.Name, nowMs);
    }

    /// <summary>The group goes on without a member: those who are left share anew.</summary>
    [Rule("GROUP-LEAVE-1")]
    protected virtual Step Remove(CoordinatorState s, Group group, Member member, long nowMs)
    {
        var next = group with { Members = group.Members.Remove(member.Id) };
        return new Step(s, Dismiss(member, GroupError.UnknownMemberId)).Then(after => PrepareRebalance(after, next, nowMs));
    }

    /// <summary>Members leave, each by its id or, if static, by its instance; also one that only has its id yet.</summary>
    [Rule("GROUP-LEAVE-2")]
    protected virtual Step OnLeaveRequested(CoordinatorState s, LeaveRequested i)
    {
        if (!s.Groups.ContainsKey(i.Group)) return Refuse(s, i, GroupError.UnknownMemberId);

        var errors = ImmutableArray.CreateBuilder<GroupError>();
        var step = new Step(s, []);
        foreach (var (id, instance) in i.Members)
        {
            var group = step.State.Groups[i.Group];
            var name = id.Length == 0 ? group.OfInstance(instance)?.Id ?? "" : id;
            var isPending = instance is null && group.Pending.ContainsKey(name);
            var error = isPending ? null : Fence(group, name, instance);
            errors.Add(error ?? GroupError.None);
            if (isPending) step = step.Then(after => RemovePending(after, group, name, i.NowMs));
            else if (error is null) step = step.Then(after => Remove(after, group, group.Members[name], i.NowMs));
        }
        return step.Then(new Answer(i.Token, new LeaveAnswer(GroupError.None, errors.ToImmutable())));
    }
}
