using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Ensemble.Codecs;
using Reference.Broker.Ensemble.Peers;
using Reference.Broker.Ensemble.Storage;
using Reference.Broker.Hosting;
using Reference.Broker.Tracing;
using Reference.Broker.ZooKeeper.Server;
using Reference.Zab;
using Service = Reference.Coordination;

namespace Reference.Broker.Ensemble;

/// <summary>
/// The one thread of control of an ensemble server. Inputs of both cores come through one inbox; the broadcast's deliveries are the service's inputs, the service's proposals the
/// broadcast's; after each batch everything made goes out together: one write a link, one sync, one write a client.
/// </summary>
internal sealed partial class EnsembleLoop : ILinkEvents, IClientPortBackend, IDisposable
{
    private const int Capacity = 8192;

    private readonly EnsembleSettings _settings;
    private readonly IClock _clock;
    private readonly TraceWriter? _trace;
    private readonly ILogger _logger;
    private readonly EventLoop<Item> _loop;
    private readonly Core<NodeState, Input, Effect> _broadcast;
    private readonly Core<Service.ServerState, Service.Input, Service.Effect> _service;
    private readonly Alarms<object> _alarms;
    private readonly Dictionary<NodeId, PeerLink> _links = [];
    private readonly Queue<Payload> _proposals = [];
    private readonly TaskCompletionSource _fault = new();
    private EnsembleStorage _storage = null!;
    private ClientPort _clients = null!;

    public EnsembleLoop(EnsembleSettings settings, Recovered recovered, IClock clock, TraceWriter? trace, IStepObserver<NodeState, Input, Effect>? onlooker, ILogger logger)
    {
        (_settings, _clock, _trace, _logger) = (settings, clock, trace, logger);
        _loop = new(Capacity, Handle, Flush);
        _alarms = new(clock, Ring);
        var peerSettings = new PeerSettings(new(settings.MyId), [.. settings.Servers.Keys.Select(id => new NodeId(id))]) { RetainedTransactions = RetainedTransactions };
        var serverSettings = new Service.Settings(new(settings.MyId))
        {
            MinSessionTimeoutMs = settings.MinSessionTimeout,
            MaxSessionTimeoutMs = settings.MaxSessionTimeout,
            HeartbeatMs = Math.Max(1, settings.TickTime / 2),
        };
        var service = recovered.Snapshot is { } snapshot ? SnapshotCodec.Read(snapshot) : Service.ServiceState.Initial;
        var server = new Service.Server(serverSettings);
        _broadcast = new(Peer.Recover(recovered.Durable), new Peer(peerSettings).Take, ObserversOf(peerSettings, recovered.Durable, onlooker));
        _service = new(server.Begin(service), server.Take, ObserversOf(serverSettings, service));
        _sinceSnapshot = recovered.Durable.History.Entries.Count;
        _snapshotDue = DueAfter(settings);
    }

    /// <summary>Fails when something beside the loop did that makes going on unsafe.</summary>
    public Task Fault => _fault.Task;

    /// <inheritdoc/>
    public ServerStatus Status
    {
        get
        {
            var (broadcast, service) = (_broadcast.State, _service.State);
            var mode = service.Role switch
            {
                Service.Role.Inactive => ServerMode.Looking,
                _ when _settings.Servers.Count == 1 => ServerMode.Standalone,
                Service.Role.Leading => ServerMode.Leader,
                _ => ServerMode.Follower,
            };
            var learners = broadcast.Leading?.Learners ?? [];
            return new(mode, service.Committed, service.Watches.ByConnection, (_snapshotBytes, _storage.LogSize), (learners.Length, learners.Count(l => l.Stage == LearnerStage.Serving)));
        }
    }

    /// <summary>Gives the loop what it drives.</summary>
    public void Attach(EnsembleStorage storage, ClientPort clients) => (_storage, _clients) = (storage, clients);

    /// <summary>Runs until stopped.</summary>
    public Task RunAsync()
    {
        _loop.Inbox.Post(new(null, new Started()));
        return _loop.RunAsync();
    }

    /// <summary>Ends the loop when what waits is handled.</summary>
    public void Stop()
    {
        _alarms.Dispose();
        _loop.Inbox.Post(new(null, new Stopped()));
        _loop.Inbox.Close();
    }

    /// <summary>Writes are durable.</summary>
    public void OnPersisted(int count) => _loop.Inbox.Post(new(null, new Persisted(count)));

    /// <summary>A link stands.</summary>
    public void OnOpened(PeerLink link) => _loop.Inbox.Post(new(link, new LinkOpened()));

    /// <inheritdoc/>
    public void Received(PeerLink link, object message) => _loop.Inbox.Add(new(link, message));

    /// <inheritdoc/>
    public void Ended(PeerLink link, string why) => _loop.Inbox.Post(new(link, new LinkEnded(why)));

    /// <inheritdoc/>
    public void Add(Service.Input input) => _loop.Inbox.Add(new(null, input));

    /// <inheritdoc cref="IClientPortBackend.Wake"/>
    public void Wake() => _loop.Inbox.Wake();

    /// <inheritdoc cref="IClientPortBackend.RoomAsync"/>
    public ValueTask RoomAsync() => _loop.Inbox.RoomAsync();

    /// <inheritdoc/>
    public void Dispose() => _alarms.Dispose();

    private void Ring(object alarm)
    {
        object input = alarm is Alarm ofBroadcast ? new AlarmRang(ofBroadcast) : new Service.AlarmRang((Service.Alarm)alarm, Now());
        _loop.Inbox.Post(new(null, input));
    }

    private void Handle(Item item)
    {
        switch (item.What)
        {
            case Message message when IsCurrent(item.Link):
                Take(new Received(item.Link!.Peer, message));
                break;
            case Service.Message message when IsCurrent(item.Link):
                Take(new Service.Received(new(item.Link!.Peer.Value), message, Now()));
                break;
            case Input input:
                Take(input);
                break;
            case Service.Input input:
                Take(input);
                break;
            case LinkOpened:
                Open(item.Link!);
                break;
            case LinkEnded ended when IsCurrent(item.Link):
                _links.Remove(item.Link!.Peer);
                _logger.LogInformation("link to server {Peer} ended: {Why}", item.Link.Peer, ended.Why);
                Take(new Disconnected(item.Link.Peer));
                break;
            case Stopped:
                foreach (var link in _links.Values) link.Close("this server stops");
                _links.Clear();
                break;
        }

        while (_proposals.TryDequeue(out var proposal)) Take(new Proposed(proposal));
        if (_sinceSnapshot >= _snapshotDue || _storage.LogSize >= LargestLog) WantSnapshot();
    }

    private bool IsCurrent(PeerLink? link) => link is not null && _links.GetValueOrDefault(link.Peer) == link;

    private void Open(PeerLink link)
    {
        if (_links.Remove(link.Peer, out var former))
        {
            former.Close("the other server opened a new one");
            Take(new Disconnected(link.Peer));
        }
        _links[link.Peer] = link;
        _logger.LogInformation("link to server {Peer} stands", link.Peer);
        Take(new Connected(link.Peer));
    }

    private void Flush()
    {
        foreach (var link in _links.Values) link.Flush();
        _storage.Start();
        _clients.Flush();
        _trace?.Flush();
    }

    private Service.Moment Now() => new(_clock.NowMs, _clock.WallMs);

    /// <summary>What waits for the loop: an input of a core, or a message or a change of a link.</summary>
    private readonly record struct Item(PeerLink? Link, object What);

    private sealed record LinkOpened;

    private sealed record LinkEnded(string Why);

    private sealed record Stopped;
}
