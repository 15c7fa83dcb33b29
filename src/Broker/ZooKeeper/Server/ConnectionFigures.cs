namespace Reference.Broker.ZooKeeper.Server;

/// <summary>What <c>cons</c> and <c>srvr</c> tell of the traffic of a connection, or of several. Counted without locks: a reader may see one number a little ahead of another.</summary>
internal sealed class ConnectionFigures
{
    private long _received, _sent, _replies, _latencyMs;

    /// <summary>Frames from the client.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Frames to the client, events included.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>The least, the greatest and the last latency of a request, in ms.</summary>
    public long LeastMs { get; private set; } = long.MaxValue;

    /// <inheritdoc cref="LeastMs"/>
    public long GreatestMs { get; private set; }

    /// <inheritdoc cref="LeastMs"/>
    public long LastMs { get; private set; }

    /// <summary>The mean latency of a request, in ms.</summary>
    public double MeanMs => _replies == 0 ? 0 : (double)_latencyMs / _replies;

    /// <summary>The last request answered: its xid, the zxid that was told, what it was, and when, on the clock that never goes back.</summary>
    public (int Xid, long Zxid, string Operation, long AtMs) Last { get; private set; } = (0, 0, "NA", 0);

    /// <summary>A request came.</summary>
    public void CountReceived() => Interlocked.Increment(ref _received);

    /// <summary>A watch event was sent.</summary>
    public void CountEvent() => Interlocked.Increment(ref _sent);

    /// <summary>A reply was sent to a request that came <paramref name="latencyMs"/> ago.</summary>
    public void CountReply(int xid, long zxid, string operation, long nowMs, long latencyMs)
    {
        _sent++;
        _replies++;
        _latencyMs += latencyMs;
        LastMs = latencyMs;
        if (latencyMs < LeastMs) LeastMs = latencyMs;
        if (latencyMs > GreatestMs) GreatestMs = latencyMs;
        Last = (xid, zxid, operation, nowMs);
    }

    /// <summary>Adds the figures of another connection to these.</summary>
    public void Add(ConnectionFigures other)
    {
        _received += other.Received;
        _sent += other.Sent;
        _replies += other._replies;
        _latencyMs += other._latencyMs;
        LeastMs = Math.Min(LeastMs, other.LeastMs);
        GreatestMs = Math.Max(GreatestMs, other.GreatestMs);
    }

    /// <summary>Forgets all: <c>crst</c> and <c>srst</c>.</summary>
    public void Reset()
    {
        _received = _sent = _replies = _latencyMs = 0;
        LeastMs = long.MaxValue;
        GreatestMs = LastMs = 0;
        Last = (0, 0, "NA", 0);
    }
}
