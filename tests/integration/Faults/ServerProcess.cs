using System.Diagnostics;
using System.Globalization;
using System.Text;
using Reference.Broker.Commands;
using Reference.Integration.Hosting;

namespace Reference.Integration.Faults;

/// <summary>One server process, <c>ensemble</c> or <c>broker</c>, started as an operator starts it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly StringBuilder _output = new(), _errors = new();

    private ServerProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Note(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Note(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Pid => _process.Id;

    /// <summary>What it wrote on standard error.</summary>
    public string Errors => Text(_errors);

    /// <summary>What it logged.</summary>
    public string Output => Text(_output);

    /// <summary>Starts <paramref name="command"/> with a configuration file of these lines. It ends with this test's process.</summary>
    public static ServerProcess Start(string command, TemporaryFolder folder, params IEnumerable<string> lines)
    {
        var config = folder.At($"{Guid.NewGuid():N}.cfg");
        File.WriteAllLines(config, lines);
        var own = Path.ChangeExtension(typeof(LocalCluster).Assembly.Location, null);
        return new(new(own, [command, "--config", config, "--until-stdin-ends"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true });
    }

    /// <summary>The lines of a server of the ensemble that is alone.</summary>
    public static string[] Ensemble(string data, int port) =>
        ["tickTime=200", $"dataDir={data}", string.Create(CultureInfo.InvariantCulture, $"clientPort={port}"), "clientPortAddress=127.0.0.1", "4lw.commands.whitelist=*"];

    /// <summary>The lines of a broker.</summary>
    public static string[] Broker(int id, string data, int port, string zooKeeper) =>
    [
        string.Create(CultureInfo.InvariantCulture, $"broker.id={id}"), string.Create(CultureInfo.InvariantCulture, $"listeners=PLAINTEXT://127.0.0.1:{port}"),
        $"log.dirs={data}", $"zookeeper.connect={zooKeeper}",
    ];

    /// <summary>Waits until the broker at this port knows a controller.</summary>
    public async Task BrokerServesAsync(int port)
    {
        using var patience = new CancellationTokenSource(Limit);
        while (await ClusterProbe.Metadata($"127.0.0.1:{port}", [], patience.Token) is not { ControllerId: >= 0, Brokers.Length: > 0 })
        {
            Assert.False(_process.HasExited, Errors + Output);
            await Task.Delay(20, patience.Token);
        }
    }

    /// <summary>Waits until it has ended by itself, and gives its exit code.</summary>
    public async Task<int> EndedAsync()
    {
        using var patience = new CancellationTokenSource(Limit);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }

    private static void Note(StringBuilder to, string? line)
    {
        if (line is null) return;
        lock (to) to.Append(line).Append('\n');
    }

    private static string Text(StringBuilder from)
    {
        lock (from) return from.ToString();
    }
}
