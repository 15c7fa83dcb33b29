using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Ensemble.Peers;
using Reference.Broker.Ensemble.Storage;
using Reference.Broker.Hosting;
using Reference.Broker.Tracing;
using Reference.Broker.ZooKeeper.Server;

namespace Reference.Broker.Ensemble;

/// <summary>One server of the ensemble: its data folder, its links to the others, its clients' port, and the loop that runs the two cores between them.</summary>
public sealed class EnsembleServer : IDisposable
{
    private readonly IDisposable _claim;
    private readonly EnsembleStorage _storage;
    private readonly PeerPort _peers;
    private readonly ClientPort _clients;
    private readonly EnsembleLoop _loop;
    private readonly TraceWriter? _trace;

    private EnsembleServer(IDisposable claim, EnsembleSettings settings, INetwork network, IDisk disk, IClock clock, ILoggerFactory loggers, Onlooker? onlooker)
    {
        _claim = claim;
        var recovered = Recovery.Run(disk, loggers.CreateLogger("storage"));
        _trace = settings.Trace is { } path ? TraceWriter.At(path) : null;
        _loop = new EnsembleLoop(settings, recovered, clock, _trace, onlooker?.Steps, loggers.CreateLogger("ensemble"));
        _storage = new EnsembleStorage(disk, recovered, settings.SnapRetainCount, _loop.OnPersisted, loggers.CreateLogger("storage"));
        _peers = Listening(settings.Servers[settings.MyId].Port, () => new PeerPort(settings, network, clock, _loop, _loop.OnOpened, loggers.CreateLogger("peers")));
        try
        {
            var portSettings = new ClientPortSettings { Ensemble = settings };
            _clients = Listening(settings.ClientAddress.Port, () => new ClientPort(portSettings, network, clock, _loop, onlooker?.Draw ?? Draw, loggers.CreateLogger("clients")));
        }
        catch (UserError)
        {
            _peers.Dispose();
            throw;
        }
        _loop.Attach(_storage, _clients);
    }

    /// <summary>Where clients connect.</summary>
    public System.Net.IPEndPoint ClientAddress => _clients.Local;

    /// <summary>What this server is at this moment.</summary>
    public ServerStatus Status => _loop.Status;

    /// <summary>Takes the data folder, recovers what is in it, and listens; nothing is served before <see cref="RunAsync"/>.</summary>
    /// <exception cref="UserError">The folder or a port is in use, or the folder isn't this server's.</exception>
    /// <exception cref="CorruptFileException">A file isn't what was written to it.</exception>
    public static EnsembleServer Open(EnsembleSettings settings, INetwork network, IDisk disk, IClock clock, ILoggerFactory loggers) => Open(settings, network, disk, clock, loggers, null);

    /// <inheritdoc cref="Open(EnsembleSettings, INetwork, IDisk, IClock, ILoggerFactory)"/>
    /// <param name="onlooker">Sees every step of the broadcast, and draws in the place of the machine's dice: for a checker that does a run again.</param>
    internal static EnsembleServer Open(EnsembleSettings settings, INetwork network, IDisk disk, IClock clock, ILoggerFactory loggers, Onlooker? onlooker)
    {
        var claim = DataFolder.Claim(disk, settings.MyId, settings.Servers.Keys);
        try
        {
            return new(claim, settings, network, disk, clock, loggers, onlooker);
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }

    /// <summary>Serves until <see cref="Stop"/>, or until a fault that makes going on unsafe: that is thrown.</summary>
    public async Task RunAsync()
    {
        var storage = _storage.RunAsync();
        var loop = _loop.RunAsync();
        var ports = Task.WhenAll((Task[])[_peers.RunAsync(), _clients.RunAsync()]);
        var first = await Task.WhenAny((Task[])[storage, loop, ports, _loop.Fault]).ConfigureAwait(false);
        _peers.Dispose();
        _clients.Dispose();
        _loop.Stop();
        await first.ConfigureAwait(false);
        await loop.ConfigureAwait(false);
        _storage.Close();
        await storage.ConfigureAwait(false);
        await ports.ConfigureAwait(false);
    }

    /// <summary>Ends it in order: links and connections are closed, what was to be written is written.</summary>
    public void Stop() => _loop.Stop();

    /// <inheritdoc/>
    public void Dispose()
    {
        _peers.Dispose();
        _clients.Dispose();
        _storage.Dispose();
        _loop.Dispose();
        _trace?.Dispose();
        _claim.Dispose();
    }

    private static T Listening<T>(int port, Func<T> listen)
    {
        try
        {
            return listen();
        }
        catch (AddressInUseException e)
        {
            throw new UserError($"port {port} is in use: {e.Message}; stop that process, or configure another port");
        }
    }

    private static ulong Draw()
    {
        Span<byte> bits = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bits);
        return BitConverter.ToUInt64(bits);
    }
}

/// <summary>A checker beside a server.</summary>
/// <param name="Steps">Sees every step of the broadcast.</param>
/// <param name="Draw">Draws 64 bits.</param>
internal sealed record Onlooker(IStepObserver<Zab.NodeState, Zab.Input, Zab.Effect> Steps, Func<ulong> Draw);
