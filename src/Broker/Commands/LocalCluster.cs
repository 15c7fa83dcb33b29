using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Reference.Broker.Configuration;

namespace Reference.Broker.Commands;

/// <summary>What kind of process: a server of the ensemble, or a broker.</summary>
public enum ServerKind
{
    /// <summary>A server of the ensemble.</summary>
    Ensemble,

    /// <summary>A broker.</summary>
    Broker,
}

/// <summary>Three ensemble servers and three brokers on loopback, each a process of its own, with configuration, data and log in one folder.</summary>
/// <remarks>
/// The children's standard input is a pipe from here: when this process ends, however it ends, they see its end and stop. Nothing is left behind.
/// </remarks>
public sealed class LocalCluster : IAsyncDisposable
{
    /// <summary>How many of each kind.</summary>
    public const int Size = 3;

    private readonly List<ClusterProcess> _processes = [];

    private LocalCluster(string folder, int brokerPort, int ensemblePort, bool trace, bool checkInvariants)
    {
        Folder = folder;
        for (var id = 1; id <= Size; id++) _processes.Add(new(ServerKind.Ensemble, id, ensemblePort + id - 1, Path.Combine(folder, $"ensemble-{id}"), trace, checkInvariants));
        for (var id = 1; id <= Size; id++) _processes.Add(new(ServerKind.Broker, id, brokerPort + id - 1, Path.Combine(folder, $"broker-{id}"), trace, checkInvariants));
        foreach (var process in _processes) WriteConfiguration(process, ensemblePort);
    }

    /// <summary>Where everything lies.</summary>
    public string Folder { get; }

    /// <summary>The six processes, the ensemble first.</summary>
    public IReadOnlyList<ClusterProcess> Processes => _processes;

    /// <summary>The ensemble's servers.</summary>
    public IEnumerable<ClusterProcess> Ensemble => _processes.Where(p => p.Kind == ServerKind.Ensemble);

    /// <summary>The brokers.</summary>
    public IEnumerable<ClusterProcess> Brokers => _processes.Where(p => p.Kind == ServerKind.Broker);

    /// <summary>The brokers' addresses, as clients want them.</summary>
    public string Bootstrap => string.Join(',', Brokers.Select(b => b.Address));

    /// <summary>The ensemble's client addresses.</summary>
    public string EnsembleAddresses => string.Join(',', Ensemble.Select(s => s.Address));

    /// <summary>Lays out the folder and writes the six configuration files; nothing runs yet.</summary>
    /// <exception cref="UserError">The folder can't be written.</exception>
    public static LocalCluster Prepare(string folder, int brokerPort, int ensemblePort, bool trace = false, bool checkInvariants = false)
    {
        folder = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(folder);
            return new(folder, brokerPort, ensemblePort, trace, checkInvariants);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{folder}: can't be written ({e.Message}): give another folder with --dir");
        }
    }

    /// <summary>A run of <paramref name="count"/> ports that nobody listens on now, below those that the system gives to outgoing connections; none is given twice by one process.</summary>
    public static int FreePorts(int count)
    {
        lock (Given)
        {
            for (var attempt = 0; attempt < 500; attempt++)
            {
                var first = Random.Shared.Next(20_000, 32_000 - count);
                if (Enumerable.Range(first, count).Any(Given.Contains) || !AreFree(first, count)) continue;
                Given.UnionWith(Enumerable.Range(first, count));
                return first;
            }
        }
        throw new UserError($"no {count} free ports in a row between 20000 and 32000: end what listens there, or name ports with --ports and --ensemble-ports");
    }

    private static readonly SortedSet<int> Given = [];

    private static bool AreFree(int first, int count)
    {
        var listeners = new List<TcpListener>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var listener = new TcpListener(IPAddress.Loopback, first + i);
                listener.Start();
                listeners.Add(listener);
            }
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        finally
        {
            foreach (var listener in listeners) listener.Stop();
        }
    }

    /// <summary>Starts all six; the brokers wait for the ensemble by themselves.</summary>
    /// <exception cref="UserError">A port is in use, said before anything is started.</exception>
    public void Start()
    {
        foreach (var process in _processes) RefuseTakenPort(process);
        foreach (var process in _processes) process.Start();
    }

    /// <summary>Ends them in order: the brokers, which hand over their leadership, then the ensemble.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(Brokers.Select(b => b.StopAsync()).ToArray());
        await Task.WhenAll(Ensemble.Select(s => s.StopAsync()).ToArray());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var process in _processes) process.Dispose();
    }

    private static void RefuseTakenPort(ClusterProcess process)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, process.Port));
            socket.Listen(1);
        }
        catch (SocketException)
        {
            var option = process.Kind == ServerKind.Broker ? "--ports" : "--ensemble-ports";
            throw new UserError($"port {process.Port}, wanted by {process.Name}, is in use by another process: end that process or name other ports with {option}");
        }
    }

    private void WriteConfiguration(ClusterProcess process, int ensemblePort)
    {
        Directory.CreateDirectory(process.Folder);
        var text = new StringBuilder();
        var data = Path.Combine(process.Folder, "data");
        Directory.CreateDirectory(data);
        if (process.Kind == ServerKind.Ensemble)
        {
            text.AppendLine("tickTime=150").AppendLine("initLimit=67").AppendLine("syncLimit=7").AppendLine("maxClientCnxns=0");
            text.AppendLine("maxSessionTimeout=40000");
            text.AppendLine(CultureInfo.InvariantCulture, $"dataDir={data}").AppendLine(CultureInfo.InvariantCulture, $"clientPort={process.Port}");
            text.AppendLine("clientPortAddress=127.0.0.1").AppendLine("4lw.commands.whitelist=*");
            for (var id = 1; id <= Size; id++) text.AppendLine(CultureInfo.InvariantCulture, $"server.{id}=127.0.0.1:{ensemblePort + 100 + id - 1}");
            File.WriteAllText(Path.Combine(data, "myid"), process.Id.ToString(CultureInfo.InvariantCulture) + "\n");
        }
        else
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"broker.id={process.Id}").AppendLine(CultureInfo.InvariantCulture, $"listeners=PLAINTEXT://127.0.0.1:{process.Port}");
            text.AppendLine(CultureInfo.InvariantCulture, $"log.dirs={data}").AppendLine(CultureInfo.InvariantCulture, $"zookeeper.connect={EnsembleAddresses}");
            text.AppendLine("zookeeper.session.timeout.ms=1000").AppendLine("default.replication.factor=3").AppendLine("min.insync.replicas=2");
            text.AppendLine("group.initial.rebalance.delay.ms=0");
        }
        File.WriteAllText(process.Configuration, text.ToString());
    }
}

