using System.Buffers;
using MessagePack;
using Microsoft.Extensions.Logging;
using Reference.Broker.Ensemble.Codecs;
using Reference.Broker.Hosting;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Peers;

/// <summary>What a link brings to the server's loop, in its order.</summary>
internal interface ILinkEvents
{
    /// <summary>A message of the broadcast or of the service. <see cref="Wake"/> follows.</summary>
    void Received(PeerLink link, object message);

    /// <summary>The link has ended.</summary>
    void Ended(PeerLink link, string why);

    /// <summary>All that came in one read was handed over.</summary>
    void Wake();

    /// <summary>Waits until the loop has room.</summary>
    ValueTask RoomAsync();
}

/// <summary>One link to another server: the broadcast's messages and the service's in one order each way, a snapshot in chunks in its place among them.</summary>
/// <remarks>Each frame begins with a byte for its kind: 1 the broadcast's, 2 the service's, 3 a chunk of a snapshot, 4 its end with the zxid.</remarks>
internal sealed class PeerLink(NodeId peer, IConnection connection, FrameReader reader, ILinkEvents events, ILogger logger)
{
    /// <summary>The longest snapshot taken from a link, in bytes.</summary>
    private const int LongestSnapshot = 1 << 30;

    /// <summary>Bytes that may wait for a server that doesn't read before it is given up.</summary>
    private const long MostWaiting = 256L << 20;

    private const byte Broadcast = 1, Service = 2, SnapshotChunk = 3, SnapshotEnd = 4;

    private readonly object _gate = new();
    private readonly ArrayBufferWriter<byte> _snapshot = new();
    private FrameWriter? _writer;
    private List<object>? _behindSnapshot;
    private string? _why;

    /// <summary>The server at the other end.</summary>
    public NodeId Peer { get; } = peer;

    private FrameWriter Writer => _writer ??= new(connection, e => Close(e.Message));

    /// <summary>Puts a message of the broadcast or of the service on the link; <see cref="Flush"/> sends it. Only for the server's loop.</summary>
    public void Send(object message)
    {
        lock (_gate)
        {
            if (_behindSnapshot is not null) _behindSnapshot.Add(message);
            else Encode(message);
        }
    }

    /// <summary>Puts a snapshot on the link, written while service goes on; what is sent meanwhile waits behind it. Only for the server's loop.</summary>
    public void SendSnapshot(Zxid zxid, IEnumerable<ReadOnlyMemory<byte>> parts)
    {
        lock (_gate)
        {
            if (_behindSnapshot is null) _behindSnapshot = [];
            else throw new InvalidOperationException("one snapshot at a time on a link");
        }
        _ = StreamAsync(zxid, parts);
    }

    /// <summary>Sends what was put on the link. Only for the server's loop.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_behindSnapshot is not null) return;
            Writer.Flush();
        }
        if (Writer.Waiting > MostWaiting) Close($"{Writer.Waiting} bytes wait for it to read");
    }

    /// <summary>Ends the link.</summary>
    public void Close(string why)
    {
        Interlocked.CompareExchange(ref _why, why, null);
        connection.Abort();
    }

    /// <summary>Hands on what comes until the link ends, for whatever reason.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                while (reader.TryRead(out var frame)) Take(frame);
                events.Wake();
                await events.RoomAsync().ConfigureAwait(false);
            }
            Close("it closed the link");
        }
        catch (MalformedFrameException e)
        {
            logger.LogWarning("link to server {Peer} closed: {Reason}", Peer, e.Message);
            Close(e.Message);
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException)
        {
            logger.LogWarning("link to server {Peer} closed: a frame can't be read: {Reason}", Peer, e.Message);
            Close(e.Message);
        }
        catch (IOException e)
        {
            Close(e.Message);
        }
        reader.Dispose();
        events.Ended(this, _why!);
    }

    private void Take(ReadOnlyMemory<byte> frame)
    {
        if (frame.IsEmpty) throw new MalformedFrameException("an empty frame");
        var kind = frame.Span[0];
        var content = new MessagePackReader(frame[1..]);
        switch (kind)
        {
            case Broadcast:
                events.Received(this, ZabCodec.Read(ref content));
                break;
            case Service:
                events.Received(this, ServiceMessageCodec.Read(ref content));
                break;
            case SnapshotChunk:
                if (_snapshot.WrittenCount + frame.Length > LongestSnapshot) throw new MalformedFrameException($"a snapshot of more than {LongestSnapshot} bytes");
                _snapshot.Write(frame.Span[1..]);
                break;
            case SnapshotEnd:
                events.Received(this, new Snap(content.ReadZxid(), new(_snapshot.WrittenMemory.ToArray())));
                _snapshot.Clear();
                break;
            default:
                throw new MalformedFrameException($"a frame of the unknown kind {kind}");
        }
    }

    private void Encode(object message)
    {
        Writer.Begin();
        Writer.Raw([message is Message ? Broadcast : Service]);
        var content = new MessagePackWriter(Writer);
        if (message is Message broadcast) ZabCodec.Write(ref content, broadcast);
        else ServiceMessageCodec.Write(ref content, (Coordination.Message)message);
        content.Flush();
        Writer.End();
    }

    private async Task StreamAsync(Zxid zxid, IEnumerable<ReadOnlyMemory<byte>> parts)
    {
        foreach (var part in parts)
        {
            lock (_gate)
            {
                Writer.Begin();
                Writer.Raw([SnapshotChunk]);
                Writer.Raw(part.Span);
                Writer.End();
                Writer.Flush();
            }
            await Task.Yield();
            await Writer.DrainedAsync().ConfigureAwait(false);
            if (_why is not null) return;
        }

        lock (_gate)
        {
            Writer.Begin();
            Writer.Raw([SnapshotEnd]);
            var content = new MessagePackWriter(Writer);
            content.Write(zxid);
            content.Flush();
            Writer.End();
            foreach (var message in _behindSnapshot!) Encode(message);
            _behindSnapshot = null;
            Writer.Flush();
        }
    }
}
