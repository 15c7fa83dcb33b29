using System.Globalization;

namespace Reference.Broker.Configuration;

/// <summary>What a broker is told: <c>server.properties</c>, by Kafka's names.</summary>
public sealed record BrokerSettings
{
    /// <summary><c>broker.id</c></summary>
    public required int BrokerId { get; init; }

    /// <summary>The address to listen on, of <c>listeners</c>; one PLAINTEXT listener.</summary>
    public required (string Host, int Port) Listener { get; init; }

    /// <summary>What clients and brokers are told to connect to; <c>advertised.listeners</c>, else the listener.</summary>
    public required (string Host, int Port) Advertised { get; init; }

    /// <summary><c>log.dirs</c> (or <c>log.dir</c>): the folder of the partition logs.</summary>
    public required string LogDir { get; init; }

    /// <summary><c>zookeeper.connect</c>: <c>host:port,host:port/chroot</c>.</summary>
    public required string ZooKeeperConnect { get; init; }

    /// <summary><c>zookeeper.session.timeout.ms</c></summary>
    public int ZooKeeperSessionTimeoutMs { get; init; } = 6000;

    /// <summary><c>zookeeper.connection.timeout.ms</c>: how long to wait for the ensemble at start.</summary>
    public int ZooKeeperConnectionTimeoutMs { get; init; } = 18_000;

    /// <summary><c>num.partitions</c> of a topic that is created without a number.</summary>
    public int NumPartitions { get; init; } = 1;

    /// <summary><c>default.replication.factor</c></summary>
    public int DefaultReplicationFactor { get; init; } = 1;

    /// <summary><c>min.insync.replicas</c></summary>
    public int MinInsyncReplicas { get; init; } = 1;

    /// <summary><c>auto.create.topics.enable</c></summary>
    public bool AutoCreateTopicsEnable { get; init; } = true;

    /// <summary><c>delete.topic.enable</c></summary>
    public bool DeleteTopicEnable { get; init; } = true;

    /// <summary><c>unclean.leader.election.enable</c></summary>
    public bool UncleanLeaderElectionEnable { get; init; }

    /// <summary><c>auto.leader.rebalance.enable</c></summary>
    public bool AutoLeaderRebalanceEnable { get; init; } = true;

    /// <summary><c>leader.imbalance.check.interval.seconds</c></summary>
    public int LeaderImbalanceCheckIntervalSeconds { get; init; } = 300;

    /// <summary><c>controlled.shutdown.enable</c></summary>
    public bool ControlledShutdownEnable { get; init; } = true;

    /// <summary><c>replica.lag.time.max.ms</c></summary>
    public int ReplicaLagTimeMaxMs { get; init; } = 10_000;

    /// <summary><c>replica.fetch.wait.max.ms</c></summary>
    public int ReplicaFetchWaitMaxMs { get; init; } = 500;

    /// <summary><c>replica.fetch.max.bytes</c>, per partition.</summary>
    public int ReplicaFetchMaxBytes { get; init; } = 1024 * 1024;

    /// <summary><c>replica.fetch.response.max.bytes</c></summary>
    public int ReplicaFetchResponseMaxBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary><c>replica.high.watermark.checkpoint.interval.ms</c></summary>
    public int HighWatermarkCheckpointIntervalMs { get; init; } = 5000;

    /// <summary><c>fetch.max.bytes</c> a response may have, whatever the client asks.</summary>
    public int FetchMaxBytes { get; init; } = 55 * 1024 * 1024;

    /// <summary><c>max.incremental.fetch.session.cache.slots</c></summary>
    public int FetchSessionSlots { get; init; } = 1000;

    /// <summary><c>message.max.bytes</c> of one record batch.</summary>
    public int MessageMaxBytes { get; init; } = 1024 * 1024 + 12;

    /// <summary><c>socket.request.max.bytes</c></summary>
    public int SocketRequestMaxBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary><c>log.segment.bytes</c></summary>
    public int LogSegmentBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary><c>log.roll.ms</c>, else <c>log.roll.hours</c>.</summary>
    public long LogRollMs { get; init; } = 168L * 3600 * 1000;

