namespace Reference.Systematic.Coyote;

/// <summary>The cores' worlds under each of Coyote's strategies.</summary>
public class CoreTests
{
    public static TheoryData<string, string> All
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var world in CoreWorlds.Names)
                foreach (var strategy in CoyoteStrategies.Names) all.Add(world, strategy);
            return all;
        }
    }

    [Theory, MemberData(nameof(All))]
    public void No_strategy_breaks_a_claim_of_the_cores(string world, string strategy)
    {
        var schedules = world is "isr" or "producer" or "group" ? 50u : 150u;     // the explorer sees all of these
        var report = CoreWorlds.Explore(world, strategy, schedules, seed: 1);
        Assert.True(report.Bugs == 0, report.Bug);
        Assert.Empty(report.Uncontrolled);
        Assert.Equal(schedules, report.Iterations);
    }

    /// <summary>One known bug of each of replication's families: of a partition, of numbered producers, of groups.</summary>
    [Theory, InlineData("D6"), InlineData("D16"), InlineData("E12")]
    public void Coyote_finds_an_animal_by_the_claim_that_it_breaks(string id)
    {
        var animal = Zoo.Animals.All.Single(a => a.Id == id);
        var report = animal.Stage.ExploreUnderCoyote(schedules: 2_000, seed: 1);
        Assert.Contains(animal.Invariants, claim => Assert.Single(report.BugReports).Contains(claim, StringComparison.Ordinal));
        Assert.Empty(report.UncontrolledInvocations);
    }

    [Theory, InlineData("zab"), InlineData("partition2"), InlineData("partition3")]
    public void A_hundred_thousand_schedules_between_the_worlds_break_no_claim(string world)
    {
        var report = CoyoteProcesses.Explore(world, "random", iterations: 34_000, seed: 11);
        Assert.True(report.Bugs == 0, report.Bug);
        Assert.Empty(report.Uncontrolled);
        Assert.Equal(34_000, report.Iterations);
        Assert.All(report.Reached.Where(goal => goal.Key is "committed" or "established" or "consumed"), goal => Assert.True(goal.Value > 0, goal.Key));
    }

    [Theory, MemberData(nameof(All))]
    public void The_canary_dies(string world, string strategy) => Assert.Equal(1, CoreWorlds.Explore(world, strategy, iterations: 200, seed: 1, canary: true).Bugs);

    [Fact]
    public void The_command_names_what_exists_when_it_is_used_wrongly()
    {
        Assert.Equal(2, CoyoteCommand.Make().Parse(["nowhere"]).Invoke());
        Assert.Equal(2, CoyoteCommand.Make().Parse(["zab", "--strategy", "guess"]).Invoke());
    }
}
