using Reference.Replication.Replicas;

namespace Reference.Systematic.Replication.Replicas;

public class ReplicaPhaseTests
{
    [Fact, Trait("Rule", "REPL-PHASE-1")]
    public void The_table_lists_every_move()
    {
        foreach (var phase in Enum.GetValues<ReplicaPhase>())
        {
            Assert.Equal(ReplicaPhase.Leading, ReplicaPhases.After(phase, ReplicaTrigger.Elected));
            Assert.Equal(ReplicaPhase.Truncating, ReplicaPhases.After(phase, ReplicaTrigger.LeaderNamed));
            Assert.Equal(ReplicaPhase.Leaderless, ReplicaPhases.After(phase, ReplicaTrigger.LeaderMissing));
            Assert.Equal(ReplicaPhase.Offline, ReplicaPhases.After(phase, ReplicaTrigger.Stopped));
        }
        Assert.Equal(ReplicaPhase.Fetching, ReplicaPhases.After(ReplicaPhase.Truncating, ReplicaTrigger.LogsAgree));
        Assert.Equal(ReplicaPhase.Truncating, ReplicaPhases.After(ReplicaPhase.Fetching, ReplicaTrigger.LogsPart));
    }

    [Theory, Trait("Rule", "REPL-PHASE-1")]
    [InlineData(ReplicaPhase.Leading, ReplicaTrigger.LogsAgree)]
    [InlineData(ReplicaPhase.Leading, ReplicaTrigger.LogsPart)]
    [InlineData(ReplicaPhase.Offline, ReplicaTrigger.LogsAgree)]
    public void An_unlisted_move_throws(ReplicaPhase phase, ReplicaTrigger trigger) =>
        Assert.Throws<InvalidOperationException>(() => ReplicaPhases.After(phase, trigger));
}
