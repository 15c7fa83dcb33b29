using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Server;

/// <summary>The port where clients of ZooKeeper's protocol connect: takes their connections, reads their requests for the server's loop, writes what the loop answers, and answers four-letter words.</summary>
/// <remarks>
/// <see cref="RunAsync"/> accepts; each connection is read by a thread of control of its own, which goes on in the loop's when that is idle. <see cref="Run"/> and <see cref="Flush"/> are the
/// loop's; all that a batch made for a connection leaves it in one write.
/// </remarks>
public sealed class ClientPort : IDisposable
{
    private const int ConnectionIdBits = 20;     // connections a millisecond that a restart surely doesn't outnumber

    private readonly ClientPortSettings _settings;
    private readonly IClientPortBackend _backend;
    private readonly IClock _clock;
    private readonly Func<ulong> _draw;
    private readonly ILogger _log;
    private readonly IListener _listener;
    private readonly FourLetterWords _words;
    private readonly ConcurrentDictionary<long, ClientConnection> _connections = new();
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private readonly List<ClientConnection> _dirty = [];
    private readonly ConnectionFigures _past = new();
    private long _lastId;
    private volatile bool _disposed;

    /// <summary>Listens; connections are served once <see cref="RunAsync"/> runs.</summary>
    /// <param name="settings">What to do, and where.</param>
    /// <param name="network">Where the port is.</param>
    /// <param name="clock">For the times of requests.</param>
    /// <param name="backend">The server behind the port.</param>
    /// <param name="draw">Draws 64 unpredictable bits: session ids and passwords are made of them.</param>
    /// <param name="log">Told of connections that are closed, with the reason.</param>
    /// <exception cref="AddressInUseException">Another process listens there.</exception>
    public ClientPort(ClientPortSettings settings, INetwork network, IClock clock, IClientPortBackend backend, Func<ulong> draw, ILogger log)
    {
        (_settings, _backend, _clock, _draw, _log) = (settings, backend, clock, draw, log);
        _lastId = clock.WallMs << ConnectionIdBits;
        _words = new FourLetterWords(settings.Ensemble, clock, this, backend);
        _listener = network.Listen(settings.Address);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Local => _listener.Local;

    /// <summary>The connections there are.</summary>
    internal IEnumerable<ClientConnection> Connections => _connections.Values;

    /// <summary>How many connections there are.</summary>
    internal int Count => _connections.Count;

    /// <summary>The figures of all connections, those that are gone included.</summary>
    internal ConnectionFigures Figures()
    {
        var all = new ConnectionFigures();
        lock (_past) all.Add(_past);
        foreach (var connection in _connections.Values) all.Add(connection.Figures);
        return all;
    }

    /// <summary>Forgets the figures of the connections, and of those that are gone.</summary>
    internal void ResetFigures()
    {
        lock (_past) _past.Reset();
        foreach (var connection in _connections.Values) connection.Figures.Reset();
    }

    /// <summary>Accepts connections until disposed.</summary>
    public async Task RunAsync()
    {
        while (await _listener.AcceptAsync(default).ConfigureAwait(false) is { } accepted)
        {
            if (_disposed || !TakePlace(accepted.Remote.Address))
            {
                if (!_disposed) _log.LogWarning("{Remote} closed: its address has {Limit} connections, as many as maxClientCnxns allows", accepted.Remote, _settings.Ensemble.MaxClientCnxns);
                accepted.Abort();
                continue;
            }

            _ = ServeAsync(new ClientConnection(new ConnectionId(++_lastId), accepted, _settings, _clock, Broken));
        }
    }

    /// <summary>Runs an effect of the service that is for a client. Only for the server's loop.</summary>
    /// <returns>Whether it was one.</returns>
    public bool Run(Effect effect)
    {
        switch (effect)
        {
            case Reply reply:
                Find(reply.Connection)?.Run(reply);
                return true;
            case Notify notify:
                Find(notify.Connection)?.Run(notify);
                return true;
            case AnswerConnect answer:
                Find(answer.Connection)?.Run(answer);
                return true;
            case Close close:
                if (Find(close.Connection) is { } closing) End(closing, close.Why);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Sends what the batch has made: one write a connection. Only for the server's loop.</summary>
    public void Flush()
    {
        foreach (var connection in _dirty)
            if (connection.RunFlush() is { } why)
                Abort(connection, why);
        _dirty.Clear();
    }

    /// <summary>Takes no more connections, and ends those there are.</summary>
    public void Dispose()
    {
        _disposed = true;
        _listener.Dispose();
        foreach (var connection in _connections.Values) connection.Dispose();
    }

    private ClientConnection? Find(ConnectionId id)
    {
        if (!_connections.TryGetValue(id.Value, out var connection)) return null;
        if (!connection.IsDirty)
        {
            connection.IsDirty = true;
            _dirty.Add(connection);
        }

        return connection;
    }

    private async Task ServeAsync(ClientConnection connection)
    {
        try
        {
            if (await connection.FirstBytesAsync().ConfigureAwait(false) is not { } first) return;
            if (_words.Find(BinaryPrimitives.ReadInt32BigEndian(first.Span)) is { } word)
            {
                await connection.AnswerTextAsync(_words.Answer(word, connection)).ConfigureAwait(false);
                return;
            }

            await ServeSessionAsync(connection).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            if (!_disposed && !connection.IsClosing) LogClosed(connection, e.Message);
        }
        finally
        {
            Forget(connection);
        }
    }

    private async Task ServeSessionAsync(ClientConnection connection)
    {
        if (await connection.ReadConnectRequestAsync().ConfigureAwait(false) is not { } request) return;
        _connections[connection.Id.Value] = connection;
        if (_disposed) return;
        await _backend.RoomAsync().ConfigureAwait(false);
        _backend.Add(new ConnectRequested(
            connection.Id, connection.Remote.Address.ToString(), request.LastZxidSeen, request.TimeOutMs, new SessionId(request.SessionId), request.Password,
            _draw(), _draw(), new Moment(_clock.NowMs, _clock.WallMs)));
        _backend.Wake();
        await connection.ReadRequestsAsync(_backend).ConfigureAwait(false);
    }

    private void Forget(ClientConnection connection)
    {
        connection.Forget();
        GivePlace(connection.Remote.Address);
        if (_connections.TryRemove(connection.Id.Value, out _))
        {
            lock (_past) _past.Add(connection.Figures);
            _backend.Add(new ConnectionClosed(connection.Id));
            _backend.Wake();
        }

        if (!connection.IsClosing) connection.Dispose();
    }

    private void End(ClientConnection connection, string why)
    {
        if (_log.IsEnabled(LogLevel.Debug)) LogClosed(connection, why);
        if (connection.RunFlush() is null) _ = connection.CloseAsync();
        else connection.Abort();
    }

    private void Broken(ClientConnection connection, string why) => Abort(connection, why);

    private void Abort(ClientConnection connection, string why)
    {
        if (!connection.IsClosing) LogClosed(connection, why);
        connection.Abort();
    }

    private void LogClosed(ClientConnection connection, string why) =>
        _log.LogInformation("{Remote} session 0x{Session:x} closed: {Why}", connection.Remote, connection.SessionId, why);

    private bool TakePlace(IPAddress address)
    {
        lock (_perAddress)
        {
            var taken = _perAddress.GetValueOrDefault(address);
            if (_settings.Ensemble.MaxClientCnxns > 0 && taken >= _settings.Ensemble.MaxClientCnxns) return false;
            _perAddress[address] = taken + 1;
            return true;
        }
    }

    private void GivePlace(IPAddress address)
    {
        lock (_perAddress)
        {
            if (--_perAddress[address] == 0) _perAddress.Remove(address);
        }
    }
}
