using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Reference.Integration.ZooKeeper.Servers;

/// <summary>What the client's tests run against: one ensemble, of ours or of Apache's.</summary>
internal interface IServers : IAsyncDisposable
{
    /// <summary><c>host:port,…</c></summary>
    string Connect { get; }

    /// <summary>Kills all servers without a warning, and brings them back with their data.</summary>
    Task RestartAsync();
}

/// <summary>A single Apache ZooKeeper 3.8 server, from the jars that Debian's package brings.</summary>
internal sealed class ApacheZooKeeper : IServers
{
    private static readonly string[] Jars = ["/usr/share/java/zookeeper.jar", "/usr/share/java/slf4j-nop.jar"];

    private readonly string _folder = Directory.CreateTempSubdirectory("apache-zookeeper-").FullName;
    private readonly int _port = Ports.Free();
    private Process? _process;

    /// <summary>Why it can't be started here; null if it can.</summary>
    public static string? Missing =>
        !Array.TrueForAll(Jars, File.Exists) ? $"Apache ZooKeeper isn't installed: no {string.Join(", ", Jars.Where(j => !File.Exists(j)))}"
        : !File.Exists("/usr/bin/java") ? "Java isn't installed"
        : null;

    public string Connect => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    public static async Task<ApacheZooKeeper> StartAsync()
    {
        var server = new ApacheZooKeeper();
        await File.WriteAllTextAsync(Path.Combine(server._folder, "zoo.cfg"), string.Create(CultureInfo.InvariantCulture, $"""
            tickTime=200
            dataDir={server._folder}/data
            clientPort={server._port}
            clientPortAddress=127.0.0.1
            admin.enableServer=false
            4lw.commands.whitelist=*

            """));
        await server.LaunchAsync();
        return server;
    }

    public async Task RestartAsync()
    {
        await KillAsync();
        await LaunchAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task LaunchAsync()
    {
        var start = new ProcessStartInfo("/usr/bin/java") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "-Xmx256m", "-XX:TieredStopAtLevel=1", "-Dzookeeper.extendedTypesEnabled=true", "-cp", string.Join(':', Jars), "org.apache.zookeeper.server.quorum.QuorumPeerMain", Path.Combine(_folder, "zoo.cfg") })
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await FourLetters.ServingAsync(_port);
    }

    private async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        using (process)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }
}

/// <summary>Free ports of the loopback.</summary>
internal static class Ports
{
    private static readonly HashSet<int> Given = [];

    /// <summary>A port that nobody listens on, and that wasn't given to another test.</summary>
    public static int Free()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            lock (Given)
            {
                if (Given.Add(port)) return port;
            }
        }
    }
}

/// <summary>Asks a server with four-letter words.</summary>
internal static class FourLetters
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60), OneAnswer = TimeSpan.FromSeconds(5);

    /// <summary>Asks once.</summary>
    /// <exception cref="OperationCanceledException">No answer in time: Apache's server, while it starts, may take a connection and forget it.</exception>
    public static async Task<string> AskAsync(int port, string word)
    {
        using var limit = new CancellationTokenSource(OneAnswer);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(word), limit.Token);
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync(limit.Token);
    }

    /// <summary>Asks again and again until the server says that it serves.</summary>
    public static async Task ServingAsync(int port)
    {
        var started = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if ((await AskAsync(port, "srvr")).Contains("Mode: ", StringComparison.Ordinal)) return;
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException && started.Elapsed < Limit)
            {
                // it doesn't listen yet, or not well
            }

            if (started.Elapsed > Limit) throw new TimeoutException($"the server at port {port} doesn't serve after {Limit}");
            await Task.Delay(50);
        }
    }
}
