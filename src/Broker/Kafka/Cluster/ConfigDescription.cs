using System.Globalization;
using Reference.Broker.Configuration;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>Answers DescribeConfigs: the settings of topics and of this broker, and where each comes from.</summary>
internal sealed class ConfigDescription(BrokerSettings settings, BrokerCluster cluster)
{
    private const sbyte OfTopic = 2, OfBroker = 4;
    private const sbyte FromTopic = 1, FromBroker = 2, FromAllBrokers = 3, FromFile = 4, FromDefault = 5;

    private static readonly BrokerSettings Defaults = new() { BrokerId = -1, Listener = default, Advertised = default, LogDir = "", ZooKeeperConnect = "" };

    /// <summary>The broker's settings by their names, and what each is.</summary>
    private static readonly ImmutableArray<(string Name, Func<BrokerSettings, string> Value)> BrokerSettingsByName =
    [
        ("advertised.listeners", s => $"PLAINTEXT://{s.Advertised.Host}:{s.Advertised.Port}"),
        ("auto.create.topics.enable", s => Text(s.AutoCreateTopicsEnable)),
        ("auto.leader.rebalance.enable", s => Text(s.AutoLeaderRebalanceEnable)),
        ("broker.id", s => Text(s.BrokerId)),
        ("controlled.shutdown.enable", s => Text(s.ControlledShutdownEnable)),
        ("default.replication.factor", s => Text(s.DefaultReplicationFactor)),
        ("delete.topic.enable", s => Text(s.DeleteTopicEnable)),
        ("fetch.max.bytes", s => Text(s.FetchMaxBytes)),
        ("group.initial.rebalance.delay.ms", s => Text(s.GroupInitialRebalanceDelayMs)),
        ("group.max.session.timeout.ms", s => Text(s.GroupMaxSessionTimeoutMs)),
        ("group.min.session.timeout.ms", s => Text(s.GroupMinSessionTimeoutMs)),
        ("leader.imbalance.check.interval.seconds", s => Text(s.LeaderImbalanceCheckIntervalSeconds)),
        ("listeners", s => $"PLAINTEXT://{s.Listener.Host}:{s.Listener.Port}"),
        ("log.cleaner.backoff.ms", s => Text(s.LogCleanerBackoffMs)),
        ("log.cleaner.delete.retention.ms", s => Text(s.LogCleanerDeleteRetentionMs)),
        ("log.cleaner.enable", s => Text(s.LogCleanerEnable)),
        ("log.cleaner.min.cleanable.ratio", s => s.LogCleanerMinCleanableRatio.ToString(CultureInfo.InvariantCulture)),
        ("log.cleaner.min.compaction.lag.ms", s => Text(s.LogCleanerMinCompactionLagMs)),
        ("log.cleanup.policy", s => s.LogCleanupPolicy),
        ("log.dirs", s => s.LogDir),
        ("log.flush.interval.messages", s => Text(s.LogFlushIntervalMessages)),
        ("log.index.interval.bytes", s => Text(s.LogIndexIntervalBytes)),
        ("log.message.timestamp.type", s => s.LogMessageTimestampType),
        ("log.retention.bytes", s => Text(s.LogRetentionBytes)),
        ("log.retention.check.interval.ms", s => Text(s.LogRetentionCheckIntervalMs)),
        ("log.retention.ms", s => Text(s.LogRetentionMs)),
        ("log.roll.ms", s => Text(s.LogRollMs)),
        ("log.segment.bytes", s => Text(s.LogSegmentBytes)),
        ("max.incremental.fetch.session.cache.slots", s => Text(s.FetchSessionSlots)),
        ("message.max.bytes", s => Text(s.MessageMaxBytes)),
        ("min.insync.replicas", s => Text(s.MinInsyncReplicas)),
        ("num.partitions", s => Text(s.NumPartitions)),
        ("offset.metadata.max.bytes", s => Text(s.OffsetMetadataMaxBytes)),
        ("offsets.commit.timeout.ms", s => Text(s.OffsetsCommitTimeoutMs)),
        ("offsets.retention.check.interval.ms", s => Text(s.OffsetsRetentionCheckIntervalMs)),
        ("offsets.retention.minutes", s => Text(s.OffsetsRetentionMs / 60_000)),
        ("offsets.topic.num.partitions", s => Text(s.OffsetsTopicNumPartitions)),
        ("offsets.topic.replication.factor", s => Text(s.OffsetsTopicReplicationFactor)),
        ("offsets.topic.segment.bytes", s => Text(s.OffsetsTopicSegmentBytes)),
        ("replica.fetch.max.bytes", s => Text(s.ReplicaFetchMaxBytes)),
        ("replica.fetch.response.max.bytes", s => Text(s.ReplicaFetchResponseMaxBytes)),
        ("replica.fetch.wait.max.ms", s => Text(s.ReplicaFetchWaitMaxMs)),
        ("replica.high.watermark.checkpoint.interval.ms", s => Text(s.HighWatermarkCheckpointIntervalMs)),
        ("replica.lag.time.max.ms", s => Text(s.ReplicaLagTimeMaxMs)),
        ("socket.request.max.bytes", s => Text(s.SocketRequestMaxBytes)),
        ("unclean.leader.election.enable", s => Text(s.UncleanLeaderElectionEnable)),
        ("zookeeper.connect", s => s.ZooKeeperConnect),
        ("zookeeper.connection.timeout.ms", s => Text(s.ZooKeeperConnectionTimeoutMs)),
        ("zookeeper.session.timeout.ms", s => Text(s.ZooKeeperSessionTimeoutMs)),
    ];

