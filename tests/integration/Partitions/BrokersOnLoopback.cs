using System.Net;
using Microsoft.Extensions.Logging;
using Reference.Broker.Configuration;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Connections;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Partitions;
using Reference.Broker.Storage;
using Reference.Integration.Storage;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Integration.Partitions;

/// <summary>Brokers in this process, each with a folder of its own and a port on loopback; the test is their controller and their ensemble.</summary>
internal sealed class BrokersOnLoopback : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("brokers-").FullName;
    private readonly SortedDictionary<int, OneBroker> _brokers = [];
    private readonly Dictionary<PartitionId, PartitionState> _states = [];

    public IReadOnlyDictionary<int, OneBroker> Brokers => _brokers;

    public Func<BrokerSettings, BrokerSettings> Adjust { get; set; } = settings => settings;

    public SortedDictionary<string, string> TopicOverrides { get; } = [];

    public OneBroker Start(int id)
    {
        var settings = Adjust(new() { BrokerId = id, Listener = ("127.0.0.1", 0), Advertised = ("127.0.0.1", 0), LogDir = Path.Combine(_root, $"{id}"), ZooKeeperConnect = "", MinInsyncReplicas = 2 });
        return _brokers[id] = new(this, settings);
    }

    public async Task StopAsync(int id, bool inOrder)
    {
        var broker = _brokers[id];
        _brokers.Remove(id);
        await broker.StopAsync(inOrder);
    }

    /// <summary>What the ensemble holds of a partition.</summary>
    public PartitionState StateOf(PartitionId id)
    {
        lock (_states) return _states[id];
    }

    /// <summary>Makes a state, and tells it to the brokers that hold a replica and live.</summary>
    public async Task<Dictionary<int, ErrorCode>> Tell(PartitionId id, int leader, int epoch, int[] isr, int[] replicas)
    {
        lock (_states)
        {
            var version = _states.TryGetValue(id, out var before) ? before.Version + 1 : 0;
            _states[id] = new(new(leader), new(epoch), BrokerSet.Of(isr.Select(b => new BrokerId(b))), BrokerSet.Empty, 1, version);
        }
        var errors = new Dictionary<int, ErrorCode>();
        foreach (var broker in replicas.Where(_brokers.ContainsKey))
        {
            var answer = await _brokers[broker].Partitions.LeaderAndIsr(new()
            {
                Topics =
                [
                    new()
                    {
                        Name = id.Topic,
                        Partitions = [new() { Index = id.Partition, ControllerEpoch = 1, Leader = leader, LeaderEpoch = epoch, Isr = isr, Replicas = replicas, ZkVersion = StateOf(id).Version }],
                    },
                ],
            });
            errors[broker] = answer.Partitions[0].Error;
        }
        return errors;
    }

    public Task<KafkaConnection> Connect(int id) => KafkaConnection.ConnectAsync(TcpNetwork.Instance, "127.0.0.1", _brokers[id].Port, "test", default);

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _brokers.Keys.ToArray()) await StopAsync(id, inOrder: true);
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>Waits until something holds; polls, for brokers owe nobody an event.</summary>
    public static async Task Until(Func<bool> holds)
    {
        var patience = DateTime.UtcNow.AddSeconds(60);
        while (!holds())
        {
            Assert.True(DateTime.UtcNow < patience, "it didn't come to hold in 60 s");
            await Task.Delay(5);
        }
    }

    internal sealed class OneBroker : ICluster, IRequestHandler
    {
        private readonly BrokersOnLoopback _all;
        private readonly BrokerSettings _settings;
        private readonly FileDisk _disk;
        private readonly KafkaServer _server;
        private readonly Task _serving;

        public OneBroker(BrokersOnLoopback all, BrokerSettings settings)
        {
            (_all, _settings) = (all, settings);
            _disk = new(settings.LogDir);
            Folder = LogFolder.Open(_disk, SystemClock.Instance, topic => LogSettings.Of(ConfigOf(topic)), "this boot", Said);
            Partitions = new(settings, Folder, this, SystemClock.Instance, Said, (_, _) => []);
            _server = new(TcpNetwork.Instance, this, 100 * 1024 * 1024, Said);
            Port = _server.Listen(new(IPAddress.Loopback, 0)).Port;
            _serving = _server.RunAsync();
        }

        public int Port { get; }

        public LogFolder Folder { get; }

        public LogOnDisk.Lines Said { get; } = new();

        public HostedPartitions Partitions { get; }

        public BrokerId Self => new(_settings.BrokerId);

        public BrokerEpoch SelfEpoch => new(1000 + _settings.BrokerId);

        public string FolderPath => _settings.LogDir;

        public PartitionLog LogOf(PartitionId id) => Folder.Logs[id];

        public ReplicaState ReplicaOf(PartitionId id) => Partitions.Find(id)!.State;

        public bool IsAlive(BrokerId broker) => _all._brokers.ContainsKey(broker.Value);

        public TopicSettings ConfigOf(string topic) => TopicSettings.Of(_settings, _all.TopicOverrides.ToImmutableSortedDictionary());

        public Task<KafkaConnection> Connect(BrokerId broker, CancellationToken cancellation) =>
            _all._brokers.TryGetValue(broker.Value, out var there)
                ? KafkaConnection.ConnectAsync(TcpNetwork.Instance, "127.0.0.1", there.Port, $"broker-{Self}", cancellation)
                : Task.FromException<KafkaConnection>(new IOException($"broker {broker} isn't known"));

        public Task<int?> WriteIsr(PartitionId partition, WriteIsr order)
        {
            lock (_all._states)
            {
                var state = _all._states[partition];
                if (state.Version != order.ExpectedVersion) return Task.FromResult<int?>(null);
                _all._states[partition] = state with { Isr = order.Isr, Elr = order.Elr, Version = state.Version + 1 };
                return Task.FromResult<int?>(state.Version + 1);
            }
        }

        public Task<PartitionState?> ReadState(PartitionId partition)
        {
            lock (_all._states) return Task.FromResult<PartitionState?>(_all._states.GetValueOrDefault(partition));
        }

        public async ValueTask<Message?> Handle(Api api, Message request, Caller caller) => request switch
        {
            ApiVersionsRequest => ApiVersionsAnswer.All(),
            ProduceRequest produce => await Produce(produce, caller),
            FetchRequest fetch => await Partitions.Fetch(fetch, caller),
            ListOffsetsRequest offsets => await Partitions.ListOffsets(offsets, caller),
            OffsetForLeaderEpochRequest ends => await Partitions.OffsetForLeaderEpoch(ends, caller),
            DeleteRecordsRequest delete => await Partitions.DeleteRecords(delete),
            MetadataRequest => Metadata(),
            _ => throw new MalformedRequestException($"{api.Key} isn't served here"),
        };

        public async Task StopAsync(bool inOrder)
        {
            _server.Dispose();
            await _serving;
            if (inOrder) await Partitions.Close();
            else await Partitions.AbandonAsync();
            _disk.Dispose();
        }

        private async ValueTask<Message?> Produce(ProduceRequest produce, Caller caller)
        {
            var answer = await Partitions.Produce(produce, caller);
            return produce.Acks == 0 ? null : answer;
        }

        private MetadataResponse Metadata()
        {
            lock (_all._states)
            {
                return new()
                {
                    Brokers = [.. _all._brokers.Select(broker => new MetadataBroker { NodeId = broker.Key, Host = "127.0.0.1", Port = broker.Value.Port })],
                    ClusterId = "on-loopback",
                    ControllerId = _settings.BrokerId,
                    Topics =
                    [
                        .. _all._states.GroupBy(entry => entry.Key.Topic).Select(topic => new MetadataTopic
                        {
                            Name = topic.Key,
                            Partitions =
                            [
                                .. topic.Select(entry => new MetadataPartition
                                {
                                    Index = entry.Key.Partition,
                                    LeaderId = entry.Value.Leader.Value,
                                    LeaderEpoch = entry.Value.LeaderEpoch.Value,
                                    Replicas = [.. entry.Value.Isr.Select(broker => broker.Value)],
                                    Isr = [.. entry.Value.Isr.Select(broker => broker.Value)],
                                }),
                            ],
                        }),
                    ],
                };
            }
        }
    }
}
