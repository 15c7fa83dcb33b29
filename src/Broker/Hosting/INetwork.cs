using System.Net;

namespace Reference.Broker.Hosting;

/// <summary>All that a host knows of the network. The real one is TCP; a simulated one lets a checker break, delay and reorder.</summary>
public interface INetwork
{
    /// <summary>Listens at <paramref name="endpoint"/>; port 0 takes a free one.</summary>
    /// <exception cref="AddressInUseException">Another process listens there.</exception>
    IListener Listen(IPEndPoint endpoint);

    /// <summary>Connects to <paramref name="host"/>:<paramref name="port"/>.</summary>
    /// <exception cref="ConnectionRefusedException">The machine is there, and says that nobody listens.</exception>
    /// <exception cref="IOException">Unreachable, or no such host.</exception>
    Task<IConnection> ConnectAsync(string host, int port, CancellationToken cancellation);
}

/// <summary>A listening port.</summary>
public interface IListener : IDisposable
{
    /// <summary>Where it listens, with the port that was chosen.</summary>
    IPEndPoint Local { get; }

    /// <summary>The next connection; null once the listener is disposed.</summary>
    Task<IConnection?> AcceptAsync(CancellationToken cancellation);
}

/// <summary>One connection: bytes in order, both ways, until either end closes or the network breaks.</summary>
public interface IConnection : IDisposable
{
    /// <summary>The other end.</summary>
    IPEndPoint Remote { get; }

    /// <summary>Reads what's there, at least one byte; 0 when the other end has closed.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation);

    /// <summary>Writes all of <paramref name="bytes"/>. One writer at a time.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation);

    /// <summary>Ends the connection at once; reads and writes under way fail.</summary>
    void Abort();
}

/// <summary>Nobody listens there.</summary>
public sealed class ConnectionRefusedException(string host, int port) : IOException($"can't connect to {host}:{port}: nobody listens there");

/// <summary>A port that another process already listens on.</summary>
public sealed class AddressInUseException(IPEndPoint endpoint) : IOException($"{endpoint} is in use by another process")
{
    /// <summary>The address that was asked for.</summary>
    public IPEndPoint Endpoint { get; } = endpoint;
}
