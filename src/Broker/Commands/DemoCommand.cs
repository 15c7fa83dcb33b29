using System.CommandLine;
using Reference.Broker.Configuration;

namespace Reference.Broker.Commands;

/// <summary><c>demo</c>: produce, kill -9 two leaders half-way, go on, read back, and prove line by line that nothing acknowledged is missing.</summary>
public static class DemoCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var input = new Option<string?>("--input") { Description = "The file whose lines are produced; without it, the repository's own spec." };
        var records = new Option<int>("--records") { Description = "How many records at least: the input is produced again and again until then, and always whole.", DefaultValueFactory = _ => 3000 };
        var dir = new Option<string?>("--dir") { Description = "The folder of data, logs and traces; without it a temporary one, deleted if all is well." };
        var command = new Command("demo", "The story in a minute: produce, kill -9 the leaders, read back, show what happened.") { input, records, dir };
        records.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 100) result.AddError("--records must be at least 100.");
        });
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(input), parsed.GetValue(records), parsed.GetValue(dir)));
        return command;
    }

    private static async Task<int> RunAsync(string? input, int records, string? dir)
    {
        var lines = DemoInput.Lines(input, records);
        var folder = dir ?? Directory.CreateTempSubdirectory("reference-demo-").FullName;
        var first = LocalCluster.FreePorts(2 * LocalCluster.Size + 103);
        await using var cluster = LocalCluster.Prepare(folder, first, first + LocalCluster.Size, trace: true, checkInvariants: true);
        using var ending = new Ending(untilStdinEnds: false);
        try
        {
            var verdict = await new DemoStory(cluster, lines, ending.Token).RunAsync();
            if (dir is null && verdict) Directory.Delete(folder, recursive: true);
            else Screen.Line($"everything is kept in {folder}: each process's server.log, data and trace", "grey");
            return verdict ? 0 : 1;
        }
        catch (OperationCanceledException) when (ending.Token.IsCancellationRequested)
        {
            Screen.Error($"ended before it was over; what there is lies in {folder}");
            return 1;
        }
    }
}

/// <summary>The lines that the demo produces.</summary>
public static class DemoInput
{
    /// <summary>The lines of a file, or of the spec that is built into this program; over again until there are at least <paramref name="least"/>.</summary>
    /// <exception cref="UserError">The file can't be read or is empty.</exception>
    public static IReadOnlyList<string> Lines(string? file, int least)
    {
        var once = file is null ? Spec().ToList() : Read(file);
        if (once.Count == 0) throw new UserError($"--input {file}: has no lines: give a file with text");
        var lines = new List<string>();
        while (lines.Count < least) lines.AddRange(once);
        return lines;
    }

    private static List<string> Read(string file)
    {
        try
        {
            return [.. File.ReadLines(file)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"--input {file}: can't be read ({e.Message}): give a readable text file");
        }
    }

    private static IEnumerable<string> Spec()
    {
        var assembly = typeof(DemoInput).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith("spec/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            while (reader.ReadLine() is { } line) yield return line;
        }
    }
}
