using System.Diagnostics;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Storage;
using Reference.Integration.Storage;
using Reference.Replication;

namespace Reference.Integration.Partitions;

/// <summary>One broker that leads alone.</summary>
public class HostedPartitionsTests
{
    private static readonly PartitionId T0 = new("t", 0), T1 = new("t", 1);

    private static async Task<(BrokersOnLoopback All, KafkaConnection Leader)> One()
    {
        var all = new BrokersOnLoopback { Adjust = settings => settings with { MinInsyncReplicas = 1 } };
        all.Start(1);
        foreach (var id in (PartitionId[])[T0, T1]) await all.Tell(id, leader: 1, epoch: 3, isr: [1], replicas: [1]);
        return (all, await all.Connect(1));
    }

    private static FetchRequest Fetch(params (PartitionId Id, long Offset, int Epoch)[] wanted) => new()
    {
        MaxWaitMs = 0,
        MinBytes = 1,
        Topics = [.. wanted.Select(want => new FetchTopic { Name = want.Id.Topic, Partitions = [new() { Index = want.Id.Partition, FetchOffset = want.Offset, CurrentLeaderEpoch = want.Epoch, MaxBytes = 1_000_000 }] })],
    };

    [Fact, Trait("Rule", "FETCH-READ-1")]
    public async Task The_first_batch_is_given_whatever_max_bytes_says()
    {
        var (all, leader) = await One();
        await using var _ = all;
        using var __ = leader;
        await ReplicationTests.Produce(leader, ReplicationTests.Batch(T0, 1, "one"));
        await ReplicationTests.Produce(leader, ReplicationTests.Batch(T1, 1, "two"));
        var request = Fetch((T0, 0, -1), (T1, 0, -1));
        request.MaxBytes = 1;
        using var response = await leader.Send(Apis.Fetch, request);
        Assert.Equal([T0.Partition, T1.Partition], response.Topics.SelectMany(topic => topic.Partitions).Select(partition => partition.Index));
        Assert.Equal([true, false], response.Topics.SelectMany(topic => topic.Partitions).Select(partition => partition.Records.Length > 0));
    }

    [Theory]
    [InlineData(5, -1, ErrorCode.OffsetOutOfRange)]
    [InlineData(0, 2, ErrorCode.FencedLeaderEpoch)]
    [InlineData(0, 4, ErrorCode.UnknownLeaderEpoch)]
    [InlineData(0, 3, ErrorCode.None)]
    public async Task Who_asks_what_can_t_be_answered_is_told_why_at_once(long offset, int epoch, ErrorCode error)
    {
        var (all, leader) = await One();
        await using var _ = all;
        using var __ = leader;
        await ReplicationTests.Produce(leader, ReplicationTests.Batch(T0, 1, "one"));
        var request = Fetch((T0, offset, epoch));
        request.MaxWaitMs = 60_000;
        using var response = await leader.Send(Apis.Fetch, request);
        Assert.Equal(error, response.Topics[0].Partitions[0].Error);
    }

    [Fact, Trait("Rule", "FETCH-WAIT-1")]
    public async Task A_fetch_waits_for_records_and_is_answered_with_them()
    {
        var (all, leader) = await One();
        await using var _ = all;
        using var __ = leader;
        using var producer = await all.Connect(1);
        var request = Fetch((T0, 0, -1), (T1, 0, -1));
        request.MaxWaitMs = 60_000;
        var answer = leader.Send(Apis.Fetch, request);
        await ReplicationTests.Produce(producer, ReplicationTests.Batch(T1, 1, "here"));
        using var response = await answer;
        var records = response.Topics.SelectMany(topic => topic.Partitions).Single(partition => partition.Index == 1).Records;
        Assert.Equal(Batches.Of(0, 3, 1000, "here"), records.Memory.ToArray());
    }

    [Fact, Trait("Rule", "FETCH-WAIT-1")]
    public async Task A_fetch_waits_for_min_bytes_and_no_longer_than_it_said()
    {
        var (all, leader) = await One();
        await using var _ = all;
        using var __ = leader;
        using var producer = await all.Connect(1);
        await ReplicationTests.Produce(producer, ReplicationTests.Batch(T0, 1, "a"));
        var request = Fetch((T0, 0, -1));
        (request.MaxWaitMs, request.MinBytes) = (60_000, 100);
        var answer = leader.Send(Apis.Fetch, request);
        await ReplicationTests.Produce(producer, ReplicationTests.Batch(T0, 1, "b"));
        using (var response = await answer) Assert.Equal(2 * Batches.Of(0, 0, 0, "a").Length, response.Topics[0].Partitions[0].Records.Length);

        (request.MaxWaitMs, request.MinBytes) = (100, 100_000);
        var watch = Stopwatch.StartNew();
        using (var response = await leader.Send(Apis.Fetch, request)) Assert.Equal(2 * Batches.Of(0, 0, 0, "a").Length, response.Topics[0].Partitions[0].Records.Length);
        Assert.True(watch.ElapsedMilliseconds >= 90);
    }