    /// <summary><c>log.cleanup.policy</c>: delete, compact or both.</summary>
    public string LogCleanupPolicy { get; init; } = "delete";

    /// <summary><c>log.retention.ms</c>, else <c>log.retention.minutes</c>, else <c>log.retention.hours</c>; −1: for ever.</summary>
    public long LogRetentionMs { get; init; } = 168L * 3600 * 1000;

    /// <summary><c>log.retention.bytes</c> of a partition; −1: however large.</summary>
    public long LogRetentionBytes { get; init; } = -1;

    /// <summary><c>log.retention.check.interval.ms</c></summary>
    public long LogRetentionCheckIntervalMs { get; init; } = 300_000;

    /// <summary><c>log.cleaner.enable</c>: whether compacted topics are compacted.</summary>
    public bool LogCleanerEnable { get; init; } = true;

    /// <summary><c>log.cleaner.backoff.ms</c>: how often is looked for something to compact.</summary>
    public long LogCleanerBackoffMs { get; init; } = 15_000;

    /// <summary><c>log.cleaner.min.cleanable.ratio</c></summary>
    public double LogCleanerMinCleanableRatio { get; init; } = 0.5;

    /// <summary><c>log.cleaner.min.compaction.lag.ms</c></summary>
    public long LogCleanerMinCompactionLagMs { get; init; }

    /// <summary><c>log.cleaner.delete.retention.ms</c> of tombstones.</summary>
    public long LogCleanerDeleteRetentionMs { get; init; } = 24L * 3600 * 1000;

    /// <summary><c>log.index.interval.bytes</c></summary>
    public int LogIndexIntervalBytes { get; init; } = 4096;

    /// <summary><c>log.flush.interval.messages</c>; long.MaxValue leaves flushing to the operating system.</summary>
    public long LogFlushIntervalMessages { get; init; } = long.MaxValue;

    /// <summary><c>log.message.timestamp.type</c>: CreateTime or LogAppendTime.</summary>
    public string LogMessageTimestampType { get; init; } = "CreateTime";

    /// <summary><c>group.min.session.timeout.ms</c></summary>
    public int GroupMinSessionTimeoutMs { get; init; } = 6000;

    /// <summary><c>group.max.session.timeout.ms</c></summary>
    public int GroupMaxSessionTimeoutMs { get; init; } = 1_800_000;

    /// <summary><c>group.initial.rebalance.delay.ms</c>: how long a group's first generation waits for more members.</summary>
    public int GroupInitialRebalanceDelayMs { get; init; } = 3000;

    /// <summary><c>offsets.topic.num.partitions</c></summary>
    public int OffsetsTopicNumPartitions { get; init; } = 50;

    /// <summary><c>offsets.topic.replication.factor</c></summary>
    public int OffsetsTopicReplicationFactor { get; init; } = 3;

    /// <summary><c>offsets.topic.segment.bytes</c></summary>
    public int OffsetsTopicSegmentBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary><c>offsets.retention.minutes</c>, in ms: how long the offsets of a group without members are kept.</summary>
    public long OffsetsRetentionMs { get; init; } = 7L * 24 * 3600 * 1000;

    /// <summary><c>offsets.retention.check.interval.ms</c></summary>
    public long OffsetsRetentionCheckIntervalMs { get; init; } = 600_000;

    /// <summary><c>offsets.commit.timeout.ms</c>: how long a commit may take.</summary>
    public int OffsetsCommitTimeoutMs { get; init; } = 5000;

    /// <summary><c>offset.metadata.max.bytes</c></summary>
    public int OffsetMetadataMaxBytes { get; init; } = 4096;

    /// <summary>Where this process keeps every input of its cores; null: nowhere.</summary>
    public string? Trace { get; init; }

    /// <summary>Whether invariants are evaluated after every step.</summary>
    public bool CheckInvariants { get; init; }

