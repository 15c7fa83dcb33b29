using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Client;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>Who follows the broker's session with the ensemble. Called in the order of what happened; mustn't block.</summary>
internal interface ISessionListener
{
    /// <summary>The session stands: a new one, or the same one at another server.</summary>
    void OnConnected(ZooKeeperClient client);

    /// <summary>No server serves it at present.</summary>
    void OnDisconnected();

    /// <summary>The ensemble has ended it; another will be opened.</summary>
    void OnExpired();
}

/// <summary>The broker's session with the ensemble; when one has expired, the next is opened.</summary>
internal sealed class EnsembleSession(ZooKeeperClientSettings settings, INetwork network, IClock clock, ILogger log) : IAsyncDisposable
{
    private readonly object _gate = new();
    private readonly List<ISessionListener> _listeners = [];
    private readonly TaskCompletionSource _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ZooKeeperClient? _client;
    private bool _ended;

    /// <summary>The client of the present session.</summary>
    public ZooKeeperClient Client => Volatile.Read(ref _client) ?? throw new InvalidOperationException("the session hasn't been opened");

    /// <summary>Completes should the client's loop fail: nothing of the metadata would reach the broker any more.</summary>
    public Task Faulted => _faulted.Task;

    /// <summary>Opens the first session; the next ones are opened as they are needed.</summary>
    public void Start() => Open();

    /// <summary>Follows the session from now on; told at once if it stands.</summary>
    public void Add(ISessionListener listener)
    {
        lock (_gate)
        {
            _listeners.Add(listener);
            if (_client is { State: ClientState.Connected } client) listener.OnConnected(client);
        }
    }

    /// <summary>Closes the session, so that what is ephemeral goes at once.</summary>
    public async ValueTask DisposeAsync()
    {
        ZooKeeperClient? client;
        lock (_gate)
        {
            _ended = true;
            _listeners.Clear();
            client = _client;
        }
        if (client is not null) await client.DisposeAsync().ConfigureAwait(false);
    }

    private ZooKeeperClient Open()
    {
        var client = new ZooKeeperClient(settings, network, clock, log);
        client.StateChanged += state => OnState(client, state);
        lock (_gate) _client = client;
        client.Start();
        _ = WatchAsync(client);
        return client;
    }

    private async Task WatchAsync(ZooKeeperClient client)
    {
        try
        {
            await client.Completion.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _faulted.TrySetException(e);
        }
    }

    private void OnState(ZooKeeperClient client, ClientState state)
    {
        lock (_gate)
        {
            if (_ended || client != _client) return;
            foreach (var listener in _listeners.ToArray())
            {
                if (state == ClientState.Connected) listener.OnConnected(client);
                else if (state == ClientState.Disconnected) listener.OnDisconnected();
                else if (state == ClientState.Expired) listener.OnExpired();
            }
            if (state == ClientState.Expired) Open();
        }
    }
}
