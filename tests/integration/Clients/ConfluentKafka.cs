using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Reference.Integration.Clients.Groups;

namespace Reference.Integration.Clients;

/// <summary>Confluent.Kafka, on librdkafka.</summary>
[Collection(SharedCluster.Name)]
public sealed class ConfluentKafka(LocalClusterFixture fixture)
{
    private const int Partitions = 3, Records = 300;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public void Its_native_library_is_a_current_one()
    {
        // 0xMMmmrrxx; an older one of the system is not what is to be tested.
        Assert.True(Library.Version >= 0x020C00FF, Library.VersionString);
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task What_is_produced_with_a_codec_is_consumed_in_the_order_of_its_key(CompressionType codec)
    {
        var topic = await Created("codec", Partitions);
        var partitionOf = new Dictionary<string, int>();
        using (var producer = Producer(codec))
        {
            var deliveries = Enumerable.Range(0, Records).Select(i => producer.ProduceAsync(topic, new() { Key = Key(i), Value = Value(i) })).ToArray();
            foreach (var delivery in await Task.WhenAll(deliveries).WaitAsync(Limit))
            {
                Assert.Equal(PersistenceStatus.Persisted, delivery.Status);
                Assert.True(!partitionOf.TryGetValue(delivery.Key, out var before) || before == delivery.Partition.Value);
                partitionOf[delivery.Key] = delivery.Partition.Value;
            }
        }

        var read = Consume(topic);
        Assert.Equal(Enumerable.Range(0, Records).Select(Value).Order(StringComparer.Ordinal), read.Select(r => r.Message.Value).Distinct().Order(StringComparer.Ordinal));
        Assert.All(read, r => Assert.Equal(partitionOf[r.Message.Key], r.Partition.Value));
        foreach (var ofKey in read.GroupBy(r => r.Message.Key))
        {
            var first = ofKey.Select(r => r.Message.Value).Distinct().ToList();
            Assert.Equal(first.Order(StringComparer.Ordinal), first);
        }
    }

    [Fact]
    public Task A_group_of_three_survives_a_member_and_its_coordinator() => GroupScenario.RunAsync(fixture, "confluent", ConfluentMember.Start);

    [Fact]
    public async Task A_consumer_reads_on_from_the_offset_it_is_given()
    {
        var topic = await Created("offsets", 1);
        using (var producer = Producer(CompressionType.None))
            for (var i = 0; i < 10; i++) await producer.ProduceAsync(topic, new() { Key = Key(i), Value = Value(i) }).WaitAsync(Limit);

        using var consumer = Consumer();
        var marks = consumer.QueryWatermarkOffsets(new(topic, 0), Limit);
        Assert.Equal(0, marks.Low.Value);
        Assert.True(marks.High.Value >= 10);
        consumer.Assign(new TopicPartitionOffset(topic, 0, marks.High.Value - 1));
        var last = consumer.Consume(Limit);
        Assert.Equal((marks.High.Value - 1, Value(9)), (last.Offset.Value, last.Message.Value));
    }

    [Fact]
    public async Task A_topic_is_created_described_grown_and_deleted()
    {
        var topic = await Created("admin", 2);
        using var admin = Admin();
        await fixture.ServingAsync();
        var metadata = admin.GetMetadata(topic, Limit);
        Assert.Equal([1, 2, 3], metadata.Brokers.Select(b => b.BrokerId).Order());
        var partitions = Assert.Single(metadata.Topics).Partitions;
        Assert.Equal(2, partitions.Count);
        Assert.All(partitions, p => Assert.Equal([1, 2, 3], p.Replicas.Order()));

        await admin.CreatePartitionsAsync([new() { Topic = topic, IncreaseTo = 4 }]).WaitAsync(Limit);
        await Until(() => admin.GetMetadata(topic, Limit).Topics[0].Partitions.Count(p => p.Leader > 0) == 4);

        await admin.DeleteTopicsAsync([topic]).WaitAsync(Limit);
        await Until(() => admin.GetMetadata(Limit).Topics.TrueForAll(t => t.Topic != topic));
    }

    [Fact]
    public async Task What_cannot_be_created_is_refused_with_Kafkas_code()
    {
        using var admin = Admin();
        var name = fixture.NewName("refused");
        Assert.Equal(ErrorCode.InvalidReplicationFactor, await Refusal(new() { Name = name, NumPartitions = 1, ReplicationFactor = 4 }));
        Assert.Equal(ErrorCode.TopicException, await Refusal(new() { Name = "no/such*name", NumPartitions = 1, ReplicationFactor = 3 }));
        Assert.Equal(ErrorCode.InvalidPartitions, await Refusal(new() { Name = name, NumPartitions = 0, ReplicationFactor = 3 }));
        var unknown = await Assert.ThrowsAsync<DeleteTopicsException>(() => admin.DeleteTopicsAsync([name]));
        Assert.Equal(ErrorCode.UnknownTopicOrPart, unknown.Results[0].Error.Code);

        async Task<ErrorCode> Refusal(TopicSpecification topic)
        {
            CreateTopicsException refused;
            do refused = await Assert.ThrowsAsync<CreateTopicsException>(() => admin.CreateTopicsAsync([topic]).WaitAsync(Limit));
            while (refused.Results[0].Error.Code == ErrorCode.NotController);
            return refused.Results[0].Error.Code;
        }
    }

    private static string Key(int i) => string.Create(CultureInfo.InvariantCulture, $"key {i % 7}");

    private static string Value(int i) => string.Create(CultureInfo.InvariantCulture, $"{i:D6} {new string('x', i % 50)}");

    private IProducer<string, string> Producer(CompressionType codec) =>
        new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = fixture.Cluster.Bootstrap, Acks = Acks.All, CompressionType = codec, LingerMs = 20 }).Build();

    private IConsumer<string, string> Consumer() =>
        new ConsumerBuilder<string, string>(new ConsumerConfig { BootstrapServers = fixture.Cluster.Bootstrap, GroupId = "assigns-itself", EnableAutoCommit = false, CheckCrcs = true, EnablePartitionEof = true }).Build();

    private IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = fixture.Cluster.Bootstrap }).Build();

    private async Task<string> Created(string what, int partitions)
    {
        var topic = fixture.NewName(what);
        using var admin = Admin();
        while (true)
        {
            try
            {
                await admin.CreateTopicsAsync([new() { Name = topic, NumPartitions = partitions, ReplicationFactor = 3 }]).WaitAsync(Limit);
                return topic;
            }
            catch (CreateTopicsException e) when (e.Results[0].Error.Code is ErrorCode.TopicAlreadyExists)
            {
                return topic;
            }
            catch (CreateTopicsException e) when (e.Results[0].Error.Code is ErrorCode.NotController or ErrorCode.RequestTimedOut)
            {
                // The controller has moved, as it may on a slow machine: once more.
            }
        }
    }

    /// <summary>All records of the topic, each partition to its end.</summary>
    private List<ConsumeResult<string, string>> Consume(string topic)
    {
        using var consumer = Consumer();
        consumer.Assign(Enumerable.Range(0, Partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        List<ConsumeResult<string, string>> read = [];
        for (var ended = new HashSet<int>(); ended.Count < Partitions;)
        {
            var result = consumer.Consume(Limit) ?? throw new TimeoutException($"{topic}: {read.Count} records read, then no more");
            if (result.IsPartitionEOF) ended.Add(result.Partition.Value);
            else read.Add(result);
        }
        return read;
    }

    private static async Task Until(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(Limit);
        while (!holds()) await Task.Delay(50, patience.Token);
    }
}