/// <summary>One of the cluster's processes: its place, its port, and its life.</summary>
public sealed class ClusterProcess(ServerKind kind, int id, int port, string folder, bool trace, bool checkInvariants) : IDisposable
{
    private Process? _process;
    private int _generation;

    /// <summary>Server or broker.</summary>
    public ServerKind Kind { get; } = kind;

    /// <summary>Its id among its kind, from 1.</summary>
    public int Id { get; } = id;

    /// <summary>Where clients connect.</summary>
    public int Port { get; } = port;

    /// <summary>Its configuration, data, log and traces.</summary>
    public string Folder { get; } = folder;

    /// <summary>Its name for people, and its folder's.</summary>
    public string Name => $"{(Kind == ServerKind.Ensemble ? "ensemble" : "broker")}-{Id}";

    /// <summary>host:port of its clients.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Its configuration file.</summary>
    public string Configuration => Path.Combine(Folder, Kind == ServerKind.Ensemble ? "zoo.cfg" : "server.properties");

    /// <summary>What it logged.</summary>
    public string LogFile => Path.Combine(Folder, "server.log");

    /// <summary>The traces of its lives so far, oldest first.</summary>
    public IEnumerable<string> Traces => Enumerable.Range(1, _generation).Select(TraceFile).Where(File.Exists);

    /// <summary>The process id; 0 when it never ran.</summary>
    public int Pid { get; private set; }

    /// <summary>Whether it runs.</summary>
    public bool Runs => _process is { HasExited: false };

    /// <summary>Completes with the exit code when the process ends.</summary>
    public Task<int> Ended { get; private set; } = Task.FromResult(0);

    /// <summary>The command that starts this one process by hand.</summary>
    public string CommandLine => $"{(Kind == ServerKind.Ensemble ? "ensemble" : "broker")} --config {Configuration}";

    /// <summary>Starts it, its output going to <see cref="LogFile"/>.</summary>
    public void Start()
    {
        _generation++;
        var (program, prefix) = Self();
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in prefix) start.ArgumentList.Add(argument);
        start.ArgumentList.Add(Kind == ServerKind.Ensemble ? "ensemble" : "broker");
        start.ArgumentList.Add("--config");
        start.ArgumentList.Add(Configuration);
        start.ArgumentList.Add("--until-stdin-ends");
        if (trace)
        {
            start.ArgumentList.Add("--trace");
            start.ArgumentList.Add(TraceFile(_generation));
        }
        if (checkInvariants) start.ArgumentList.Add("--check-invariants");

        var log = new StreamWriter(new FileStream(LogFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += Write;
        process.ErrorDataReceived += Write;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        Pid = process.Id;
        File.WriteAllText(Path.Combine(Folder, "pid"), Pid.ToString(CultureInfo.InvariantCulture) + "\n");
        Ended = Watch();

        void Write(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is null) return;
            lock (log) log.WriteLine(line.Data);
        }

        async Task<int> Watch()
        {
            await process.WaitForExitAsync();
            lock (log) log.Dispose();
            return process.ExitCode;
        }
    }

    /// <summary>kill -9.</summary>
    public void Kill() => _process?.Kill();

    /// <summary>Asks it to end, by closing its standard input, and waits; after 20 s it is killed.</summary>
    public async Task StopAsync()
    {
        if (_process is not { HasExited: false } process) return;
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended between the look and the close.
        }
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }
        await Ended;
    }

    /// <summary>The last lines that it logged, for a person who asks why it ended.</summary>
    public IReadOnlyList<string> LastLines(int count) => File.Exists(LogFile) ? [.. ReadShared().TakeLast(count)] : [];

    /// <inheritdoc/>
    public void Dispose() => _process?.Dispose();

    private IEnumerable<string> ReadShared()
    {
        using var reader = new StreamReader(new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line) yield return line;
    }

    private string TraceFile(int generation) => Path.Combine(Folder, $"trace.{generation}");

    /// <summary>How this very program is started: its own executable, or <c>dotnet</c> with its assembly.</summary>
    private static (string Program, string[] Prefix) Self()
    {
        var assembly = typeof(ClusterProcess).Assembly.Location;
        var own = Path.ChangeExtension(assembly, null);
        return File.Exists(own) ? (own, []) : ("dotnet", [assembly]);
    }
}
