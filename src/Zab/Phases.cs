using Stateless;

namespace Reference.Zab;

/// <summary>The protocol's phases, as the paper counts them from 0 to 3.</summary>
public enum Phase
{
    /// <summary>Phase 0: looking for a leader.</summary>
    Election,

    /// <summary>Phase 1: leader and followers agree on an epoch.</summary>
    Discovery,

    /// <summary>Phase 2: the followers take over the leader's history.</summary>
    Synchronization,

    /// <summary>Phase 3: the leader's proposals are committed in order.</summary>
    Broadcast,
}

/// <summary>The facts that move a server from phase to phase.</summary>
public enum Trigger
{
    /// <summary>It leads, or it follows one.</summary>
    LeaderDecided,

    /// <summary>A leader: a quorum promised its epoch. A follower: it answered NEWEPOCH.</summary>
    EpochPromised,

    /// <summary>A leader: a quorum acknowledged NEWLEADER. A follower: UPTODATE came.</summary>
    QuorumSynchronized,

    /// <summary>A follower left its leader, or a leader stepped down.</summary>
    LeaderLost,
}

/// <summary>The table of the phases; the diagrams of spec/ are drawn from it.</summary>
public static class Phases
{
    private static readonly Phase?[,] Table = Read();

    /// <summary>The phase after <paramref name="trigger"/> in <paramref name="phase"/>.</summary>
    /// <exception cref="InvalidOperationException">The table doesn't list the move.</exception>
    public static Phase After(Phase phase, Trigger trigger) =>
        Table[(int)phase, (int)trigger] ?? throw new InvalidOperationException($"no way out of {phase} by {trigger}");

    /// <summary>The table, as a machine that stands in <paramref name="phase"/>.</summary>
    public static StateMachine<Phase, Trigger> Machine(Phase phase)
    {
        var machine = new StateMachine<Phase, Trigger>(phase);
        machine.Configure(Phase.Election).Permit(Trigger.LeaderDecided, Phase.Discovery);
        machine.Configure(Phase.Discovery).Permit(Trigger.EpochPromised, Phase.Synchronization).Permit(Trigger.LeaderLost, Phase.Election);
        machine.Configure(Phase.Synchronization).Permit(Trigger.QuorumSynchronized, Phase.Broadcast).Permit(Trigger.LeaderLost, Phase.Election);
        machine.Configure(Phase.Broadcast).Permit(Trigger.LeaderLost, Phase.Election);
        return machine;
    }

    private static Phase?[,] Read()
    {
        var phases = Enum.GetValues<Phase>();
        var triggers = Enum.GetValues<Trigger>();
        var table = new Phase?[phases.Length, triggers.Length];
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
