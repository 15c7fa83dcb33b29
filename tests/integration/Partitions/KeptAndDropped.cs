using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Storage;
using Reference.Integration.Storage;
using Reference.Replication;

namespace Reference.Integration.Partitions;

/// <summary>What retention and DeleteRecords drop, on a leader and two followers.</summary>
public class KeptAndDropped
{
    private static readonly PartitionId T0 = new("t", 0);
    private static readonly int[] All = [1, 2, 3];

    private static async Task<BrokersOnLoopback> ThreeBrokers(long checkMs, params (string Name, string Value)[] topic)
    {
        var all = new BrokersOnLoopback { Adjust = settings => settings with { LogRetentionCheckIntervalMs = checkMs, LogCleanerBackoffMs = 20 } };
        foreach (var (name, value) in topic) all.TopicOverrides[name] = value;
        foreach (var id in All) all.Start(id);
        await all.Tell(T0, leader: 1, epoch: 0, isr: All, replicas: All);
        return all;
    }

    private static async Task Fill(KafkaConnection leader, int batches)
    {
        for (var i = 0; i < batches; i++) Assert.Equal(ErrorCode.None, (await ReplicationTests.Produce(leader, ReplicationTests.Batch(T0, -1, $"{i}", $"{i} again"))).Error);
    }

    private static async Task<DeleteRecordsPartitionResult> Delete(KafkaConnection leader, long offset, string topic = "t", int timeoutMs = 60_000) =>
        (await leader.Send(Apis.DeleteRecords, new DeleteRecordsRequest { TimeoutMs = timeoutMs, Topics = [new() { Name = topic, Partitions = [new() { Offset = offset }] }] })).Topics[0].Partitions[0];

    private static async Task<ErrorCode> Read(KafkaConnection leader, long offset)
    {
        using var response = await leader.Send(Apis.Fetch, new FetchRequest { MinBytes = 1, Topics = [new() { Name = "t", Partitions = [new() { FetchOffset = offset, MaxBytes = 1000 }] }] });
        return response.Topics[0].Partitions[0].Error;
    }

    [Fact, Trait("Rule", "LOG-RETAIN-1")]
    public async Task A_log_that_is_too_large_loses_its_oldest_segments_on_every_replica()
    {
        await using var all = await ThreeBrokers(checkMs: 20, ("segment.bytes", "400"), ("retention.bytes", "1000"), ("retention.ms", "-1"));
        using var leader = await all.Connect(1);
        await Fill(leader, 60);
        await BrokersOnLoopback.Until(() => All.All(id => all.Brokers[id].LogOf(T0) is { Size: < 1400, StartOffset: > 0, EndOffset: 120 }));
        await BrokersOnLoopback.Until(() => All.Select(id => all.Brokers[id].LogOf(T0).StartOffset).Distinct().Count() == 1);
        Assert.Equal(ErrorCode.OffsetOutOfRange, await Read(leader, 0));
        var start = all.Brokers[1].LogOf(T0).StartOffset;
        Assert.Equal(ErrorCode.None, await Read(leader, start));
        Assert.True(all.Brokers[1].LogOf(T0).Size >= 1000);

        await all.StopAsync(1, inOrder: false);
        Assert.Equal(start, all.Start(1).LogOf(T0).StartOffset);
    }

    [Fact, Trait("Rule", "LOG-RETAIN-1")]
    public async Task Records_that_are_too_old_go_and_the_log_goes_on_behind_them()
    {
        // the batches of these tests carry timestamps of 1970
        await using var all = await ThreeBrokers(checkMs: 20, ("retention.ms", "60000"));
        using var leader = await all.Connect(1);
        await Fill(leader, 3);
        await BrokersOnLoopback.Until(() => All.All(id => all.Brokers[id].LogOf(T0) is { Size: 0, StartOffset: 6, EndOffset: 6 }));
        Assert.Equal(6, (await ReplicationTests.Produce(leader, ReplicationTests.Batch(T0, -1, "next"))).BaseOffset);
    }

