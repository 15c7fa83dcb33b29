using System.Globalization;
using System.Text;
using Reference.Broker.Commands;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Integration.Clients.Groups;

namespace Reference.Integration.Groups;

/// <summary>consume --group, as processes of their own.</summary>
[Collection(SharedCluster.Name)]
public sealed class OwnMembers(LocalClusterFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact, Trait("Rule", "GROUP-MEMBER-2"), Trait("Rule", "GROUP-MEMBER-3")]
    public async Task Processing_longer_than_the_session_is_no_reason_to_evict_and_longer_than_the_poll_interval_is()
    {
        var topic = await Filled(8);
        await using var slow = Consume(topic, "slow", "--processing-time-ms", "7000", "--consumer-property", "session.timeout.ms=6000", "max.poll.records=1", "max.poll.interval.ms=60000");
        await using var overdue = Consume(topic, "overdue", "--processing-time-ms", "4000", "--consumer-property", "session.timeout.ms=6000", "max.poll.records=1", "max.poll.interval.ms=2000");
        await Until(() => slow.Records.Count >= 3 && overdue.Errors.Contains("max.poll.interval.ms (2000 ms) is exceeded", StringComparison.Ordinal), slow, overdue);
        Assert.DoesNotContain("lost", slow.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("goes on without", slow.Errors, StringComparison.Ordinal);
        await Until(() => overdue.Errors.Contains($"lost {topic}-0", StringComparison.Ordinal), overdue);
    }

    [Theory]
    [InlineData("range")]
    [InlineData("cooperative-sticky")]
    public async Task A_group_of_three_survives_a_member_and_its_coordinator(string strategy) => await GroupScenario.RunAsync(fixture, $"own-{strategy}", (bootstrap, group, topic) => GroupMember.Start("dotnet",
        typeof(ConsumeCommand).Assembly.Location, "consume", "--bootstrap-server", bootstrap, "--topic", topic, "--group", group, "--from-beginning", "--print-offset",
        "--consumer-property", "session.timeout.ms=6000", "heartbeat.interval.ms=500", "auto.commit.interval.ms=200", $"partition.assignment.strategy={strategy}"));

    private GroupMember Consume(string topic, string group, params string[] more) => GroupMember.Start("dotnet",
        [typeof(ConsumeCommand).Assembly.Location, "consume", "--bootstrap-server", fixture.Cluster.Bootstrap, "--topic", topic, "--group", $"{topic}-{group}", "--from-beginning", "--print-offset", .. more]);

    private async Task<string> Filled(int records)
    {
        await fixture.ServingAsync();
        var topic = fixture.NewName("own");
        using var client = ClusterProbe.Client(fixture.Cluster.Bootstrap);
        await new AdminClient(client).CreateTopicsAsync(new CreatableTopic { Name = topic, PartitionCount = 1, ReplicationFactor = 3 });
        using var producer = new Producer(client, new());
        for (var i = 0; i < records; i++) Assert.Equal(ErrorCode.None, (await producer.SendAsync(topic, null, Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture)), 0)).Error);
        return topic;
    }

    private static async Task Until(Func<bool> holds, params GroupMember[] members)
    {
        using var patience = new CancellationTokenSource(Limit);
        while (!holds())
        {
            Assert.False(patience.IsCancellationRequested, string.Join("\n---\n", members.Select(m => $"{m.Records.Count} read\n{m.Errors}")));
            await Task.Delay(50, CancellationToken.None);
        }
    }
}