    /// <summary>Answers a request.</summary>
    public async Task<DescribeConfigsResponse> DescribeAsync(DescribeConfigsRequest request)
    {
        await cluster.Configs.ReadUnknown(request.Resources.Where(r => r.Type == OfTopic && cluster.View.Topics.ContainsKey(r.Name)).Select(r => r.Name)).ConfigureAwait(false);
        return new() { Results = [.. request.Resources.Select(r => Describe(r, request.IncludeSynonyms))] };
    }

    private DescribeConfigsResult Describe(ConfigResource resource, bool synonyms) => resource.Type switch
    {
        OfTopic when cluster.View.Topics.ContainsKey(resource.Name) => Found(resource, OfTheTopic(cluster.Configs.Of(resource.Name), synonyms)),
        OfTopic => Refused(resource, ErrorCode.UnknownTopicOrPartition, $"Topic {resource.Name} isn't there."),
        OfBroker when resource.Name.Length == 0 => Found(resource, cluster.Configs.Broker.OfAll.Select(s => new DescribedConfig { Name = s.Key, Value = s.Value, Source = FromAllBrokers })),
        OfBroker when resource.Name == Text(settings.BrokerId) => Found(resource, OfTheBroker(synonyms)),
        OfBroker => Refused(resource, ErrorCode.InvalidRequest, $"Broker {settings.BrokerId} was asked for the settings of broker {resource.Name}."),
        _ => Refused(resource, ErrorCode.InvalidRequest, $"Resources of type {resource.Type} have no settings."),
    };

    private IEnumerable<DescribedConfig> OfTheTopic(TopicSettings topic, bool synonyms)
    {
        foreach (var setting in TopicSetting.All)
        {
            var own = topic.Overrides.ContainsKey(setting.Name);
            var fromBroker = BrokerSettingsByName.First(b => b.Name == setting.BrokerName);
            var source = own ? FromTopic : SourceOf(fromBroker);
            List<ConfigSynonym> others = [];
            if (synonyms && own) others.Add(new() { Name = setting.Name, Value = setting.Of(topic), Source = FromTopic });
            if (synonyms) others.AddRange(SynonymsOf(fromBroker));
            yield return new() { Name = setting.Name, Value = setting.Of(topic), Source = source, IsDefault = !own, Synonyms = [.. others] };
        }
        foreach (var (name, value) in topic.Overrides.Where(o => TopicSetting.All.All(s => s.Name != o.Key)))
            yield return new() { Name = name, Value = value, Source = FromTopic, Synonyms = synonyms ? [new() { Name = name, Value = value, Source = FromTopic }] : [] };
    }

    private IEnumerable<DescribedConfig> OfTheBroker(bool synonyms) => BrokerSettingsByName.Select(setting => new DescribedConfig
    {
        Name = setting.Name,
        Value = setting.Value(cluster.Configs.Broker.Settings),
        ReadOnly = !DynamicSettings.IsDynamic(setting.Name),
        Source = SourceOf(setting),
        IsDefault = SourceOf(setting) == FromDefault,
        Synonyms = synonyms ? [.. SynonymsOf(setting)] : [],
    });

    private sbyte SourceOf((string Name, Func<BrokerSettings, string> Value) setting) => SynonymsOf(setting).First().Source;

    private IEnumerable<ConfigSynonym> SynonymsOf((string Name, Func<BrokerSettings, string> Value) setting)
    {
        var (_, all, own) = cluster.Configs.Broker;
        if (own.TryGetValue(setting.Name, out var mine) && DynamicSettings.Refuse(setting.Name, mine) is null) yield return new() { Name = setting.Name, Value = mine, Source = FromBroker };
        if (all.TryGetValue(setting.Name, out var everybodys) && DynamicSettings.Refuse(setting.Name, everybodys) is null) yield return new() { Name = setting.Name, Value = everybodys, Source = FromAllBrokers };
        if (setting.Value(settings) != setting.Value(Defaults)) yield return new() { Name = setting.Name, Value = setting.Value(settings), Source = FromFile };
        yield return new() { Name = setting.Name, Value = setting.Value(Defaults), Source = FromDefault };
    }

    private static DescribeConfigsResult Found(ConfigResource resource, IEnumerable<DescribedConfig> configs) => new()
    {
        Type = resource.Type,
        Name = resource.Name,
        Configs = [.. configs.Where(c => resource.Keys is null || resource.Keys.Contains(c.Name))],
    };

    private static DescribeConfigsResult Refused(ConfigResource resource, ErrorCode error, string why) => new() { Error = error, ErrorMessage = why, Type = resource.Type, Name = resource.Name };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(bool value) => value ? "true" : "false";
}
