using System.Diagnostics;
using Reference.Hosts;

namespace Reference.Systematic.Coyote;

/// <summary>
/// Explorations in processes of their own, one to a processor and kept on it: Coyote lets one thread run at a time, and threads that hand over on one processor do so in a third of the time.
/// Hosts are explored by the copy of this program in which they were rewritten.
/// </summary>
public static class CoyoteProcesses
{
    private const string Folder = "rewritten";

    /// <summary>Coyote's schedule number n has the seed plus n for its own: processes whose seeds are nearer than their schedules are many would do the same ones.</summary>
    private const uint Apart = 10_000_000;

    /// <summary>Thousands of short threads and little garbage: a third less time than with the runtime's defaults.</summary>
    private static readonly (string Name, string Value)[] Runtime = [("DOTNET_TieredPGO", "0"), ("DOTNET_TC_CallCountingDelayMs", "0"), ("DOTNET_gcConcurrent", "0"), ("DOTNET_GCgen0size", "0x4000000")];

    /// <summary>How many there are if nobody says otherwise.</summary>
    public static int Usual => Environment.ProcessorCount;

    /// <summary>Explores a world of cores in so many processes; each has its own seed, counted from <paramref name="seed"/>.</summary>
    public static CoyoteReport Explore(string world, string strategy, uint iterations, uint seed, bool canary = false, int processes = 0) =>
        Run(Path.GetFileName(typeof(CoyoteProcesses).Assembly.Location), [world, .. canary ? ["--canary"] : (string[])[]], strategy, iterations, seed, processes);

    /// <summary>Explores a world of hosts.</summary>
    public static CoyoteReport Explore(HostSetup setup, string strategy, uint iterations, uint seed, int processes = 0) =>
        Run(Path.Combine(Folder, Path.GetFileName(typeof(CoyoteProcesses).Assembly.Location)), [setup.Name, "--disk", $"{setup.Disk}", .. setup.Canary ? ["--canary"] : (string[])[]], strategy, iterations, seed, processes);

    /// <summary>Explores a world of hosts here, where they are rewritten. A broken claim is in <paramref name="json"/> before Coyote ends the schedule.</summary>
    public static CoyoteReport Here(HostSetup setup, string strategy, uint iterations, uint seed, string? json)
    {
        return Of(HostExploration.Run(setup, CoyoteStrategies.Of(strategy, iterations, seed), strategy, broken =>
        {
            if (json is not null) File.WriteAllText(json, Of(broken).ToJson());
        }));

        static CoyoteReport Of(HostReport report) => new(report.World, report.Strategy, report.Iterations, report.Seconds, report.Bugs, report.Uncontrolled, report.Reached, report.Bug);
    }

    private static CoyoteReport Run(string program, string[] what, string strategy, uint iterations, uint seed, int processes)
    {
        program = Path.Combine(AppContext.BaseDirectory, program);
        if (!File.Exists(program)) throw new FileNotFoundException($"{program} is missing: build tests/systematic, which makes it", program);
        var count = (uint)Math.Max(1, Math.Min(processes > 0 ? processes : Usual, iterations));
        var clock = Stopwatch.StartNew();
        var running = new List<Child>();
        try
        {
            for (var at = 0u; at < count; at++)
            {
                var share = iterations / count + (at < iterations % count ? 1u : 0u);
                running.Add(new(program, [.. what, "--iterations", $"{share}", "--strategy", strategy, "--seed", $"{seed + at * Apart}", "--here"], processor: (int)at % Environment.ProcessorCount));
            }
            return running.Select(r => r.Report()).Aggregate((a, b) => a.With(b)) with { Seconds = clock.Elapsed.TotalSeconds };
        }
        finally
        {
            foreach (var child in running) child.Dispose();
        }
    }

    private sealed class Child : IDisposable
    {
        private readonly string _json = Path.GetTempFileName();
        private readonly Process _process;
        private readonly Task<string> _said, _complained;

        public Child(string program, string[] arguments, int processor)
        {
            var host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
            var start = new ProcessStartInfo(host, ["exec", program, CoyoteCommand.Name, .. arguments, "--json", _json]) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var (name, value) in Runtime) start.Environment[name] = value;
            _process = Process.Start(start)!;
            if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows()) _process.ProcessorAffinity = 1 << processor;
            (_said, _complained) = (_process.StandardOutput.ReadToEndAsync(), _process.StandardError.ReadToEndAsync());
        }

        /// <summary>What it found, once it has ended.</summary>
        public CoyoteReport Report()
        {
            _process.WaitForExit();
            var text = File.ReadAllText(_json);
            return text.Length > 0 ? CoyoteReport.FromJson(text) : throw new InvalidOperationException($"an exploration ended with {_process.ExitCode}: {_said.Result}{_complained.Result}");
        }

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
            File.Delete(_json);
        }
    }
}
