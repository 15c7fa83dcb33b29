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
        var report = CoreWorlds.Explore(world, strategy, iterations: 150, seed: 1);
        Assert.True(report.Bugs == 0, report.Bug);
        Assert.Empty(report.Uncontrolled);
        Assert.Equal(150, report.Iterations);
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
