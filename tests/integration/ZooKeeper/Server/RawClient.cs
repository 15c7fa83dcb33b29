using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;

namespace Reference.Integration.ZooKeeper.Server;

/// <summary>A connection to a client port, spoken to in bytes and records.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _client = new();

    private RawClient()
    {
    }

    public static async Task<RawClient> ConnectAsync(string server)
    {
        var raw = new RawClient();
        await raw._client.ConnectAsync("127.0.0.1", PortOf(server));
        return raw;
    }

    /// <summary>The port of the first server of a connection string.</summary>
    public static int PortOf(string connect) => int.Parse(connect.Split(',')[0].Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Connects, and shakes hands for a new session.</summary>
    public static async Task<RawClient> OpenSessionAsync(string server)
    {
        var raw = await ConnectAsync(server);
        await raw.SendAsync(new ConnectRequest { TimeOutMs = 4000, Password = Blob.Wrap(new byte[16]), ReadOnly = false });
        var answer = new JuteReader((await raw.ReceiveAsync())!).Read<ConnectResponse>();
        Assert.NotEqual(0, answer.SessionId);
        return raw;
    }

    public async Task SendBytesAsync(byte[] bytes) => await _client.GetStream().WriteAsync(bytes);

    /// <summary>Sends one frame with a record.</summary>
    public Task SendAsync<T>(T record) where T : struct, IRecord => SendBytesAsync(Frame(record));

    /// <summary>Sends a request.</summary>
    public Task SendAsync<T>(int xid, int opcode, T body) where T : struct, IRecord => SendBytesAsync(Request(xid, opcode, body));

    /// <summary>A request's frame.</summary>
    public static byte[] Request<T>(int xid, int opcode, T body) where T : struct, IRecord
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new JuteWriter(buffer);
        writer.Int(0);
        writer.Write(new RequestHeader { Xid = xid, Type = opcode });
        writer.Write(body);
        return Sized(buffer.WrittenSpan.ToArray());
    }

    /// <summary>The next frame; null if the server closed the connection.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        try
        {
            var length = new byte[4];
            if (await _client.GetStream().ReadAtLeastAsync(length, 4, throwOnEndOfStream: false) < 4) return null;
            var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await _client.GetStream().ReadExactlyAsync(frame);
            return frame;
        }
        catch (IOException)
        {
            return null;        // reset
        }
    }

    /// <summary>The next frame's header, as a reply has it.</summary>
    public async Task<ReplyHeader> ReceiveHeaderAsync() => new JuteReader(await ReceiveAsync() ?? throw new IOException("closed")).Read<ReplyHeader>();

    public void Dispose() => _client.Dispose();

    private static byte[] Frame<T>(T record) where T : struct, IRecord
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new JuteWriter(buffer);
        writer.Int(0);
        writer.Write(record);
        return Sized(buffer.WrittenSpan.ToArray());
    }

    private static byte[] Sized(byte[] frame)
    {
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        return frame;
    }
}
