using Step = Reference.Kernel.Step<Reference.Replication.Groups.CoordinatorState, Reference.Replication.Groups.GroupEffect>;

namespace Reference.Replication.Groups;

public partial class Coordinator
{
    /// <summary>Who may commit: a member of the present generation, while it may still own what it read; or, in a group without members, anybody.</summary>
    [Rule("GROUP-COMMIT-1")]
    protected virtual GroupError? RefusesCommit(Group? group, CommitRequested i)
    {
        if (group is null or { Phase: GroupPhase.Empty } && i.Generation < 0) return null;
        if (group is null) return GroupError.IllegalGeneration;
        if (FenceGeneration(group, i.Member, i.Instance, i.Generation) is { } error) return error;
        return group.Phase == GroupPhase.CompletingRebalance ? GroupError.RebalanceInProgress : null;
    }

    /// <summary>A commit that is taken is appended; a member's is a sign of life.</summary>
    [Rule("GROUP-COMMIT-1")]
    protected virtual Step OnCommitRequested(CoordinatorState s, CommitRequested i)
    {
        var group = s.Groups.GetValueOrDefault(i.Group);
        if (RefusesCommit(group, i) is { } error) return Refuse(s, i, error);
        if (i.Offsets.IsEmpty) return Refuse(s, i, GroupError.None);

        var step = new Step(s, []);
        if (i.Generation >= 0) step = step.Then(after => Beat(after, i.Group, i.Member, i.NowMs));
        return step.Then(after => Append(after, new StoreOffsets(i.Group, i.Token, i.Offsets), [.. i.Offsets.Select(o => new OffsetRecord(i.Group, o.Key, o.Value))]));
    }

    /// <summary>An offset is fetched only once it is committed, and then by whoever asks. With its first one a group without members begins.</summary>
    [Rule("GROUP-COMMIT-2")]
    protected virtual Step OnOffsetsStored(CoordinatorState s, Group group, StoreOffsets p) =>
        new(s.With(group with { Offsets = group.Offsets.SetItems(p.Offsets) }), [new Answer(p.Token, new(GroupError.None))]);

    private static Step OnOffsetsRequested(CoordinatorState s, OffsetsRequested i)
    {
        var offsets = s.Groups.GetValueOrDefault(i.Group)?.Offsets ?? ImmutableSortedDictionary<TopicPartition, CommittedOffset>.Empty;
        ImmutableArray<TopicPartition> asked = i.Partitions ?? [.. offsets.Keys];
        return new(s, [new Answer(i.Token, new OffsetsAnswer(GroupError.None, [.. asked.Select(p => (p, offsets.GetValueOrDefault(p)))]))]);
    }

    /// <summary>Offsets of a group without members go once it has had none, and they have not been renewed, for the retention time; with the last of them the group goes.</summary>
    [Rule("GROUP-EXPIRE-1")]
    protected virtual Step OnExpiryDue(CoordinatorState s, ExpiryDue i)
    {
        if (s.Phase != CoordinatorPhase.Active) return new(s, [], Ignored: "nothing is served");

        var step = new Step(s, []);
        foreach (var group in s.Groups.Values.Where(g => g.Phase == GroupPhase.Empty && g.Pending.IsEmpty && !g.Deleting && !s.IsAppending(g.Name)))
        {
            ImmutableArray<TopicPartition> old = [.. group.Offsets.Where(o => IsOld(group, o.Value, i.NowMs)).Select(o => o.Key)];
            var isLast = old.Length == group.Offsets.Count;
            if (old.IsEmpty && !isLast) continue;
            step = step.Then(after => Append(after, new StoreExpiry(group.Name, old), [.. Ends(group.Name, old), .. isLast ? (GroupRecord[])[new GenerationRecord(group.Name, null)] : []]));
        }
        return step;
    }

    private bool IsOld(Group group, CommittedOffset offset, long nowMs) =>
        nowMs - Math.Max(offset.CommittedMs, group.ProtocolType is null ? 0 : group.SinceMs) >= settings.OffsetsRetentionMs;

    private static IEnumerable<GroupRecord> Ends(string group, IEnumerable<TopicPartition> partitions) => partitions.Select(p => new OffsetRecord(group, p, null));

    private static Step OnExpiryStored(CoordinatorState s, Group group, StoreExpiry p)
    {
        var next = group with { Offsets = group.Offsets.RemoveRange(p.Offsets) };
        var isGone = next is { Phase: GroupPhase.Empty, Offsets.IsEmpty: true, Pending.IsEmpty: true } && !s.IsAppending(group.Name);
        return new(isGone ? s with { Groups = s.Groups.Remove(group.Name) } : s.With(next), []);
    }

    /// <summary>Only a group without members is deleted, with all its offsets, those on their way included; it is gone once that is committed.</summary>
    [Rule("GROUP-DELETE-1")]
    protected virtual Step OnDeleteRequested(CoordinatorState s, DeleteRequested i)
    {
        if (!s.Groups.TryGetValue(i.Group, out var group)) return Refuse(s, i, GroupError.GroupIdNotFound);
        if (group.Phase != GroupPhase.Empty || !group.Pending.IsEmpty) return Refuse(s, i, GroupError.NonEmptyGroup);

        var partitions = group.Offsets.Keys.Concat(s.Appends.Values.OfType<StoreOffsets>().Where(p => p.Group == group.Name).SelectMany(p => p.Offsets.Keys)).Distinct().Order();
        return Append(s.With(group with { Deleting = true }), new StoreDeletion(group.Name, i.Token), [.. Ends(group.Name, partitions), new GenerationRecord(group.Name, null)]);
    }

    /// <summary>A group is described as it is; one that isn't there, as none.</summary>
    [Rule("GROUP-DESCRIBE-1")]
    protected virtual Step OnDescribeRequested(CoordinatorState s, DescribeRequested i) =>
        new(s, [new Answer(i.Token, new DescribeAnswer(GroupError.None, s.Groups.GetValueOrDefault(i.Group)))]);

    /// <summary>A coordinator lists the groups that it has; one that is loading says so, for its list would lack some.</summary>
    [Rule("GROUP-DESCRIBE-1")]
    protected virtual Step OnListRequested(CoordinatorState s, ListRequested i) => new(s, [new Answer(i.Token, s.Phase == CoordinatorPhase.Loading
        ? new ListAnswer(GroupError.LoadInProgress, [])
        : new ListAnswer(GroupError.None, [.. s.Groups.Values.Select(g => (g.Name, g.ProtocolType ?? ""))]))]);
}
