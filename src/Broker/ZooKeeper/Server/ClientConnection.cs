using System.Collections.Concurrent;
using System.Net;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Server;

/// <summary>One client's connection: its reader turns frames into requests for the server's loop; the loop writes the answers, in their order.</summary>
/// <remarks>
/// The reader stops while too many requests are under way; TCP then makes the client wait.
/// Methods named Run… are for the server's loop alone.
/// </remarks>
internal sealed class ClientConnection : IDisposable
{
    private readonly IConnection _connection;
    private readonly FrameReader _reader;
    private readonly ReplyQueue _replies;
    private readonly IClock _clock;
    private readonly ClientPortSettings _settings;
    private readonly object _gate = new();
    private readonly ConcurrentQueue<(int Xid, Request Request, long ReceivedMs)> _underWay = new();
    private readonly TaskCompletionSource _established = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _room;
    private int _outstanding;
    private bool _knowsReadOnly;
    private volatile bool _closing;

    public ClientConnection(ConnectionId id, IConnection connection, ClientPortSettings settings, IClock clock, Action<ClientConnection, string> broken)
    {
        Id = id;
        OpenedMs = clock.WallMs;
        _clock = clock;
        _connection = connection;
        _settings = settings;
        _reader = new FrameReader(connection, settings.Ensemble.JuteMaxBuffer);
        _replies = new ReplyQueue(connection, Encode, e => broken(this, e.Message));
    }

    /// <summary>Its name towards the core.</summary>
    public ConnectionId Id { get; }

    /// <summary>The client's address.</summary>
    public IPEndPoint Remote => _connection.Remote;

    /// <summary>The session it carries; 0 until a connect request was answered.</summary>
    public long SessionId { get; private set; }

    /// <summary>That session's time-out.</summary>
    public int TimeoutMs { get; private set; }

    /// <summary>What <c>cons</c> tells of it.</summary>
    public ConnectionFigures Figures { get; } = new();

    /// <summary>Requests under way.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Whether it's being closed from this end.</summary>
    public bool IsClosing => _closing;

    /// <summary>When it was opened, in ms since the epoch of Unix.</summary>
    public long OpenedMs { get; }

    /// <summary>Whether a flush is due; for the port.</summary>
    public bool IsDirty { get; set; }

    /// <summary>The first four bytes; null if the client left before it had sent as many.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> FirstBytesAsync() => await _reader.FillAsync(sizeof(int)).ConfigureAwait(false) ? _reader.Buffered[..sizeof(int)] : null;

    /// <summary>Sends text and ends the connection.</summary>
    public async Task AnswerTextAsync(byte[] text)
    {
        await _connection.WriteAsync(text, default).ConfigureAwait(false);
        _connection.Dispose();
    }

    /// <summary>Reads the connect request; null if the client left.</summary>
    /// <exception cref="MalformedFrameException">It isn't one.</exception>
    public async Task<ConnectRequest?> ReadConnectRequestAsync()
    {
        if (!await _reader.ReadAsync().ConfigureAwait(false) || !_reader.TryRead(out var frame)) return null;
        var request = new JuteReader(frame.Span).Read<ConnectRequest>();
        if (request.ProtocolVersion != 0) throw new MalformedFrameException($"a connect request of protocol version {request.ProtocolVersion}");
        _knowsReadOnly = request.ReadOnly.HasValue;
        return request;
    }

    /// <summary>Reads requests until the client leaves, and hands each batch to the server's loop.</summary>
    /// <exception cref="MalformedFrameException">A frame that can't be.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task ReadRequestsAsync(IClientPortBackend backend)
    {
        await _established.Task.ConfigureAwait(false);      // an answer to the connect request comes first
        while (await _reader.ReadAsync().ConfigureAwait(false))
        {
            await RoomAsync().ConfigureAwait(false);
            await backend.RoomAsync().ConfigureAwait(false);
            AddWaiting(backend, new Moment(_clock.NowMs, _clock.WallMs));
            backend.Wake();
        }
    }

