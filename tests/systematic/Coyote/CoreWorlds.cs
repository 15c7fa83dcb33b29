using System.Diagnostics;
using Reference.Systematic.World;

namespace Reference.Systematic.Coyote;

/// <summary>The worlds of cores that Coyote explores, by name.</summary>
public static class CoreWorlds
{
    private const int StepsPerRun = 120;

    private static readonly ImmutableSortedDictionary<string, Func<string, uint, uint, bool, CoyoteReport>> Worlds = new Dictionary<string, Func<string, uint, uint, bool, CoyoteReport>>
    {
        ["zab"] = Of("zab", () => World.Worlds.Zab(), 3),
        ["partition3"] = Of("partition3", () => World.Worlds.Partition3(), 3),
        ["partition2"] = Of("partition2", () => World.Worlds.Partition2(), 2),
        ["isr"] = Of("isr", () => IsrWorld.Start(World.Worlds.Isr()), 3),
        ["producer"] = Of("producer", () => new ProducerWorld(World.Worlds.Producer()), 2),
        ["group"] = Of("group", () => new GroupWorld(World.Worlds.Group()), 4),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>The names.</summary>
    public static IEnumerable<string> Names => Worlds.Keys;

    /// <summary>Explores a world.</summary>
    public static CoyoteReport Explore(string world, string strategy, uint iterations, uint seed, bool canary = false) => Worlds[world](strategy, iterations, seed, canary);

    private static Func<string, uint, uint, bool, CoyoteReport> Of<TWorld>(string name, Func<TWorld> make, int nodes) where TWorld : class, IWorld<TWorld> => (strategy, iterations, seed, canary) =>
    {
        var clock = Stopwatch.StartNew();
        var reached = new long[TWorld.Goals.Count];
        var how = CoyoteStrategies.Of(strategy, iterations, seed);
        var report = CoyoteStrategies.OrdersOperations(strategy) ? CoyoteWalk.Explore(make, how, nodes, StepsPerRun, AtEnd, canary) : CoyoteWalk.ExploreDraws(make, how, StepsPerRun, AtEnd, canary);
        var goals = TWorld.Goals.Select((g, i) => (g, reached[i])).ToImmutableSortedDictionary(p => p.g, p => p.Item2, StringComparer.Ordinal);
        return new(name, strategy, report.NumOfExploredFairPaths + report.NumOfExploredUnfairPaths, clock.Elapsed.TotalSeconds, report.NumOfFoundBugs, [.. report.UncontrolledInvocations], goals, report.BugReports.FirstOrDefault());

        void AtEnd(TWorld world)
        {
            for (var goal = 0; goal < reached.Length; goal++)
                if ((world.Reached >> goal & 1) != 0) reached[goal]++;
        }
    };
}
