using System.Text;
using CliWrap;
using CliWrap.Buffered;
using Reference.Integration.ZooKeeper.Servers;

namespace Reference.Integration.ZooKeeper.OtherClients;

/// <summary>A theory that needs a client which isn't part of this repository.</summary>
internal sealed class NeedsAttribute : TheoryAttribute
{
    public NeedsAttribute(string file, string name)
    {
        if (!File.Exists(file)) Skip = $"{name} isn't installed: no {file}";
    }
}

/// <summary>Clients that others wrote, put the same questions to Apache ZooKeeper and to an ensemble of ours: the answers are the same.</summary>
[Collection(Targets.Collection)]
public sealed class OtherClientsTests(Targets targets)
{
    private const string Python = "/usr/bin/python3";
    private const string ZkCli = "/usr/share/zookeeper/bin/zkCli.sh";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "ZooKeeper", "OtherClients");

    [Needs("/usr/lib/python3/dist-packages/kazoo/client.py", "kazoo"), Apache, Own]
    public async Task Kazoo_gets_the_answers_that_it_knows(string target)
    {
        var servers = await targets.GetAsync(target);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var answers = await Cli.Wrap(Python)
            .WithArguments([Path.Combine(Folder, "kazoo_questions.py"), servers.Connect, targets.NewRoot()])
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(limit.Token);
        Assert.True(answers.ExitCode == 0, answers.StandardError);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Folder, "kazoo_answers.txt")), answers.StandardOutput);
    }

    [Needs(ZkCli, "zkCli.sh"), Apache, Own]
    public async Task ZkCli_gets_the_answers_that_it_knows(string target)
    {
        var servers = await targets.GetAsync(target);
        var root = targets.NewRoot();
        var commands = (await File.ReadAllTextAsync(Path.Combine(Folder, "zkcli_commands.txt"))).Replace("ROOT", root, StringComparison.Ordinal);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var answers = await Cli.Wrap(ZkCli)
            .WithArguments(["-server", servers.Connect])
            .WithStandardInputPipe(PipeSource.FromString(commands))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(limit.Token);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Folder, "zkcli_answers.txt")), Told(answers.StandardOutput + answers.StandardError, root));
    }

    /// <summary>What zkCli tells of the znodes, without what it tells of itself; sorted, since it prints events and errors from threads of their own.</summary>
    private static string Told(string output, string root)
    {
        var told = new StringBuilder();
        var lines = output.Replace(root, "ROOT", StringComparison.Ordinal).Split('\n').Select(l => l.TrimEnd());
        foreach (var line in lines.Where(IsTold).Order(StringComparer.Ordinal)) told.Append(line).Append('\n');
        return told.ToString();
    }

    private static bool IsTold(string line) =>
        line.Contains("ROOT", StringComparison.Ordinal) || line.Contains("nope", StringComparison.Ordinal) || line.StartsWith('\'') || line.StartsWith(": ", StringComparison.Ordinal)
        || line is "one" or "two" or "3" or "Sync is OK" || line.Contains("version No is not valid", StringComparison.Ordinal);
}