    /// <summary>Answers the connect request.</summary>
    public void Run(AnswerConnect answer)
    {
        SessionId = answer.Session.Value;
        TimeoutMs = answer.TimeoutMs;
        _replies.Add(answer);
        _established.TrySetResult();
    }

    /// <summary>Answers a request, or tells of a watch.</summary>
    public void Run(Effect effect) => _replies.Add(effect);

    /// <summary>Sends what was made since the last flush; says why the client is given up if it doesn't read.</summary>
    public string? RunFlush()
    {
        IsDirty = false;
        _replies.Flush();
        var waiting = _replies.Count;
        return waiting > _settings.MaxUnread ? $"{waiting} answers and events wait for the client to read them" : null;
    }

    /// <summary>Ends the connection once what was written has left.</summary>
    public async Task CloseAsync()
    {
        _closing = true;
        await _replies.DrainedAsync().ConfigureAwait(false);
        Dispose();
    }

    /// <summary>Ends the connection at once.</summary>
    public void Abort()
    {
        _closing = true;
        _connection.Abort();
        _established.TrySetResult();
        FreeRoom();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _closing = true;
        _connection.Dispose();
        _established.TrySetResult();
        FreeRoom();
    }

    /// <summary>Gives the reader's buffer back; for the reading side, once it has ended.</summary>
    public void Forget() => _reader.Dispose();

    private void AddWaiting(IClientPortBackend backend, Moment now)
    {
        while (_outstanding < _settings.MaxOutstanding && _reader.TryRead(out var frame))
        {
            var request = RequestReading.Read(frame.Span, out var xid);
            if (xid >= 0) _underWay.Enqueue((xid, request, now.NowMs));
            Interlocked.Increment(ref _outstanding);
            Figures.CountReceived();
            backend.Add(new Requested(Id, xid, request, now));
        }
    }

    /// <summary>Writes the frame of an effect; a request is under way until its reply is about to leave, so that who doesn't read can't ask for ever.</summary>
    private void Encode(FrameBuffer frames, Effect effect)
    {
        switch (effect)
        {
            case Reply reply:
                Encode(frames, reply);
                break;
            case Notify notify:
                ReplyWriting.Write(frames, notify);
                Figures.CountEvent();
                break;
            case AnswerConnect answer:
                ReplyWriting.Write(frames, answer, _knowsReadOnly);
                break;
            default:
                throw new InvalidOperationException($"no frame for {effect}");
        }
    }

    private void Encode(FrameBuffer frames, Reply reply)
    {
        var nowMs = _clock.NowMs;
        var request = TakeUnderWay(reply.Xid, nowMs, out var receivedMs);
        ReplyWriting.Write(frames, reply, request);
        Figures.CountReply(reply.Xid, reply.Zxid, OperationNames.Of(request, reply.Xid), nowMs, nowMs - receivedMs);
        if (Interlocked.Decrement(ref _outstanding) <= _settings.MaxOutstanding / 2) FreeRoom();
    }

    /// <summary>The request that a reply answers. Those with counted xids are answered in their order; pings and the like, with special ones, aren't kept.</summary>
    private Request? TakeUnderWay(int xid, long nowMs, out long receivedMs)
    {
        receivedMs = nowMs;
        if (xid < 0 || !_underWay.TryPeek(out var first) || first.Xid != xid) return null;
        _underWay.TryDequeue(out _);
        receivedMs = first.ReceivedMs;
        return first.Request;
    }

    private async ValueTask RoomAsync()
    {
        Task room;
        lock (_gate)
        {
            if (_closing || _outstanding < _settings.MaxOutstanding) return;
            _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            room = _room.Task;
        }

        if (Outstanding <= _settings.MaxOutstanding / 2) FreeRoom();      // the last reply may have come in between
        await room.ConfigureAwait(false);
    }

    private void FreeRoom()
    {
        TaskCompletionSource? room;
        if (Volatile.Read(ref _room) is null) return;
        lock (_gate) (room, _room) = (_room, null);
        room?.SetResult();
    }
}
