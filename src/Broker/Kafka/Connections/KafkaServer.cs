using System.Net;
using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;

namespace Reference.Broker.Kafka.Connections;

/// <summary>Listens, and serves each connection until either end closes it.</summary>
/// <param name="network">Where to listen.</param>
/// <param name="handler">Answers requests.</param>
/// <param name="requestMaxBytes"><c>socket.request.max.bytes</c>: a longer frame closes its connection.</param>
/// <param name="log">Where reasons of closed connections go.</param>
public sealed class KafkaServer(INetwork network, IRequestHandler handler, int requestMaxBytes, ILogger log) : IDisposable
{
    private readonly object _gate = new();
    private readonly HashSet<ServerConnection> _connections = [];
    private IListener? _listener;
    private long _next;
    private bool _ended;

    /// <summary>Begins to listen; returns where.</summary>
    /// <exception cref="AddressInUseException">Another process listens there.</exception>
    public IPEndPoint Listen(IPEndPoint endpoint)
    {
        _listener = network.Listen(endpoint);
        return _listener.Local;
    }

    /// <summary>Accepts and serves connections until disposed.</summary>
    public async Task RunAsync()
    {
        while (await _listener!.AcceptAsync(default).ConfigureAwait(false) is { } accepted)
        {
            var connection = new ServerConnection(accepted, handler, _next++, requestMaxBytes, log);
            lock (_gate)
            {
                if (!_ended) _connections.Add(connection);
            }
            _ = ServeAsync(connection);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ServerConnection[] open;
        lock (_gate)
        {
            _ended = true;
            open = [.. _connections];
        }
        _listener?.Dispose();
        foreach (var connection in open) connection.Abort();
    }

    private async Task ServeAsync(ServerConnection connection)
    {
        bool ended;
        lock (_gate) ended = _ended;
        if (ended) connection.Abort();
        await connection.RunAsync().ConfigureAwait(false);
        lock (_gate) _connections.Remove(connection);
    }
}