    /// <summary>Keys that were accepted and do nothing here, to be reported at start.</summary>
    public IReadOnlyList<string> WithoutEffect { get; init; } = [];

    /// <summary>Reads <c>server.properties</c>.</summary>
    /// <exception cref="UserError">A key or value that is unknown, missing or wrong.</exception>
    public static BrokerSettings From(Properties p)
    {
        if (p.Int("broker.id", -1, 0) is var id && id < 0) p.Required("broker.id", "this broker's number, different from every other broker's");
        var listener = ReadListener(p, "listeners", p.Text("listeners", "PLAINTEXT://127.0.0.1:9092"));
        var advertised = ReadListener(p, "advertised.listeners", p.Text("advertised.listeners", $"PLAINTEXT://{(listener.Host is "0.0.0.0" or "" ? "127.0.0.1" : listener.Host)}:{listener.Port}"));
        var folders = p.List("log.dirs", p.Text("log.dir", "/tmp/kafka-logs"));
        if (folders.Count != 1) throw p.Wrong("log.dirs", string.Join(',', folders), "one folder");
        var rollHours = p.Long("log.roll.hours", 168, 1);
        var retentionHours = p.Long("log.retention.hours", 168, -1);
        var retentionMinutes = p.Long("log.retention.minutes", retentionHours < 0 ? -1 : retentionHours * 60, -1);
        var settings = new BrokerSettings
        {
            BrokerId = id,
            Listener = listener,
            Advertised = advertised,
            LogDir = Path.GetFullPath(folders[0]),
            ZooKeeperConnect = p.Required("zookeeper.connect", "the ensemble's client addresses, such as 127.0.0.1:2181"),
            ZooKeeperSessionTimeoutMs = p.Int("zookeeper.session.timeout.ms", 6000, 100),
            ZooKeeperConnectionTimeoutMs = p.Int("zookeeper.connection.timeout.ms", 18_000, 100),
            NumPartitions = p.Int("num.partitions", 1, 1),
            DefaultReplicationFactor = p.Int("default.replication.factor", 1, 1, short.MaxValue),
            MinInsyncReplicas = p.Int("min.insync.replicas", 1, 1),
            AutoCreateTopicsEnable = p.Bool("auto.create.topics.enable", true),
            DeleteTopicEnable = p.Bool("delete.topic.enable", true),
            UncleanLeaderElectionEnable = p.Bool("unclean.leader.election.enable", false),
            AutoLeaderRebalanceEnable = p.Bool("auto.leader.rebalance.enable", true),
            LeaderImbalanceCheckIntervalSeconds = p.Int("leader.imbalance.check.interval.seconds", 300, 1),
            ControlledShutdownEnable = p.Bool("controlled.shutdown.enable", true),
            ReplicaLagTimeMaxMs = p.Int("replica.lag.time.max.ms", 10_000, 1),
            ReplicaFetchWaitMaxMs = p.Int("replica.fetch.wait.max.ms", 500, 1),
            ReplicaFetchMaxBytes = p.Int("replica.fetch.max.bytes", 1024 * 1024),
            ReplicaFetchResponseMaxBytes = p.Int("replica.fetch.response.max.bytes", 10 * 1024 * 1024),
            HighWatermarkCheckpointIntervalMs = p.Int("replica.high.watermark.checkpoint.interval.ms", 5000, 1),
            FetchMaxBytes = p.Int("fetch.max.bytes", 55 * 1024 * 1024, 1024),
            FetchSessionSlots = p.Int("max.incremental.fetch.session.cache.slots", 1000),
            MessageMaxBytes = p.Int("message.max.bytes", 1024 * 1024 + 12),
            SocketRequestMaxBytes = p.Int("socket.request.max.bytes", 100 * 1024 * 1024, 1024),
            LogSegmentBytes = p.Int("log.segment.bytes", 1024 * 1024 * 1024, 14),
            LogRollMs = p.Long("log.roll.ms", rollHours * 3600 * 1000, 1),
            LogCleanupPolicy = p.OneOf("log.cleanup.policy", "delete", "delete", "compact", "compact,delete", "delete,compact"),
            LogRetentionMs = p.Long("log.retention.ms", retentionMinutes < 0 ? -1 : retentionMinutes * 60_000, -1),
            LogRetentionBytes = p.Long("log.retention.bytes", -1, -1),
            LogRetentionCheckIntervalMs = p.Long("log.retention.check.interval.ms", 300_000, 1),
            LogCleanerEnable = p.Bool("log.cleaner.enable", true),
            LogCleanerBackoffMs = p.Long("log.cleaner.backoff.ms", 15_000, 1),
            LogCleanerMinCleanableRatio = ReadRatio(p, "log.cleaner.min.cleanable.ratio", "0.5"),
            LogCleanerMinCompactionLagMs = p.Long("log.cleaner.min.compaction.lag.ms", 0),
            LogCleanerDeleteRetentionMs = p.Long("log.cleaner.delete.retention.ms", 24L * 3600 * 1000),
            LogIndexIntervalBytes = p.Int("log.index.interval.bytes", 4096),
            LogFlushIntervalMessages = p.Long("log.flush.interval.messages", long.MaxValue, 1),
            GroupMinSessionTimeoutMs = p.Int("group.min.session.timeout.ms", 6000, 1),
            GroupMaxSessionTimeoutMs = p.Int("group.max.session.timeout.ms", 1_800_000, 1),
            GroupInitialRebalanceDelayMs = p.Int("group.initial.rebalance.delay.ms", 3000),
            OffsetsTopicNumPartitions = p.Int("offsets.topic.num.partitions", 50, 1),
            OffsetsTopicReplicationFactor = p.Int("offsets.topic.replication.factor", 3, 1, short.MaxValue),
            OffsetsTopicSegmentBytes = p.Int("offsets.topic.segment.bytes", 100 * 1024 * 1024, 14),
            OffsetsRetentionMs = p.Long("offsets.retention.minutes", 7 * 24 * 60, 1) * 60_000,
            OffsetsRetentionCheckIntervalMs = p.Long("offsets.retention.check.interval.ms", 600_000, 1),
            OffsetsCommitTimeoutMs = p.Int("offsets.commit.timeout.ms", 5000, 1),
            OffsetMetadataMaxBytes = p.Int("offset.metadata.max.bytes", 4096),
            LogMessageTimestampType = p.OneOf("log.message.timestamp.type", "CreateTime", "CreateTime", "LogAppendTime"),
        };
        return settings with { WithoutEffect = p.RefuseTheRest(Ignored) };
    }

