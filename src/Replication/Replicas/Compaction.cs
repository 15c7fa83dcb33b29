namespace Reference.Replication.Replicas;

/// <summary>When a log is compacted, and what of it goes.</summary>
/// <param name="MinDirtyRatio">min.cleanable.dirty.ratio: the part of the log that must be dirty, from 0 to 1.</param>
/// <param name="MinLagMs">min.compaction.lag.ms: younger records are left alone.</param>
/// <param name="TombstonesKeptMs">delete.retention.ms: how long after it was first compacted a tombstone stays, so that whoever reads from the start meets it.</param>
public readonly record struct CompactionSettings(double MinDirtyRatio, long MinLagMs, long TombstonesKeptMs);

/// <summary>What was compacted when: all below an offset, at a time.</summary>
public readonly record struct Compacted(long UpTo, long AtMs);

/// <summary>Compaction: of the records with the same key the latest stays.</summary>
public static class Compaction
{
    /// <summary>How many of a log's segments, from the oldest on, are to be compacted now; none if it isn't worth while.</summary>
    /// <param name="segments">All segments, oldest first; the last one grows, and is never compacted.</param>
    /// <param name="dirtyFrom">Below this offset all was compacted before.</param>
    /// <param name="settings">When and what.</param>
    /// <param name="nowMs">Wall time, in ms since the epoch of Unix.</param>
    /// <param name="upTo">No record at or above this may be touched: it isn't committed, or not on disk.</param>
    [Rule("LOG-COMPACT-1")]
    public static int Cleanable(IReadOnlyList<SegmentShape> segments, long dirtyFrom, CompactionSettings settings, long nowMs, long upTo)
    {
        var count = 0;
        long dirty = 0, all = 0;
        for (var isDirty = false; count < segments.Count - 1; count++)
        {
            var segment = segments[count];
            isDirty |= segment.EndOffset > dirtyFrom;
            if (segment.EndOffset > upTo || (isDirty && settings.MinLagMs > 0 && nowMs - segment.MaxTimestampMs < settings.MinLagMs)) break;
            all += segment.Bytes;
            if (isDirty) dirty += segment.Bytes;
        }
        return dirty > 0 && dirty >= settings.MinDirtyRatio * all ? count : 0;
    }

    /// <summary>Whether a record stays: the latest of its key does, unless it is a tombstone that was there long enough; one without a key does.</summary>
    /// <param name="offset">The record's.</param>
    /// <param name="latestOfKey">The largest offset that its key is known to have; −1: the record has no key, or none is known.</param>
    /// <param name="isTombstone">Whether it has a key and no value.</param>
    /// <param name="tombstonesBelow">Below this offset tombstones go.</param>
    [Rule("LOG-COMPACT-2")]
    public static bool Keeps(long offset, long latestOfKey, bool isTombstone, long tombstonesBelow) => offset >= latestOfKey && !(isTombstone && offset < tombstonesBelow);

    /// <summary>Below which offset tombstones go: what was compacted at least delete.retention.ms ago.</summary>
    [Rule("LOG-COMPACT-3")]
    public static long TombstonesBelow(IEnumerable<Compacted> passes, long keptMs, long nowMs) =>
        passes.Where(pass => nowMs - pass.AtMs >= keptMs).Select(pass => pass.UpTo).DefaultIfEmpty(0).Max();
}
