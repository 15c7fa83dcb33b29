using Reference.Broker.Ensemble;

namespace Reference.Integration.Ensemble;

public sealed class RehearsalTests
{
    [Fact]
    public void It_plays_an_election_a_term_and_a_takeover() => Assert.Equal(2, Rehearsal.Run());
}
