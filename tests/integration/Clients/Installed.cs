using System.Diagnostics;
using CliWrap;
using CliWrap.Buffered;

namespace Reference.Integration.Clients;

/// <summary>A test of a client from outside; where that isn't installed, the test is skipped and says what is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class InstalledFactAttribute : FactAttribute
{
    public InstalledFactAttribute(string client) => Skip = Installed.Missing(client);
}

/// <summary>The same, of a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class InstalledTheoryAttribute : TheoryAttribute
{
    public InstalledTheoryAttribute(string client) => Skip = Installed.Missing(client);
}

/// <summary>Programs and libraries that operators use, as Debian's packages install them.</summary>
internal static class Installed
{
    public const string Kcat = "/usr/bin/kcat";
    public const string ZkCli = "/usr/share/zookeeper/bin/zkCli.sh";
    public const string Python = "/usr/bin/python3";
    public const string Kazoo = "python3-kazoo";
    public const string KafkaPython = "python3-kafka";
    public const string ApacheZooKeeper = "zookeeper";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <summary>What must be installed before a test of this client can run; null if all is there.</summary>
    public static string? Missing(string client) => client switch
    {
        Kcat => File.Exists(Kcat) ? null : "kcat isn't installed (package kcat)",
        ZkCli => File.Exists(ZkCli) ? null : "zkCli.sh isn't installed (package zookeeper)",
        Kazoo => MissingModule("kazoo", Kazoo),
        KafkaPython => MissingModule("kafka", KafkaPython),
        ApacheZooKeeper => ZooKeeper.Servers.ApacheZooKeeper.Missing ?? Missing(Kcat),
        _ => throw new ArgumentOutOfRangeException(nameof(client), client, "not a client that is known here"),
    };

    /// <summary>Runs a program to its end.</summary>
    public static async Task<BufferedCommandResult> Run(string program, string input, params IEnumerable<string> arguments)
    {
        using var patience = new CancellationTokenSource(Limit);
        return await Cli.Wrap(program).WithArguments(arguments).WithStandardInputPipe(PipeSource.FromString(input))
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(patience.Token);
    }

    /// <summary>Runs a Python script, given as text; it must end well, and what it printed comes back.</summary>
    public static async Task<string> RunPython(string script, params string[] arguments)
    {
        var ran = await Run(Python, script, ["-", .. arguments]);
        Assert.True(ran.ExitCode == 0, ran.StandardOutput + ran.StandardError);
        return ran.StandardOutput;
    }

    private static string? MissingModule(string module, string package)
    {
        if (!File.Exists(Python)) return $"{Python} isn't there";
        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", $"import {module}"]) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"the Python module {module} isn't installed (package {package})";
    }
}
