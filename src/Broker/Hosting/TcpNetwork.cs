using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Reference.Broker.Hosting;

/// <summary>The machine's TCP.</summary>
/// <remarks>On Unix .NET binds listeners with SO_REUSEADDR, so that the port of a killed process can be taken again at once.</remarks>
public sealed class TcpNetwork : INetwork
{
    private const int Backlog = 512;

    /// <summary>The one network of a process.</summary>
    public static readonly TcpNetwork Instance = new();

    /// <summary>What a socket brings is handled on the thread that waits for the sockets, without a hand-over to the pool. Once, before the first socket.</summary>
    /// <remarks>
    /// For a process that is one loop, for which everything else waits anyhow: it took a third off the time of a lone write. .NET offers it as a variable of the environment, which it
    /// looks at when the first socket is made.
    /// </remarks>
    public static void CompleteInline() => Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

    /// <inheritdoc/>
    public IListener Listen(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return new Listener(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            if (e.SocketErrorCode == SocketError.AddressAlreadyInUse) throw new AddressInUseException(endpoint);
            throw new IOException($"can't listen on {endpoint}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public async Task<IConnection> ConnectAsync(string host, int port, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (IPAddress.TryParse(host, out var address)) await socket.ConnectAsync(new IPEndPoint(address, port), cancellation).ConfigureAwait(false);
            else await socket.ConnectAsync(host, port, cancellation).ConfigureAwait(false);
            return new Connection(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            if (e.SocketErrorCode == SocketError.ConnectionRefused) throw new ConnectionRefusedException(host, port);
            throw new IOException($"can't connect to {host}:{port}: {e.Message}", e);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class Listener(Socket socket) : IListener
    {
        private bool _disposed;

        public IPEndPoint Local { get; } = (IPEndPoint)socket.LocalEndPoint!;

        public async Task<IConnection?> AcceptAsync(CancellationToken cancellation)
        {
            while (true)
            {
                try
                {
                    var accepted = await socket.AcceptAsync(cancellation).ConfigureAwait(false);
                    accepted.NoDelay = true;
                    return new Connection(accepted);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException && _disposed)
                {
                    return null;
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
                {
                    // The one who dialled has already gone; the next may still come.
                }
            }
        }

        public void Dispose()
        {
            _disposed = true;
            socket.Dispose();
        }
    }

    private sealed class Connection(Socket socket) : IConnection
    {
        public IPEndPoint Remote { get; } = Unmapped((IPEndPoint)socket.RemoteEndPoint!);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
        {
            try
            {
                return await socket.ReceiveAsync(buffer, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                throw new IOException($"the connection with {Remote} broke: {e.Message}", e);
            }
        }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
        {
            try
            {
                while (bytes.Length > 0)
                {
                    var sent = await socket.SendAsync(bytes, cancellation).ConfigureAwait(false);
                    bytes = bytes[sent..];
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                throw new IOException($"the connection with {Remote} broke: {e.Message}", e);
            }
        }

        public void Abort() => socket.Close(timeout: 0);

        public void Dispose() => socket.Dispose();

        private static IPEndPoint Unmapped(IPEndPoint endpoint) =>
            endpoint.Address.IsIPv4MappedToIPv6 ? new(endpoint.Address.MapToIPv4(), endpoint.Port) : endpoint;
    }
}
