using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Reference.Hosts;

namespace Reference.Systematic.Coyote;

/// <summary>What one exploration under Coyote saw.</summary>
/// <param name="Uncontrolled">Calls that Coyote saw and couldn't control: with any, a schedule is no longer Coyote's alone.</param>
/// <param name="Reached">How many schedules reached each goal.</param>
/// <param name="Bug">What was found, if anything.</param>
public sealed record CoyoteReport(
    string World, string Strategy, long Iterations, double Seconds, int Bugs, ImmutableSortedSet<string> Uncontrolled, ImmutableSortedDictionary<string, long> Reached, string? Bug = null)
{
    /// <summary>Schedules a second.</summary>
    public double PerSecond => Iterations / Math.Max(Seconds, 1e-9);

    /// <summary>As the command's JSON has it.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new { world = World, strategy = Strategy, iterations = Iterations, seconds = Seconds, schedulesPerSecond = PerSecond, bugs = Bugs, uncontrolled = Uncontrolled.Count, uncontrolledCalls = Uncontrolled, reached = Reached, bug = Bug });

    /// <summary>From that JSON.</summary>
    public static CoyoteReport FromJson(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new(root.GetProperty("world").GetString()!, root.GetProperty("strategy").GetString()!, root.GetProperty("iterations").GetInt64(), root.GetProperty("seconds").GetDouble(), root.GetProperty("bugs").GetInt32(),
            [.. root.GetProperty("uncontrolledCalls").EnumerateArray().Select(e => e.GetString()!)],
            root.GetProperty("reached").EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => p.Value.GetInt64(), StringComparer.Ordinal), root.GetProperty("bug").GetString());
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{World}, {Strategy}: {Iterations:N0} schedules in {Seconds:F1} s ({PerSecond:N0}/s), {Uncontrolled.Count} uncontrolled invocations; reached {string.Join(", ", Reached.Select(r => $"{r.Key} {r.Value:N0}"))}; {(Bugs == 0 ? "no bug found" : Bug)}");
}

/// <summary>The hosts are explored by the copy of this program whose hosts were rewritten.</summary>
public static class RewrittenCopy
{
    private const string Folder = "rewritten";

    /// <summary>Thousands of short threads and little garbage: a third less time than with the runtime's defaults.</summary>
    private static readonly (string Name, string Value)[] Runtime = [("DOTNET_TieredPGO", "0"), ("DOTNET_gcConcurrent", "0"), ("DOTNET_GCgen0size", "0x4000000")];

    /// <summary>Explores a world of hosts: here if this is the copy, else there.</summary>
    public static CoyoteReport Explore(HostSetup setup, string strategy, uint iterations, uint seed)
    {
        if (!HostExploration.IsRewritten) return InTheCopy(setup, strategy, iterations, seed);
        var report = HostExploration.Run(setup, CoyoteStrategies.Of(strategy, iterations, seed), strategy);
        return new(report.World, report.Strategy, report.Iterations, report.Seconds, report.Bugs, report.Uncontrolled, report.Reached, report.Bug);
    }

    private static CoyoteReport InTheCopy(HostSetup setup, string strategy, uint iterations, uint seed)
    {
        var program = Path.Combine(AppContext.BaseDirectory, Folder, Path.GetFileName(typeof(RewrittenCopy).Assembly.Location));
        if (!File.Exists(program)) throw new FileNotFoundException($"{program} is missing: build tests/systematic, which makes it", program);
        var json = Path.GetTempFileName();
        try
        {
            string[] arguments = ["exec", program, CoyoteCommand.Name, setup.Name, "--iterations", $"{iterations}", "--strategy", strategy, "--seed", $"{seed}", "--disk", $"{setup.Disk}", "--json", json, .. setup.Canary ? ["--canary"] : (string[])[]];
            var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var (name, value) in Runtime) start.Environment[name] = value;
            using var copy = Process.Start(start)!;
            var said = copy.StandardOutput.ReadToEndAsync();
            var complained = copy.StandardError.ReadToEnd();
            copy.WaitForExit();
            var text = File.ReadAllText(json);
            return text.Length > 0 ? CoyoteReport.FromJson(text) : throw new InvalidOperationException($"the rewritten copy ended with {copy.ExitCode}: {said.Result}{complained}");
        }
        finally
        {
            File.Delete(json);
        }
    }
}
