using Reference.Replication.Control;

namespace Reference.Systematic.Replication;

public class ControllerPhaseTests
{
    [Fact, Trait("Rule", "CTRL-PHASE-1")]
    public void The_table_lists_the_moves_that_were_thought_about()
    {
        Assert.Equal(ControllerPhase.Loading, ControllerPhases.After(ControllerPhase.Electing, ControllerTrigger.Elected));
        Assert.Equal(ControllerPhase.Active, ControllerPhases.After(ControllerPhase.Loading, ControllerTrigger.Loaded));
        Assert.Throws<InvalidOperationException>(() => ControllerPhases.After(ControllerPhase.Standby, ControllerTrigger.Elected));
        Assert.Throws<InvalidOperationException>(() => ControllerPhases.After(ControllerPhase.Unconnected, ControllerTrigger.Loaded));
        Assert.Throws<InvalidOperationException>(() => RegistrarPhases.After(RegistrarPhase.Refused, RegistrarTrigger.SessionConnected));
    }
}
