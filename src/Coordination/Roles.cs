using Stateless;

namespace Reference.Coordination;

/// <summary>What a server is to the service, as ZAB has it.</summary>
public enum Role
{
    /// <summary>No epoch is established with it: it serves nobody.</summary>
    Inactive,

    /// <summary>It serves clients and sends their writes to the leader.</summary>
    Following,

    /// <summary>It serves clients, and prepares every write.</summary>
    Leading,
}

/// <summary>The facts that move a server from role to role.</summary>
public enum RoleTrigger
{
    /// <summary>An epoch is established under another server.</summary>
    FoundLeader,

    /// <summary>An epoch is established under this server.</summary>
    BecameLeader,

    /// <summary>The epoch is over for this server.</summary>
    LostEpoch,

    /// <summary>A snapshot takes the place of all that was applied.</summary>
    TookSnapshot,
}

/// <summary>The table of the roles; the diagrams of spec/ are drawn from it.</summary>
public static class Roles
{
    private static readonly Role?[,] Table = Read();

    /// <summary>The role after <paramref name="trigger"/> in <paramref name="role"/>.</summary>
    /// <exception cref="InvalidOperationException">The table doesn't list the move.</exception>
    public static Role After(Role role, RoleTrigger trigger) =>
        Table[(int)role, (int)trigger] ?? throw new InvalidOperationException($"no way out of {role} by {trigger}");

    /// <summary>The table, as a machine that stands in <paramref name="role"/>.</summary>
    public static StateMachine<Role, RoleTrigger> Machine(Role role)
    {
        var machine = new StateMachine<Role, RoleTrigger>(role);
        machine.Configure(Role.Inactive)
            .Permit(RoleTrigger.FoundLeader, Role.Following)
            .Permit(RoleTrigger.BecameLeader, Role.Leading)
            .PermitReentry(RoleTrigger.TookSnapshot);
        machine.Configure(Role.Following).Permit(RoleTrigger.LostEpoch, Role.Inactive);
        machine.Configure(Role.Leading).Permit(RoleTrigger.LostEpoch, Role.Inactive);
        return machine;
    }

    private static Role?[,] Read()
    {
        var roles = Enum.GetValues<Role>();
        var triggers = Enum.GetValues<RoleTrigger>();
        var table = new Role?[roles.Length, triggers.Length];
        foreach (var role in roles)
        {
            foreach (var trigger in triggers)
            {
                var machine = Machine(role);
                if (!machine.CanFire(trigger)) continue;
                machine.Fire(trigger);
                table[(int)role, (int)trigger] = machine.State;
            }
        }

        return table;
    }
}
