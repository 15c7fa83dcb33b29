using Reference.Zab;

namespace Reference.Systematic.Zab;

public class PhasesTests
{
    [Fact]
    public void A_term_goes_from_election_to_broadcast_and_back()
    {
        Assert.Equal(Phase.Discovery, Phases.After(Phase.Election, Trigger.LeaderDecided));
        Assert.Equal(Phase.Synchronization, Phases.After(Phase.Discovery, Trigger.EpochPromised));
        Assert.Equal(Phase.Broadcast, Phases.After(Phase.Synchronization, Trigger.QuorumSynchronized));
        Assert.Equal(Phase.Election, Phases.After(Phase.Broadcast, Trigger.LeaderLost));
    }

    [Fact]
    public void A_move_that_is_not_listed_throws() => Assert.Throws<InvalidOperationException>(() => Phases.After(Phase.Election, Trigger.QuorumSynchronized));
}
