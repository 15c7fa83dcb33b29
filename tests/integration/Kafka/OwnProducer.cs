using System.Net;
using System.Text;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Integration.ZooKeeper.Servers;

namespace Reference.Integration.Kafka;

/// <summary>Our own producer with numbered batches, on one broker.</summary>
public sealed class OwnProducer : IAsyncLifetime
{
    private ApacheZooKeeper? _zooKeeper;
    private TestBroker? _broker;

    public async Task InitializeAsync()
    {
        _zooKeeper = await ApacheZooKeeper.StartAsync();
        _broker = await TestBroker.StartAsync(1, _zooKeeper.Connect);
    }

    public async Task DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
        if (_zooKeeper is not null) await _zooKeeper.DisposeAsync();
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task When_answers_are_lost_records_are_there_once_if_they_are_numbered_and_only_then(bool idempotent)
    {
        using var honest = TestBroker.Client(_broker!.Port);
        await new AdminClient(honest).CreateTopicsAsync(new CreatableTopic { Name = "t", PartitionCount = 1, ReplicationFactor = 1 });
        var network = new LosesAnswers();
        using var client = new ClusterClient(network, SystemClock.Instance, [("127.0.0.1", _broker.Port)], "forgetful");
        using var producer = new Producer(client, new() { Idempotent = idempotent, RetryBackoffMs = 1 });
        string[] sent = [.. Enumerable.Range(0, 50).Select(i => $"record {i}")];
        foreach (var value in sent) Assert.Equal(ErrorCode.None, (await producer.SendAsync("t", null, Encoding.UTF8.GetBytes(value))).Error);

        var read = await ReadAll(honest, "t");
        Assert.True(network.Lost > 0, "no answer was lost");
        Assert.Equal(sent, read.Distinct());
        Assert.Equal(idempotent, read.Count == sent.Length);
    }

    [Fact]
    public async Task After_a_record_that_is_refused_for_good_others_are_delivered()
    {
        using var client = TestBroker.Client(_broker!.Port);
        await new AdminClient(client).CreateTopicsAsync(new CreatableTopic { Name = "small", PartitionCount = 1, ReplicationFactor = 1, Configs = [new() { Name = "max.message.bytes", Value = "1000" }] });
        using var producer = new Producer(client, new() { Idempotent = true });
        Assert.Equal(ErrorCode.None, (await producer.SendAsync("small", null, "before"u8.ToArray())).Error);
        Assert.Equal(ErrorCode.MessageTooLarge, (await producer.SendAsync("small", null, new byte[5000])).Error);
        Assert.Equal(ErrorCode.None, (await producer.SendAsync("small", null, "behind"u8.ToArray())).Error);
        Assert.Equal(ErrorCode.None, (await producer.SendAsync("small", null, "last"u8.ToArray())).Error);
        Assert.Equal(["before", "behind", "last"], await ReadAll(client, "small"));
    }

    [Fact]
    public void Numbers_need_acknowledgements_of_all()
    {
        using var client = TestBroker.Client(_broker!.Port);
        Assert.Throws<ArgumentException>(() => new Producer(client, new() { Idempotent = true, Acks = 1 }));
    }

    private static async Task<List<string>> ReadAll(ClusterClient client, string topic)
    {
        var end = await new AdminClient(client).OffsetAsync(topic, 0, -1);
        var consumer = new Consumer(client, new());
        consumer.Assign(topic, 0, 0);
        List<string> read = [];
        while (consumer.Positions[(topic, 0)] < end) read.AddRange((await consumer.PollAsync()).Select(r => Encoding.UTF8.GetString(r.Value!)));
        return read;
    }

    /// <summary>TCP on which every seventh thing that is read is lost, and the connection with it: seldom enough that an attempt to send again, which reads three (versions, metadata, answer), is never hit twice in a row.</summary>
    private sealed class LosesAnswers : INetwork
    {
        private int _read;

        public int Lost { get; private set; }

        public IListener Listen(IPEndPoint endpoint) => TcpNetwork.Instance.Listen(endpoint);

        public async Task<IConnection> ConnectAsync(string host, int port, CancellationToken cancellation) =>
            new Connection(this, await TcpNetwork.Instance.ConnectAsync(host, port, cancellation));

        private bool LosesThis()
        {
            if (Interlocked.Increment(ref _read) % 7 != 0) return false;
            Lost++;
            return true;
        }

        private sealed class Connection(LosesAnswers network, IConnection inner) : IConnection
        {
            public IPEndPoint Remote => inner.Remote;

            public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
            {
                var read = await inner.ReadAsync(buffer, cancellation);
                if (read == 0 || !network.LosesThis()) return read;
                inner.Abort();
                throw new IOException("lost by the test");
            }

            public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation) => inner.WriteAsync(bytes, cancellation);

            public void Abort() => inner.Abort();

            public void Dispose() => inner.Dispose();
        }
    }
}
