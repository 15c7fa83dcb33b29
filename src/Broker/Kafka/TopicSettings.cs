using System.Globalization;
using Reference.Broker.Configuration;

namespace Reference.Broker.Kafka;

/// <summary>The settings of a topic: its own, by the names of Kafka's topic configuration, over those of the broker.</summary>
public sealed record TopicSettings
{
    /// <summary><c>min.insync.replicas</c></summary>
    public required int MinInsyncReplicas { get; init; }

    /// <summary><c>max.message.bytes</c> of one record batch.</summary>
    public required int MaxMessageBytes { get; init; }

    /// <summary><c>segment.bytes</c></summary>
    public required int SegmentBytes { get; init; }

    /// <summary><c>segment.ms</c></summary>
    public required long SegmentMs { get; init; }

    /// <summary><c>index.interval.bytes</c></summary>
    public required int IndexIntervalBytes { get; init; }

    /// <summary><c>flush.messages</c>: records between two flushes; 1 acknowledges what is on disk.</summary>
    public required long FlushMessages { get; init; }

    /// <summary><c>message.timestamp.type</c> is LogAppendTime.</summary>
    public required bool LogAppendTime { get; init; }

    /// <summary><c>unclean.leader.election.enable</c></summary>
    public required bool UncleanLeaderElection { get; init; }

    /// <summary><c>cleanup.policy</c>: delete, compact or both.</summary>
    public required string CleanupPolicy { get; init; }

    /// <summary><c>retention.ms</c>; −1: for ever.</summary>
    public required long RetentionMs { get; init; }

    /// <summary><c>retention.bytes</c>; −1: however large.</summary>
    public required long RetentionBytes { get; init; }

    /// <summary>Whether <see cref="CleanupPolicy"/> names delete.</summary>
    public bool Deletes => CleanupPolicy.Split(',', StringSplitOptions.TrimEntries).Contains("delete");

    /// <summary>Whether <see cref="CleanupPolicy"/> names compact.</summary>
    public bool Compacts => CleanupPolicy.Split(',', StringSplitOptions.TrimEntries).Contains("compact");

    /// <summary><c>min.cleanable.dirty.ratio</c></summary>
    public required double MinCleanableDirtyRatio { get; init; }

    /// <summary><c>min.compaction.lag.ms</c></summary>
    public required long MinCompactionLagMs { get; init; }

    /// <summary><c>delete.retention.ms</c> of tombstones.</summary>
    public required long DeleteRetentionMs { get; init; }

    /// <summary>What the topic itself says; the rest is the broker's.</summary>
    public required ImmutableSortedDictionary<string, string> Overrides { get; init; }

