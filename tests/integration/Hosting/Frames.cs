using System.Buffers;
using System.Net;
using Reference.Broker.Hosting;

namespace Reference.Integration.Hosting;

public sealed class Frames
{
    [Fact]
    public async Task What_is_written_between_two_flushes_is_read_frame_by_frame()
    {
        using var pair = await Pair.ConnectAsync();
        var writer = new FrameWriter(pair.Near, e => throw e);
        for (var i = 0; i < 1000; i++)
        {
            writer.Begin();
            writer.Write(new byte[i]);
            writer.End();
            if (i % 7 == 0) writer.Flush();
        }
        writer.Flush();

        using var reader = new FrameReader(pair.Far, maximumLength: 1000, capacity: 64);
        for (var i = 0; i < 1000;)
        {
            Assert.True(await reader.ReadAsync());
            while (reader.TryRead(out var frame)) Assert.Equal(i++, frame.Length);
        }
    }

    [Fact]
    public async Task The_end_between_frames_is_an_end()
    {
        using var pair = await Pair.ConnectAsync();
        await pair.Near.WriteAsync(new byte[] { 0, 0, 0, 1, 9 }, default);
        pair.Near.Dispose();
        using var reader = new FrameReader(pair.Far, 10);
        Assert.True(await reader.ReadAsync());
        Assert.True(reader.TryRead(out _));
        Assert.False(await reader.ReadAsync());
    }

    [Theory, InlineData(new byte[] { 255, 255, 255, 255 }, "negative"), InlineData(new byte[] { 0, 0, 0, 11 }, "more than the 10 allowed"), InlineData(new byte[] { 71, 69, 84, 32 }, "more than the 10 allowed")]
    public async Task A_length_that_cannot_be_is_refused_with_the_reason(byte[] bytes, string reason)
    {
        using var pair = await Pair.ConnectAsync();
        await pair.Near.WriteAsync(bytes, default);
        using var reader = new FrameReader(pair.Far, maximumLength: 10);
        var refused = await Assert.ThrowsAsync<MalformedFrameException>(async () => await reader.ReadAsync());
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frame_that_breaks_off_is_refused()
    {
        using var pair = await Pair.ConnectAsync();
        await pair.Near.WriteAsync(new byte[] { 0, 0, 0, 5, 1, 2 }, default);
        pair.Near.Dispose();
        using var reader = new FrameReader(pair.Far, 10);
        await Assert.ThrowsAsync<MalformedFrameException>(async () => await reader.ReadAsync());
    }

    /// <summary>Both ends of one connection.</summary>
    internal sealed record Pair(IConnection Near, IConnection Far) : IDisposable
    {
        public static async Task<Pair> ConnectAsync()
        {
            using var listener = TcpNetwork.Instance.Listen(new(IPAddress.Loopback, 0));
            var near = TcpNetwork.Instance.ConnectAsync("127.0.0.1", listener.Local.Port, default);
            var far = await listener.AcceptAsync(default);
            return new(await near, far!);
        }

        public void Dispose()
        {
            Near.Dispose();
            Far.Dispose();
        }
    }
}
