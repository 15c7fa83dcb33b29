using Microsoft.Extensions.Logging;
using System.Globalization;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.ZooKeeper.Client;
using Reference.Coordination;
using Reference.Replication;
using Reference.Replication.Control;
using Reference.Replication.Replicas;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>This broker's place in the cluster: what it was told, what it may ask of the ensemble, and its ways to the other brokers.</summary>
internal sealed class BrokerCluster : ICluster
{
    private const int RetryMs = 20;
    private const int ConnectMs = 2000;

    private readonly BrokerSettings _settings;
    private readonly EnsembleSession _session;
    private readonly INetwork _network;
    private readonly IClock _clock;
    private readonly ILogger _log;
    private readonly CancellationToken _closing;
    private readonly object _gate = new();
    private ClusterView _view = ClusterView.Unknown;
    private long _selfEpoch = BrokerEpoch.Unknown.Value;

    public BrokerCluster(BrokerSettings settings, EnsembleSession session, INetwork network, IClock clock, ILogger log, CancellationToken closing)
    {
        (_settings, _session, _network, _clock, _log, _closing) = (settings, session, network, clock, log, closing);
        Configs = new(settings, ReadConfig);
    }

    /// <inheritdoc/>
    public BrokerId Self => new(_settings.BrokerId);

    /// <inheritdoc/>
    public BrokerEpoch SelfEpoch
    {
        get => new(Volatile.Read(ref _selfEpoch));
        set => Volatile.Write(ref _selfEpoch, value.Value);
    }

    /// <summary>The cluster's id; empty until the broker has joined it.</summary>
    public string ClusterId { get; set; } = "";

    /// <summary>What the controller last told.</summary>
    public ClusterView View => Volatile.Read(ref _view);

    /// <summary>The settings of topics.</summary>
    public TopicConfigs Configs { get; }

    /// <inheritdoc/>
    public bool IsAlive(BrokerId broker) => View.Brokers.ContainsKey(broker.Value);

    /// <inheritdoc/>
    public TopicSettings ConfigOf(string topic) => Configs.Of(topic);

    /// <summary>The controller told what Metadata is to answer; all of it, or what changed.</summary>
    public void Told(UpdateMetadataRequest told, bool everything)
    {
        lock (_gate)
        {
            var before = _view;
            Volatile.Write(ref _view, _view.After(told, everything));
            foreach (var topic in before.Topics.Keys)
                if (!_view.Topics.ContainsKey(topic)) Configs.Forget(topic);
        }
    }

    /// <summary>The controller told who leads; it names where these leaders are.</summary>
    public void Told(LeaderAndIsrRequest told)
    {
        lock (_gate) Volatile.Write(ref _view, _view.After(told));
    }

