using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Server;

/// <summary>The words of four letters that an operator sends instead of a first frame, and the text that answers each, as ZooKeeper 3.8 has it.</summary>
internal sealed class FourLetterWords
{
    private const string NotServing = "This ZooKeeper instance is not currently serving requests\n";

    private readonly EnsembleSettings _settings;
    private readonly IClock _clock;
    private readonly ClientPort _port;
    private readonly IClientPortBackend _backend;
    private readonly long _startedMs;
    private readonly FrozenDictionary<string, Action<StringBuilder, ServerStatus, ClientConnection>> _served;
    private readonly FrozenDictionary<int, string> _words;

    public FourLetterWords(EnsembleSettings settings, IClock clock, ClientPort port, IClientPortBackend backend)
    {
        (_settings, _clock, _port, _backend, _startedMs) = (settings, clock, port, backend, clock.NowMs);
        _served = new Dictionary<string, Action<StringBuilder, ServerStatus, ClientConnection>>
        {
            ["srvr"] = (text, status, _) => Srvr(text, status),
            ["stat"] = Stat,
            ["mntr"] = (text, status, _) => Mntr(text, status),
            ["conf"] = (text, status, _) => Conf(text, status),
            ["cons"] = Cons,
            ["dump"] = (text, status, _) => Dump(text, status),
            ["wchs"] = (text, status, _) => Wchs(text, status),
            ["wchc"] = (text, status, _) => Wchc(text, status),
            ["wchp"] = (text, status, _) => Wchp(text, status),
            ["dirs"] = (text, status, _) => Dirs(text, status),
            ["crst"] = (text, _, _) => Crst(text),
            ["srst"] = (text, _, _) => Srst(text),
        }.ToFrozenDictionary();
        string[] always = ["ruok", "envi", "isro"];
        _words = _served.Keys.Concat(always).ToFrozenDictionary(word => BinaryPrimitives.ReadInt32BigEndian(Encoding.ASCII.GetBytes(word)));
    }

    /// <summary>The word that a connection's first four bytes are; null if they're none, but a length.</summary>
    public string? Find(int firstBytes) => _words.GetValueOrDefault(firstBytes);

