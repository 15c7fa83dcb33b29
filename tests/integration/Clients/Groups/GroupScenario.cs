using System.Globalization;
using System.Text;
using Reference.Broker.Commands;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Integration.Clients.Groups;

/// <summary>Starts a member of a group that reads a topic from its beginning, or from where the group has committed, with a session time-out of six seconds.</summary>
internal delegate GroupMember StartMember(string bootstrap, string group, string topic);

/// <summary>What every client must live through: three members share a topic, one is killed, then the group's coordinator; a new member goes on where the group has committed.</summary>
internal sealed class GroupScenario : IAsyncDisposable
{
    private const int Partitions = 6;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly LocalClusterFixture _fixture;
    private readonly StartMember _start;
    private readonly string _topic, _group;
    private readonly ClusterClient _client;
    private readonly Producer _producer;
    private readonly List<GroupMember> _members = [];
    private readonly CancellationTokenSource _patience = new(Limit);
    private int _round;

    private GroupScenario(LocalClusterFixture fixture, string client, StartMember start)
    {
        (_fixture, _start, _topic, _group) = (fixture, start, fixture.NewName(client), fixture.NewName($"{client}-group"));
        _client = ClusterProbe.Client(fixture.Cluster.Bootstrap);
        _producer = new(_client, new());
    }

    /// <summary>Runs it with the members of one client.</summary>
    public static async Task RunAsync(LocalClusterFixture fixture, string client, StartMember start)
    {
        await fixture.ServingAsync();
        await using (var scenario = new GroupScenario(fixture, client, start)) await scenario.RunAsync();
        await fixture.ServingAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members) await member.DisposeAsync();
        _producer.Dispose();
        _client.Dispose();
        _patience.Dispose();
    }

    private async Task RunAsync()
    {
        await Retry(async () => (await new AdminClient(_client).CreateTopicsAsync(new CreatableTopic { Name = _topic, PartitionCount = Partitions, ReplicationFactor = 3 }))[0].Error is ErrorCode.None or ErrorCode.TopicAlreadyExists);
        var (one, two, three) = (Start(), Start(), Start());
        await Retry(async () => await ReadersOf(await ProduceRound()) is { Count: Partitions } readers && readers.Values.Distinct().Count() == 3 && readers.Values.GroupBy(r => r).All(g => g.Count() == 2));

        one.Kill();
        var afterDeath = await ProduceRound();
        await Retry(async () => (await ReadersOf(afterDeath)).Count == Partitions);
        Assert.DoesNotContain(one, (await ReadersOf(afterDeath)).Values);

        await Retry(async () => (await Committed()).Values.Sum() == (long)_round * Partitions);
        var committed = await Committed();
        var coordinator = await Coordinator();
        coordinator.Kill();
        await coordinator.Ended;
        var afterFailover = await ProduceRound();
        await Retry(async () => (await ReadersOf(afterFailover)).Count == Partitions);

        await Task.WhenAll(two.LeaveAsync(), three.LeaveAsync());
        var four = Start();
        var last = await ProduceRound();
        await Retry(async () => (await ReadersOf(last)).Count == Partitions);
        Assert.All(four.Records, r => Assert.True(r.Offset >= committed[r.Partition], $"{r} was committed before the coordinator died: {committed[r.Partition]}"));
    }

    private GroupMember Start()
    {
        var member = _start(_fixture.Cluster.Bootstrap, _group, _topic);
        _members.Add(member);
        return member;
    }

    /// <summary>One record a partition, acknowledged; which round it was.</summary>
    private async Task<int> ProduceRound()
    {
        var round = _round++;
        for (var p = 0; p < Partitions; p++)
        {
            var value = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"round {round} partition {p}"));
            var delivery = await _producer.SendAsync(_topic, null, value, p);
            Assert.Equal(ErrorCode.None, delivery.Error);
        }
        return round;
    }

    /// <summary>Who has read the records of a round, by partition; waits for them a while.</summary>
    private async Task<Dictionary<int, GroupMember>> ReadersOf(int round)
    {
        Dictionary<int, GroupMember> readers = [];
        for (var attempt = 0; attempt < 20 && readers.Count < Partitions; attempt++)
        {
            await Task.Delay(50, _patience.Token);
            foreach (var member in _members)
                foreach (var read in member.Records)
                    if (read.Value == string.Create(CultureInfo.InvariantCulture, $"round {round} partition {read.Partition}")) readers[read.Partition] = member;
        }
        return readers;
    }

    private async Task<ClusterProcess> Coordinator()
    {
        while (true)
        {
            var found = await (await AnyBroker()).Send(Apis.FindCoordinator, new FindCoordinatorRequest { Key = _group });
            if (found.Error == ErrorCode.None) return _fixture.Cluster.Brokers.First(b => b.Id == found.NodeId);
            await Task.Delay(50, _patience.Token);
        }
    }

    private async Task<Dictionary<int, long>> Committed()
    {
        var connection = await _client.ConnectionTo((await Coordinator()).Id);
        var fetched = await connection.Send(Apis.OffsetFetch, new OffsetFetchRequest { GroupId = _group, Topics = [new() { Name = _topic, Partitions = [.. Enumerable.Range(0, Partitions)] }] });
        return fetched.Topics.SelectMany(t => t.Partitions).ToDictionary(p => p.Index, p => p.Offset);
    }

    private async Task<KafkaConnection> AnyBroker()
    {
        await _client.RefreshAsync([]);
        return await _client.ConnectionTo(_client.Brokers.Keys.First());
    }

    /// <summary>Until it holds; a broker that was killed may not be known as dead yet.</summary>
    private async Task Retry(Func<Task<bool>> holds)
    {
        while (true)
        {
            try
            {
                if (await holds()) return;
            }
            catch (IOException)
            {
                // asked a broker that is going or gone
            }
            Assert.False(_patience.IsCancellationRequested, $"no end within {Limit}, in round {_round}: {string.Join("\n---\n", _members.Select(m => $"{m.Records.Count} read\n{m.Errors}"))}");
            await Task.Delay(100, CancellationToken.None);
        }
    }
}
