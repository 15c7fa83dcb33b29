using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Reference.Broker.Commands;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.ZooKeeper.Client;
using Reference.Integration.ZooKeeper.Client;
using ErrorCode = Reference.Broker.Kafka.Protocol.ErrorCode;

namespace Reference.Integration.Faults;

/// <summary>kill -9 in the midst of traffic, on a cluster of its own: what was acknowledged stays.</summary>
[Collection(OwnProcesses.Name)]
public sealed class Killed : IClassFixture<LocalClusterFixture>
{
    private const int Partitions = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly LocalClusterFixture _fixture;

    /// <param name="fixture">The cluster.</param>
    public Killed(LocalClusterFixture fixture) => _fixture = fixture;

    [Fact]
    public async Task The_leaders_of_a_partition_and_of_the_ensemble_leave_nothing_acknowledged_behind()
    {
        await _fixture.ServingAsync();
        var topic = await Created();
        await using var traffic = new Traffic(_fixture.Cluster.Bootstrap, topic);
        await traffic.AcknowledgedAsync(500);

        var ensembleLeader = await _fixture.EnsembleLeaderAsync();
        var partitionLeader = await LeaderOf(topic, 0);
        partitionLeader.Kill();
        ensembleLeader.Kill();
        await traffic.AcknowledgedAsync(traffic.Acknowledged + 2000);
        await traffic.StopAsync();
        await Task.WhenAll(partitionLeader.Ended, ensembleLeader.Ended);

        await AllIsThere(topic, traffic);
        await _fixture.ServingAsync();
    }

    [Fact, Trait("Rule", "REPL-IDEM-2")]
    public async Task A_producer_that_numbers_its_records_survives_its_leader()
    {
        await _fixture.ServingAsync();
        var topic = await Created();
        await using var traffic = new Traffic(_fixture.Cluster.Bootstrap, topic, idempotent: true);
        await traffic.AcknowledgedAsync(500);
        var leader = await LeaderOf(topic, 0);
        leader.Kill();
        await leader.Ended;
        await traffic.AcknowledgedAsync(traffic.Acknowledged + 2000);
        await traffic.StopAsync();

        var read = await AllIsThere(topic, traffic);
        Assert.Equal(traffic.Sent, traffic.Acknowledged);
        Assert.Equal(traffic.Sent, read.Count);
        Assert.Equal(traffic.Sent, read.Values.Distinct().Count());
        foreach (var partition in read.GroupBy(r => r.Key.Item1))
        {
            var numbers = partition.OrderBy(r => r.Key.Item2).Select(r => int.Parse(r.Value["value ".Length..], CultureInfo.InvariantCulture)).ToList();
            Assert.Equal(numbers.Order(), numbers);
        }
        await _fixture.ServingAsync();
    }

    [Fact]
    public async Task All_six_come_back_on_the_same_folder_with_all_that_was_acknowledged()
    {
        await _fixture.ServingAsync();
        var topic = await Created();
        var root = "/" + _fixture.NewName("kept");
        var znodes = new List<string>();
        await using var traffic = new Traffic(_fixture.Cluster.Bootstrap, topic);
        await using (var session = await ClientSession.ConnectAsync(_fixture.Cluster.EnsembleAddresses, s => s with { SessionTimeoutMs = 30_000 }))
        {
            await CreateAsync(session.Client, root, "");
            for (var i = 0; i < 200; i++) znodes.Add(await CreateAsync(session.Client, $"{root}/{i:D3}", $"data {i}"));
            await traffic.AcknowledgedAsync(500);
            foreach (var process in _fixture.Cluster.Processes) process.Kill();
            await Task.WhenAll(_fixture.Cluster.Processes.Select(p => p.Ended).ToArray());
        }

        await _fixture.ServingAsync();
        await traffic.AcknowledgedAsync(traffic.Acknowledged + 500);
        await traffic.StopAsync();
        await AllIsThere(topic, traffic);
        await using var again = await ClientSession.ConnectAsync(_fixture.Cluster.EnsembleAddresses, s => s with { SessionTimeoutMs = 30_000 });
        for (var i = 0; i < znodes.Count; i++) Assert.Equal(ClientSession.Bytes($"data {i}"), (await again.Client.GetDataAsync(znodes[i])).Data);
    }

