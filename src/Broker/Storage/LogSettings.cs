using Reference.Broker.Kafka;
using Reference.Replication.Replicas;

namespace Reference.Broker.Storage;

/// <summary>What a topic's logs are told, by the names of Kafka's topic configuration.</summary>
public sealed record LogSettings
{
    /// <summary><c>segment.bytes</c></summary>
    public int SegmentBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary><c>segment.ms</c>, by the records' own timestamps.</summary>
    public long SegmentMs { get; init; } = 168L * 3600 * 1000;

    /// <summary><c>index.interval.bytes</c>: log between two entries of the indexes.</summary>
    public int IndexIntervalBytes { get; init; } = 4096;

    /// <summary><c>max.message.bytes</c> of one batch.</summary>
    public int MaxMessageBytes { get; init; } = 1024 * 1024 + 12;

    /// <summary><c>message.timestamp.type</c> is LogAppendTime.</summary>
    public bool LogAppendTime { get; init; }

    /// <summary><c>flush.messages</c>: records after which the log is made durable; long.MaxValue leaves it to the operating system.</summary>
    public long FlushMessages { get; init; } = long.MaxValue;

    /// <summary>Whether <c>cleanup.policy</c> names delete: retention binds the log.</summary>
    public bool Deletes { get; init; } = true;

    /// <summary><c>retention.ms</c>; −1: for ever.</summary>
    public long RetentionMs { get; init; } = 168L * 3600 * 1000;

    /// <summary><c>retention.bytes</c>; −1: however large.</summary>
    public long RetentionBytes { get; init; } = -1;

    /// <summary>Whether <c>cleanup.policy</c> names compact.</summary>
    public bool Compacts { get; init; }

    /// <summary><c>min.cleanable.dirty.ratio</c>, <c>min.compaction.lag.ms</c>, <c>delete.retention.ms</c>.</summary>
    public CompactionSettings Compaction { get; init; } = new(0.5, 0, 24L * 3600 * 1000);

    /// <summary>What a topic's settings say.</summary>
    public static LogSettings Of(TopicSettings topic) => new()
    {
        SegmentBytes = topic.SegmentBytes,
        SegmentMs = topic.SegmentMs,
        IndexIntervalBytes = topic.IndexIntervalBytes,
        MaxMessageBytes = topic.MaxMessageBytes,
        LogAppendTime = topic.LogAppendTime,
        FlushMessages = topic.FlushMessages,
        Deletes = topic.Deletes,
        Compacts = topic.Compacts,
        Compaction = new(topic.MinCleanableDirtyRatio, topic.MinCompactionLagMs, topic.DeleteRetentionMs),
        RetentionMs = topic.RetentionMs,
        RetentionBytes = topic.RetentionBytes,
    };
}