    private static double ReadRatio(Properties p, string key, string otherwise)
    {
        var text = p.Text(key, otherwise);
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1 ? ratio : throw p.Wrong(key, text, "a number from 0 to 1");
    }

    private static (string Host, int Port) ReadListener(Properties p, string key, string value)
    {
        const string scheme = "PLAINTEXT://";
        var rest = value.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? value[scheme.Length..] : null;
        var colon = rest?.LastIndexOf(':') ?? -1;
        return colon >= 0 && int.TryParse(rest![(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 0 and <= 65535
            ? (rest[..colon], port)
            : throw p.Wrong(key, value, "one listener of the form PLAINTEXT://host:port");
    }

    /// <summary>Kafka's keys that operators' files have and that mean nothing here (yet).</summary>
    private static readonly ImmutableSortedSet<string> Ignored =
    [
        "background.threads", "compression.type", "inter.broker.protocol.version", "log.flush.interval.ms",
        "log.message.format.version",
        "num.io.threads", "num.network.threads", "num.recovery.threads.per.data.dir", "num.replica.fetchers", 
        "replica.socket.timeout.ms", "socket.receive.buffer.bytes", "socket.send.buffer.bytes",
        "transaction.state.log.min.isr", "transaction.state.log.replication.factor",
    ];
}