    /// <summary>The answer to a word.</summary>
    public byte[] Answer(string word, ClientConnection asking)
    {
        var text = new StringBuilder();
        var status = _backend.Status;
        if (!_settings.Whitelist.Contains("*") && !_settings.Whitelist.Contains(word)) text.Append(word).Append(" is not executed because it is not in the whitelist.\n");
        else if (word == "ruok") text.Append("imok");
        else if (word == "isro") text.Append(status.IsServing ? "rw" : "null");
        else if (word == "envi") Envi(text);
        else if (!status.IsServing) text.Append(NotServing);
        else _served[word](text, status, asking);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Mode(ServerStatus status) => status.Mode switch
    {
        ServerMode.Leader => "leader",
        ServerMode.Follower => "follower",
        ServerMode.Standalone => "standalone",
        _ => "looking",
    };

    private static string Hex(long number) => "0x" + number.ToString("x", CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private int Outstanding() => _port.Connections.Sum(c => c.Outstanding);

    private void Srvr(StringBuilder text, ServerStatus status)
    {
        Line(text, $"Zookeeper version: {Versions.Server}");
        Summary(text, status);
    }

    private void Stat(StringBuilder text, ServerStatus status, ClientConnection asking)
    {
        Line(text, $"Zookeeper version: {Versions.Server}");
        Line(text, $"Clients:");
        foreach (var c in _port.Connections) Line(text, $" /{c.Remote}[1](queued={c.Outstanding},recved={c.Figures.Received},sent={c.Figures.Sent})");
        Line(text, $" /{asking.Remote}[0](queued=0,recved=1,sent=0)");
        text.Append('\n');
        Summary(text, status);
    }

    private void Summary(StringBuilder text, ServerStatus status)
    {
        var figures = _port.Figures();
        Line(text, $"Latency min/avg/max: {Least(figures)}/{figures.MeanMs:0.0###}/{figures.GreatestMs}");
        Line(text, $"Received: {figures.Received}");
        Line(text, $"Sent: {figures.Sent}");
        Line(text, $"Connections: {_port.Count}");
        Line(text, $"Outstanding: {Outstanding()}");
        Line(text, $"Zxid: {Hex(status.Service.LastZxid)}");
        Line(text, $"Mode: {Mode(status)}");
        Line(text, $"Node count: {status.Service.Tree.Count}");
    }

    private static long Least(ConnectionFigures figures) => figures.LeastMs == long.MaxValue ? 0 : figures.LeastMs;

    private void Mntr(StringBuilder text, ServerStatus status)
    {
        var figures = _port.Figures();
        var tree = status.Service.Tree;
        Line(text, $"zk_version\t{Versions.Server}");
        Line(text, $"zk_server_state\t{Mode(status)}");
        Line(text, $"zk_ephemerals_count\t{tree.EphemeralCount}");
        Line(text, $"zk_num_alive_connections\t{_port.Count}");
        Line(text, $"zk_avg_latency\t{figures.MeanMs:0.0###}");
        Line(text, $"zk_outstanding_requests\t{Outstanding()}");
        Line(text, $"zk_znode_count\t{tree.Count}");
        Line(text, $"zk_global_sessions\t{status.Service.Sessions.Count}");
        Line(text, $"zk_packets_sent\t{figures.Sent}");
        Line(text, $"zk_packets_received\t{figures.Received}");
        Line(text, $"zk_watch_count\t{status.Watches.Sum(c => c.Value.Count)}");
        Line(text, $"zk_min_latency\t{Least(figures)}");
        Line(text, $"zk_max_latency\t{figures.GreatestMs}");
        Line(text, $"zk_approximate_data_size\t{tree.ApproximateSize}");
        Line(text, $"zk_uptime\t{_clock.NowMs - _startedMs}");
        if (status.Mode != ServerMode.Leader) return;
        Line(text, $"zk_learners\t{status.Followers.All}");
        Line(text, $"zk_synced_followers\t{status.Followers.Synced}");
    }

    private void Conf(StringBuilder text, ServerStatus status)
    {
        Line(text, $"clientPort={_port.Local.Port}");
        Line(text, $"secureClientPort=-1");
        Line(text, $"dataDir={_settings.DataDir}/version-2");
        Line(text, $"dataDirSize={status.DiskBytes.Snapshots + status.DiskBytes.Log}");
        Line(text, $"dataLogDir={_settings.DataDir}/version-2");
        Line(text, $"dataLogSize={status.DiskBytes.Snapshots + status.DiskBytes.Log}");
        Line(text, $"tickTime={_settings.TickTime}");
        Line(text, $"maxClientCnxns={_settings.MaxClientCnxns}");
        Line(text, $"minSessionTimeout={_settings.MinSessionTimeout}");
        Line(text, $"maxSessionTimeout={_settings.MaxSessionTimeout}");
        Line(text, $"clientPortListenBacklog=-1");
        Line(text, $"serverId={_settings.MyId}");
        if (_settings.Servers.Count == 1) return;
        Line(text, $"initLimit={_settings.InitLimit}");
        Line(text, $"syncLimit={_settings.SyncLimit}");
        Line(text, $"peerType=0");
        Line(text, $"membership: ");
        foreach (var (id, (host, port)) in _settings.Servers) Line(text, $"server.{id}={host}:{port}:participant");
    }

    private void Cons(StringBuilder text, ServerStatus status, ClientConnection asking)
    {
        foreach (var c in _port.Connections)
        {
            var f = c.Figures;
            Line(text, $" /{c.Remote}[1](queued={c.Outstanding},recved={f.Received},sent={f.Sent},sid={Hex(c.SessionId)},lop={f.Last.Operation},est={c.OpenedMs},to={c.TimeoutMs},lcxid={Hex(f.Last.Xid)},lzxid={Hex(f.Last.Zxid)},lresp={f.Last.AtMs},llat={f.LastMs},minlat={Least(f)},avglat={(long)f.MeanMs},maxlat={f.GreatestMs})");
        }

        Line(text, $" /{asking.Remote}[0](queued=0,recved=1,sent=0)");
        text.Append('\n');
    }

    private void Dump(StringBuilder text, ServerStatus status)
    {
        var sessions = status.Service.Sessions;
        Line(text, $"SessionTracker dump:");
        Line(text, $"Global Sessions({sessions.Count}):");
        foreach (var (id, session) in sessions) Line(text, $"{id}\t{session.TimeoutMs}ms");
        Line(text, $"ephemeral nodes dump:");
        Line(text, $"Sessions with Ephemerals ({status.Service.Tree.Ephemerals.Count}):");
        foreach (var (id, paths) in status.Service.Tree.Ephemerals)
        {
            Line(text, $"{id}:");
            foreach (var path in paths) Line(text, $"\t{path}");
        }

        Line(text, $"Connections dump:");
        Line(text, $"Connections Sets (1)/({_port.Count}):");
        foreach (var c in _port.Connections) Line(text, $"\tip: /{c.Remote} sessionId: {Hex(c.SessionId)}");
    }

    private static void Wchs(StringBuilder text, ServerStatus status)
    {
        var paths = status.Watches.SelectMany(c => c.Value).Distinct().Count();
        Line(text, $"{status.Watches.Count} connections watching {paths} paths");
        Line(text, $"Total watches:{status.Watches.Sum(c => c.Value.Count)}");
    }

    private void Wchc(StringBuilder text, ServerStatus status)
    {
        var sessions = _port.Connections.ToDictionary(c => c.Id, c => c.SessionId);
        foreach (var (connection, paths) in status.Watches)
        {
            Line(text, $"{Hex(sessions.GetValueOrDefault(connection))}");
            foreach (var path in paths) Line(text, $"\t{path}");
        }

        text.Append('\n');
    }

    private void Wchp(StringBuilder text, ServerStatus status)
    {
        var sessions = _port.Connections.ToDictionary(c => c.Id, c => c.SessionId);
        var byPath = status.Watches.SelectMany(c => c.Value, (c, path) => (path, c.Key)).ToLookup(w => w.path, w => w.Key);
        foreach (var watchers in byPath.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            Line(text, $"{watchers.Key}");
            foreach (var connection in watchers) Line(text, $"\t{Hex(sessions.GetValueOrDefault(connection))}");
        }

        text.Append('\n');
    }

    private static void Dirs(StringBuilder text, ServerStatus status)
    {
        Line(text, $"datadir_size: {status.DiskBytes.Snapshots}");
        Line(text, $"logdir_size: {status.DiskBytes.Log}");
    }

    private void Crst(StringBuilder text)
    {
        foreach (var connection in _port.Connections) connection.Figures.Reset();
        Line(text, $"Connection stats reset.");
    }

    private void Srst(StringBuilder text)
    {
        _port.ResetFigures();
        Line(text, $"Server stats reset.");
    }

    private static void Envi(StringBuilder text)
    {
        Line(text, $"Environment:");
        Line(text, $"zookeeper.version={Versions.Server}");
        Line(text, $"host.name={Environment.MachineName}");
        Line(text, $"dotnet.version={Environment.Version}");
        Line(text, $"os.name={Environment.OSVersion.Platform}");
        Line(text, $"os.arch={System.Runtime.InteropServices.RuntimeInformation.OSArchitecture}");
        Line(text, $"os.version={Environment.OSVersion.Version}");
        Line(text, $"user.name={Environment.UserName}");
        Line(text, $"user.dir={Environment.CurrentDirectory}");
        Line(text, $"os.memory.max={GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024 * 1024)}MB");
    }
}

/// <summary>The version that clients ask for, to learn what a server can do.</summary>
internal static class Versions
{
    /// <summary>What this server does is what ZooKeeper 3.8 does.</summary>
    public const string Server = "3.8.0-reference, built on .NET";
}
