using Stateless;

namespace Reference.Replication.Groups;

/// <summary>Where a group stands.</summary>
public enum GroupPhase
{
    /// <summary>It has no members; its offsets may be kept.</summary>
    Empty,

    /// <summary>Waits for its members to join the next generation.</summary>
    PreparingRebalance,

    /// <summary>The generation stands; waits for its leader's assignment to be committed.</summary>
    CompletingRebalance,

    /// <summary>Every member can have its assignment.</summary>
    Stable,
}

/// <summary>The facts that move a group.</summary>
public enum GroupTrigger
{
    /// <summary>Somebody came, went or changed.</summary>
    MembershipChanged,

    /// <summary>Who was waited for has joined, or is no longer waited for.</summary>
    AllJoined,

    /// <summary>Nobody is left.</summary>
    NobodyLeft,

    /// <summary>The assignment is committed.</summary>
    AssignmentCommitted,
}

/// <summary>The table of a group's phases.</summary>
public static class GroupPhases
{
    private static readonly GroupPhase?[,] Table = Read();

    /// <summary>The phase after <paramref name="trigger"/> in <paramref name="phase"/>.</summary>
    /// <exception cref="InvalidOperationException">The table doesn't list the move.</exception>
    [Rule("GROUP-PHASE-1")]
    public static GroupPhase After(GroupPhase phase, GroupTrigger trigger) =>
        Table[(int)phase, (int)trigger] ?? throw new InvalidOperationException($"no way out of {phase} by {trigger}");

    /// <summary>The table, as a machine that stands in <paramref name="phase"/>.</summary>
    public static StateMachine<GroupPhase, GroupTrigger> Machine(GroupPhase phase)
    {
        var machine = new StateMachine<GroupPhase, GroupTrigger>(phase);
        machine.Configure(GroupPhase.Empty).Permit(GroupTrigger.MembershipChanged, GroupPhase.PreparingRebalance);
        machine.Configure(GroupPhase.PreparingRebalance)
            .PermitReentry(GroupTrigger.MembershipChanged)
            .Permit(GroupTrigger.AllJoined, GroupPhase.CompletingRebalance)
            .Permit(GroupTrigger.NobodyLeft, GroupPhase.Empty);
        machine.Configure(GroupPhase.CompletingRebalance)
            .Permit(GroupTrigger.AssignmentCommitted, GroupPhase.Stable)
            .Permit(GroupTrigger.MembershipChanged, GroupPhase.PreparingRebalance);
        machine.Configure(GroupPhase.Stable).Permit(GroupTrigger.MembershipChanged, GroupPhase.PreparingRebalance);
        return machine;
    }

    private static GroupPhase?[,] Read()
    {
        var table = new GroupPhase?[Enum.GetValues<GroupPhase>().Length, Enum.GetValues<GroupTrigger>().Length];
        foreach (var phase in Enum.GetValues<GroupPhase>())
        {
            foreach (var trigger in Enum.GetValues<GroupTrigger>())
            {
                var machine = Machine(phase);
                if (!machine.CanFire(trigger)) continue;
                machine.Fire(trigger);
                table[(int)phase, (int)trigger] = machine.State;
            }
        }
        return table;
    }
}
