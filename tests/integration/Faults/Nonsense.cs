using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Reference.Broker.Commands;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.ZooKeeper.Client;
using Reference.Integration.Storage;
using Reference.Integration.ZooKeeper.Client;

namespace Reference.Integration.Faults;

/// <summary>Bytes that mean nothing, sent to each port of the running cluster: only the connection that sent them ends.</summary>
[Collection(SharedCluster.Name)]
public sealed class Nonsense(LocalClusterFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static TheoryData<string, string> PortsAndNonsense
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var port in new[] { "Kafka", "ZooKeeper", "peer" })
                foreach (var nonsense in new[] { "garbage", "oversized", "negative", "truncated" }) data.Add(port, nonsense);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(PortsAndNonsense))]
    public async Task Only_the_connection_that_sends_it_is_closed(string port, string nonsense)
    {
        await fixture.ServingAsync();
        using var kafka = await KafkaConnection.ConnectAsync(TcpNetwork.Instance, "127.0.0.1", fixture.Cluster.Brokers.First().Port, "test", default);
        await using var session = await ClientSession.ConnectAsync(fixture.Cluster.EnsembleAddresses, s => s with { SessionTimeoutMs = 30_000 });
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port switch
        {
            "Kafka" => fixture.Cluster.Brokers.First().Port,
            "ZooKeeper" => fixture.Cluster.Ensemble.First().Port,
            _ => fixture.Cluster.Ensemble.First().Port + 100,
        });
        var stream = client.GetStream();
        await stream.WriteAsync(nonsense switch
        {
            "garbage" => [0, 0, 0, 40, .. Enumerable.Repeat((byte)0xC3, 40)],
            "oversized" => Length(int.MaxValue),
            "negative" => Length(-7),
            _ => [.. Length(100), 1, 2, 3],
        });
        if (nonsense == "truncated") client.Client.Shutdown(SocketShutdown.Send);
        await ClosedAsync(stream);

        using var answer = await kafka.Send(Apis.Metadata, new() { Topics = [] }).WaitAsync(Limit);
        Assert.NotEmpty(answer.Brokers);
        Assert.NotNull(await Patiently(() => session.Client.ExistsAsync("/brokers")));
        Assert.All(fixture.Cluster.Processes, p => Assert.True(p.Runs, p.Name));
    }

    [Fact]
    public async Task A_corrupt_batch_is_refused_and_nothing_appended()
    {
        var topic = fixture.NewName("corrupt");
        using var client = ClusterProbe.Client(fixture.Cluster.Bootstrap);
        var admin = new AdminClient(client);
        var created = await admin.CreateTopicsAsync(new CreatableTopic { Name = topic, PartitionCount = 1, ReplicationFactor = 3 });
        Assert.Equal(ErrorCode.None, created[0].Error);
        using var producer = new Producer(client, new());
        Assert.Equal(ErrorCode.None, (await producer.SendAsync(topic, null, "right"u8.ToArray())).Error);
        var end = await admin.OffsetAsync(topic, 0, -1);

        var batch = Batches.Of(0, -1, 1_700_000_000_000, "a value", "another");
        batch[^3] ^= 1;
        var error = ErrorCode.NotLeaderOrFollower;
        for (var attempt = 0; attempt < 50 && error == ErrorCode.NotLeaderOrFollower; attempt++)
        {
            // The leader may have changed meanwhile: on a slow machine a broker's session can run out.
            await client.RefreshAsync([topic]);
            var (host, port) = client.Brokers[client.LeaderOf(topic, 0)];
            using var leader = await KafkaConnection.ConnectAsync(TcpNetwork.Instance, host, port, "test", default);
            using var answer = await leader.Send(Apis.Produce, new() { Acks = -1, TimeoutMs = 30_000, Topics = [new() { Name = topic, Partitions = [new() { Records = new(batch) }] }] }).WaitAsync(Limit);
            error = answer.Topics[0].Partitions[0].Error;
        }
        Assert.Equal(ErrorCode.CorruptMessage, error);
        Assert.Equal(end, await admin.OffsetAsync(topic, 0, -1));
    }

    [Fact]
    public async Task An_unknown_topic_has_Kafkas_code()
    {
        var name = fixture.NewName("nobody-made");
        var metadata = await ClusterProbe.Metadata(fixture.Cluster.Brokers.First().Address, [name], default);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, Assert.Single(metadata!.Topics).Error);
        using var kafka = await KafkaConnection.ConnectAsync(TcpNetwork.Instance, "127.0.0.1", fixture.Cluster.Brokers.First().Port, "test", default);
        using var answer = await kafka.Send(Apis.Produce, new() { Acks = 1, TimeoutMs = 1000, Topics = [new() { Name = name, Partitions = [new() { Records = new(Batches.Of(0, -1, 1_700_000_000_000, "x")) }] }] }).WaitAsync(Limit);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, answer.Topics[0].Partitions[0].Error);
    }

    /// <summary>Again, when the connection was lost: on a slow machine the ensemble may have elected anew meanwhile.</summary>
    private static async Task<T> Patiently<T>(Func<Task<T>> ask)
    {
        using var patience = new CancellationTokenSource(Limit);
        while (true)
        {
            try
            {
                return await ask().WaitAsync(patience.Token);
            }
            catch (ZooKeeperException e) when (e.Error == ZooKeeperError.ConnectionLoss)
            {
                await Task.Delay(50, patience.Token);
            }
        }
    }

    private static byte[] Length(int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        return bytes;
    }

    private static async Task ClosedAsync(NetworkStream stream)
    {
        using var patience = new CancellationTokenSource(Limit);
        var buffer = new byte[1024];
        try
        {
            while (await stream.ReadAsync(buffer, patience.Token) > 0) { }
        }
        catch (IOException)
        {
            // A reset closes it too.
        }
    }
}
