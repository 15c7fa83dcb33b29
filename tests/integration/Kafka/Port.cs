using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Connections;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Integration.Kafka;

/// <summary>The port that clients speak to, with a handler that answers as it's told.</summary>
public sealed class Port : IDisposable, IRequestHandler
{
    private const int RequestMaxBytes = 100_000;

    private readonly Reasons _reasons = new();
    private readonly KafkaServer _server;
    private readonly int _port;
    private readonly Task _running;
    private readonly List<TaskCompletionSource<Message?>> _held = [];
    private int _hold;

    public Port()
    {
        _server = new(TcpNetwork.Instance, this, RequestMaxBytes, _reasons);
        _port = _server.Listen(new(IPAddress.Loopback, 0)).Port;
        _running = _server.RunAsync();
    }

    public void Dispose() => _server.Dispose();

    ValueTask<Message?> IRequestHandler.Handle(Api api, Message request, Caller caller)
    {
        if (request is ApiVersionsRequest) return new(ApiVersionsAnswer.All());
        if (request is ProduceRequest { Acks: 0 }) return new((Message?)null);
        if (request is MetadataRequest m && _hold > 0)
        {
            _hold--;
            var held = new TaskCompletionSource<Message?>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_held) _held.Add(held);
            return new(held.Task);
        }
        return new(new MetadataResponse { ClusterId = (request as MetadataRequest)?.Topics?[0].Name });
    }

    public static TheoryData<string, string> Nonsense() => new()
    {
        { "47455420", "a frame of 1195725856 bytes" },                              // GET …
        { "ffffffff", "negative length" },
        { "000186a1", "a frame of 100001 bytes" },
        { "0000000a" + "0063" + "0000" + "00000001" + "ffff", "API 99" },
        { "0000000a" + "0003" + "0063" + "00000001" + "ffff", "Metadata 99" },
        { "0000000a" + "0001" + "0003" + "00000001" + "ffff", "Fetch 3" },
        { "0000000e" + "0003" + "0001" + "00000001" + "ffff" + "7fffffff", "an array of 2147483647" },
        { "0000000c" + "0003" + "0001" + "00000001" + "ffff" + "0000", "4 bytes wanted" },
        { "00000010" + "0003" + "0001" + "00000001" + "ffff" + "ffffffff" + "0000", "after the end" },
        { "00000004" + "00030001", "4 bytes wanted" },
    };

    [Theory, MemberData(nameof(Nonsense))]
    public async Task Nonsense_closes_that_connection_with_a_reason_and_no_other(string hex, string reason)
    {
        using var good = await Connect();
        using var bad = new TcpClient();
        await bad.ConnectAsync(IPAddress.Loopback, _port);
        await bad.GetStream().WriteAsync(Convert.FromHexString(hex));
        Assert.Equal(0, await ReadToEnd(bad));
        Assert.Contains(reason, await _reasons.NextAsync(), StringComparison.Ordinal);
        Assert.Equal("still there", (await good.Send(Apis.Metadata, Topic("still there"))).ClusterId);
    }

    [Fact]
    public async Task A_frame_cut_short_by_the_end_of_the_connection_harms_nobody()
    {
        using (var bad = new TcpClient())
        {
            await bad.ConnectAsync(IPAddress.Loopback, _port);
            await bad.GetStream().WriteAsync(Convert.FromHexString("0000000a0003"));
        }
        Assert.Contains("into a frame", await _reasons.NextAsync(), StringComparison.Ordinal);
        using var good = await Connect();
        Assert.Equal("x", (await good.Send(Apis.Metadata, Topic("x"))).ClusterId);
    }

    [Fact]
    public async Task ApiVersions_of_an_unknown_version_is_answered_in_version_0_with_an_error_and_the_list()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port);
        await client.GetStream().WriteAsync(Convert.FromHexString("0000000a" + "0012" + "0063" + "00000007" + "ffff"));
        var head = new byte[14];
        await client.GetStream().ReadExactlyAsync(head);
        Assert.Equal((7, (short)35, Apis.All.Length), (BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4)), BinaryPrimitives.ReadInt16BigEndian(head.AsSpan(8)), BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(10))));
    }

    [Fact]
    public async Task Responses_come_in_the_order_of_the_requests_whichever_is_ready_first()
    {
        _hold = 1;
        using var client = await Connect();
        var first = client.Send(Apis.Metadata, Topic("first"));
        var second = client.Send(Apis.Metadata, Topic("second"));
        while (true)
        {
            lock (_held)
                if (_held.Count == 1) break;
            await Task.Yield();
        }
        Assert.False(second.IsCompleted);
        _held[0].SetResult(new MetadataResponse { ClusterId = "first" });
        Assert.Equal(("first", "second"), ((await first).ClusterId, (await second).ClusterId));
    }

    [Fact]
    public async Task Many_requests_at_once_are_all_answered()
    {
        using var client = await Connect();
        var answers = await Task.WhenAll(Enumerable.Range(0, 5000).Select(i => client.Send(Apis.Metadata, Topic($"{i}"))));
        Assert.Equal(Enumerable.Range(0, 5000).Select(i => $"{i}"), answers.Select(a => a.ClusterId));
    }

    [Fact]
    public async Task Produce_with_acks_0_has_no_answer()
    {
        using var client = await Connect();
        await client.SendUnanswered(new() { Acks = 0, Topics = [new() { Name = "t", Partitions = [new() { Records = new(new byte[50_000]) }] }] });
        Assert.Equal("next", (await client.Send(Apis.Metadata, Topic("next"))).ClusterId);
    }

    [Fact]
    public async Task A_connection_that_ends_fails_what_is_under_way()
    {
        _hold = 1;
        using var client = await Connect();
        var never = client.Send(Apis.Metadata, Topic("never"));
        _server.Dispose();
        await Assert.ThrowsAsync<IOException>(() => never);
        await Assert.ThrowsAsync<IOException>(() => client.Send(Apis.Metadata, Topic("later")));
        lock (_held)
            foreach (var held in _held) held.TrySetResult(new MetadataResponse());
        await _running;
    }

    private static MetadataRequest Topic(string name) => new() { Topics = [new() { Name = name }] };

    private Task<KafkaConnection> Connect() => KafkaConnection.ConnectAsync(TcpNetwork.Instance, "127.0.0.1", _port, "test", default);

    private static async Task<int> ReadToEnd(TcpClient client)
    {
        try
        {
            return await client.GetStream().ReadAsync(new byte[100]);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
