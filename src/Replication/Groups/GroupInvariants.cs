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
