using Step = Reference.Kernel.Step<Reference.Replication.Groups.CoordinatorState, Reference.Replication.Groups.GroupEffect>;

namespace Reference.Replication.Groups;

public partial class Coordinator
{
    private Step OnJoinRequested(CoordinatorState s, JoinRequested i)
    {
        var group = s.Groups.GetValueOrDefault(i.Group);
        if (!MayBeSilentFor(i.SessionTimeoutMs)) return Refuse(s, i, GroupError.InvalidSessionTimeout);
        if (group is null && i.Member.Length > 0) return Refuse(s, i, GroupError.UnknownMemberId);
        group ??= Group.New(i.Group, i.NowMs);
        if (!IsCompatible(group, i)) return Refuse(s, i, GroupError.InconsistentProtocol);
        if (i.Member.Length == 0) return OnNewcomer(s, group, i);
        if (Fence(group, i.Member, i.Instance) is { } error) return group.Pending.ContainsKey(i.Member) && i.Instance is null ? Admit(s, group, i.Member, i) : Refuse(s, i, error);

        return OnRejoin(s, group, group.Members[i.Member], i);
    }

    /// <summary>A session time-out lies within what the operator allows.</summary>
    [Rule("GROUP-JOIN-1")]
    protected virtual bool MayBeSilentFor(int sessionTimeoutMs) => sessionTimeoutMs >= settings.MinSessionTimeoutMs && sessionTimeoutMs <= settings.MaxSessionTimeoutMs;

    /// <summary>Who joins is of the group's kind, and shares a protocol with every other member.</summary>
    [Rule("GROUP-JOIN-2")]
    protected virtual bool IsCompatible(Group group, JoinRequested i)
    {
        if (i.ProtocolType.Length == 0 || i.Protocols.IsEmpty) return false;
        var others = group.Members.Values.Where(m => m.Id != i.Member && (m.Instance is null || m.Instance != i.Instance)).ToList();
        return others.Count == 0 || (group.ProtocolType == i.ProtocolType && i.Protocols.Any(p => others.TrueForAll(m => m.Protocols.Any(q => q.Name == p.Name))));
    }

    private Step OnNewcomer(CoordinatorState s, Group group, JoinRequested i)
    {
        if (group.OfInstance(i.Instance) is { } former) return Replace(s, group, former, i);
        return MustBeToldItsId(i) ? TellId(s, group, i) : Admit(s, group, i.NewMember, i);
    }

    /// <summary>A new dynamic member first learns its id, so that a retry of its request doesn't leave a ghost behind.</summary>
    [Rule("GROUP-JOIN-3")]
    protected virtual bool MustBeToldItsId(JoinRequested i) => i.MustKnowId && i.Instance is null;

    /// <summary>The id is waited for, for as long as a session.</summary>
    [Rule("GROUP-JOIN-3")]
    protected virtual Step TellId(CoordinatorState s, Group group, JoinRequested i)
    {
        var until = i.NowMs + i.SessionTimeoutMs;
        return new(s.With(group with { Pending = group.Pending.SetItem(i.NewMember, until) }),
            [new Answer(i.Token, JoinAnswer.Refused(GroupError.MemberIdRequired, i.NewMember)), new SetSessionAlarm(group.Name, i.NewMember, until)]);
    }

    /// <summary>A member comes in, and with it a new generation.</summary>
    [Rule("GROUP-JOIN-4")]
    protected virtual Step Admit(CoordinatorState s, Group group, string id, JoinRequested i)
    {
        var member = new Member(id, i.Instance, i.ClientId, i.ClientHost, i.SessionTimeoutMs, i.RebalanceTimeoutMs, i.Protocols, default, i.Token, null, i.NowMs + i.SessionTimeoutMs);
        var next = group.With(member) with { ProtocolType = i.ProtocolType, Pending = group.Pending.Remove(id), Grew = true };
        return new Step(s, [new SetSessionAlarm(group.Name, id, member.DeadlineMs)]).Then(after => PrepareRebalance(after, next, i.NowMs));
    }

    /// <summary>A static member that comes back without an id gets a new one in its old place; the old id is fenced. In a stable generation that asks nothing of the others, once the new id is committed.</summary>
    [Rule("GROUP-STATIC-1")]
    protected virtual Step Replace(CoordinatorState s, Group group, Member former, JoinRequested i)
    {
        var next = Replaced(group, former, i, i.NowMs);
        return SaysTheSame(group, former, next.Members[i.NewMember])
            ? Append(s, new StoreReplacement(group.Name, group.Generation, former.Id, i), [Stored(next, next.Members.ToImmutableSortedDictionary(m => m.Key, m => m.Value.Assignment, StringComparer.Ordinal))])
            : PutInPlace(s, group, former, i, i.NowMs).Then(after => PrepareRebalance(after, after.Groups[group.Name], i.NowMs));
    }

