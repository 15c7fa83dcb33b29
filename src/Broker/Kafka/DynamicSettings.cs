using System.Globalization;
using Reference.Broker.Configuration;

namespace Reference.Broker.Kafka;

/// <summary>The broker's settings that change while it runs: what holds for topics that don't say otherwise. Kept under /config/brokers, for one broker or for all; the file holds where neither says anything.</summary>
public static class DynamicSettings
{
    private static readonly ImmutableSortedDictionary<string, Func<BrokerSettings, string, BrokerSettings>> Known = new (string Name, Func<BrokerSettings, string, BrokerSettings> With)[]
    {
        ("log.cleaner.delete.retention.ms", (s, v) => s with { LogCleanerDeleteRetentionMs = Number(v) }),
        ("log.cleaner.min.cleanable.ratio", (s, v) => s with { LogCleanerMinCleanableRatio = double.Parse(v, CultureInfo.InvariantCulture) }),
        ("log.cleaner.min.compaction.lag.ms", (s, v) => s with { LogCleanerMinCompactionLagMs = Number(v) }),
        ("log.cleanup.policy", (s, v) => s with { LogCleanupPolicy = v }),
        ("log.flush.interval.messages", (s, v) => s with { LogFlushIntervalMessages = Number(v) }),
        ("log.index.interval.bytes", (s, v) => s with { LogIndexIntervalBytes = (int)Number(v) }),
        ("log.message.timestamp.type", (s, v) => s with { LogMessageTimestampType = v }),
        ("log.retention.bytes", (s, v) => s with { LogRetentionBytes = Number(v) }),
        ("log.retention.ms", (s, v) => s with { LogRetentionMs = Number(v) }),
        ("log.roll.ms", (s, v) => s with { LogRollMs = Number(v) }),
        ("log.segment.bytes", (s, v) => s with { LogSegmentBytes = (int)Number(v) }),
        ("message.max.bytes", (s, v) => s with { MessageMaxBytes = (int)Number(v) }),
    }.ToImmutableSortedDictionary(c => c.Name, c => c.With, StringComparer.Ordinal);

    /// <summary>Whether a setting may change while the broker runs.</summary>
    public static bool IsDynamic(string name) => Known.ContainsKey(name);

    /// <summary>What is wrong with a value; null if nothing is.</summary>
    public static string? Refuse(string name, string? value) =>
        !IsDynamic(name) ? $"Cannot update {name} dynamically: it is the file's. Change it there and start the broker anew; {string.Join(", ", Known.Keys)} change while brokers run."
        : value is null || !TopicSetting.All.First(s => s.BrokerName == name).IsAllowed(value) ? $"Invalid value {value} for configuration {name}." : null;

    /// <summary>A broker's settings under what the ensemble says, the later over the earlier. A value that isn't allowed counts as not said: others may write znodes too.</summary>
    public static BrokerSettings Over(BrokerSettings file, params ReadOnlySpan<ImmutableSortedDictionary<string, string>> layers)
    {
        foreach (var layer in layers)
            foreach (var (name, value) in layer)
                if (Refuse(name, value) is null) file = Known[name](file, value);
        return file;
    }

    private static long Number(string value) => long.Parse(value, CultureInfo.InvariantCulture);
}