    /// <summary>The settings of a topic that has none of its own.</summary>
    public static TopicSettings Of(BrokerSettings broker) => Of(broker, ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>The settings of a topic with <paramref name="overrides"/>.</summary>
    /// <remarks>What a topic says with a value that isn't allowed counts as not said: the controller refuses it, but others may write znodes too.</remarks>
    public static TopicSettings Of(BrokerSettings broker, ImmutableSortedDictionary<string, string> overrides)
    {
        return new()
        {
            MinInsyncReplicas = (int)Number("min.insync.replicas", broker.MinInsyncReplicas),
            MaxMessageBytes = (int)Number("max.message.bytes", broker.MessageMaxBytes),
            SegmentBytes = (int)Number("segment.bytes", broker.LogSegmentBytes),
            SegmentMs = Number("segment.ms", broker.LogRollMs),
            IndexIntervalBytes = (int)Number("index.interval.bytes", broker.LogIndexIntervalBytes),
            FlushMessages = Number("flush.messages", broker.LogFlushIntervalMessages),
            LogAppendTime = Text("message.timestamp.type", broker.LogMessageTimestampType) == "LogAppendTime",
            UncleanLeaderElection = bool.Parse(Text("unclean.leader.election.enable", broker.UncleanLeaderElectionEnable ? "true" : "false")),
            CleanupPolicy = Text("cleanup.policy", broker.LogCleanupPolicy),
            MinCleanableDirtyRatio = double.Parse(Text("min.cleanable.dirty.ratio", broker.LogCleanerMinCleanableRatio.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture),
            MinCompactionLagMs = Number("min.compaction.lag.ms", broker.LogCleanerMinCompactionLagMs),
            DeleteRetentionMs = Number("delete.retention.ms", broker.LogCleanerDeleteRetentionMs),
            RetentionMs = Number("retention.ms", broker.LogRetentionMs),
            RetentionBytes = Number("retention.bytes", broker.LogRetentionBytes),
            Overrides = overrides,
        };

        string Text(string name, string otherwise) => overrides.TryGetValue(name, out var text) && TopicSetting.All.First(s => s.Name == name).IsAllowed(text) ? text : otherwise;

        long Number(string name, long otherwise) => long.Parse(Text(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
    }
}

/// <summary>One setting that a topic may have: its name, which values it may have, and what it is on the broker. Only those that have an effect here.</summary>
/// <param name="Name">As Kafka's topic configuration calls it.</param>
/// <param name="IsAllowed">Whether a value is.</param>
/// <param name="BrokerName">The broker's setting that holds without it.</param>
/// <param name="Of">The value that holds for a topic.</param>
public sealed record TopicSetting(string Name, Func<string, bool> IsAllowed, string BrokerName, Func<TopicSettings, string> Of)
{
    /// <summary>All of them, by name.</summary>
    public static readonly ImmutableArray<TopicSetting> All =
    [
        new("cleanup.policy", text => text.Split(',').All(p => p.Trim() is "delete" or "compact"), "log.cleanup.policy", s => s.CleanupPolicy),
        Number("delete.retention.ms", 0, long.MaxValue, "log.cleaner.delete.retention.ms", s => s.DeleteRetentionMs),
        Number("flush.messages", 1, long.MaxValue, "log.flush.interval.messages", s => s.FlushMessages),
        Number("index.interval.bytes", 0, int.MaxValue, "log.index.interval.bytes", s => s.IndexIntervalBytes),
        Number("max.message.bytes", 0, int.MaxValue, "message.max.bytes", s => s.MaxMessageBytes),
        OneOf("message.timestamp.type", ["CreateTime", "LogAppendTime"], "log.message.timestamp.type", s => s.LogAppendTime ? "LogAppendTime" : "CreateTime"),
        new("min.cleanable.dirty.ratio", text => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var r) && r is >= 0 and <= 1,
            "log.cleaner.min.cleanable.ratio", s => s.MinCleanableDirtyRatio.ToString(CultureInfo.InvariantCulture)),
        Number("min.compaction.lag.ms", 0, long.MaxValue, "log.cleaner.min.compaction.lag.ms", s => s.MinCompactionLagMs),
        Number("min.insync.replicas", 1, int.MaxValue, "min.insync.replicas", s => s.MinInsyncReplicas),
        Number("retention.bytes", -1, long.MaxValue, "log.retention.bytes", s => s.RetentionBytes),
        Number("retention.ms", -1, long.MaxValue, "log.retention.ms", s => s.RetentionMs),
        Number("segment.bytes", 14, int.MaxValue, "log.segment.bytes", s => s.SegmentBytes),
        Number("segment.ms", 1, long.MaxValue, "log.roll.ms", s => s.SegmentMs),
        OneOf("unclean.leader.election.enable", ["true", "false"], "unclean.leader.election.enable", s => s.UncleanLeaderElection ? "true" : "false"),
    ];

    private static TopicSetting Number(string name, long least, long most, string brokerName, Func<TopicSettings, long> of) =>
        new(name, text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most,
            brokerName, s => of(s).ToString(CultureInfo.InvariantCulture));

    private static TopicSetting OneOf(string name, string[] values, string brokerName, Func<TopicSettings, string> of) =>
        new(name, values.Contains, brokerName, of);
}
