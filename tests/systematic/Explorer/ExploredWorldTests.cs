namespace Reference.Systematic.Explorer;

/// <summary>The worlds that each run of the tests explores: to a fixpoint, with no claim broken, and with as many states as last time, so that a changed model shows.</summary>
public class ExploredWorldTests
{
    /// <summary>Worlds of <see cref="ExploredWorlds.Short"/>, each with its number of states.</summary>
    public static TheoryData<string, long> Counts => new()
    {
        { "election", 646_008 },
        { "oracle-1", 54_635 },
        { "oracle-2", 177_407 },
        { "oracle-2-2", 1_160_606 },
        { "oracle-snapshots", 5_467_496 },
        { "full-1", 1_450_369 },
        { "isr-small", 11_598 },
        { "isr-crash", 121_513 },
        { "producer", 281_077 },
        { "producer-2", 2_015_108 },
        { "load", 7_567 },
        { "group-2", 10_837 },
        { "group-2-crash", 109_430 },
        { "full-1-crash", 13_437_172 },
    };

    [Theory, MemberData(nameof(Counts))]
    public void A_world_is_explored_to_its_fixpoint(string name, long states)
    {
        var found = ExploredWorlds.All.Single(w => w.Name == name).Explore(new(0, true, new()));
        Assert.True(found.Violation is null, found.ToString());
        Assert.True(found.Fixpoint, found.ToString());
        Assert.Equal(states, found.States);
    }

    [Fact]
    public void Another_seed_counts_the_same_states()
    {
        var world = ExploredWorlds.All.Single(w => w.Name == "oracle-2");
        var (one, other) = (world.Explore(new(0, true, new())), world.Explore(new(7, true, new())));
        Assert.Equal((one.States, one.Transitions, one.Depth), (other.States, other.Transitions, other.Depth));
        Assert.NotEqual(one.Chain, other.Chain);
    }

    [Fact]
    public void One_seed_gives_one_chain_of_state_hashes_in_ten_runs()
    {
        var world = ExploredWorlds.All.Single(w => w.Name == "oracle-1");
        Assert.Single(Enumerable.Range(0, 10).Select(run => world.Explore(new(5, true, new(Workers: 1 + run % 2))).Chain).Distinct());
    }
}
