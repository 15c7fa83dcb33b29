using System.Collections.Concurrent;
using System.Net;
using Reference.Broker.Hosting;

namespace Reference.Integration.ZooKeeper.Servers;

/// <summary>The machine's network, with a cable that a test may pull.</summary>
internal sealed class CuttableNetwork : INetwork
{
    private readonly ConcurrentBag<IConnection> _connections = [];
    private volatile bool _cut;

    /// <summary>Breaks all connections, and lets nobody connect until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        _cut = true;
        while (_connections.TryTake(out var connection)) connection.Abort();
    }

    /// <summary>Lets nobody connect; the connections there are go on.</summary>
    public void Seal() => _cut = true;

    /// <summary>Lets new connections come about.</summary>
    public void Mend() => _cut = false;

    public IListener Listen(IPEndPoint endpoint) => TcpNetwork.Instance.Listen(endpoint);

    public async Task<IConnection> ConnectAsync(string host, int port, CancellationToken cancellation)
    {
        if (_cut) throw new IOException("the cable is pulled");
        var connection = await TcpNetwork.Instance.ConnectAsync(host, port, cancellation);
        _connections.Add(connection);
        if (_cut) connection.Abort();
        return connection;
    }
}
