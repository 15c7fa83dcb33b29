using System.Text;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Integration.Kafka;

/// <summary>Three brokers on three servers of our ensemble.</summary>
public sealed class ThreeBrokers : IAsyncLifetime
{
    private TestEnsemble? _ensemble;
    private readonly List<TestBroker> _brokers = [];
    private ClusterClient? _client;

    public async Task InitializeAsync()
    {
        _ensemble = TestEnsemble.Start();
        _brokers.AddRange(await Task.WhenAll(Enumerable.Range(1, 3).Select(id => TestBroker.StartAsync(id, _ensemble.Connect, s => s with { DefaultReplicationFactor = 3, NumPartitions = 3, MinInsyncReplicas = 2 }))));
        _client = TestBroker.Client(_brokers.Select(b => b.Port));
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        foreach (var broker in _brokers) await broker.DisposeAsync();
        if (_ensemble is not null) await _ensemble.DisposeAsync();
    }

    [Fact]
    public async Task What_was_acknowledged_is_read_back_in_order_after_each_broker_in_turn_has_left()
    {
        var admin = new AdminClient(_client!);
        Assert.Equal(ErrorCode.None, (await admin.CreateTopicsAsync(new CreatableTopic { Name = "t", PartitionCount = 3, ReplicationFactor = 3 }))[0].Error);
        using var producer = new Producer(_client!, new());
        var acknowledged = new List<(int Partition, long Offset, string Value)>();
        for (var round = 0; round < 3; round++)
        {
            var sent = Enumerable.Range(0, 300).Select(async i =>
            {
                var value = $"round {round} record {i}";
                var delivery = await producer.SendAsync("t", Encoding.UTF8.GetBytes($"key {i % 10}"), Encoding.UTF8.GetBytes(value));
                Assert.Equal(ErrorCode.None, delivery.Error);
                lock (acknowledged) acknowledged.Add((delivery.Partition, delivery.Offset, value));
            }).ToArray();
            if (round < 1) await _brokers[0].StopAsync();
            await Task.WhenAll(sent);
        }

        var consumer = new Consumer(_client!, new());
        for (var p = 0; p < 3; p++) consumer.Assign("t", p, 0);
        Dictionary<(int, long), string> read = [];
        while (read.Count < acknowledged.Count)
            foreach (var record in await consumer.PollAsync()) read[(record.Partition, record.Offset)] = Encoding.UTF8.GetString(record.Value!);
        Assert.All(acknowledged, a => Assert.Equal(a.Value, read[(a.Partition, a.Offset)]));
    }

    [Fact, Trait("Rule", "REPL-IDEM-7")]
    public async Task Brokers_give_no_producer_id_twice()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (_client!.Brokers.Count < 3)
        {
            await Task.Delay(20, patience.Token);
            await _client.RefreshAsync([]);
        }
        var answers = await Task.WhenAll(Enumerable.Range(0, 2400).Select(async i =>
            await (await _client.ConnectionTo((i % 3) + 1)).Send(Apis.InitProducerId, new InitProducerIdRequest { TransactionTimeoutMs = 1000 })));
        Assert.All(answers, a => Assert.Equal((ErrorCode.None, (short)0), (a.Error, a.ProducerEpoch)));
        Assert.Equal(answers.Length, answers.Select(a => a.ProducerId).Distinct().Count());
        Assert.Equal([0L, 1000L, 2000L], answers.Select(a => a.ProducerId / 1000 * 1000).Distinct().Order());
        var refused = await (await _client.ConnectionTo(1)).Send(Apis.InitProducerId, new InitProducerIdRequest { TransactionalId = "t", TransactionTimeoutMs = 1000 });
        Assert.Equal((ErrorCode.UnsupportedVersion, -1L), (refused.Error, refused.ProducerId));
    }

    [Fact]
    public async Task Topics_grow_and_refuse_what_cannot_be()
    {
        var admin = new AdminClient(_client!);
        var results = await admin.CreateTopicsAsync(
            new CreatableTopic { Name = "grows", PartitionCount = 1, ReplicationFactor = 3 },
            new CreatableTopic { Name = "too-many", PartitionCount = 1, ReplicationFactor = 4 },
            new CreatableTopic { Name = "bad name", PartitionCount = 1, ReplicationFactor = 1 },
            new CreatableTopic { Name = "none", PartitionCount = 0, ReplicationFactor = 1 },
            new CreatableTopic { Name = "bad-config", PartitionCount = 1, ReplicationFactor = 1, Configs = [new() { Name = "no.such", Value = "1" }] });
        Assert.Equal([ErrorCode.None, ErrorCode.InvalidReplicationFactor, ErrorCode.InvalidTopicException, ErrorCode.InvalidPartitions, ErrorCode.InvalidConfig], results.Select(r => r.Error));
        Assert.Equal(ErrorCode.TopicAlreadyExists, (await admin.CreateTopicsAsync(new CreatableTopic { Name = "grows", PartitionCount = 1, ReplicationFactor = 3 }))[0].Error);
        Assert.Equal(ErrorCode.None, (await admin.CreatePartitionsAsync(new CreatePartitionsTopic { Name = "grows", Count = 4 }))[0].Error);
        Assert.Equal(ErrorCode.InvalidPartitions, (await admin.CreatePartitionsAsync(new CreatePartitionsTopic { Name = "grows", Count = 2 }))[0].Error);
        Assert.Equal(4, (await admin.MetadataAsync(["grows"])).Topics[0].Partitions.Length);
        var described = await admin.DescribeTopicAsync("grows");
        Assert.Equal("2", described.Configs.Single(c => c.Name == "min.insync.replicas").Value);
        Assert.Equal("true", (await admin.DescribeBrokerAsync(2)).Configs.Single(c => c.Name == "auto.create.topics.enable").Value);
    }
}
