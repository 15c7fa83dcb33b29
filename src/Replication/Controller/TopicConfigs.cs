using System.Globalization;

namespace Reference.Replication.Control;

/// <summary>The settings that a topic may have, with the values that each may take.</summary>
public static class TopicConfigs
{
    public const string MinInsyncReplicas = "min.insync.replicas";
    public const string UncleanLeaderElection = "unclean.leader.election.enable";

    private static readonly ImmutableSortedDictionary<string, Func<string, string?>> Known = new (string Name, Func<string, string?> Refuse)[]
    {
        ("cleanup.policy", v => v.Split(',').All(p => p.Trim() is "delete" or "compact") ? null : "delete, compact or both"),
        ("compression.type", OneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")),
        ("delete.retention.ms", AtLeast(0)),
        ("file.delete.delay.ms", AtLeast(0)),
        ("flush.messages", AtLeast(0)),
        ("flush.ms", AtLeast(0)),
        ("follower.replication.throttled.replicas", _ => null),
        ("index.interval.bytes", AtLeast(0, int.MaxValue)),
        ("leader.replication.throttled.replicas", _ => null),
        ("max.compaction.lag.ms", AtLeast(1)),
        ("max.message.bytes", AtLeast(0, int.MaxValue)),
        ("message.downconversion.enable", OneOf("true", "false")),
        ("message.format.version", _ => null),
        ("message.timestamp.difference.max.ms", AtLeast(0)),
        ("message.timestamp.type", OneOf("CreateTime", "LogAppendTime")),
        ("min.cleanable.dirty.ratio", v => double.TryParse(v, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var r) && r is >= 0 and <= 1 ? null : "a number from 0 to 1"),
        ("min.compaction.lag.ms", AtLeast(0)),
        (MinInsyncReplicas, AtLeast(1, int.MaxValue)),
        ("preallocate", OneOf("true", "false")),
        ("retention.bytes", AtLeast(-1)),
        ("retention.ms", AtLeast(-1)),
        ("segment.bytes", AtLeast(14, int.MaxValue)),
        ("segment.index.bytes", AtLeast(0, int.MaxValue)),
        ("segment.jitter.ms", AtLeast(0)),
        ("segment.ms", AtLeast(1)),
        (UncleanLeaderElection, OneOf("true", "false")),
    }.ToImmutableSortedDictionary(c => c.Name, c => c.Refuse, StringComparer.Ordinal);

    /// <summary>The names that are known.</summary>
    public static IEnumerable<string> Names => Known.Keys;

    /// <summary>What is wrong with a setting; null if nothing is.</summary>
    [Rule("CTRL-TOPIC-6")]
    public static string? Refuse(string name, string? value)
    {
        if (!Known.TryGetValue(name, out var refuse)) return $"Unknown topic config name: {name}.";
        if (value is null) return $"Null value not supported for topic configs: {name}.";
        return refuse(value) is { } allowed ? $"Invalid value {value} for configuration {name}: must be {allowed}." : null;
    }

    private static Func<string, string?> OneOf(params string[] values) => value => values.Contains(value) ? null : $"one of {string.Join(", ", values)}";

    private static Func<string, string?> AtLeast(long least, long most = long.MaxValue) => value =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? null : $"a whole number of at least {least}{(most == long.MaxValue ? "" : $" and at most {most}")}";
}