    private static bool SaysTheSame(Group group, Member former, Member member) =>
        group.Phase == GroupPhase.Stable && former.MetadataFor(group.Protocol) == member.MetadataFor(group.Protocol) && member.Protocols.Any(p => p.Name == group.Protocol);

    private static Group Replaced(Group group, Member former, JoinRequested i, long nowMs)
    {
        var member = former with
        {
            Id = i.NewMember, ClientId = i.ClientId, ClientHost = i.ClientHost, SessionTimeoutMs = i.SessionTimeoutMs, RebalanceTimeoutMs = i.RebalanceTimeoutMs,
            Protocols = i.Protocols, Join = i.Token, Sync = null, DeadlineMs = nowMs + i.SessionTimeoutMs,
        };
        return (group with { Members = group.Members.Remove(former.Id), Leader = group.Leader == former.Id ? member.Id : group.Leader }).With(member);
    }

    private static Step PutInPlace(CoordinatorState s, Group group, Member former, JoinRequested i, long nowMs) =>
        new(s.With(Replaced(group, former, i, nowMs)), [.. Dismiss(former, GroupError.FencedInstanceId), new SetSessionAlarm(group.Name, i.NewMember, nowMs + i.SessionTimeoutMs)]);

    /// <summary>The new id is committed: it holds, unless the group has moved on; then the member joins the group as it is now.</summary>
    [Rule("GROUP-STATIC-1")]
    protected virtual Step OnReplacementStored(CoordinatorState s, Group? group, StoreReplacement p, long nowMs) =>
        group is { Phase: GroupPhase.Stable } && group.Generation == p.Generation && group.Members.TryGetValue(p.Former, out var former)
            ? PutInPlace(s, group, former, p.Join, nowMs).Then(after => AnswerJoin(after, after.Groups[p.Group], after.Groups[p.Group].Members[p.Join.NewMember]))
            : OnJoinRequested(s, p.Join with { NowMs = nowMs });

    /// <summary>A member that asks again is answered again if its generation is forming and it says the same; a leader, or who has something new to say, has the group rebalance.</summary>
    [Rule("GROUP-JOIN-5")]
    protected virtual Step OnRejoin(CoordinatorState s, Group group, Member member, JoinRequested i)
    {
        var isNews = !member.Protocols.SequenceEqual(i.Protocols);
        var next = member with
        {
            ClientId = i.ClientId, ClientHost = i.ClientHost, SessionTimeoutMs = i.SessionTimeoutMs, RebalanceTimeoutMs = i.RebalanceTimeoutMs, Protocols = i.Protocols,
            Join = i.Token, Sync = null, DeadlineMs = i.NowMs + i.SessionTimeoutMs,
        };
        var step = new Step(s.With(group.With(next)), [.. Dismiss(member, GroupError.RebalanceInProgress), new SetSessionAlarm(group.Name, member.Id, next.DeadlineMs)]);
        var isRepeat = !isNews && (group.Phase == GroupPhase.CompletingRebalance || (group.Phase == GroupPhase.Stable && group.Leader != member.Id));
        return isRepeat ? step.Then(after => AnswerJoin(after, group.With(next), next)) : step.Then(after => PrepareRebalance(after, group.With(next), i.NowMs));
    }

    /// <summary>Who leaves, is replaced, or asks again on another connection gets an answer to what it asked before.</summary>
    private static ImmutableArray<GroupEffect> Dismiss(Member member, GroupError error)
    {
        var answers = ImmutableArray.CreateBuilder<GroupEffect>();
        if (member.Join is { } join) answers.Add(new Answer(join, JoinAnswer.Refused(error, member.Id)));
        if (member.Sync is { } sync) answers.Add(new Answer(sync, new SyncAnswer(error, default)));
        return answers.ToImmutable();
    }

    /// <summary>The generation as it stands; its members are told to its leader alone, which assigns.</summary>
    [Rule("GROUP-REBALANCE-4")]
    protected virtual Step AnswerJoin(CoordinatorState s, Group group, Member member) => member.Join is not { } token ? new(s, []) : new(
        s.With(group.With(member with { Join = null })),
        [new Answer(token, new JoinAnswer(GroupError.None, group.Generation, group.Protocol, group.Leader, member.Id,
            member.Id == group.Leader ? [.. group.Members.Values.Select(m => new JoinedMember(m.Id, m.Instance, m.MetadataFor(group.Protocol)))] : []))]);
}