    [Fact, Trait("Rule", "FETCH-SESSION-1"), Trait("Rule", "FETCH-SESSION-2")]
    public async Task A_session_tells_only_what_is_new()
    {
        var (all, leader) = await One();
        await using var _ = all;
        using var __ = leader;
        var open = Fetch((T0, 0, -1), (T1, 0, -1));
        open.SessionEpoch = 0;
        int session;
        using (var response = await leader.Send(Apis.Fetch, open))
        {
            session = response.SessionId;
            Assert.NotEqual(0, session);
            Assert.Equal(2, response.Topics.Sum(topic => topic.Partitions.Length));
        }
        await ReplicationTests.Produce(leader, ReplicationTests.Batch(T1, 1, "x"));
        var next = new FetchRequest { SessionId = session, SessionEpoch = 1, MinBytes = 1, MaxWaitMs = 0 };
        using (var response = await leader.Send(Apis.Fetch, next))
        {
            Assert.Equal(1, Assert.Single(Assert.Single(response.Topics).Partitions).Index);
            Assert.Equal(session, response.SessionId);
        }
        using (var response = await leader.Send(Apis.Fetch, next)) Assert.Equal(ErrorCode.InvalidFetchSessionEpoch, response.Error);
        next.SessionId++;
        using (var response = await leader.Send(Apis.Fetch, next)) Assert.Equal(ErrorCode.FetchSessionIdNotFound, response.Error);
        var forget = new FetchRequest { SessionId = session, SessionEpoch = 2, MinBytes = 1, MaxWaitMs = 0, ForgottenTopics = [new() { Name = "t", Partitions = [1] }] };
        using (var response = await leader.Send(Apis.Fetch, forget)) Assert.Empty(response.Topics);
    }

    [Fact]
    public async Task Offsets_are_listed_by_time()
    {
        var (all, leader) = await One();
        await using var _ = all;
        using var __ = leader;
        await ReplicationTests.Produce(leader, ReplicationTests.Batch(T0, 1, "at 1000", "at 1001"));
        async Task<(long, long)> At(long timestamp)
        {
            using var response = await leader.Send(Apis.ListOffsets, new ListOffsetsRequest { Topics = [new() { Name = "t", Partitions = [new() { Index = 0, Timestamp = timestamp }] }] });
            Assert.Equal(ErrorCode.None, response.Topics[0].Partitions[0].Error);
            return (response.Topics[0].Partitions[0].Offset, response.Topics[0].Partitions[0].Timestamp);
        }
        Assert.Equal((2, -1), await At(-1));
        Assert.Equal((0, -1), await At(-2));
        Assert.Equal((1, 1001), await At(1001));
        Assert.Equal((-1, -1), await At(1002));
    }

    [Fact]
    public async Task A_topic_s_leader_may_stamp_the_records()
    {
        var (all, leader) = await One();
        await using var _ = all;
        using var __ = leader;
        all.TopicOverrides["message.timestamp.type"] = "LogAppendTime";
        all.Brokers[1].Partitions.OnClusterChanged();
        var result = await ReplicationTests.Produce(leader, ReplicationTests.Batch(T0, 1, "x"));
        Assert.True(result.LogAppendTimeMs > 1_000_000);
        using var response = await leader.Send(Apis.Fetch, Fetch((T0, 0, -1)));
        var batch = new RecordBatch(response.Topics[0].Partitions[0].Records.Memory.Span);
        Assert.Equal((true, result.LogAppendTimeMs, batch.ComputeCrc()), (batch.IsLogAppendTime, batch.MaxTimestamp, batch.Crc));
    }

    [Theory]
    [InlineData(2, ErrorCode.InvalidRequiredAcks)]
    [InlineData(-2, ErrorCode.InvalidRequiredAcks)]
    public async Task Acks_that_mean_nothing_are_refused(short acks, ErrorCode error)
    {
        var (all, leader) = await One();
        await using var _ = all;
        using var __ = leader;
        Assert.Equal(error, (await ReplicationTests.Produce(leader, ReplicationTests.Batch(T0, acks, "x"))).Error);
    }

    [Fact]
    public async Task Acks_0_appends_without_an_answer()
    {
        var (all, leader) = await One();
        await using var _ = all;
        using var __ = leader;
        await leader.SendUnanswered(ReplicationTests.Batch(T0, 0, "x"));
        await BrokersOnLoopback.Until(() => all.Brokers[1].LogOf(T0).EndOffset == 1);
    }
}
