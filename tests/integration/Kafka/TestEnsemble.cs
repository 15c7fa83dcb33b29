using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Reference.Broker.Configuration;
using Reference.Broker.Ensemble;
using Reference.Broker.Hosting;
using Reference.Integration.ZooKeeper.Servers;

namespace Reference.Integration.Kafka;

/// <summary>Three servers of our ensemble in this process.</summary>
internal sealed class TestEnsemble : IAsyncDisposable
{
    private const int Size = 3;

    private readonly List<(EnsembleServer Server, FileDisk Disk, Task Running)> _servers = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("ensemble-").FullName;

    public string Connect => string.Join(',', _servers.Select(s => s.Server.ClientAddress));

    public static TestEnsemble Start()
    {
        var ensemble = new TestEnsemble();
        var peers = Enumerable.Range(1, Size).ToImmutableSortedDictionary(id => id, _ => ("127.0.0.1", Ports.Free()));
        for (var id = 1; id <= Size; id++)
        {
            var settings = new EnsembleSettings
            {
                MyId = id,
                DataDir = Path.Combine(ensemble._folder, $"{id}"),
                Servers = peers,
                ClientAddress = new(IPAddress.Loopback, 0),
                TickTime = 200,
                MinSessionTimeout = 400,
            };
            var disk = new FileDisk(settings.DataDir);
            var server = EnsembleServer.Open(settings, TcpNetwork.Instance, disk, SystemClock.Instance, NullLoggerFactory.Instance);
            ensemble._servers.Add((server, disk, server.RunAsync()));
        }
        return ensemble;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (server, _, _) in _servers) server.Stop();
        foreach (var (server, disk, running) in _servers)
        {
            await running;
            server.Dispose();
            disk.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }
}
