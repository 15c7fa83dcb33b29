using System.Diagnostics;
using System.Runtime.CompilerServices;
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
    public const string KafkaPythonCodecs = "python3-kafka with python3-snappy, python3-lz4 and python3-zstandard";
    public const string Node = "/usr/bin/node";
    public const string Kafkajs = "kafkajs";
    public const string ApacheZooKeeper = "zookeeper";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <summary>What must be installed before a test of this client can run; null if all is there.</summary>
    public static string? Missing(string client) => client switch
    {
        Kcat => File.Exists(Kcat) ? null : "kcat isn't installed (package kcat)",
        ZkCli => File.Exists(ZkCli) ? null : "zkCli.sh isn't installed (package zookeeper)",
        Kazoo => MissingModule("kazoo", Kazoo),
        KafkaPython => MissingModule("kafka", KafkaPython),
        KafkaPythonCodecs => MissingModule("kafka, snappy, lz4, zstandard", KafkaPythonCodecs),
        Kafkajs => !File.Exists(Node) ? "node isn't installed (package nodejs)"
            : Directory.Exists(Path.Combine(KafkajsFolder, "node_modules", Kafkajs)) ? null : "kafkajs isn't installed (npm install --no-package-lock --prefix tests/integration/Clients/Kafkajs)",
        ApacheZooKeeper => ZooKeeper.Servers.ApacheZooKeeper.Missing ?? Missing(Kcat),
        _ => throw new ArgumentOutOfRangeException(nameof(client), client, "not a client that is known here"),
    };

    /// <summary>A script for node, in the folder where kafkajs is installed.</summary>
    public static string KafkajsScript(string name) => Path.Combine(KafkajsFolder, name);

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

    private static string KafkajsFolder { get; } = Path.Combine(SourceFolder(), "Kafkajs");

    private static string SourceFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    private static string? MissingModule(string module, string package)
    {
        if (!File.Exists(Python)) return $"{Python} isn't there";
        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", $"import {module}"]) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"the Python module {module} isn't installed (package {package})";
    }
}
