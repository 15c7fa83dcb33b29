using System.Collections.Concurrent;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Reference.Integration.Clients;

/// <summary>A topic is given more partitions while keyed producers run.</summary>
[Collection(SharedCluster.Name)]
public sealed class Growth(LocalClusterFixture fixture)
{
    private const int Before = 2, After = 6, Keys = 40;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task No_record_is_lost_new_partitions_are_used_and_a_key_keeps_its_order_within_a_partition()
    {
        await fixture.ServingAsync();
        var topic = fixture.NewName("grows");
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = fixture.Cluster.Bootstrap }).Build();
        await Asked(() => admin.CreateTopicsAsync([new() { Name = topic, NumPartitions = Before, ReplicationFactor = 3 }]));

        var acknowledged = new ConcurrentDictionary<(int Partition, long Offset), (string Key, int Number)>();
        using var stop = new CancellationTokenSource();
        var producers = Enumerable.Range(0, 2).Select(p => Produce(topic, p, acknowledged, stop.Token)).ToArray();
        await Until(() => acknowledged.Count > 1000);
        await Asked(() => admin.CreatePartitionsAsync([new() { Topic = topic, IncreaseTo = After }]));
        await Until(() => acknowledged.Keys.Select(k => k.Partition).Distinct().Count() == After && acknowledged.Keys.Count(k => k.Partition >= Before) > 1000);
        await stop.CancelAsync();
        await Task.WhenAll(producers);

        var read = Read(topic);
        Assert.All(acknowledged, a => Assert.Equal(a.Value, read[a.Key]));
        foreach (var ofKey in read.GroupBy(r => (r.Key.Partition, r.Value.Key)))
        {
            var numbers = ofKey.OrderBy(r => r.Key.Offset).Select(r => r.Value.Number).ToList();
            Assert.Equal(numbers.Order(), numbers);
        }
        Assert.All(read.GroupBy(r => r.Value.Key), k => Assert.InRange(k.Select(r => r.Key.Partition).Distinct().Count(), 1, 2));
    }

    /// <summary>Numbers the records of each of its keys, until it is stopped; each is acknowledged or the test fails.</summary>
    private async Task Produce(string topic, int who, ConcurrentDictionary<(int, long), (string, int)> acknowledged, CancellationToken stop)
    {
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig
        {
            BootstrapServers = fixture.Cluster.Bootstrap, Acks = Acks.All, EnableIdempotence = true, LingerMs = 2, Partitioner = Confluent.Kafka.Partitioner.Murmur2, TopicMetadataRefreshIntervalMs = 200,
        }).Build();
        var failed = new ConcurrentQueue<string>();
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            for (var k = 0; k < Keys; k++)
            {
                var (key, mine) = ($"{who} {k}", number);
                producer.Produce(topic, new() { Key = key, Value = number.ToString(CultureInfo.InvariantCulture) }, report =>
                {
                    if (report.Error.IsError) failed.Enqueue(report.Error.Reason);
                    else acknowledged[(report.Partition.Value, report.Offset.Value)] = (key, mine);
                });
            }
            await Task.Delay(2, CancellationToken.None);
        }
        producer.Flush(Limit);
        Assert.Empty(failed);
    }

    private Dictionary<(int Partition, long Offset), (string Key, int Number)> Read(string topic)
    {
        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig { BootstrapServers = fixture.Cluster.Bootstrap, GroupId = topic, EnableAutoCommit = false, EnablePartitionEof = true }).Build();
        consumer.Assign(Enumerable.Range(0, After).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        Dictionary<(int, long), (string, int)> read = [];
        for (var ended = new HashSet<int>(); ended.Count < After;)
        {
            var result = consumer.Consume(Limit) ?? throw new TimeoutException($"{topic}: {read.Count} records read, then no more");
            if (result.IsPartitionEOF) ended.Add(result.Partition.Value);
            else read[(result.Partition.Value, result.Offset.Value)] = (result.Message.Key, int.Parse(result.Message.Value, CultureInfo.InvariantCulture));
        }
        return read;
    }

    /// <summary>Asks until the controller has answered: it may have moved.</summary>
    private static async Task Asked(Func<Task> ask)
    {
        while (true)
        {
            try
            {
                await ask().WaitAsync(Limit);
                return;
            }
            catch (CreateTopicsException e) when (e.Results[0].Error.Code is ErrorCode.NotController or ErrorCode.RequestTimedOut)
            {
                // once more
            }
            catch (CreatePartitionsException e) when (e.Results[0].Error.Code is ErrorCode.NotController or ErrorCode.RequestTimedOut)
            {
                // once more
            }
        }
    }

    private static async Task Until(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(Limit);
        while (!holds()) await Task.Delay(20, patience.Token);
    }
}
