using Reference.Systematic.Explorer;
using Reference.Systematic.World.Mutants;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>Heartbeats and time-outs, under clocks.</summary>
public class TimedTests
{
    [Theory, InlineData(1), InlineData(2), Trait("Rule", "ZAB-TIME-1"), Trait("Rule", "ZAB-TIME-2"), Trait("Rule", "ZAB-TIME-3")]
    public void No_walk_breaks_a_claim_about_time_and_every_goal_is_reached(ulong seed)
    {
        var result = Walk.Run("timed3", () => LivenessWorlds.Timed3(), seed, runs: 600, stepsPerRun: 1500);
        Assert.True(result.Found is null, result.ToString());
        Assert.DoesNotContain(TimedZab.Goals.Except(["snapshotted", "trimmed by a snapshot"]), goal => result.Reached[goal] == 0);
    }

    [Fact, Trait("Rule", "ZAB-TIME-1")]
    public void A_limit_shorter_than_a_heartbeat_and_a_round_trip_deposes_a_leader_that_lives()
    {
        var result = Walk.Run("timed3", () => LivenessWorlds.Timed3(setup: new(InitLimit: 8, SyncLimit: 1, MessageTicks: 1, DiskTicks: 1, Pauses: 0, LongestPause: 0), judged: ["ZAB-TIME-1"]), seed: 1, runs: 300, stepsPerRun: 600);
        Assert.Equal("ZAB-TIME-1", result.Found?.Broken.Invariant);
    }

    [Theory, Trait("Rule", "ZAB-TIME-1"), Trait("Rule", "ZAB-TIME-2"), Trait("Rule", "ZAB-TIME-3")]
    [InlineData(3, 0, 0, 2, 0, 77_448)]
    [InlineData(2, 1, 0, 3, 0, 14_556)]
    [InlineData(2, 0, 0, 2, 1, 297_420)]
    public void In_every_state_that_clocks_let_be_the_claims_hold(int servers, int messageTicks, int diskTicks, int syncLimit, int pauses, long states)
    {
        var explored = Explorer.Explorer.Run(new WorldModel<TimedZab>(() => LivenessWorlds.Timed3(servers: servers, crashes: 0, breaks: 0, proposals: 0, setup: new(InitLimit: 4, syncLimit, messageTicks, diskTicks, pauses, LongestPause: 12))));
        Assert.True(explored.Fixpoint, explored.ToString());
        Assert.Equal(states, explored.States);
    }

    public static TheoryData<string, string> Broken => new() { { nameof(LeadsWithoutAQuorum), "ZAB-TIME-2" }, { nameof(WaitsForTheDead), "ZAB-TIME-3" }, { nameof(TrustsVotesFromOutside), "ZAB-TIME-3" }, { nameof(OldLeadersCount), "ZAB-TIME-3" }, { nameof(ForgetsToSayPong), "ZAB-TIME-1" } };

    [Theory, MemberData(nameof(Broken)), Trait("Rule", "ZAB-TIME-1"), Trait("Rule", "ZAB-TIME-2"), Trait("Rule", "ZAB-TIME-3")]
    public void A_core_whose_time_outs_are_wrong_is_found(string name, string claim)
    {
        TimedZab Make() => LivenessWorlds.Timed3(settings => Mutant(name, settings), judged: [claim]);
        var result = Walk.Run("timed3", Make, seed: 1, runs: 600, stepsPerRun: 1500);
        Assert.True(result.Found is not null, $"{name} is never late: {result}");
        Assert.Equal(claim, result.Found.Broken.Invariant);
    }

    private static Peer Mutant(string name, PeerSettings settings) => name switch
    {
        nameof(LeadsWithoutAQuorum) => new LeadsWithoutAQuorum(settings),
        nameof(WaitsForTheDead) => new WaitsForTheDead(settings),
        nameof(TrustsVotesFromOutside) => new TrustsVotesFromOutside(settings),
        nameof(OldLeadersCount) => new OldLeadersCount(settings),
        _ => new ForgetsToSayPong(settings),
    };
}