    /// <inheritdoc/>
    public async Task<KafkaConnection> Connect(BrokerId broker, CancellationToken cancellation)
    {
        if (!View.Brokers.TryGetValue(broker.Value, out var address)) throw new IOException($"broker {broker} isn't known as alive");
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing);
        var late = _clock.Delay(ConnectMs, giveUp.Token);
        var connecting = KafkaConnection.ConnectAsync(_network, address.Host, address.Port, $"broker-{Self}", giveUp.Token);
        try
        {
            if (await Task.WhenAny([connecting, late]).ConfigureAwait(false) == connecting) return await connecting.ConfigureAwait(false);
            _ = connecting.ContinueWith(Discard, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            cancellation.ThrowIfCancellationRequested();
            throw new IOException($"broker {broker} at {address.Host}:{address.Port} can't be reached within {ConnectMs} ms");
        }
        finally
        {
            await giveUp.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<int?> WriteIsr(PartitionId partition, WriteIsr order)
    {
        var client = _session.Client;
        var state = new PartitionState(Self, order.LeaderEpoch, order.Isr, order.Elr, order.ControllerEpoch, order.ExpectedVersion);
        try
        {
            if (order.Joiner != BrokerId.None && (await client.ExistsAsync(MetadataKey.Broker(order.Joiner).Path).ConfigureAwait(false))?.Czxid != order.JoinerEpoch.Value) return null;
            var stat = await client.SetDataAsync(MetadataKey.Partition(partition).Path, Znode(new PartitionEntry(state)), order.ExpectedVersion).ConfigureAwait(false);
            _ = Announce(client, partition);
            return stat.Version;
        }
        catch (ZooKeeperException e) when (e.Error is ZooKeeperError.BadVersion or ZooKeeperError.NoNode || IsLost(e))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task<PartitionState?> ReadState(PartitionId partition) => Retry(async client =>
    {
        // Whatever an earlier write of this session came to, the ensemble has decided it before it answers this.
        await client.SyncAsync().ConfigureAwait(false);
        var key = MetadataKey.Partition(partition);
        try
        {
            var (data, stat) = await client.GetDataAsync(key.Path).ConfigureAwait(false);
            return ((PartitionEntry)ZnodeJson.Read(key, data.Memory, stat.Version)).State;
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
        {
            return null;
        }
    });

    /// <summary>Asks the ensemble until it answers, over as many connections and sessions as it takes.</summary>
    /// <exception cref="OperationCanceledException">The broker is closing.</exception>
    public async Task<T> Retry<T>(Func<ZooKeeperClient, Task<T>> ask)
    {
        while (true)
        {
            _closing.ThrowIfCancellationRequested();
            try
            {
                return await ask(_session.Client).ConfigureAwait(false);
            }
            catch (ZooKeeperException e) when (IsLost(e))
            {
                await _clock.Delay(RetryMs, _closing).ConfigureAwait(false);
            }
        }
    }

    private static bool IsLost(ZooKeeperException e) => e.Error is ZooKeeperError.ConnectionLoss or ZooKeeperError.SessionExpired or ZooKeeperError.SessionMoved;

    private static void Discard(Task<KafkaConnection> late)
    {
        if (late.IsCompletedSuccessfully) late.Result.Dispose();
        else _ = late.Exception;
    }

    /// <summary>The controller learns of the changed ISR by a note; if that is lost, by its next look at the state.</summary>
    private async Task Announce(ZooKeeperClient client, PartitionId partition)
    {
        try
        {
            await client.CreateAsync($"{MetadataKey.IsrChanges.Path}/isr_change_", Znode(new PartitionList([partition])), CreateMode.PersistentSequential).ConfigureAwait(false);
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode || IsLost(e))
        {
            // said once; nothing depends on it but how soon the metadata shows the ISR
        }
    }

    /// <summary>What an entry of /config says; null, and a line in the log, if it can't be understood: then what was known of it stays.</summary>
    private Task<ImmutableSortedDictionary<string, string>?> ReadConfig(ConfigKind kind, string name) => Retry<ImmutableSortedDictionary<string, string>?>(async client =>
    {
        var path = ConfigPath(kind, name);
        try
        {
            var (data, stat) = await client.GetDataAsync(path).ConfigureAwait(false);
            return ((Replication.Control.TopicSettings)ZnodeJson.Read(MetadataKey.TopicSettings(name), data.Memory, stat.Version)).Values;
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
        {
            return Replication.Control.TopicSettings.None.Values;
        }
        catch (InvalidDataException e)
        {
            _log.LogError("{Path} of the ensemble is no JSON of settings ({Reason}): it counts for nothing, and what was known before holds. Write it as {Example}", path, e.InnerException?.Message, """{"version":1,"config":{"name":"value"}}""");
            return null;
        }
    });

    /// <summary>Where the settings of a topic, of a broker or of all brokers are.</summary>
    public static string ConfigPath(ConfigKind kind, string name) => kind == ConfigKind.Topic ? MetadataKey.TopicSettings(name).Path : $"/config/brokers/{name}";

    private Blob Znode(MetadataValue value) => Blob.Wrap(ZnodeJson.Write(value, _clock.WallMs));
}
