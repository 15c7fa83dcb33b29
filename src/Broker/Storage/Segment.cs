using System.Globalization;
using Reference.Broker.Hosting;

namespace Reference.Broker.Storage;

/// <summary>A stretch of a partition log: <c>%020d.log</c> with the batches, <c>.index</c> and <c>.timeindex</c>, all named for the first offset.</summary>
internal sealed class Segment : IDisposable
{
    private readonly IDisk _disk;
    private int _sinceIndexed;          // bytes of log since the indexes' last entry
    private long _maxTimestampOffset;   // last offset of the batch that brought MaxTimestamp

    private Segment(IDisk disk, string folder, long baseOffset, bool create)
    {
        _disk = disk;
        (Folder, BaseOffset, NextOffset, _maxTimestampOffset) = (folder, baseOffset, baseOffset, baseOffset);
        Log = disk.Open(PathOf(folder, baseOffset, LogSuffix), create);
        OffsetIndex = new(disk.Open(PathOf(folder, baseOffset, IndexSuffix), create: true), baseOffset);
        TimeIndex = new(disk.Open(PathOf(folder, baseOffset, TimeIndexSuffix), create: true), baseOffset);
    }

    internal const string LogSuffix = ".log", IndexSuffix = ".index", TimeIndexSuffix = ".timeindex";

    public string Folder { get; }

    /// <summary>The offset that the files are named for: no record here is before it.</summary>
    public long BaseOffset { get; }

    /// <summary>The offset after the last record.</summary>
    public long NextOffset { get; private set; }

    /// <summary>The log file's length in bytes.</summary>
    public int Size { get; private set; }

    /// <summary>Up to here the file was there when the process began: it's checked when it's read. What this process appended was checked then.</summary>
    public int Inherited { get; private set; }

    /// <summary>The largest timestamp of its records; −1 if there is none.</summary>
    public long MaxTimestamp { get; private set; } = -1;

    /// <summary>The largest timestamp of its first batch, from which <c>segment.ms</c> counts; −1 if it's not known.</summary>
    public long FirstTimestamp { get; private set; } = -1;

    public IFile Log { get; }

    public OffsetIndex OffsetIndex { get; }

    public TimeIndex TimeIndex { get; }

    /// <summary>The log file's path, for messages to people.</summary>
    public string FullPath => Path.Combine(_disk.Root, Log.Path);

    /// <summary>A new segment without records; or, if <paramref name="keep"/>, one whose file is there, and whose batches are to be counted.</summary>
    public static Segment Create(IDisk disk, string folder, long baseOffset, bool keep = false)
    {
        var segment = new Segment(disk, folder, baseOffset, create: !keep);
        if (!keep) segment.Log.SetLength(0);
        segment.OffsetIndex.Keep(0);
        segment.TimeIndex.Keep(0);
        return segment;
    }

    /// <summary>The segment that's on disk; its end isn't known before <see cref="SegmentRecovery"/> has looked.</summary>
    public static Segment Open(IDisk disk, string folder, long baseOffset)
    {
        var segment = new Segment(disk, folder, baseOffset, create: false);
        segment.Inherited = checked((int)segment.Log.Length);
        return segment;
    }

    public static string PathOf(string folder, long baseOffset, string suffix) => string.Create(CultureInfo.InvariantCulture, $"{folder}/{baseOffset:D20}{suffix}");

    /// <summary>Appends whole batches; the indexes get an entry a batch, every <paramref name="indexInterval"/> bytes.</summary>
    public void Append(ReadOnlySpan<byte> batches, int indexInterval)
    {
        Log.Write(Size, batches);
        while (batches.Length > 0)
        {
            var batch = new RecordBatch(batches);
            var size = batch.Size;
            Count(batch.LastOffset, batch.MaxTimestamp, Size, size, indexInterval);
            batches = batches[size..];
        }
    }

    /// <summary>Takes note of a batch that is in the file at <paramref name="position"/>, the segment's end so far.</summary>
    public void Count(long lastOffset, long maxTimestamp, int position, int size, int indexInterval)
    {
        if (position == 0) FirstTimestamp = maxTimestamp;
        if (maxTimestamp > MaxTimestamp) (MaxTimestamp, _maxTimestampOffset) = (maxTimestamp, lastOffset);
        if (_sinceIndexed > indexInterval)
        {
            OffsetIndex.Add(lastOffset, position);
            TimeIndex.Add(MaxTimestamp, _maxTimestampOffset);
            _sinceIndexed = 0;
        }
        _sinceIndexed += size;
        Size = position + size;
        NextOffset = lastOffset + 1;
    }

    /// <summary>Takes the end that recovery found in a segment whose indexes are good: nothing before it was counted.</summary>
    public void Resume(int size, long nextOffset, long firstTimestamp)
    {
        (Size, NextOffset, FirstTimestamp) = (size, nextOffset, firstTimestamp);
        (MaxTimestamp, _maxTimestampOffset) = TimeIndex.Last;
    }

    /// <summary>Takes note of a timestamp beyond the time index's last entry.</summary>
    public void Note(long maxTimestamp, long lastOffset)
    {
        if (maxTimestamp > MaxTimestamp) (MaxTimestamp, _maxTimestampOffset) = (maxTimestamp, lastOffset);
    }

    /// <summary>Forgets what was counted and indexed, to count again from the start of the file.</summary>
    public void Forget()
    {
        (Size, NextOffset, MaxTimestamp, FirstTimestamp, _maxTimestampOffset, _sinceIndexed) = (0, BaseOffset, -1, -1, BaseOffset, 0);
        OffsetIndex.Keep(0);
        TimeIndex.Keep(0);
    }

    /// <summary>Cuts off what lies in the file behind the batches that were counted.</summary>
    public void CutTail()
    {
        Log.SetLength(Size);
        Inherited = Math.Min(Inherited, Size);
    }

    /// <summary>Removes the batches that hold <paramref name="offset"/> or later ones.</summary>
    public void Truncate(long offset)
    {
        OffsetIndex.Truncate(offset);
        TimeIndex.Truncate(offset);
        (MaxTimestamp, _maxTimestampOffset) = TimeIndex.Last;
        using var scanner = new BatchScanner(this, OffsetIndex.PositionBefore(offset));
        long next = Math.Min(NextOffset, offset);
        if (scanner.Position == 0) next = BaseOffset;
        while (scanner.MoveNext(verify: false))
        {
            if (scanner.LastOffset >= offset)
            {
                if (scanner.BaseOffset >= offset) next = offset;        // compaction may have left a gap before it
                break;
            }
            next = scanner.LastOffset + 1;
            Note(scanner.MaxTimestamp, scanner.LastOffset);
        }
        (Size, NextOffset) = (scanner.Position, next);
        if (Size == 0) FirstTimestamp = -1;
        CutTail();
    }

    /// <summary>Closes the indexes' books when the segment takes no more: its last timestamp is findable.</summary>
    public void Seal() => TimeIndex.Add(MaxTimestamp, _maxTimestampOffset);

    /// <summary>Makes all of it durable.</summary>
    public void Flush()
    {
        Log.Flush();
        OffsetIndex.Flush();
        TimeIndex.Flush();
    }

    /// <summary>Closes and deletes the files.</summary>
    public void Delete()
    {
        Dispose();
        foreach (var suffix in (ReadOnlySpan<string>)[LogSuffix, IndexSuffix, TimeIndexSuffix]) _disk.Delete(PathOf(Folder, BaseOffset, suffix));
    }

    public void Dispose()
    {
        Log.Dispose();
        OffsetIndex.Dispose();
        TimeIndex.Dispose();
    }
}
