using Stateless;

namespace Reference.Replication.Control;

/// <summary>What a broker is to the controller's seat.</summary>
public enum ControllerPhase
{
    /// <summary>Without the metadata store nobody is controller.</summary>
    Unconnected,

    /// <summary>Finds out whether the seat is free, and if so stands for it.</summary>
    Electing,

    /// <summary>Another one is controller; this one watches the seat.</summary>
    Standby,

    /// <summary>Is controller and reads what there is; decides nothing yet.</summary>
    Loading,

    /// <summary>Is controller and knows all.</summary>
    Active,
}

/// <summary>The facts that move it.</summary>
public enum ControllerTrigger
{
    /// <summary>A session with the store stands.</summary>
    SessionConnected,

    /// <summary>The store is out of reach, or the session is over.</summary>
    SessionLost,

    /// <summary>Another broker holds the seat.</summary>
    SeatTaken,

    /// <summary>The seat's entry changed.</summary>
    SeatChanged,

    /// <summary>The seat is this broker's.</summary>
    Elected,

    /// <summary>Everything is read.</summary>
    Loaded,

    /// <summary>The seat is this broker's no longer, or a write showed that its term is over.</summary>
    Deposed,
}

/// <summary>The table of the phases; the diagrams of spec/ are drawn from it.</summary>
public static class ControllerPhases
{
    private static readonly ControllerPhase?[,] Table = Read();

    /// <summary>The phase after <paramref name="trigger"/> in <paramref name="phase"/>.</summary>
    /// <exception cref="InvalidOperationException">The table doesn't list the move.</exception>
    [Rule("CTRL-PHASE-1")]
    public static ControllerPhase After(ControllerPhase phase, ControllerTrigger trigger) =>
        Table[(int)phase, (int)trigger] ?? throw new InvalidOperationException($"no way out of {phase} by {trigger}");

    /// <summary>The table, as a machine that stands in <paramref name="phase"/>.</summary>
    public static StateMachine<ControllerPhase, ControllerTrigger> Machine(ControllerPhase phase)
    {
        var machine = new StateMachine<ControllerPhase, ControllerTrigger>(phase);
        machine.Configure(ControllerPhase.Unconnected)
            .Permit(ControllerTrigger.SessionConnected, ControllerPhase.Electing)
            .PermitReentry(ControllerTrigger.SessionLost);
        machine.Configure(ControllerPhase.Electing)
            .Permit(ControllerTrigger.SeatTaken, ControllerPhase.Standby)
            .PermitReentry(ControllerTrigger.SeatChanged)
            .Permit(ControllerTrigger.Elected, ControllerPhase.Loading)
            .Permit(ControllerTrigger.SessionLost, ControllerPhase.Unconnected);
        machine.Configure(ControllerPhase.Standby)
            .PermitReentry(ControllerTrigger.SeatTaken)
            .Permit(ControllerTrigger.SeatChanged, ControllerPhase.Electing)
            .Permit(ControllerTrigger.SessionLost, ControllerPhase.Unconnected);
        machine.Configure(ControllerPhase.Loading)
            .Permit(ControllerTrigger.Loaded, ControllerPhase.Active)
            .Permit(ControllerTrigger.Deposed, ControllerPhase.Electing)
            .Permit(ControllerTrigger.SessionLost, ControllerPhase.Unconnected);
        machine.Configure(ControllerPhase.Active)
            .Permit(ControllerTrigger.Deposed, ControllerPhase.Electing)
            .Permit(ControllerTrigger.SessionLost, ControllerPhase.Unconnected);
        return machine;
    }

    private static ControllerPhase?[,] Read()
    {
        var phases = Enum.GetValues<ControllerPhase>();
        var triggers = Enum.GetValues<ControllerTrigger>();
        var table = new ControllerPhase?[phases.Length, triggers.Length];
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
