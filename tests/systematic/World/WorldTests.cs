using Microsoft.Coyote;

namespace Reference.Systematic.World;

/// <summary>The unmodified cores in their worlds: no claim breaks, and every goal is reached.</summary>
public class WorldTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public void No_claim_breaks_in_an_ensemble_and_every_goal_is_reached(ulong seed) => Clean(Walk.Run("zab", () => Worlds.Zab(), seed, runs: 3_000));

    [Fact]
    public void No_claim_breaks_in_an_ensemble_of_five() => NoBug(Walk.Run("zab5", () => Worlds.Zab(servers: 5), seed: 3, runs: 600, stepsPerRun: 400));

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public void No_claim_breaks_in_a_partition_of_three_and_every_goal_is_reached(ulong seed) => Clean(Walk.Run("partition3", () => Worlds.Partition3(), seed, runs: 2_500));

    [Fact]
    public void No_claim_breaks_in_a_partition_of_two() => NoBug(Walk.Run("partition2", () => Worlds.Partition2(), seed: 4, runs: 2_500));

    [Fact]
    public void The_same_seed_gives_the_same_chain_of_state_hashes_in_every_world()
    {
        AssertRepeats(seed => Walk.Run("zab", () => Worlds.Zab(), seed, runs: 20, chain: true).Chain);
        AssertRepeats(seed => Walk.Run("partition3", () => Worlds.Partition3(), seed, runs: 20, chain: true).Chain);

        static void AssertRepeats(Func<ulong, ulong> chain)
        {
            var first = chain(11);
            for (var again = 0; again < 3; again++) Assert.Equal(first, chain(11));
            Assert.NotEqual(first, chain(12));
        }
    }

    [Fact]
    public void An_ensemble_is_clean_as_operations_of_Coyote()
    {
        foreach (var strategy in Strategies())
        {
            var report = CoyoteWalk.Explore(() => Worlds.Zab(), strategy, nodes: 3);
            Assert.Empty(report.BugReports);
            Assert.Empty(report.UncontrolledInvocations);
        }
    }

    [Fact]
    public void A_partition_is_clean_as_operations_of_Coyote()
    {
        foreach (var strategy in Strategies())
        {
            var report = CoyoteWalk.Explore(() => Worlds.Partition3(), strategy, nodes: 3);
            Assert.Empty(report.BugReports);
            Assert.Empty(report.UncontrolledInvocations);
        }
    }

    [Fact]
    public void Under_Coyote_too_an_ensemble_elects_and_commits()
    {
        ulong reached = 0;
        CoyoteWalk.Explore(() => Worlds.Zab(), Configuration.Create().WithTestingIterations(60).WithRandomStrategy().WithRandomGeneratorSeed(5), nodes: 3, stepsPerRun: 600, atEnd: world => reached |= world.Reached);
        foreach (var goal in new[] { "elected", "established", "committed" }) Assert.True((reached >> ZabWorld.Goals.ToList().IndexOf(goal) & 1) == 1, $"no schedule reached '{goal}'");
    }

    private static IEnumerable<Configuration> Strategies()
    {
        yield return Configuration.Create().WithTestingIterations(40).WithRandomStrategy().WithRandomGeneratorSeed(1);
        yield return Configuration.Create().WithTestingIterations(40).WithPrioritizationStrategy(false, 10).WithRandomGeneratorSeed(2);
        yield return Configuration.Create().WithTestingIterations(40).WithDelayBoundingStrategy(false, 10).WithRandomGeneratorSeed(3);
    }

    private static void Clean(WalkResult result)
    {
        NoBug(result);
        Assert.Empty(result.Reached.Where(goal => goal.Value == 0).Select(goal => goal.Key));
    }

    private static void NoBug(WalkResult result) => Assert.True(result.Found is null, result.ToString());
}
