using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Client;
using Reference.Coordination;
using Reference.Integration.ZooKeeper.Servers;

namespace Reference.Integration.ZooKeeper.Client;

/// <summary>A client for a test: its cable, and what it was told, in order.</summary>
internal sealed class ClientSession : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    private readonly ConcurrentQueue<object> _told = new();
    private readonly SemaphoreSlim _telling = new(0);

    private ClientSession(ZooKeeperClientSettings settings)
    {
        Client = new ZooKeeperClient(settings, Network, SystemClock.Instance, NullLogger.Instance);
        Client.StateChanged += state => Tell(state);
    }

    public CuttableNetwork Network { get; } = new();

    public ZooKeeperClient Client { get; }

    public static async Task<ClientSession> ConnectAsync(string connect, Func<ZooKeeperClientSettings, ZooKeeperClientSettings>? change = null)
    {
        var settings = new ZooKeeperClientSettings { Connect = connect, SessionTimeoutMs = 2000 };
        var session = new ClientSession(change?.Invoke(settings) ?? settings);
        session.Client.Start();
        await session.Client.WaitConnectedAsync((long)Limit.TotalMilliseconds);
        Assert.Equal(ClientState.Connected, await session.NextAsync());
        return session;
    }

    /// <summary>Without waiting for a connection.</summary>
    public static ClientSession Begin(ZooKeeperClientSettings settings)
    {
        var session = new ClientSession(settings);
        session.Client.Start();
        return session;
    }

    /// <summary>A watcher that notes what it's told.</summary>
    public void Watch(WatchedEvent seen) => Tell(seen);

    /// <summary>The next state or event.</summary>
    public async Task<object> NextAsync()
    {
        if (!await _telling.WaitAsync(Limit)) throw new TimeoutException("nothing was told");
        Assert.True(_told.TryDequeue(out var next));
        return next;
    }

    /// <summary>The next event, which is to be this.</summary>
    public async Task ExpectAsync(WatchedEventType type, string path) => Assert.Equal(new WatchedEvent(type, path), await NextAsync());

    /// <summary>The next state, which is to be this.</summary>
    public async Task ExpectAsync(ClientState state) => Assert.Equal(state, await NextAsync());

    /// <summary>Whether nothing was told that the test hasn't asked for.</summary>
    public bool IsQuiet => _told.IsEmpty;

    public static Blob Bytes(string text) => Blob.Of(System.Text.Encoding.UTF8.GetBytes(text));

    public ValueTask DisposeAsync() => Client.DisposeAsync();

    private void Tell(object what)
    {
        _told.Enqueue(what);
        _telling.Release();
    }
}
