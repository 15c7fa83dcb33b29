using Reference.Coordination;
using Reference.Systematic.Explorer;
using Reference.Systematic.World.Mutants;
using Reference.Systematic.Zoo;

namespace Reference.Systematic.World;

/// <summary>Sessions under clocks.</summary>
public class TimedSessionTests
{
    [Fact, Trait("Rule", "COORD-TIME-1"), Trait("Rule", "COORD-TIME-2")]
    public void No_session_that_pings_is_expired_and_no_dead_one_kept()
    {
        var result = Walk.Run("timed-session", () => LivenessWorlds.TimedSession(), seed: 1, runs: 300, stepsPerRun: 1500);
        Assert.True(result.Found is null, result.ToString());
        Assert.DoesNotContain(result.Reached, goal => goal.Value == 0);
    }

    [Theory, InlineData("C8", "COORD-TIME-1"), InlineData("keeps the dead", "COORD-TIME-2"), Trait("Rule", "COORD-TIME-1"), Trait("Rule", "COORD-TIME-2")]
    public void A_wrong_session_clock_is_found(string which, string claim)
    {
        var result = Walk.Run("timed-session", () => LivenessWorlds.TimedSession(settings => which == "C8" ? new SessionClockSurvivesLeader(settings) : new KeepsTheDead(settings), judged: [claim]), seed: 1, runs: 300, stepsPerRun: 1500);
        Assert.Equal(claim, result.Found?.Broken.Invariant);
    }

    [Theory, InlineData(1, 1, 0, 13, 26_257), InlineData(1, 1, 0, 32, 78_564), InlineData(2, 0, 1, 11, 667_344), Trait("Rule", "COORD-TIME-1"), Trait("Rule", "COORD-TIME-2")]
    public void In_every_state_up_to_a_horizon_the_claims_hold(int clients, int elections, int deaths, int horizon, long states)
    {
        var explored = Explorer.Explorer.Run(new WorldModel<TimedSessions>(() => Small(timeoutTicks: 4, clients, elections, deaths, horizon)));
        Assert.True(explored.Fixpoint, explored.ToString());
        Assert.Equal(states, explored.States);
    }

    [Fact, Trait("Rule", "COORD-TIME-1")]
    public void A_time_out_below_the_least_that_is_granted_expires_a_session_that_pings()
    {
        var explored = Explorer.Explorer.Run(new WorldModel<TimedSessions>(() => Small(timeoutTicks: 3, clients: 1, elections: 0, deaths: 0, horizon: 9)));
        Assert.Equal("COORD-TIME-1", explored.Violation?.Broken.Invariant);
    }

    private static TimedSessions Small(int timeoutTicks, int clients, int elections, int deaths, int horizon) =>
        LivenessWorlds.TimedSession(servers: 2, clients: clients, timeoutTicks: timeoutTicks, messageTicks: 0, elections: elections, deaths: deaths, horizon: horizon);
}
