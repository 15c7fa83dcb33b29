using Reference.Systematic.Explorer;
using Reference.Systematic.World.Mutants;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>Liveness after faults stop, from wherever an ensemble is.</summary>
public class HealingTests
{
    [Theory, Trait("Rule", "ZAB-LIVE-1"), InlineData(1), InlineData(2), InlineData(3)]
    public void From_states_of_long_walks_an_ensemble_heals_by_every_schedule_tried_within_the_rounds_stated(ulong seed)
    {
        var most = 0;
        foreach (var world in StatesOfAWalk(Worlds.Zab(), seed, steps: 10_000, every: 40))
            for (var schedule = 0ul; schedule < 4; schedule++)
            {
                var healed = Healing.Heal(world, schedule == 0 ? null : schedule);
                Assert.True(healed.Broken is null, $"schedule {schedule}: {healed.Broken}");
                most = Math.Max(most, healed.Rounds);
            }
        Assert.InRange(most, Healing.RoundsOf(Alarm.Discovery), Healing.Needed);
    }

    [Fact, Trait("Rule", "ZAB-LIVE-1")]
    public void No_walk_leads_to_where_an_ensemble_cannot_heal_and_every_goal_is_reached()
    {
        var result = Walk.Run("heal", () => LivenessWorlds.Heal(), seed: 5, runs: 400);
        Assert.True(result.Found is null, result.ToString());
        foreach (var goal in new[] { "healed while it stood", "healed by a new election", "healed by a time-out", "committed", "diffed", "lost unsynced writes" }) Assert.True(result.Reached[goal] > 0, $"no run reached '{goal}'");
    }

    [Fact, Trait("Rule", "ZAB-LIVE-1")]
    public void An_ensemble_of_five_heals()
    {
        var result = Walk.Run("heal5", () => LivenessWorlds.Heal(servers: 5, schedules: 2, judged: ["ZAB-LIVE-1"]), seed: 6, runs: 60, stepsPerRun: 400);
        Assert.True(result.Found is null, result.ToString());
    }

    [Fact, Trait("Rule", "ZAB-LIVE-1")]
    public void A_healing_is_the_same_each_time_and_can_be_told()
    {
        var world = StatesOfAWalk(Worlds.Zab(), seed: 3, steps: 300, every: 299).Last();
        var (silent, told) = (Healing.Heal(world, seed: 7), Healing.Heal(world, seed: 7, tell: true));
        Assert.Equal(silent.World.Fingerprint(0), told.World.Fingerprint(0));
        Assert.Equal(told.Rounds, told.Story.Count(line => line.StartsWith("round", StringComparison.Ordinal)));
        Assert.Contains(told.Story, line => line.Contains("proposes transaction", StringComparison.Ordinal));
    }

    [Theory, Trait("Rule", "ZAB-LIVE-1")]
    [InlineData(2, 1, 1, 0, 1, 1, 26_843)]
    [InlineData(3, 0, 0, 0, 1, 1, 1_033)]
    [InlineData(3, 0, 1, 0, 1, 0, 23_500)]
    public void From_every_state_that_few_faults_lead_to_an_ensemble_heals(int servers, int crashes, int breaks, int proposals, int timeOuts, int rings, long states)
    {
        var explored = Explorer.Explorer.Run(new WorldModel<StandingEnsemble>(() => StandingEnsemble.Of(servers, crashes, breaks, proposals, timeOuts, rings), judge: world => Healing.Judge(world.Ensemble)));
        Assert.True(explored.Fixpoint, explored.ToString());
        Assert.Equal(states, explored.States);
    }

    public static TheoryData<string> Broken => [nameof(VotesByIdOnly), nameof(LeadsWithoutAQuorum), nameof(WaitsForEver)];

    [Theory, Trait("Rule", "ZAB-LIVE-1"), MemberData(nameof(Broken))]
    public void A_core_that_cannot_heal_is_found_and_the_run_is_told(string name)
    {
        HealWorld Make() => LivenessWorlds.Heal(settings => Mutant(name, settings), schedules: 1, judged: [Liveness.AllServeAsOne.Rule]);
        var result = Walk.Run("heal", Make, seed: 1, runs: 500);
        Assert.True(result.Found is not null, $"{name} heals: {result}");
        Assert.Equal(Liveness.AllServeAsOne.Rule, result.Found.Broken.Invariant);

        var shrunk = Walk.Shrink(Make, result.Found);
        var told = new StringWriter();
        Story.Tell(new Stage<HealWorld>(Make) { World = "heal", Nodes = 3 }, shrunk, told);
        Assert.Contains("faults stop", told.ToString(), StringComparison.Ordinal);
        Assert.Contains("round 1", told.ToString(), StringComparison.Ordinal);
    }

    private static Peer Mutant(string name, PeerSettings settings) => name switch
    {
        nameof(VotesByIdOnly) => new VotesByIdOnly(settings),
        nameof(LeadsWithoutAQuorum) => new LeadsWithoutAQuorum(settings),
        _ => new WaitsForEver(settings),
    };

    /// <summary>The states after every so many moves of a walk that picks each move with the same odds.</summary>
    private static IEnumerable<ZabWorld> StatesOfAWalk(ZabWorld world, ulong seed, int steps, int every)
    {
        var draws = new Draws(seed);
        var moves = new List<Move>();
        for (var step = 1; step <= steps; step++)
        {
            moves.Clear();
            world.Moves(moves);
            world = world.After(moves[draws.Below(moves.Count)])!;
            if (step % every == 0) yield return world;
        }
    }
}
