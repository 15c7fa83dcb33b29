using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Groups;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Cluster;
using Reference.Broker.Kafka.Connections;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Partitions;
using Reference.Broker.Storage;
using Reference.Broker.ZooKeeper.Client;
using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Broker.Kafka;

/// <summary>What watches the steps of a broker's cores: the trace, the check of invariants.</summary>
public sealed record BrokerObservers
{
    /// <summary>Nobody watches.</summary>
    public static readonly BrokerObservers None = new();

    /// <summary>Of the controller, given what it's set up with.</summary>
    public Func<ControllerSettings, ControllerState, IReadOnlyList<IStepObserver<ControllerState, Input, Effect>>> Controller { get; init; } = (_, _) => [];

    /// <summary>Of the registration, given what it's set up with.</summary>
    public Func<RegistrarSettings, RegistrarState, IReadOnlyList<IStepObserver<RegistrarState, Input, Effect>>> Registrar { get; init; } = (_, _) => [];

    /// <summary>Of each replica.</summary>
    public ReplicaObservers Replicas { get; init; } = (_, _) => [];

    /// <summary>Of each group coordinator.</summary>
    public GroupObservers Groups { get; init; } = (_, _) => [];

    /// <summary>Runs after each batch of the replicas' work: the trace goes out.</summary>
    public Action? AfterBatch { get; init; }
}

/// <summary>A broker process: its data folder, its session with the ensemble, its partitions, its controller core, and the port that clients and other brokers speak to.</summary>
/// <param name="settings">What it's told.</param>
/// <param name="network">The network.</param>
/// <param name="disk">Its data folder.</param>
/// <param name="clock">The clock.</param>
/// <param name="logs">Where it logs to.</param>
/// <param name="observers">What watches its cores.</param>
public sealed class KafkaBroker(BrokerSettings settings, INetwork network, IDisk disk, IClock clock, ILoggerFactory logs, BrokerObservers observers) : IAsyncDisposable
{
    private const string Lock = ".lock";
    private const int ShutdownAttempts = 3;
    private const int ShutdownRetryMs = 200;
    private const int ShutdownAnswerMs = 5000;
    private const int EnsembleRetryMs = 50;

    private readonly ILogger _log = logs.CreateLogger("broker");
    private readonly CancellationTokenSource _closing = new();
    private readonly List<Task> _running = [];
    private IDisposable? _lock;
    private EnsembleSession? _session;
    private BrokerCluster? _cluster;
    private LogFolder? _folder;
    private HostedPartitions? _partitions;
    private GroupHost? _groups;
    private ControllerHost? _controller;
    private RegistrarHost? _registrar;
    private ProducerIds? _producerIds;
    private KafkaServer? _server;
    private Task? _failed;
    private bool _registered;

    /// <summary>Where it listens, once started.</summary>
    public IPEndPoint? Endpoint { get; private set; }

    /// <summary>Starts, registers, and returns once it serves.</summary>
    /// <exception cref="UserError">Something that the operator can put right.</exception>
    /// <exception cref="CorruptFileException">A log can't be trusted.</exception>
    public async Task StartAsync()
    {
        TakeFolder();
        var meta = MetaProperties.Read(disk);
        if (meta is not null) (meta with { BrokerId = settings.BrokerId }).Claim(disk);
        var directory = meta?.Directory ?? NewId();

        _session = await OpenSession().ConfigureAwait(false);
        _cluster = new(settings, _session, network, clock, logs.CreateLogger("cluster"), _closing.Token) { ClusterId = meta?.ClusterId ?? "" };
        await OpenLogs().ConfigureAwait(false);
        Listen();

        var endpoint = new Endpoint("PLAINTEXT", "PLAINTEXT", settings.Advertised.Host, settings.Advertised.Port == 0 ? Endpoint!.Port : settings.Advertised.Port);
        var registration = new RegistrarSettings(new(settings.BrokerId), [endpoint], directory, NewId(), PatienceMs: 2 * settings.ZooKeeperSessionTimeoutMs);
        var unregistered = RegistrarState.Start(meta?.ClusterId, _folder!.TailKept);
        _registrar = new(registration, unregistered, new(Join: id => Join(id, directory), OnRegistered, OnUnregistered, _folder.MarkTailKept),
            clock, logs.CreateLogger("registration"), observers.Registrar(registration, unregistered));
        _running.AddRange([_groups!.RunAsync(), _controller!.RunAsync(), _registrar.RunAsync(), _partitions!.Completion, _session.Faulted, _server!.RunAsync()]);
        _session.Add(_registrar.Listener);
        _session.Add(new ConfigWatch(_cluster, _partitions.OnClusterChanged));
        await await Task.WhenAny([_registrar.Settled, Failed]).ConfigureAwait(false);
        _log.LogInformation("broker {Id} serves at {Endpoint}, cluster {Cluster}", settings.BrokerId, endpoint, _cluster.ClusterId);
    }

