using System.CommandLine;
using Reference.Broker.Tracing;

namespace Reference.Systematic.World;

/// <summary><c>replay FILE…</c>: does a counterexample again, and draws it; or feeds the trace of a real process to the cores again, and compares effects and state hashes.</summary>
public static class ReplayCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var files = new Argument<string[]>("file") { Description = "Counterexamples, or traces that processes kept with --trace FILE.", Arity = ArgumentArity.OneOrMore };
        var step = new Option<bool>("--step") { Description = "On a terminal, one event of a counterexample at each Enter." };
        var mermaid = new Option<bool>("--mermaid") { Description = "Draw a counterexample as a Mermaid sequenceDiagram." };
        var command = new Command("replay", "Do a counterexample again and draw it, or feed a process's trace to the cores again and compare effects and state hashes.") { files, step, mermaid };
        command.SetAction(parsed => parsed.GetValue(files)!.Max(file => Replayed(file, parsed.GetValue(step), parsed.GetValue(mermaid))));
        return command;
    }

    /// <summary>Does a counterexample again: 1 if a claim breaks as it did, 0 if none does any more.</summary>
    private static int Redone(string file, bool step, bool mermaid)
    {
        var kept = Counterexample.Load(file);
        var stage = kept.Stage();
        var moves = kept.MovesIn(stage);
        var (broken, done) = stage.Do(moves);
        if (broken is null)
        {
            Console.Out.WriteLine($"{file}: {kept.Invariant} doesn't break any more: {done.Length} of {moves.Length} moves could be done");
            return 0;
        }
        var again = Counterexample.Of(stage, new(kept.World, kept.Seed, done, broken), kept.Engine);
        if (mermaid) Console.Out.Write(Diagram.Mermaid(again));
        else if (step && !Console.IsInputRedirected && !Console.IsOutputRedirected) StepThrough(again);
        else Diagram.Write(again, Console.Out, colours: !Console.IsOutputRedirected);
        Console.Out.WriteLine(broken.Invariant == kept.Invariant ? $"{file}: breaks {kept.Invariant} again" : $"{file}: broke {kept.Invariant}, breaks {broken.Invariant} now");
        return 1;
    }

    private static void StepThrough(Counterexample of)
    {
        foreach (var line in Diagram.Head(of)) Console.Out.WriteLine(line);
        foreach (var told in of.Told)
        {
            Console.In.ReadLine();
            foreach (var line in Diagram.Rows(told, of.Nodes)) Console.Out.WriteLine(Diagram.Coloured(told.Kind, line));
        }
        foreach (var line in Diagram.Foot(of)) Console.Out.WriteLine(line);
    }

    private static int Replayed(string file, bool step, bool mermaid)
    {
        try
        {
            if (Counterexample.IsOne(file)) return Redone(file, step, mermaid);
            using var trace = File.OpenRead(file);
            var report = Replay.Run(trace);
            foreach (var core in report.Cores.GroupBy(c => c.Kind).OrderBy(k => k.Key, StringComparer.Ordinal)) Console.Out.WriteLine($"{file}: {core.Key}: {core.Count()} cores, {core.Sum(c => c.Steps):N0} inputs");
            if (report.TornBytes > 0) Console.Out.WriteLine($"{file}: its last {report.TornBytes} bytes are torn, as a kill leaves them");
            Console.Out.WriteLine(report.Conforms ? $"{file}: conforms: the same effects and state hashes" : $"{file}: DIFFERS: {report.Difference}");
            return report.Conforms ? 0 : 1;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException { ParamName: "path" })
        {
            Console.Error.WriteLine($"{file}: can't be replayed ({e.Message}): name a counterexample, or a file that a process wrote with --trace");
            return 2;
        }
    }
}