    [Fact, Trait("Rule", "LOG-COMPACT-1")]
    public async Task A_compacted_topic_keeps_the_latest_of_each_key_however_old_on_every_replica()
    {
        await using var all = await ThreeBrokers(checkMs: 5, ("cleanup.policy", "compact"), ("retention.ms", "0"), ("retention.bytes", "0"), ("segment.bytes", "600"));
        using var leader = await all.Connect(1);
        for (var i = 0; i < 100; i++) Assert.Equal(ErrorCode.None, (await ReplicationTests.Produce(leader, Keyed(("a", $"{i}"), ($"b {i % 3}", $"{i}")))).Error);
        await BrokersOnLoopback.Until(() => All.All(id => all.Brokers[id].LogOf(T0) is { Size: < 2500, StartOffset: 0, EndOffset: 200 }));
        Assert.Equal(ErrorCode.PolicyViolation, (await Delete(leader, 3)).Error);

        await all.StopAsync(3, inOrder: false);
        Assert.Equal(200, all.Start(3).LogOf(T0).EndOffset);
    }

    [Fact, Trait("Rule", "LOG-COMPACT-6")]
    public async Task A_compacted_topic_takes_no_record_without_a_key()
    {
        await using var all = await ThreeBrokers(checkMs: 60_000, ("cleanup.policy", "compact"));
        using var leader = await all.Connect(1);
        Assert.Equal(ErrorCode.InvalidRecord, (await ReplicationTests.Produce(leader, ReplicationTests.Batch(T0, -1, "no key"))).Error);
        Assert.Equal(ErrorCode.None, (await ReplicationTests.Produce(leader, Keyed(("a", "key")))).Error);
    }

    private static ProduceRequest Keyed(params (string, string?)[] records) => new()
    {
        Acks = -1,
        TimeoutMs = 60_000,
        Topics = [new() { Name = "t", Partitions = [new() { Records = new(LogCompactionTests.Keyed(0, Compression.Gzip, records)) }] }],
    };

    [Fact, Trait("Rule", "REPL-READ-4")]
    public async Task Deleted_records_are_gone_on_every_in_sync_replica_when_that_is_answered()
    {
        await using var all = await ThreeBrokers(checkMs: 60_000, ("segment.bytes", "400"));
        using var leader = await all.Connect(1);
        await Fill(leader, 20);
        var deleted = await Delete(leader, 7);
        Assert.Equal((ErrorCode.None, 7), (deleted.Error, deleted.LowWatermark));
        Assert.All(All, id => Assert.Equal(7, all.Brokers[id].LogOf(T0).StartOffset));
        Assert.Equal((ErrorCode.OffsetOutOfRange, ErrorCode.None), (await Read(leader, 6), await Read(leader, 7)));
        Assert.Equal(7, (await Delete(leader, 3)).LowWatermark);

        Assert.Equal(40, (await Delete(leader, -1)).LowWatermark);
        Assert.All(All, id => Assert.Equal((40L, 40L, 0L), (all.Brokers[id].LogOf(T0).StartOffset, all.Brokers[id].LogOf(T0).EndOffset, all.Brokers[id].LogOf(T0).Size)));
        Assert.Equal(40, (await ReplicationTests.Produce(leader, ReplicationTests.Batch(T0, -1, "next"))).BaseOffset);
    }

    [Fact]
    public async Task What_can_t_be_deleted_is_refused_with_kafka_s_code()
    {
        await using var all = await ThreeBrokers(checkMs: 60_000);
        using var leader = await all.Connect(1);
        await Fill(leader, 2);
        using var follower = await all.Connect(2);
        Assert.Equal(ErrorCode.OffsetOutOfRange, (await Delete(leader, 5)).Error);
        Assert.Equal(ErrorCode.OffsetOutOfRange, (await Delete(leader, -2)).Error);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, (await Delete(follower, 1)).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await Delete(leader, 1, "u")).Error);
        Assert.Equal(ErrorCode.InvalidTopicException, (await Delete(leader, 1, "__consumer_offsets")).Error);
        Assert.Equal(0, all.Brokers[1].LogOf(T0).StartOffset);

        await all.StopAsync(3, inOrder: false);
        Assert.Equal(ErrorCode.RequestTimedOut, (await Delete(leader, 1, timeoutMs: 50)).Error);
    }
}
