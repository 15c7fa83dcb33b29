using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Jute;

namespace Reference.Broker.ZooKeeper.Client;

/// <summary>The connection with the server that serves the session: frames both ways, and the requests that wait for their replies.</summary>
/// <remarks>Reading is the client's loop's; all else is done under the client's lock.</remarks>
internal sealed class ServerLink : IDisposable
{
    private readonly IConnection _connection;
    private readonly IClock _clock;
    private readonly Queue<Call> _underWay = new();
    private readonly Queue<Call> _auths = new();
    private int _xid;

    public ServerLink(IConnection connection, IClock clock, int maxFrameBytes)
    {
        (_connection, _clock) = (connection, clock);
        Reader = new FrameReader(connection, maxFrameBytes);
        Frames = new FrameWriter(connection, _ => connection.Abort());      // the reading side notices and says why
        LastSentMs = LastHeardMs = clock.NowMs;
    }

    public FrameReader Reader { get; }

    public FrameWriter Frames { get; }

    /// <summary>The server, for messages.</summary>
    public string Server => _connection.Remote.ToString();

    /// <summary>When something was last written.</summary>
    public long LastSentMs { get; private set; }

    /// <summary>When something was last read.</summary>
    public long LastHeardMs { get; set; }

    /// <summary>Whether a flush is on its way.</summary>
    public bool FlushDue { get; set; }

    /// <summary>Writes a request behind those before it.</summary>
    public void Send(Call call)
    {
        if (call.Opcode == Opcode.Auth)
        {
            call.Xid = SpecialXid.Auth;
            _auths.Enqueue(call);
        }
        else
        {
            call.Xid = _xid = _xid == int.MaxValue ? 1 : _xid + 1;
            _underWay.Enqueue(call);
        }

        call.Write(Frames);
        LastSentMs = _clock.NowMs;
    }

    /// <summary>Writes a record under a special xid.</summary>
    public void Send<T>(int xid, Opcode opcode, in T body) where T : struct, IRecord
    {
        Frames.Begin();
        var writer = new JuteWriter(Frames);
        writer.Write(new RequestHeader { Xid = xid, Type = (int)opcode });
        writer.Write(body);
        Frames.End();
        LastSentMs = _clock.NowMs;
    }

    /// <summary>Writes a ping.</summary>
    public void Ping() => Send(SpecialXid.Ping, Opcode.Ping, default(NothingRecord));

    /// <summary>The request that the next reply answers.</summary>
    /// <exception cref="MalformedFrameException">That isn't the one which waits.</exception>
    public Call Take(int xid)
    {
        if (!_underWay.TryPeek(out var call)) throw new MalformedFrameException($"a reply to xid {xid}, where nothing was asked");
        if (call.Xid != xid) throw new MalformedFrameException($"a reply to xid {xid}, where one to {call.Xid} is next");
        return _underWay.Dequeue();
    }

    /// <summary>The credentials that the next answer to credentials is for; null for those given on each connection.</summary>
    public Call? TakeAuth() => _auths.TryDequeue(out var call) ? call : null;

    /// <summary>All requests without a reply.</summary>
    public IReadOnlyCollection<Call> TakeAll()
    {
        Call[] all = [.. _auths, .. _underWay];
        _auths.Clear();
        _underWay.Clear();
        return all;
    }

    /// <summary>Ends the connection at once.</summary>
    public void Abort() => _connection.Abort();

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        Reader.Dispose();
    }
}
