using System.Text;
using CliWrap;
using CliWrap.Buffered;
using Reference.Broker.Configuration;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Storage;
using Reference.Integration.ZooKeeper.Servers;

namespace Reference.Integration.Kafka;

/// <summary>One broker on one server of Apache ZooKeeper.</summary>
public sealed class SingleBroker : IAsyncLifetime
{
    private ApacheZooKeeper? _zooKeeper;
    private TestBroker? _broker;
    private ClusterClient? _client;

    public async Task InitializeAsync()
    {
        _zooKeeper = await ApacheZooKeeper.StartAsync();
        _broker = await TestBroker.StartAsync(1, _zooKeeper.Connect);
        _client = TestBroker.Client(_broker.Port);
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        if (_broker is not null) await _broker.DisposeAsync();
        if (_zooKeeper is not null) await _zooKeeper.DisposeAsync();
    }

    [Fact]
    public async Task It_registers_becomes_controller_creates_topics_and_keeps_what_is_produced_with_every_codec()
    {
        var admin = new AdminClient(_client!);
        var created = await admin.CreateTopicsAsync(new CreatableTopic { Name = "t", PartitionCount = 3, ReplicationFactor = 1 });
        Assert.Equal((ErrorCode.None, null), (created[0].Error, created[0].ErrorMessage));
        var metadata = await admin.MetadataAsync();
        Assert.Equal((1, 1), (metadata.ControllerId, metadata.Brokers.Length));
        Assert.All(Assert.Single(metadata.Topics).Partitions, p => Assert.Equal(1, p.LeaderId));

        var sent = 0;
        foreach (var codec in Enum.GetValues<Compression>())
        {
            using var producer = new Producer(_client!, new() { Compression = codec });
            var deliveries = Enumerable.Range(0, 500).Select(i => producer.SendAsync("t", Encoding.UTF8.GetBytes($"key {i}"), Encoding.UTF8.GetBytes($"{codec} {i}"))).ToArray();
            Assert.All(await Task.WhenAll(deliveries), d => Assert.Equal(ErrorCode.None, d.Error));
            sent += deliveries.Length;
        }

        var consumer = new Consumer(_client!, new());
        for (var p = 0; p < 3; p++) consumer.Assign("t", p, await admin.OffsetAsync("t", p, -2));
        List<ConsumedRecord> read = [];
        while (read.Count < sent) read.AddRange(await consumer.PollAsync());
        Assert.Equal(sent, read.Select(r => Encoding.UTF8.GetString(r.Value!)).Distinct().Count());
    }

    [Fact]
    public async Task A_topic_that_is_asked_for_is_made_and_deleted_again()
    {
        using var producer = new Producer(_client!, new());
        var delivery = await producer.SendAsync("made", null, "x"u8.ToArray());
        Assert.Equal((ErrorCode.None, 0L), (delivery.Error, delivery.Offset));
        var admin = new AdminClient(_client!);
        Assert.Equal(ErrorCode.None, (await admin.DeleteTopicsAsync("made"))[0].Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await admin.MetadataAsync(["made"])).Topics[0].Error);
    }

    [Fact]
    public async Task Kcat_lists_produces_and_consumes()
    {
        var at = $"127.0.0.1:{_broker!.Port}";
        var lines = string.Join('\n', Enumerable.Range(0, 1000).Select(i => $"line {i}")) + "\n";
        var produced = await Kcat(lines, "-b", at, "-P", "-t", "k", "-X", "acks=all", "-X", "enable.idempotence=false");
        Assert.Equal(0, produced.ExitCode);
        var listed = await Kcat("", "-b", at, "-L");
        Assert.Contains("topic \"k\" with 1 partitions", listed.StandardOutput, StringComparison.Ordinal);
        var consumed = await Kcat("", "-b", at, "-C", "-t", "k", "-o", "beginning", "-e", "-q");
        Assert.Equal(lines, consumed.StandardOutput);
    }

    [Fact]
    public async Task What_an_operator_can_put_right_is_said_in_one_line()
    {
        var zooKeeper = _zooKeeper!.Connect;
        var folder = Directory.CreateTempSubdirectory("broker-").FullName;
        try
        {
            await using (await TestBroker.StartAsync(7, zooKeeper, folder: folder))
            {
                await Refused(() => TestBroker.StartAsync(7, zooKeeper, folder: folder), "is in use");
                await Refused(() => TestBroker.StartAsync(8, zooKeeper, s => s with { Listener = ("127.0.0.1", _broker!.Port) }), $"port {_broker!.Port}");
                await Refused(() => TestBroker.StartAsync(1, zooKeeper), "broker.id=1");
            }
            await Refused(() => TestBroker.StartAsync(8, zooKeeper, folder: folder), "belongs to broker 7");
            await using (await TestBroker.StartAsync(8, $"{zooKeeper}/another")) await Refused(() => TestBroker.StartAsync(7, $"{zooKeeper}/another", folder: folder), "cluster");
            await Refused(() => TestBroker.StartAsync(9, $"127.0.0.1:{Ports.Free()}", s => s with { ZooKeeperConnectionTimeoutMs = 300 }), "zookeeper.connect");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_broker_that_comes_back_has_all_that_was_acknowledged_and_its_place_in_the_cluster()
    {
        var folder = Directory.CreateTempSubdirectory("broker-").FullName;
        var at = $"{_zooKeeper!.Connect}/again";
        string? cluster = null;
        for (var life = 0; life < 3; life++)
        {
            var broker = await TestBroker.StartAsync(3, at, folder: folder);
            using (var client = TestBroker.Client(broker.Port))
            {
                using var producer = new Producer(client, new());
                Assert.Equal((ErrorCode.None, (long)life), (await producer.SendAsync("kept", null, "x"u8.ToArray())) is var d ? (d.Error, d.Offset) : default);
                var metadata = await new AdminClient(client).MetadataAsync();
                Assert.NotEmpty(metadata.ClusterId!);
                Assert.Equal(cluster ??= metadata.ClusterId, metadata.ClusterId);
            }
            if (life == 1) await broker.DisposeAsync();
            else await broker.StopAsync();
        }
        Directory.Delete(folder, recursive: true);
    }

    private static async Task Refused(Func<Task<TestBroker>> start, string saying)
    {
        var refused = await Assert.ThrowsAsync<UserError>(start);
        Assert.Contains(saying, refused.Message, StringComparison.Ordinal);
    }

    private static async Task<BufferedCommandResult> Kcat(string input, params string[] arguments)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await Cli.Wrap("kcat").WithArguments(arguments).WithStandardInputPipe(PipeSource.FromString(input)).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(patience.Token);
    }
}
