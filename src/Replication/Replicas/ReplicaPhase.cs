using Stateless;

namespace Reference.Replication.Replicas;

/// <summary>What a replica is doing.</summary>
public enum ReplicaPhase
{
    /// <summary>It has no role: the broker has just come back, or was told to stop.</summary>
    Offline,

    /// <summary>The partition has no leader; it waits.</summary>
    Leaderless,

    /// <summary>A follower that finds out where its log parts from the leader's.</summary>
    Truncating,

    /// <summary>A follower whose log is a prefix of the leader's, and that fetches the rest.</summary>
    Fetching,

    /// <summary>The leader.</summary>
    Leading,
}

/// <summary>The facts that change what a replica is doing.</summary>
public enum ReplicaTrigger
{
    /// <summary>A new leader epoch has this replica as its leader.</summary>
    Elected,

    /// <summary>A new leader epoch has another leader.</summary>
    LeaderNamed,

    /// <summary>A new leader epoch has no leader.</summary>
    LeaderMissing,

    /// <summary>The log's last epoch ends where the leader's does, or sooner.</summary>
    LogsAgree,

    /// <summary>What the leader sent or said doesn't continue this log.</summary>
    LogsPart,

    /// <summary>The controller stopped the replica.</summary>
    Stopped,
}

/// <summary>The table of phases; spec/generated draws it.</summary>
public static class ReplicaPhases
{
    private static readonly ReplicaPhase?[,] Table = Read();

    /// <summary>The phase after <paramref name="trigger"/>.</summary>
    /// <exception cref="InvalidOperationException">The table lists no such move.</exception>
    [Rule("REPL-PHASE-1")]
    public static ReplicaPhase After(ReplicaPhase phase, ReplicaTrigger trigger) =>
        Table[(int)phase, (int)trigger] ?? throw new InvalidOperationException($"A replica in {phase} can't take {trigger}.");

    /// <summary>The table as Stateless has it, at <paramref name="phase"/>.</summary>
    public static StateMachine<ReplicaPhase, ReplicaTrigger> Machine(ReplicaPhase phase)
    {
        var machine = new StateMachine<ReplicaPhase, ReplicaTrigger>(phase);
        foreach (var each in Enum.GetValues<ReplicaPhase>())
        {
            var configuration = machine.Configure(each);
            Permit(configuration, each, ReplicaTrigger.Elected, ReplicaPhase.Leading);
            Permit(configuration, each, ReplicaTrigger.LeaderNamed, ReplicaPhase.Truncating);
            Permit(configuration, each, ReplicaTrigger.LeaderMissing, ReplicaPhase.Leaderless);
            Permit(configuration, each, ReplicaTrigger.Stopped, ReplicaPhase.Offline);
        }
        machine.Configure(ReplicaPhase.Truncating).Permit(ReplicaTrigger.LogsAgree, ReplicaPhase.Fetching).PermitReentry(ReplicaTrigger.LogsPart);
        machine.Configure(ReplicaPhase.Fetching).Permit(ReplicaTrigger.LogsPart, ReplicaPhase.Truncating);
        return machine;
    }

    private static void Permit(StateMachine<ReplicaPhase, ReplicaTrigger>.StateConfiguration from, ReplicaPhase phase, ReplicaTrigger trigger, ReplicaPhase to)
    {
        if (phase == to) from.PermitReentry(trigger);
        else from.Permit(trigger, to);
    }

    private static ReplicaPhase?[,] Read()
    {
        var phases = Enum.GetValues<ReplicaPhase>();
        var triggers = Enum.GetValues<ReplicaTrigger>();
        var table = new ReplicaPhase?[phases.Length, triggers.Length];
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
