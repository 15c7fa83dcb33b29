using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Reference.Broker.Configuration;
using Reference.Broker.Ensemble;
using Reference.Broker.Hosting;

namespace Reference.Integration.ZooKeeper.Servers;

/// <summary>Three ensemble servers of ours in this process, each with its own disk and ports.</summary>
internal sealed class OwnEnsemble : IServers
{
    private const int Members = 3;

    private readonly string _folder = Directory.CreateTempSubdirectory("own-ensemble-").FullName;
    private readonly ImmutableArray<EnsembleSettings> _settings;
    private readonly List<(EnsembleServer Server, FileDisk Disk, Task Running)> _running = [];

    private OwnEnsemble()
    {
        var servers = Enumerable.Range(1, Members).ToImmutableSortedDictionary(id => id, _ => ("127.0.0.1", Ports.Free()));
        _settings = [.. servers.Keys.Select(id => new EnsembleSettings
        {
            MyId = id,
            DataDir = Path.Combine(_folder, id.ToString(CultureInfo.InvariantCulture)),
            Servers = servers,
            ClientAddress = new IPEndPoint(IPAddress.Loopback, Ports.Free()),
            TickTime = 200,
            MinSessionTimeout = 400,
            MaxSessionTimeout = 4000,
            Whitelist = ["*"],
        })];
    }

    public string Connect => string.Join(',', _settings.Select(s => s.ClientAddress));

    public static async Task<OwnEnsemble> StartAsync()
    {
        var ensemble = new OwnEnsemble();
        await ensemble.OpenAsync();
        return ensemble;
    }

    public async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task OpenAsync()
    {
        foreach (var settings in _settings)
        {
            Directory.CreateDirectory(settings.DataDir);
            var disk = new FileDisk(settings.DataDir);
            var server = EnsembleServer.Open(settings, TcpNetwork.Instance, disk, SystemClock.Instance, NullLoggerFactory.Instance);
            _running.Add((server, disk, server.RunAsync()));
        }

        foreach (var settings in _settings) await FourLetters.ServingAsync(settings.ClientAddress.Port);
    }

    private async Task CloseAsync()
    {
        foreach (var (server, _, _) in _running) server.Stop();
        foreach (var (server, disk, running) in _running)
        {
            await running;
            server.Dispose();
            disk.Dispose();
        }

        _running.Clear();
    }
}
