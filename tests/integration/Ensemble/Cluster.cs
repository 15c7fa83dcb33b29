using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Reference.Broker.Configuration;
using Reference.Broker.Ensemble;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Client;
using Reference.Broker.ZooKeeper.Server;
using Reference.Integration.Hosting;

namespace Reference.Integration.Ensemble;

/// <summary>Three ensemble servers in this process, over loopback, each with a folder on the real disk.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private const int PatienceMs = 60_000, LookMs = 10;

    private readonly Dictionary<int, (EnsembleServer Server, Task Running, FileDisk Disk)> _servers = [];
    private readonly Func<EnsembleSettings, EnsembleSettings> _change;

    public Cluster(Func<EnsembleSettings, EnsembleSettings>? change = null)
    {
        _change = change ?? (s => s);
        var ports = Enumerable.Range(Reference.Broker.Commands.LocalCluster.FreePorts(6), 6).ToArray();
        Peers = Enumerable.Range(1, 3).ToImmutableSortedDictionary(id => id, id => ("127.0.0.1", ports[id - 1]));
        Clients = Enumerable.Range(1, 3).ToImmutableSortedDictionary(id => id, id => new IPEndPoint(IPAddress.Loopback, ports[id + 2]));
        foreach (var id in Peers.Keys) Start(id);
    }

    public TemporaryFolder Folder { get; } = new();

    public ImmutableSortedDictionary<int, (string Host, int Port)> Peers { get; }

    public ImmutableSortedDictionary<int, IPEndPoint> Clients { get; }

    public IEnumerable<int> Up => _servers.Keys;

    public string Connect => string.Join(",", Clients.Values);

    public ServerStatus StatusOf(int id) => _servers[id].Server.Status;

    public void Start(int id)
    {
        var settings = _change(new EnsembleSettings
        {
            MyId = id,
            DataDir = Folder.At($"{id}"),
            Servers = Peers,
            ClientAddress = Clients[id],
            TickTime = 200,
            InitLimit = 50,
            SyncLimit = 50,
            MinSessionTimeout = 1000,
            CheckInvariants = true,
        });
        var disk = new FileDisk(settings.DataDir);
        var server = EnsembleServer.Open(settings, TcpNetwork.Instance, disk, SystemClock.Instance, NullLoggerFactory.Instance);
        _servers.Add(id, (server, server.RunAsync(), disk));
    }

    public async Task StopAsync(int id)
    {
        _servers.Remove(id, out var stopping);
        stopping.Server.Stop();
        await stopping.Running;
        stopping.Server.Dispose();
        stopping.Disk.Dispose();
    }

    /// <summary>Waits until one leads and all that are up serve.</summary>
    public async Task<int> LeaderAsync()
    {
        await UntilAsync(() => _servers.Keys.All(id => StatusOf(id).IsServing) && _servers.Keys.Count(id => StatusOf(id).Mode == ServerMode.Leader) == 1);
        return _servers.Keys.Single(id => StatusOf(id).Mode == ServerMode.Leader);
    }

    /// <summary>Waits until all that are up have the same state.</summary>
    public Task ConvergedAsync() => UntilAsync(() => _servers.Keys.Select(id => StatusOf(id).Service.Hash).Distinct().Count() == 1);

    public async Task<ZooKeeperClient> ClientAsync()
    {
        var client = new ZooKeeperClient(new ZooKeeperClientSettings { Connect = Connect, SessionTimeoutMs = 20_000 }, TcpNetwork.Instance, SystemClock.Instance, NullLogger.Instance);
        client.Start();
        await client.WaitConnectedAsync(PatienceMs);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _servers.Keys.ToArray()) await StopAsync(id);
        Folder.Dispose();
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var left = PatienceMs; !holds(); left -= LookMs)
        {
            if (left <= 0) throw new TimeoutException("it didn't come to pass");
            await SystemClock.Instance.Delay(LookMs, default);
        }
    }
}
