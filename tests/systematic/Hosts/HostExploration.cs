using System.Diagnostics;
using Microsoft.Coyote;
using Microsoft.Coyote.Rewriting;
using Microsoft.Coyote.SystematicTesting;
using Reference.Zab;

namespace Reference.Hosts;

/// <summary>What an exploration of the hosts saw.</summary>
public sealed record HostReport(string World, string Strategy, long Iterations, double Seconds, int Bugs, ImmutableSortedSet<string> Uncontrolled, ImmutableSortedDictionary<string, long> Reached, string? Bug, string? Trace);

/// <summary>The hosts of the ensemble under Coyote.</summary>
public static class HostExploration
{
    private const int LongestSchedule = 100_000;

    /// <summary>Whoever has the lowest priority may wait for so many steps; then all take turns, for healing is promised to those alone who get theirs.</summary>
    private const int LongestUnfairness = 4_000;

    /// <summary>Whether the hosts and this assembly were rewritten, so that Coyote controls what they await.</summary>
    public static bool IsRewritten => RewritingEngine.IsAssemblyRewritten(typeof(HostExploration).Assembly) && RewritingEngine.IsAssemblyRewritten(typeof(Broker.Hosting.INetwork).Assembly);

    /// <summary>Explores as <paramref name="configuration"/> says.</summary>
    /// <param name="onBroken">Told at once of the first claim that broke: Coyote 1.7.11 may fail while it writes down the schedule that led there, for threads that it ends still add to it. What those threads break thereafter isn't told.</param>
    public static HostReport Run(HostSetup setup, Configuration configuration, string strategy, Action<HostReport> onBroken)
    {
        if (!IsRewritten) throw new InvalidOperationException("the hosts' assemblies here aren't rewritten: run the copy in the folder 'rewritten'");
        var clock = Stopwatch.StartNew();
        var reached = new long[Ensemble.Goals.Length];
        long acknowledged = 0, runs = 0;
        var told = 0;
        configuration = configuration.WithTelemetryEnabled(false).WithConsoleLoggingEnabled(false).WithPartiallyControlledConcurrencyAllowed(false).WithSystematicFuzzingFallbackEnabled(false)
            .WithCollectionAccessRaceCheckingEnabled(false).WithLockAccessRaceCheckingEnabled(setup.Locks).WithDeadlockTimeout(60_000).WithMaxSchedulingSteps(LongestUnfairness, LongestSchedule);
        using var engine = TestingEngine.Create(configuration, () => HostRun.Run(setup, world =>
        {
            runs++;
            acknowledged += world.Acknowledgements.Count;
            for (var goal = 0; goal < reached.Length; goal++)
                if ((world.Reached >> goal & 1) != 0) reached[goal]++;
        }, broken =>
        {
            if (Interlocked.Exchange(ref told, 1) == 0) onBroken(new(setup.Name, strategy, runs + 1, clock.Elapsed.TotalSeconds, 1, [], Goals(), broken, null));
        }));
        engine.Run();
        var report = engine.TestReport;
        return new(setup.Name, strategy, report.NumOfExploredFairPaths + report.NumOfExploredUnfairPaths, clock.Elapsed.TotalSeconds, report.NumOfFoundBugs, [.. report.UncontrolledInvocations], Goals(),
            report.BugReports.FirstOrDefault(), report.NumOfFoundBugs > 0 ? engine.ReproducibleTrace : null);

        ImmutableSortedDictionary<string, long> Goals() => Ensemble.Goals.Select((g, i) => (g.Name, reached[i])).ToImmutableSortedDictionary(g => g.Name, g => g.Item2, StringComparer.Ordinal).Add("acknowledged writes", acknowledged).Add("healed", runs);
    }
}