    /// <summary>Faults when the broker can't go on; ends when it was stopped.</summary>
    public Task Failed => _failed ??= WatchAsync();

    /// <summary>Stops in order: others take over what it leads, its logs are flushed and marked as whole, its session is closed.</summary>
    public async Task StopAsync()
    {
        if (settings.ControlledShutdownEnable && _cluster is not null && _cluster.SelfEpoch != BrokerEpoch.Unknown) await HandOver().ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Stops, without handing over what it leads.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_closing.IsCancellationRequested) return;
        await _closing.CancelAsync().ConfigureAwait(false);
        _server?.Dispose();
        _controller?.Close();
        _registrar?.Close();
        if (_partitions is { Completion.IsFaulted: false }) await _partitions.Close().ConfigureAwait(false);
        _groups?.Close();
        if (_session is not null) await _session.DisposeAsync().ConfigureAwait(false);
        _producerIds?.Dispose();
        _lock?.Dispose();
    }

    private void TakeFolder()
    {
        disk.CreateFolder("");
        _lock = disk.TryLock(Lock) ?? throw new UserError($"{disk.Root} is in use by {(disk.LockedBy(Lock) is { } process ? $"process {process}" : "another process")}: stop it, or choose another log.dirs");
    }

    private async Task<EnsembleSession> OpenSession()
    {
        var log = logs.CreateLogger("ensemble");
        var client = new ZooKeeperClientSettings { Connect = settings.ZooKeeperConnect, SessionTimeoutMs = settings.ZooKeeperSessionTimeoutMs };
        var session = new EnsembleSession(client, network, clock, log);
        var deadline = clock.NowMs + settings.ZooKeeperConnectionTimeoutMs;
        var isOpen = false;
        while (true)
        {
            try
            {
                var leftMs = (int)Math.Max(1, deadline - clock.NowMs);
                await EnsembleFolders.MakeChrootAsync(settings.ZooKeeperConnect, client, network, clock, log, leftMs).ConfigureAwait(false);
                if (!isOpen) session.Start();
                isOpen = true;
                await session.Client.WaitConnectedAsync(leftMs).ConfigureAwait(false);
                await EnsembleFolders.MakeAsync(session.Client).ConfigureAwait(false);
                return session;
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.ConnectionLoss or ZooKeeperError.SessionExpired && clock.NowMs < deadline)
            {
                // A server that is only just starting, or a first session that a busy machine let expire: the next is opened by itself.
                await clock.Delay(EnsembleRetryMs, _closing.Token).ConfigureAwait(false);
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.ConnectionLoss or ZooKeeperError.SessionExpired)
            {
                await session.DisposeAsync().ConfigureAwait(false);
                throw new UserError($"no ensemble answers at zookeeper.connect={settings.ZooKeeperConnect} within {settings.ZooKeeperConnectionTimeoutMs} ms: start it, or correct the address");
            }
        }
    }

    private async Task OpenLogs()
    {
        var topics = await _cluster!.Retry(client => client.GetChildrenAsync("/config/topics")).ConfigureAwait(false);
        await _cluster.Configs.ReadBroker().ConfigureAwait(false);
        await _cluster.Configs.ReadUnknown(topics).ConfigureAwait(false);
        var log = logs.CreateLogger("log");
        _folder = LogFolder.Open(disk, clock, topic => LogSettings.Of(_cluster.ConfigOf(topic)), BootId.Read(), log);
        _partitions = new(settings, _folder, _cluster, clock, logs.CreateLogger("partitions"), observers.Replicas, observers.AfterBatch);
        _groups = new(settings, _partitions, clock, logs.CreateLogger("groups"), observers.Groups);
        var controller = ControllerSettingsOf(settings);
        _controller = new(controller, () => new(RandomNumberGenerator.GetInt32(int.MaxValue), RandomNumberGenerator.GetInt32(int.MaxValue)),
            _cluster.Connect, network, clock, logs.CreateLogger("controller"), observers.Controller(controller, ControllerState.Initial));
    }

    private void Listen()
    {
        var topics = new TopicCreation(settings, _cluster!, _controller!, clock, _log);
        var dispatch = new RequestDispatch(_cluster!, _partitions!, _controller!, topics, new(settings, _cluster!), new(settings, _cluster!, _partitions!.OnClusterChanged), _producerIds = new(_cluster!),
            new(settings, _cluster!, _groups!, topics), new(_cluster!), _log);
        _server = new(network, dispatch, settings.SocketRequestMaxBytes, logs.CreateLogger("port"));
        try
        {
            Endpoint = _server.Listen(new(AddressOf(settings.Listener.Host), settings.Listener.Port));
        }
        catch (AddressInUseException)
        {
            throw new UserError($"port {settings.Listener.Port} of listeners={settings.Listener.Host}:{settings.Listener.Port} is in use by another process: stop it, or choose another port");
        }
    }

    private void Join(string cluster, string directory)
    {
        new MetaProperties(settings.BrokerId, cluster, directory).Claim(disk);
        _cluster!.ClusterId = cluster;
    }

    /// <summary>The controller's core joins in once the broker is registered: before that, it wouldn't count itself among the brokers.</summary>
    private void OnRegistered(BrokerEpoch epoch)
    {
        _cluster!.SelfEpoch = epoch;
        if (!_registered) _session!.Add(_controller!.Listener);
        _registered = true;
    }

    private void OnUnregistered()
    {
        _cluster!.SelfEpoch = BrokerEpoch.Unknown;
        _partitions!.OnSessionExpired();
    }

    private async Task WatchAsync()
    {
        List<Task> running = [.. _running];
        while (running.Count > 0 && !_closing.IsCancellationRequested)
        {
            var ended = await Task.WhenAny(running).ConfigureAwait(false);
            if (!_closing.IsCancellationRequested) await ended.ConfigureAwait(false);
            running.Remove(ended);
        }
    }

    /// <summary>Asks the controller to let others lead; when that can't be had in a few attempts, they find out by themselves.</summary>
    private async Task HandOver()
    {
        for (var attempt = 1; attempt <= ShutdownAttempts; attempt++)
        {
            try
            {
                var response = await AskForShutdown().ConfigureAwait(false);
                if (response is { Error: Protocol.ErrorCode.None, Remaining.Length: 0 }) return;
                _log.LogInformation("controlled shutdown: {Error}, {Count} partitions remain", response.Error, response.Remaining.Length);
            }
            catch (IOException e)
            {
                _log.LogInformation("controlled shutdown: {Reason}", e.Message);
            }
            await clock.Delay(ShutdownRetryMs, default).ConfigureAwait(false);
        }
    }

    private async Task<ControlledShutdownResponse> AskForShutdown()
    {
        using var connection = await _cluster!.Connect(new(_cluster.View.Controller), default).ConfigureAwait(false);
        var answer = connection.Send(Apis.ControlledShutdown, new ControlledShutdownRequest { BrokerId = settings.BrokerId, BrokerEpoch = _cluster.SelfEpoch.Value });
        using var given = new CancellationTokenSource();
        if (await Task.WhenAny([answer, clock.Delay(ShutdownAnswerMs, given.Token)]).ConfigureAwait(false) != answer) throw new IOException($"the controller doesn't answer within {ShutdownAnswerMs} ms");
        await given.CancelAsync().ConfigureAwait(false);
        return await answer.ConfigureAwait(false);
    }

    private static ControllerSettings ControllerSettingsOf(BrokerSettings settings) => new(new BrokerId(settings.BrokerId))
    {
        DefaultPartitions = settings.NumPartitions,
        DefaultReplicationFactor = settings.DefaultReplicationFactor,
        MinInsyncReplicas = settings.MinInsyncReplicas,
        UncleanLeaderElection = settings.UncleanLeaderElectionEnable,
        DeleteTopics = settings.DeleteTopicEnable,
        AutoLeaderRebalance = settings.AutoLeaderRebalanceEnable,
        LeaderImbalanceCheckMs = settings.LeaderImbalanceCheckIntervalSeconds * 1000,
    };

    private static IPAddress AddressOf(string host) => host switch
    {
        "" or "0.0.0.0" => IPAddress.Any,
        "localhost" => IPAddress.Loopback,
        _ when IPAddress.TryParse(host.Trim('[', ']'), out var address) => address,
        _ => Dns.GetHostAddresses(host) is [var first, ..] ? first : throw new UserError($"listeners names {host}, which has no address"),
    };

    /// <summary>22 characters, as Kafka's ids look: 16 drawn bytes in URL-safe base64.</summary>
    private static string NewId() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
