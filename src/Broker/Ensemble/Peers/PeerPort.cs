using System.Net;
using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Peers;

/// <summary>Makes the links: of each pair of servers the one with the higher id dials, again and again while there is no link; the other one listens.</summary>
internal sealed class PeerPort : IDisposable
{
    private const long FirstPauseMs = 10, LongestPauseMs = 100;
    private const int ReadAhead = 64 * 1024;

    private readonly NodeId _self;
    private readonly EnsembleSettings _settings;
    private readonly ImmutableSortedSet<NodeId> _members;
    private readonly INetwork _network;
    private readonly IClock _clock;
    private readonly ILogger _logger;
    private readonly ILinkEvents _events;
    private readonly Action<PeerLink> _opened;
    private readonly IListener? _listener;
    private readonly CancellationTokenSource _ended = new();
    private readonly long _incarnation;

    /// <param name="settings">Who this server is and where the others are.</param>
    /// <param name="network">Where they are reached.</param>
    /// <param name="clock">For pauses and time-outs.</param>
    /// <param name="events">Takes what links bring.</param>
    /// <param name="opened">Told of each new link before anything it brings.</param>
    /// <param name="logger">Told of who was turned away, and why.</param>
    /// <exception cref="AddressInUseException">Another process listens on this server's port.</exception>
    public PeerPort(EnsembleSettings settings, INetwork network, IClock clock, ILinkEvents events, Action<PeerLink> opened, ILogger logger)
    {
        (_settings, _network, _clock, _events, _opened, _logger) = (settings, network, clock, events, opened, logger);
        _self = new(settings.MyId);
        _members = [.. settings.Servers.Keys.Select(id => new NodeId(id))];
        _incarnation = clock.WallMs;
        var (host, port) = settings.Servers[settings.MyId];
        if (_members.Count > 1) _listener = network.Listen(new(AddressOf(host), port));
    }

    /// <summary>Accepts and dials until disposed.</summary>
    public async Task RunAsync()
    {
        var dials = _members.Where(m => m < _self).Select(DialAsync).ToArray();
        if (_listener is not null)
            while (await _listener.AcceptAsync(default).ConfigureAwait(false) is { } connection) _ = AnswerAsync(connection);
        await Task.WhenAll(dials).ConfigureAwait(false);
    }

    /// <summary>Makes no more links.</summary>
    public void Dispose()
    {
        _ended.Cancel();
        _listener?.Dispose();
    }

    private static IPAddress AddressOf(string host)
    {
        if (IPAddress.TryParse(host, out var address)) return address;
        return host == "localhost" ? IPAddress.Loopback : IPAddress.Any;
    }

    private async Task DialAsync(NodeId peer)
    {
        var (host, port) = _settings.Servers[peer.Value];
        var pause = FirstPauseMs;
        while (!_ended.IsCancellationRequested)
        {
            var stood = false;
            try
            {
                using var connection = await ConnectAsync(host, port).ConfigureAwait(false);
                using var end = EndWithPort(connection);
                var link = await GreetAsync(peer, connection).ConfigureAwait(false);
                _opened(link);
                stood = true;
                await link.RunAsync().ConfigureAwait(false);
            }
            catch (MalformedFrameException e)
            {
                _logger.LogWarning("no link to server {Peer} at {Host}:{Port}: {Reason}", peer, host, port, e.Message);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                _logger.LogDebug("no link to server {Peer} at {Host}:{Port}: {Reason}", peer, host, port, e.Message);
            }
            pause = stood ? FirstPauseMs : Math.Min(pause * 2, LongestPauseMs);
            await PauseAsync(pause).ConfigureAwait(false);
        }
    }

    private async Task<IConnection> ConnectAsync(string host, int port)
    {
        using var tooLong = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        using var deadline = new Deadline(_clock, _settings.SyncLimit * _settings.TickTime, tooLong.Cancel);
        return await _network.ConnectAsync(host, port, tooLong.Token).ConfigureAwait(false);
    }

    private async Task<PeerLink> GreetAsync(NodeId peer, IConnection connection)
    {
        using var deadline = new Deadline(_clock, _settings.SyncLimit * _settings.TickTime, connection.Abort);
        await SendAsync(connection, peer).ConfigureAwait(false);
        var reader = NewReader(connection);
        if (!await reader.ReadAsync().ConfigureAwait(false) || !reader.TryRead(out var frame)) throw new MalformedFrameException("it turned this server away; its log says why");
        var hello = Hello.Read(frame);
        if (hello.Refusal(_self, _members) is { } why) throw new MalformedFrameException(why);
        if (hello.From != peer) throw new MalformedFrameException($"it is server {hello.From}");
        return new(peer, connection, reader, _events, _logger);
    }

    private async Task AnswerAsync(IConnection connection)
    {
        using var _ = connection;
        using var end = EndWithPort(connection);
        try
        {
            var link = await MeetAsync(connection).ConfigureAwait(false);
            _opened(link);
            await link.RunAsync().ConfigureAwait(false);
        }
        catch (MalformedFrameException e)
        {
            _logger.LogWarning("turned away {Remote}: {Reason}", connection.Remote, e.Message);
        }
        catch (IOException e)
        {
            _logger.LogDebug("{Remote} left before it had greeted: {Reason}", connection.Remote, e.Message);
        }
    }

    /// <summary>A link that stands only once the loop has ended is nobody's: without this it would keep the port, and the server that is to stop, waiting for the other end.</summary>
    private EndingWithPort EndWithPort(IConnection connection) => new(_ended.Token.Register(connection.Abort));

    private async Task<PeerLink> MeetAsync(IConnection connection)
    {
        using var deadline = new Deadline(_clock, _settings.SyncLimit * _settings.TickTime, connection.Abort);
        var reader = NewReader(connection);
        if (!await reader.ReadAsync().ConfigureAwait(false) || !reader.TryRead(out var frame)) throw new IOException("it said nothing");
        var hello = Hello.Read(frame);
        if (hello.Refusal(_self, _members) is { } why) throw new MalformedFrameException(why);
        if (hello.From < _self) throw new MalformedFrameException($"server {hello.From} dials server {_self}, and it is the higher id that dials");
        await SendAsync(connection, hello.From).ConfigureAwait(false);
        return new(hello.From, connection, reader, _events, _logger);
    }

    private async Task SendAsync(IConnection connection, NodeId to)
    {
        IOException? broken = null;
        var writer = new FrameWriter(connection, e => broken = e);
        writer.Begin();
        new Hello(_self, to, _incarnation, _members).Write(writer);
        writer.End();
        writer.Flush();
        await writer.DrainedAsync().ConfigureAwait(false);
        if (broken is not null) throw broken;
    }

    private FrameReader NewReader(IConnection connection) => new(connection, Math.Max(4 * 1024 * 1024, 2 * _settings.JuteMaxBuffer), ReadAhead);

    /// <summary>Unregisters without waiting: disposing of a registration would block a thread until an abort under way is over.</summary>
    private readonly struct EndingWithPort(CancellationTokenRegistration registration) : IDisposable
    {
        public void Dispose() => registration.Unregister();
    }

    private async Task PauseAsync(long ms)
    {
        try
        {
            await _clock.Delay(ms, _ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The port is closing; the caller's loop sees that.
        }
    }
}
