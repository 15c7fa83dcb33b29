namespace Reference.Replication.Replicas;

/// <summary>A segment of a log, as far as retention looks at it.</summary>
/// <param name="EndOffset">The offset after its last record.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="MaxTimestampMs">The largest timestamp of its records, in ms since the epoch of Unix; −1: none has one.</param>
public readonly record struct SegmentShape(long EndOffset, long Bytes, long MaxTimestampMs);

/// <summary>How long records are kept.</summary>
/// <param name="Ms">retention.ms: how old a segment's youngest record may be; −1: any age.</param>
/// <param name="Bytes">retention.bytes: how large the log may be; −1: any size.</param>
public readonly record struct RetentionSettings(long Ms, long Bytes);

/// <summary>Which records a leader drops for their age, or for the log's size.</summary>
public static class Retention
{
    /// <summary>The log start offset that retention leads to: whole segments go, oldest first, while they are too old or the log without them is still large enough.</summary>
    /// <param name="segments">All segments, oldest first; the last one grows.</param>
    /// <param name="start">The log start offset now.</param>
    /// <param name="settings">How long records are kept.</param>
    /// <param name="nowMs">Wall time, in ms since the epoch of Unix.</param>
    /// <param name="deletableUpTo">No record at or above this may go: the high watermark.</param>
    [Rule("LOG-RETAIN-1")]
    public static long StartAfter(IReadOnlyList<SegmentShape> segments, long start, RetentionSettings settings, long nowMs, long deletableUpTo)
    {
        var excess = settings.Bytes < 0 ? -1 : segments.Sum(segment => segment.Bytes) - settings.Bytes;
        foreach (var segment in segments)
        {
            var isOld = settings.Ms >= 0 && segment.MaxTimestampMs >= 0 && nowMs - segment.MaxTimestampMs > settings.Ms;
            if (segment.Bytes == 0 || segment.EndOffset > deletableUpTo || !(isOld || excess >= segment.Bytes)) return start;
            excess -= segment.Bytes;
            start = Math.Max(start, segment.EndOffset);
        }
        return start;
    }

    /// <summary>The first offset that some in-sync replica may still have: what DeleteRecords answers with, and waits for.</summary>
    /// <param name="start">The leader's log start offset.</param>
    /// <param name="me">The leader.</param>
    /// <param name="isr">The in-sync replicas.</param>
    /// <param name="starts">The log start offsets that followers told in this leader epoch.</param>
    [Rule("REPL-READ-4")]
    public static long LowWatermark(long start, BrokerId me, BrokerSet isr, IReadOnlyDictionary<BrokerId, long> starts) =>
        isr.Where(broker => broker != me).Aggregate(start, (low, broker) => Math.Min(low, starts.GetValueOrDefault(broker, -1)));
}
