using Reference.Replication.Replicas;

namespace Reference.Broker.Storage;

public sealed partial class PartitionLog
{
    private ImmutableArray<Compacted> _passes = [];

    /// <summary>Below this offset each key is there once; 0 after a start.</summary>
    public long DirtyFrom => _passes.IsEmpty ? 0 : _passes[^1].UpTo;

    /// <summary>Begins to compact, on another thread; null if it isn't worth while. Told to <see cref="Replace"/> when the task has completed.</summary>
    /// <param name="upTo">The end of what is committed.</param>
    /// <param name="nowMs">Wall time.</param>
    internal Task<CompactionResult?>? BeginCompaction(long upTo, long nowMs)
    {
        var settings = Settings.Compaction;
        var count = Compaction.Cleanable(Shapes, DirtyFrom, settings, nowMs, Math.Min(upTo, RecoveryPoint));
        if (count == 0) return null;
        var (segments, dirtyFrom, below, truncations) = (_segments[..count].ToImmutableArray(), DirtyFrom, Compaction.TombstonesBelow(_passes, settings.TombstonesKeptMs, nowMs), _truncations);
        var compaction = new LogCompaction(_disk, Folder, Settings.SegmentBytes);
        return Task.Run(() =>
        {
            try
            {
                return (CompactionResult?)new CompactionResult(compaction.Run(segments, dirtyFrom, below), segments[^1].NextOffset, truncations);
            }
            catch (Exception e) when (e is ObjectDisposedException or DirectoryNotFoundException or FileNotFoundException)
            {
                return null;        // the log was cut off, dropped or deleted meanwhile
            }
        });
    }

    /// <summary>Puts what was compacted in the place of what it was made of, unless the log was truncated or a segment dropped meanwhile. Durable when done.</summary>
    /// <returns>By how many bytes the log is smaller.</returns>
    internal long Replace(CompactionResult result, long nowMs)
    {
        var before = Size;
        foreach (var compacted in result.Segments)
        {
            var at = _segments.IndexOf(compacted.Sources[0]);
            if (at < 0 || result.Truncations != _truncations) _disk.Delete(compacted.Path);
            else Replace(at, compacted);
        }
        if (result.Truncations != _truncations) return 0;
        var below = Compaction.TombstonesBelow(_passes, Settings.Compaction.TombstonesKeptMs, nowMs);
        _passes = [.. _passes.Where(pass => pass.UpTo >= below), new(result.UpTo, nowMs)];
        return before - Size;
    }

    /// <summary>First the old indexes go, then the new file takes the first old one's name, then the other old files go: a start in between finds a whole log, and makes the indexes anew.</summary>
    [Rule("LOG-COMPACT-5")]
    private void Replace(int at, CompactedSegment compacted)
    {
        var first = compacted.Sources[0];
        foreach (var source in compacted.Sources)
        {
            source.Dispose();
            _disk.Delete(Segment.PathOf(Folder, source.BaseOffset, Segment.IndexSuffix));
            _disk.Delete(Segment.PathOf(Folder, source.BaseOffset, Segment.TimeIndexSuffix));
        }
        _disk.FlushFolder(Folder);
        _disk.Rename(compacted.Path, Segment.PathOf(Folder, first.BaseOffset, Segment.LogSuffix));
        _disk.FlushFolder(Folder);
        foreach (var source in compacted.Sources[1..]) _disk.Delete(Segment.PathOf(Folder, source.BaseOffset, Segment.LogSuffix));

        var segment = Segment.Create(_disk, Folder, first.BaseOffset, keep: true);
        foreach (var (lastOffset, maxTimestamp, position, size) in compacted.Batches) segment.Count(lastOffset, maxTimestamp, position, size, Settings.IndexIntervalBytes);
        segment.Seal();
        _segments.RemoveRange(at, compacted.Sources.Length);
        _segments.Insert(at, segment);
        _cursors.Clear();
    }
}

/// <summary>What a compaction came to.</summary>
/// <param name="Segments">What is to be put in place.</param>
/// <param name="UpTo">Below this offset each key is there once.</param>
/// <param name="Truncations">How often the log had been truncated when it began.</param>
internal sealed record CompactionResult(ImmutableArray<CompactedSegment> Segments, long UpTo, int Truncations);
