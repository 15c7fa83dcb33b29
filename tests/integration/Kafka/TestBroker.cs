using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Client;

namespace Reference.Integration.Kafka;

/// <summary>A broker in this process, on a free port, with its own data folder.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private readonly string _folder;
    private readonly bool _ownsFolder;
    private readonly FileDisk _disk;

    private TestBroker(KafkaBroker broker, FileDisk disk, string folder, bool ownsFolder) => (Broker, _disk, _folder, _ownsFolder) = (broker, disk, folder, ownsFolder);

    public KafkaBroker Broker { get; }

    public int Port => Broker.Endpoint!.Port;

    public static async Task<TestBroker> StartAsync(int id, string zooKeeper, Func<BrokerSettings, BrokerSettings>? change = null, string? folder = null, ILoggerFactory? log = null)
    {
        var data = folder ?? Directory.CreateTempSubdirectory($"broker-{id}-").FullName;
        var settings = new BrokerSettings
        {
            BrokerId = id,
            Listener = ("127.0.0.1", 0),
            Advertised = ("127.0.0.1", 0),
            LogDir = data,
            ZooKeeperConnect = zooKeeper,
            ZooKeeperSessionTimeoutMs = 2000,
            LogSegmentBytes = 10 * 1024 * 1024,
            OffsetsTopicNumPartitions = 4,
            OffsetsTopicReplicationFactor = 1,
            GroupInitialRebalanceDelayMs = 0,
        };
        var disk = new FileDisk(data);
        var logs = log ?? LoggerFactory.Create(b => b.AddSimpleConsole(o => o.SingleLine = true).SetMinimumLevel(Environment.GetEnvironmentVariable("BROKER_LOG") is { } level ? Enum.Parse<LogLevel>(level) : LogLevel.Warning));
        var broker = new TestBroker(new(change?.Invoke(settings) ?? settings, TcpNetwork.Instance, disk, SystemClock.Instance, logs, BrokerObservers.None), disk, data, folder is null);
        try
        {
            await broker.Broker.StartAsync();
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    public static ClusterClient Client(params IEnumerable<int> ports) => ClientNamed("test", ports);

    public static ClusterClient ClientNamed(string name, params IEnumerable<int> ports) => new(TcpNetwork.Instance, SystemClock.Instance, [.. ports.Select(port => ("127.0.0.1", port))], name);

    public async Task StopAsync()
    {
        await Broker.StopAsync();
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        _disk.Dispose();
        if (_ownsFolder && Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }
}
