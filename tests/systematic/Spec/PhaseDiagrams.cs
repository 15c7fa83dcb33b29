using System.Text;
using Reference.Coordination;
using Reference.Replication.Control;
using Reference.Replication.Replicas;
using Reference.Zab;
using Stateless;

namespace Reference.Systematic.Spec;

/// <summary>The phases of each role, drawn from the tables that the cores move by.</summary>
public static class PhaseDiagrams
{
    /// <summary>The page spec/generated/phases.md.</summary>
    public static string Page()
    {
        var page = new StringBuilder($"# Phases\n\n{SpecPages.Notice}\nEach role moves only as its table lists; any other move throws. An arrow is a move, its label the fact that makes it.\n");
        Draw(page, "A server of the broadcast (ZAB)", Phases.Machine(Phase.Election));
        Draw(page, "A server of the service (coordination)", Reference.Coordination.Roles.Machine(default));
        Draw(page, "A client's connection", ConnectionPhases.Machine(default));
        Draw(page, "A partition's replica", ReplicaPhases.Machine(default));
        Draw(page, "The controller", ControllerPhases.Machine(default));
        Draw(page, "A broker's registration", RegistrarPhases.Machine(default));
        return page.ToString();
    }

    private static void Draw<TPhase, TTrigger>(StringBuilder page, string title, StateMachine<TPhase, TTrigger> machine) where TPhase : notnull
    {
        page.Append($"\n## {title}\n\n```mermaid\nstateDiagram-v2\n    [*] --> {machine.State}\n");
        foreach (var state in machine.GetInfo().States.OrderBy(s => (int)s.UnderlyingState))
            foreach (var moves in state.FixedTransitions.GroupBy(t => t.DestinationState.UnderlyingState).OrderBy(g => (int)g.Key))
                page.Append($"    {state.UnderlyingState} --> {moves.Key}: {string.Join(", ", moves.Select(t => t.Trigger.UnderlyingTrigger.ToString()).Order(StringComparer.Ordinal))}\n");
        page.Append("```\n");
    }
}
