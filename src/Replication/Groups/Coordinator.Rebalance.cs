using Step = Reference.Kernel.Step<Reference.Replication.Groups.CoordinatorState, Reference.Replication.Groups.GroupEffect>;

namespace Reference.Replication.Groups;

public partial class Coordinator
{
    /// <summary>Everybody is called to join anew, and given the longest of the members' rebalance time-outs; the first members of a group are given a while to gather instead.</summary>
    [Rule("GROUP-REBALANCE-1")]
    protected virtual Step PrepareRebalance(CoordinatorState s, Group group, long nowMs)
    {
        if (group.Phase == GroupPhase.PreparingRebalance) return TryComplete(s.With(group), group.Name, nowMs);

        var isFirst = group.Phase == GroupPhase.Empty && settings.InitialDelayMs > 0;
        var due = nowMs + (isFirst ? Math.Min(settings.InitialDelayMs, group.RebalanceTimeoutMs) : group.RebalanceTimeoutMs);
        var syncing = group.Members.Values.Where(m => m.Sync is not null).ToList();
        var next = syncing.Aggregate(group, (g, m) => g.With(m with { Sync = null })) with
        {
            Phase = GroupPhases.After(group.Phase, GroupTrigger.MembershipChanged), SinceMs = nowMs, RebalanceMs = due,
            InitialUntilMs = isFirst ? nowMs + group.RebalanceTimeoutMs : null, Grew = false, Unsaved = false,
        };
        return new Step(s.With(next), [.. syncing.Select(m => new Answer(m.Sync!.Value, new SyncAnswer(GroupError.RebalanceInProgress, default))), new SetRebalanceAlarm(group.Name, due)])
            .Then(after => TryComplete(after, group.Name, nowMs));
    }

    /// <summary>The generation begins once every member has joined and nobody who was given an id is still to come.</summary>
    [Rule("GROUP-REBALANCE-2")]
    protected virtual bool HasAllJoined(Group group) => group.InitialUntilMs is null && group.Pending.IsEmpty && group.Members.Values.All(m => m.Join is not null);

    private Step TryComplete(CoordinatorState s, string name, long nowMs) =>
        s.Groups[name] is { Phase: GroupPhase.PreparingRebalance } group && HasAllJoined(group) ? Complete(s, group, nowMs) : new(s, []);

    /// <summary>Who has not joined in time is out, but for static members, who have until their session ends; who has not synced in time makes the group rebalance without it.</summary>
    [Rule("GROUP-REBALANCE-3")]
    protected virtual Step OnRebalanceDue(CoordinatorState s, RebalanceDue i)
    {
        if (s.Phase != CoordinatorPhase.Active || !s.Groups.TryGetValue(i.Group, out var group)) return new(s, [], Ignored: "no such group here");
        if (group is { Phase: GroupPhase.Empty, Unsaved: true }) return SaveEmpty(s, group);
        if (group.Phase is GroupPhase.Empty or GroupPhase.Stable) return new(s, [], Ignored: "no rebalance under way");
        if (i.NowMs < group.RebalanceMs) return new(s, [new SetRebalanceAlarm(group.Name, group.RebalanceMs)], Ignored: "too early");
        if (group.Phase == GroupPhase.CompletingRebalance) return OnSyncDue(s, group, i.NowMs);
        if (group.InitialUntilMs is { } until && group.Grew && i.NowMs < until) return Prolong(s, group, until, i.NowMs);

        var late = group.Members.Values.Where(m => m.Join is null && m.Instance is null).Select(m => m.Id);
        var joined = group with { Members = group.Members.RemoveRange(late), InitialUntilMs = null };
        return joined.Members.IsEmpty || joined.Members.Values.Any(m => m.Join is not null) ? Complete(s, joined, i.NowMs) : Await(s, joined, i.NowMs + joined.RebalanceTimeoutMs);
    }

    /// <summary>While a group's first members come in, each delays the first generation once more, within the time that a rebalance may take.</summary>
    [Rule("GROUP-REBALANCE-1")]
    protected virtual Step Prolong(CoordinatorState s, Group group, long until, long nowMs) => Await(s, group with { Grew = false }, Math.Min(until, nowMs + settings.InitialDelayMs));

    private static Step Await(CoordinatorState s, Group group, long due) => new(s.With(group with { RebalanceMs = due }), [new SetRebalanceAlarm(group.Name, due)]);

    /// <summary>A generation that its leader never assigns, or that a member never asks after, ends without those who are silent, static members too: their sessions may live, but they hold up all.</summary>
    private Step OnSyncDue(CoordinatorState s, Group group, long nowMs)
    {
        if (s.IsAppending(group.Name)) return Await(s, group, nowMs + group.RebalanceTimeoutMs);
        var silent = group.Members.Values.Where(m => m.Sync is null).Select(m => m.Id).ToList();
        return PrepareRebalance(s, group with { Members = group.Members.RemoveRange(silent) }, nowMs);
    }

    private Step Complete(CoordinatorState s, Group group, long nowMs)
    {
        var next = group with { Generation = group.Generation + 1, SinceMs = nowMs, InitialUntilMs = null };
        return group.Members.IsEmpty ? EndGeneration(s, next) : BeginGeneration(s, next, nowMs);
    }

    /// <summary>A group that nobody is left in stays, for its offsets; its log says so.</summary>
    [Rule("GROUP-REBALANCE-5")]
    protected virtual Step EndGeneration(CoordinatorState s, Group group)
    {
        var empty = group with { Phase = GroupPhases.After(group.Phase, GroupTrigger.NobodyLeft), Protocol = null, Leader = null };
        return SaveEmpty(s, empty);
    }

    private Step SaveEmpty(CoordinatorState s, Group empty) =>
        Append(s.With(empty with { Unsaved = false }), new StoreEmpty(empty.Name), [Stored(empty, ImmutableSortedDictionary<string, Opaque>.Empty)]);

    /// <summary>A new generation: one number more, one protocol that all know, one leader; every member that joined is told.</summary>
    [Rule("GROUP-REBALANCE-4")]
    protected virtual Step BeginGeneration(CoordinatorState s, Group group, long nowMs)
    {
        var leader = group.Leader is { } former && group.Members.TryGetValue(former, out var m) && m.Join is not null ? former : group.Members.Values.First(m => m.Join is not null).Id;
        var due = nowMs + group.RebalanceTimeoutMs;
        var next = group with { Phase = GroupPhases.After(group.Phase, GroupTrigger.AllJoined), Leader = leader, Protocol = ElectProtocol(group), RebalanceMs = due };
        var step = new Step(s.With(next), [new SetRebalanceAlarm(group.Name, due)]);
        foreach (var id in next.Members.Values.Where(m => m.Join is not null).Select(m => m.Id))
            step = step.Then(after => AnswerJoin(after, after.Groups[group.Name], after.Groups[group.Name].Members[id])).Then(after => Beat(after, group.Name, id, nowMs));
        return step;
    }

    /// <summary>Of the protocols that every member knows, the one that most like best; of equals, the first by name.</summary>
    [Rule("GROUP-REBALANCE-6")]
    protected virtual string ElectProtocol(Group group)
    {
        var known = group.Members.Values.First().Protocols.Select(p => p.Name).Where(name => group.Members.Values.All(m => m.Protocols.Any(p => p.Name == name))).ToList();
        return group.Members.Values.Select(m => m.Protocols.First(p => known.Contains(p.Name)).Name)
            .GroupBy(name => name).OrderByDescending(votes => votes.Count()).ThenBy(votes => votes.Key, StringComparer.Ordinal).First().Key;
    }
}