    /// <summary>Makes a znode that nobody else makes; on a slow machine the connection may be lost, and it be made all the same.</summary>
    private static async Task<string> CreateAsync(ZooKeeperClient client, string path, string data)
    {
        using var patience = new CancellationTokenSource(Limit);
        while (true)
        {
            try
            {
                return await client.CreateAsync(path, ClientSession.Bytes(data));
            }
            catch (ZooKeeperException e) when (e.Error == ZooKeeperError.ConnectionLoss)
            {
                await Task.Delay(50, patience.Token);
            }
            catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NodeExists)
            {
                return path;
            }
        }
    }

    private async Task<string> Created()
    {
        var topic = _fixture.NewName("killed");
        using var client = ClusterProbe.Client(_fixture.Cluster.Bootstrap);
        var created = await new Broker.Kafka.Client.AdminClient(client).CreateTopicsAsync(new CreatableTopic { Name = topic, PartitionCount = Partitions, ReplicationFactor = 3 });
        Assert.Equal(ErrorCode.None, created[0].Error);
        return topic;
    }

    private async Task<ClusterProcess> LeaderOf(string topic, int partition)
    {
        using var client = ClusterProbe.Client(_fixture.Cluster.Bootstrap);
        using var patience = new CancellationTokenSource(Limit);
        while (true)
        {
            await client.RefreshAsync([topic]);
            if (_fixture.Cluster.Brokers.SingleOrDefault(b => b.Id == client.LeaderOf(topic, partition)) is { } leader) return leader;
            await Task.Delay(20, patience.Token);
        }
    }

    private async Task<Dictionary<(int, long), string>> AllIsThere(string topic, Traffic traffic)
    {
        using var client = ClusterProbe.Client(_fixture.Cluster.Bootstrap);
        var admin = new Broker.Kafka.Client.AdminClient(client);
        var consumer = new Consumer(client, new());
        var ends = new long[Partitions];
        for (var p = 0; p < Partitions; p++)
        {
            ends[p] = await admin.OffsetAsync(topic, p, -1);
            consumer.Assign(topic, p, 0);
        }
        var read = new Dictionary<(int, long), string>();
        while (Enumerable.Range(0, Partitions).Any(p => consumer.Positions[(topic, p)] < ends[p]))
            foreach (var record in await consumer.PollAsync().WaitAsync(Limit)) read[(record.Partition, record.Offset)] = Encoding.UTF8.GetString(record.Value!);
        foreach (var (place, value) in traffic.Delivered) Assert.True(read.GetValueOrDefault(place) == value, $"{topic}-{place.Partition} at {place.Offset}: acknowledged {value}, read {read.GetValueOrDefault(place) ?? "nothing"}");
        return read;
    }

    /// <summary>A producer that goes on until it is told to stop, with acks=all, and knows what was acknowledged where.</summary>
    private sealed class Traffic : IAsyncDisposable
    {
        private readonly IProducer<string, string> _producer;
        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentDictionary<(int Partition, long Offset), string> _delivered = new();
        private readonly Task _producing;

        public Traffic(string bootstrap, string topic, bool idempotent = false)
        {
            var settings = new ProducerConfig { BootstrapServers = bootstrap, Acks = Acks.All, LingerMs = 2, RetryBackoffMs = 20, QueueBufferingMaxMessages = 1000, EnableIdempotence = idempotent };
            _producer = new ProducerBuilder<string, string>(settings).SetLogHandler((_, _) => { }).Build();
            _producing = ProduceAsync(topic);
        }

        public IReadOnlyDictionary<(int Partition, long Offset), string> Delivered => _delivered;

        /// <summary>How many records were handed to the producer.</summary>
        public int Sent { get; private set; }

        public int Acknowledged => _delivered.Count;

        public async Task AcknowledgedAsync(int count)
        {
            using var patience = new CancellationTokenSource(Limit);
            while (Acknowledged < count)
            {
                if (_producing.IsCompleted) await _producing;
                await Task.Delay(5, patience.Token);
            }
        }

        /// <summary>Stops, and waits until each record has its answer.</summary>
        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _producing;
            Assert.Equal(0, _producer.Flush(Limit));
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _producing;
            _producer.Dispose();
            _stop.Dispose();
        }

        private async Task ProduceAsync(string topic)
        {
            for (var i = 0; !_stop.IsCancellationRequested; i++)
            {
                var record = new Message<string, string> { Key = string.Create(CultureInfo.InvariantCulture, $"key {i % 16}"), Value = string.Create(CultureInfo.InvariantCulture, $"value {i}") };
                try
                {
                    _producer.Produce(topic, record, report =>
                    {
                        if (report.Error.Code == Confluent.Kafka.ErrorCode.NoError) _delivered[(report.Partition.Value, report.Offset.Value)] = report.Message.Value;
                    });
                    Sent++;
                }
                catch (ProduceException<string, string> e) when (e.Error.Code == Confluent.Kafka.ErrorCode.Local_QueueFull)
                {
                    i--;
                }
                await Task.Delay(i % 10 == 0 ? 1 : 0);
            }
        }
    }
}
