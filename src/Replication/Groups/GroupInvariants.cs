namespace Reference.Replication.Groups;

public sealed partial record CoordinatorState
{
    /// <summary>A generation is led by one of its members.</summary>
    [Rule("GROUP-INV-1")]
    public static readonly Invariant<CoordinatorState> LeaderIsAMember = new("GROUP-INV-1",
        "a generation that stands has members, and one of them leads it",
        s => s.Groups.Values.All(g => g.Phase is not (GroupPhase.CompletingRebalance or GroupPhase.Stable) || (g.Leader is { } leader && g.Members.ContainsKey(leader))));

    /// <summary>A static member has one id at a time.</summary>
    [Rule("GROUP-INV-2")]
    public static readonly Invariant<CoordinatorState> InstancesAreUnique = new("GROUP-INV-2",
        "no two members of a group are the same instance",
        s => s.Groups.Values.All(g => g.Members.Values.Where(m => m.Instance is not null).GroupBy(m => m.Instance).All(i => i.Count() == 1)));

    /// <summary>Within a term generations only rise.</summary>
    [Rule("GROUP-INV-3")]
    public static readonly Invariant<(CoordinatorState Before, CoordinatorState After)> GenerationNeverGoesBack = new("GROUP-INV-3",
        "in a coordinator's term, a group's generation never goes back as long as the group is there",
        step => step.Before.Phase != CoordinatorPhase.Active || step.After.Phase != CoordinatorPhase.Active || step.Before.Epoch != step.After.Epoch
            || step.Before.Groups.Values.All(g => !step.After.Groups.TryGetValue(g.Name, out var after) || after.Generation >= g.Generation));

    /// <summary>Claims about one state.</summary>
    public static readonly ImmutableArray<Invariant<CoordinatorState>> Invariants = [LeaderIsAMember, InstancesAreUnique];

    /// <summary>Claims about a step.</summary>
    public static readonly ImmutableArray<Invariant<(CoordinatorState Before, CoordinatorState After)>> StepInvariants = [GenerationNeverGoesBack];
}

/// <summary>Claims about a group as its members and its log show it.</summary>
public static class GroupInvariants
{
    /// <summary>Before and after a commit.</summary>
    [Rule("GROUP-INV-4")]
    public static readonly Invariant<(long Before, long After)> OffsetsNeverGoBack = new("GROUP-INV-4",
        "where every member goes on from what is committed and commits what it has done, a committed offset never goes back", step => step.After >= step.Before);

    /// <summary>What was acknowledged, and what a member is told.</summary>
    [Rule("GROUP-INV-5")]
    public static readonly Invariant<(long Acknowledged, long Told)> AcknowledgedIsTold = new("GROUP-INV-5",
        "who asks for an offset is told what was last acknowledged, or a later one, whichever broker coordinates", seen => seen.Told >= seen.Acknowledged);

    /// <summary>Two members, each with its generation and what it owns.</summary>
    [Rule("GROUP-INV-6")]
    public static readonly Invariant<((int Generation, ImmutableSortedSet<TopicPartition> Owned) One, (int Generation, ImmutableSortedSet<TopicPartition> Owned) Other)> OneOwner = new("GROUP-INV-6",
        "two members of one generation own no partition both", m => m.One.Generation < 0 || m.One.Generation != m.Other.Generation || m.One.Owned.Intersect(m.Other.Owned).IsEmpty);

    /// <summary>A member that the coordinator removes although it heartbeats: how long ago it polled, how long it may take, and how often it hears whether the group rebalances.</summary>
    [Rule("GROUP-INV-7")]
    public static readonly Invariant<(long PolledAgoMs, long MaxPollMs, long HeartbeatMs)> WhoPollsStays = new("GROUP-INV-7",
        "a member that heartbeats is removed only if it hasn't polled for max.poll.interval.ms, less the heartbeat interval in which it hears of a rebalance", at => at.PolledAgoMs >= at.MaxPollMs - at.HeartbeatMs);

    /// <summary>A member that has just looked at its clock: how long ago it polled, how long it may take, and what it owns.</summary>
    [Rule("GROUP-INV-8")]
    public static readonly Invariant<(long PolledAgoMs, long MaxPollMs, int Owned)> WhoPollsNotHoldsNothing = new("GROUP-INV-8",
        "a member that hasn't polled for longer than max.poll.interval.ms owns nothing once it has looked at its clock", at => at.PolledAgoMs <= at.MaxPollMs || at.Owned == 0);

    /// <summary>A heartbeat's answer, the generation that it named, and the group's.</summary>
    [Rule("GROUP-INV-9")]
    public static readonly Invariant<(GroupError Answer, int Named, int Present)> BeatsInPresentGeneration = new("GROUP-INV-9",
        "a heartbeat is answered without an error only in the present generation", at => at.Answer != GroupError.None || at.Named == at.Present);

    /// <summary>A rebalance that a member waits in: how long it has lasted, and how long it may.</summary>
    [Rule("GROUP-INV-10")]
    public static readonly Invariant<(long LastsMs, long LongestMs)> RebalancesEnd = new("GROUP-INV-10",
        "a rebalance that a member waits in ends within the members' rebalance time-out, whoever died or left", at => at.LastsMs <= at.LongestMs);
}
