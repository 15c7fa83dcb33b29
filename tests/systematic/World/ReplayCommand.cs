using System.CommandLine;
using Reference.Broker.Tracing;

namespace Reference.Systematic.World;

/// <summary><c>replay FILE…</c>: feeds the traces of real processes to the cores again, and compares effects and state hashes.</summary>
public static class ReplayCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var files = new Argument<string[]>("file") { Description = "Traces that processes kept with --trace FILE.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("replay", "Feed a process's trace to the cores again, and compare effects and state hashes.") { files };
        command.SetAction(parsed => parsed.GetValue(files)!.Max(Replayed));
        return command;
    }

    private static int Replayed(string file)
    {
        try
        {
            using var trace = File.OpenRead(file);
            var report = Replay.Run(trace);
            foreach (var core in report.Cores.GroupBy(c => c.Kind).OrderBy(k => k.Key, StringComparer.Ordinal)) Console.Out.WriteLine($"{file}: {core.Key}: {core.Count()} cores, {core.Sum(c => c.Steps):N0} inputs");
            if (report.TornBytes > 0) Console.Out.WriteLine($"{file}: its last {report.TornBytes} bytes are torn, as a kill leaves them");
            Console.Out.WriteLine(report.Conforms ? $"{file}: conforms: the same effects and state hashes" : $"{file}: DIFFERS: {report.Difference}");
            return report.Conforms ? 0 : 1;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{file}: can't be replayed ({e.Message}): name a file that a process wrote with --trace");
            return 2;
        }
    }
}
