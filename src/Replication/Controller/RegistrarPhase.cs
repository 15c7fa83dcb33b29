using Stateless;

namespace Reference.Replication.Control;

/// <summary>How far a broker's registration is.</summary>
public enum RegistrarPhase
{
    /// <summary>No session with the store; an earlier one may still be alive.</summary>
    Unconnected,

    /// <summary>Reads the cluster's name and its own entry.</summary>
    Looking,

    /// <summary>Gives the cluster its name.</summary>
    Founding,

    /// <summary>Removes the entry of an earlier session of its own.</summary>
    Clearing,

    /// <summary>Waits for a namesake's entry to end with its session.</summary>
    Waiting,

    /// <summary>Creates its entry.</summary>
    Registering,

    /// <summary>Its entry stands, in this session.</summary>
    Registered,

    /// <summary>Can't register; its operator has to act.</summary>
    Refused,
}

/// <summary>The facts that move it.</summary>
public enum RegistrarTrigger
{
    /// <summary>A session stands.</summary>
    SessionConnected,

    /// <summary>The session is out of reach, or over.</summary>
    SessionLost,

    /// <summary>The cluster has no name yet.</summary>
    NoCluster,

    /// <summary>An entry of an earlier session of this data folder is there.</summary>
    FormerFound,

    /// <summary>Somebody else's entry is there.</summary>
    NamesakeFound,

    /// <summary>Nothing stands in the way.</summary>
    NothingFound,

    /// <summary>The entry is there, and this session's.</summary>
    OwnFound,

    /// <summary>A write was answered, or the entry changed: look again.</summary>
    Uncertain,

    /// <summary>The namesake stays, or the cluster is another one.</summary>
    Conflict,
}

/// <summary>The table of the phases; the diagrams of spec/ are drawn from it.</summary>
public static class RegistrarPhases
{
    private static readonly RegistrarPhase?[,] Table = Read();

    /// <summary>The phase after <paramref name="trigger"/> in <paramref name="phase"/>.</summary>
    /// <exception cref="InvalidOperationException">The table doesn't list the move.</exception>
    [Rule("CTRL-PHASE-1")]
    public static RegistrarPhase After(RegistrarPhase phase, RegistrarTrigger trigger) =>
        Table[(int)phase, (int)trigger] ?? throw new InvalidOperationException($"no way out of {phase} by {trigger}");

    /// <summary>The table, as a machine that stands in <paramref name="phase"/>.</summary>
    public static StateMachine<RegistrarPhase, RegistrarTrigger> Machine(RegistrarPhase phase)
    {
        var machine = new StateMachine<RegistrarPhase, RegistrarTrigger>(phase);
        machine.Configure(RegistrarPhase.Unconnected).Permit(RegistrarTrigger.SessionConnected, RegistrarPhase.Looking).PermitReentry(RegistrarTrigger.SessionLost);
        machine.Configure(RegistrarPhase.Looking)
            .Permit(RegistrarTrigger.NoCluster, RegistrarPhase.Founding)
            .Permit(RegistrarTrigger.FormerFound, RegistrarPhase.Clearing)
            .Permit(RegistrarTrigger.NamesakeFound, RegistrarPhase.Waiting)
            .Permit(RegistrarTrigger.NothingFound, RegistrarPhase.Registering)
            .Permit(RegistrarTrigger.OwnFound, RegistrarPhase.Registered)
            .Permit(RegistrarTrigger.Conflict, RegistrarPhase.Refused)
            .PermitReentry(RegistrarTrigger.Uncertain)
            .Permit(RegistrarTrigger.SessionLost, RegistrarPhase.Unconnected);
        machine.Configure(RegistrarPhase.Founding).Permit(RegistrarTrigger.Uncertain, RegistrarPhase.Looking).Permit(RegistrarTrigger.SessionLost, RegistrarPhase.Unconnected);
        machine.Configure(RegistrarPhase.Clearing).Permit(RegistrarTrigger.Uncertain, RegistrarPhase.Looking).Permit(RegistrarTrigger.SessionLost, RegistrarPhase.Unconnected);
        machine.Configure(RegistrarPhase.Waiting)
            .Permit(RegistrarTrigger.Uncertain, RegistrarPhase.Looking)
            .Permit(RegistrarTrigger.Conflict, RegistrarPhase.Refused)
            .Permit(RegistrarTrigger.SessionLost, RegistrarPhase.Unconnected);
        machine.Configure(RegistrarPhase.Registering)
            .Permit(RegistrarTrigger.Uncertain, RegistrarPhase.Looking)
            .Permit(RegistrarTrigger.SessionLost, RegistrarPhase.Unconnected);
        machine.Configure(RegistrarPhase.Registered).Permit(RegistrarTrigger.Uncertain, RegistrarPhase.Looking).Permit(RegistrarTrigger.SessionLost, RegistrarPhase.Unconnected);
        return machine;
    }

    private static RegistrarPhase?[,] Read()
    {
        var phases = Enum.GetValues<RegistrarPhase>();
        var triggers = Enum.GetValues<RegistrarTrigger>();
        var table = new RegistrarPhase?[phases.Length, triggers.Length];
        foreach (var phase in phases)
        {
            foreach (var trigger in triggers)
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
