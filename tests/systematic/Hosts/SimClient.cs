using System.Buffers.Binary;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;

namespace Reference.Hosts;

/// <summary>A client of ZooKeeper's protocol: connects to a server that takes it, writes a few znodes at once, and keeps in mind what was acknowledged.</summary>
internal sealed class SimClient(SimWorld world, Life life, IClock clock, int writes)
{
    private const int LongestFrame = 1 << 20, Pipelined = 3, PauseMs = 5, SessionMs = 4000;

    private int _next;

    /// <summary>Whether all its writes were asked for, and answered or given up.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Writes until all are answered, or their connection was lost.</summary>
    public async Task RunAsync()
    {
        while (_next < writes)
        {
            try
            {
                using var connection = await world.Network.Of(life).ConnectAsync("", SimWorld.ClientPortOf(1 + world.Below(world.Servers)), default);
                await WriteAsync(connection);
            }
            catch (IOException e)
            {
                world.Tell($"the client can't go on: {e.Message}");
                // What was under way has an unknown fate; what is left goes to another server.
            }
            await clock.Delay(PauseMs, default);
        }
        IsDone = true;
    }

    private async Task WriteAsync(IConnection connection)
    {
        using var reader = new FrameReader(connection, LongestFrame);
        IOException? broken = null;
        var frames = new FrameWriter(connection, e => broken = e);
        Put(frames, new ConnectRequest { TimeOutMs = SessionMs, Password = Blob.Of(new byte[16]), ReadOnly = false });
        if (!await reader.ReadAsync() || !reader.TryRead(out _))
        {
            world.Tell("the client is turned away");
            return;
        }
        world.Tell("the client is taken in");
        while (_next < writes)
        {
            var first = _next;
            for (; _next < writes && _next < first + Pipelined; _next++) Put(frames, _next);
            for (var xid = first; xid < _next; xid++)
            {
                if (!await reader.ReadAsync() || !reader.TryRead(out var answer)) return;
                var (error, zxid) = (BinaryPrimitives.ReadInt32BigEndian(answer.Span[12..]), BinaryPrimitives.ReadInt64BigEndian(answer.Span[4..]));
                world.Claim(BinaryPrimitives.ReadInt32BigEndian(answer.Span) == xid, "HOST-ANSWER", "answers come in the order of the requests", $"the answer to {BinaryPrimitives.ReadInt32BigEndian(answer.Span)} where that to {xid} was due");
                if (error == 0) world.Acknowledged(PathOf(xid), zxid);
            }
            if (broken is not null) throw broken;
        }
    }

    private string PathOf(int xid) => $"/{life.Id}-{xid}";

    private void Put(FrameWriter frames, int xid)
    {
        frames.Begin();
        new JuteWriter(frames).Write(new RequestHeader { Xid = xid, Type = (int)Opcode.Create });
        new JuteWriter(frames).Write(new CreateRecord { Path = PathOf(xid), Data = Blob.Of([(byte)xid]), Acl = AclRecord.Of(AclList.Open) });
        frames.End();
        frames.Flush();
    }

    private static void Put(FrameWriter frames, ConnectRequest request)
    {
        frames.Begin();
        new JuteWriter(frames).Write(request);
        frames.End();
        frames.Flush();
    }
}
