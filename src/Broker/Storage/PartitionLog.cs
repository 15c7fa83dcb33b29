using System.Buffers;
using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Replication.Replicas;

namespace Reference.Broker.Storage;

/// <summary>One partition's records on disk: segments in order, the last of which grows. Belongs to one loop; no two threads at a time.</summary>
/// <remarks>
/// The folder is <c>topic-partition</c>, in Kafka's format throughout. Appends go to the page cache; <see cref="BeginFlush"/> makes them durable, and
/// <see cref="RecoveryPoint"/> says up to where that is known.
/// </remarks>
public sealed partial class PartitionLog : IDisposable
{
    private readonly IDisk _disk;
    private readonly IClock _clock;
    private readonly List<Segment> _segments;
    private readonly ReadCursors _cursors = new();
    private long _activeSinceMs;        // when the last segment was made
    private int _truncations;

    private PartitionLog(IDisk disk, IClock clock, string folder, LogSettings settings, List<Segment> segments, LeaderEpochFile epochs, long startOffset, long recoveryPoint)
    {
        (_disk, _clock, Folder, Settings, _segments, Epochs) = (disk, clock, folder, settings, segments, epochs);
        StartOffset = Math.Max(startOffset, segments[0].BaseOffset);
        RecoveryPoint = Math.Min(recoveryPoint, EndOffset);
        _activeSinceMs = clock.WallMs;
    }

    /// <summary>The folder's name under the log directory.</summary>
    public string Folder { get; private set; }

    /// <summary>What the topic's configuration says; may be replaced at any time.</summary>
    public LogSettings Settings { get; set; }

    /// <summary>The first offset that may be read.</summary>
    public long StartOffset { get; private set; }

    /// <summary>The offset that the next record gets.</summary>
    public long EndOffset => Active.NextOffset;

    /// <summary>All below is durable.</summary>
    public long RecoveryPoint { get; private set; }

    /// <summary>The leader epochs and where each began.</summary>
    public LeaderEpochFile Epochs { get; }

    /// <summary>Bytes in all segments.</summary>
    public long Size => _segments.Sum(segment => (long)segment.Size);

    /// <summary>The segments, as retention looks at them.</summary>
    public IReadOnlyList<SegmentShape> Shapes => [.. _segments.Select(segment => new SegmentShape(segment.NextOffset, segment.Size, segment.MaxTimestamp))];

    /// <summary>How many segments.</summary>
    public int SegmentCount => _segments.Count;

    private Segment Active => _segments[^1];

    /// <summary>Appends batches whose offsets are in place, beginning at or beyond <see cref="EndOffset"/>.</summary>
    /// <remarks>Each was checked by <see cref="BatchCheck"/>. One write for all, in one segment.</remarks>
    public void Append(ReadOnlySpan<byte> batches)
    {
        var first = new RecordBatch(batches);
        if (first.BaseOffset < EndOffset) throw new ArgumentException($"{Folder}: {first.ToString()} doesn't follow the log's end {EndOffset}", nameof(batches));
        if (MustRoll(first, batches.Length)) Roll(first.BaseOffset);
        Active.Append(batches, Settings.IndexIntervalBytes);
        NoteProducers(batches);
    }

    /// <summary>Reads whole batches, from the one that holds <paramref name="offset"/> on, all of whose records are below <paramref name="below"/>.</summary>
    /// <param name="offset">At least <see cref="StartOffset"/>, at most <see cref="EndOffset"/>.</param>
    /// <param name="maxBytes">Bytes to read at most.</param>
    /// <param name="firstWhatever">Whether the first batch is read even if it's larger.</param>
    /// <param name="below">The high watermark for consumers, the log's end for followers.</param>
    /// <exception cref="CorruptFileException">A batch that was written before this process began fails its checksum.</exception>
    [Rule("LOG-READ-1"), Rule("LOG-READ-2")]
    public RecordSlice Read(long offset, int maxBytes, bool firstWhatever, long below)
    {
        if (offset >= Math.Min(below, EndOffset)) return RecordSlice.Empty;
        for (var at = IndexOf(offset); at < _segments.Count; at++)
        {
            var segment = _segments[at];
            if (!_cursors.TryFind(segment, offset, out var position)) position = PositionOf(segment, offset);
            if (position < segment.Size) return Read(segment, position, maxBytes, firstWhatever, below);
        }
        return RecordSlice.Empty;
    }

    /// <summary>Removes the batches that hold <paramref name="offset"/> or later ones, and epochs that begin there. Durable when done.</summary>
    public void TruncateTo(long offset)
    {
        Epochs.TruncateFromEnd(offset);
        if (offset >= EndOffset) return;
        _truncations++;
        _producers = null;
        _passes = [];
        _cursors.Clear();
        while (_segments.Count > 1 && Active.BaseOffset >= offset) DeleteLast();
        if (offset <= StartOffset) ReplaceAll(offset);
        else Active.Truncate(offset);
        Active.Log.Flush();
        RecoveryPoint = Math.Min(RecoveryPoint, EndOffset);
        StartOffset = Math.Min(StartOffset, EndOffset);
    }

    /// <summary>Removes all; the next record gets <paramref name="offset"/>. Durable when done.</summary>
    public void RestartAt(long offset)
    {
        _truncations++;
        _producers = null;
        _passes = [];
        _cursors.Clear();
        ReplaceAll(offset);
        (StartOffset, RecoveryPoint) = (offset, offset);
        Epochs.Clear();
    }

    /// <summary>Raises the first offset that may be read; whole segments below it go, and the last one too, for a new one, if nothing is left of it.</summary>
    public void RaiseStart(long offset)
    {
        if (offset <= StartOffset) return;
        StartOffset = Math.Min(offset, EndOffset);
        if (StartOffset == EndOffset && Active.Size > 0) Roll(EndOffset);
        while (_segments.Count > 1 && _segments[1].BaseOffset <= StartOffset)
        {
            _cursors.Clear();
            _segments[0].Delete();
            _segments.RemoveAt(0);
        }
        Epochs.TruncateFromStart(StartOffset);
    }

    /// <summary>Makes all that's appended by now durable, on another thread. Told to <see cref="MarkFlushed"/>, by whoever owns the log, once the task has completed.</summary>
    public (Task Done, FlushPoint Point) BeginFlush()
    {
        return (FlushAsync([.. _segments[IndexOf(RecoveryPoint)..]]), new(EndOffset, _truncations));
    }

    /// <summary>A flush is complete: moves <see cref="RecoveryPoint"/>, unless the log was truncated since the flush began.</summary>
    /// <returns>Whether it counts.</returns>
    public bool MarkFlushed(FlushPoint point)
    {
        if (point.Truncations != _truncations) return false;
        RecoveryPoint = Math.Max(RecoveryPoint, point.Offset);
        return true;
    }

    /// <summary>Makes all durable, now.</summary>
    public void Flush()
    {
        foreach (var segment in _segments) if (segment.NextOffset > RecoveryPoint) segment.Flush();
        RecoveryPoint = EndOffset;
    }

    /// <summary>Closes the books of the last segment's indexes, as a segment that takes no more; before a shutdown in order.</summary>
    public void Seal() => Active.Seal();

    /// <summary>Closes the files and moves the folder aside, to be deleted with <see cref="LogFolder"/>'s leave.</summary>
    internal string SetAside(string to)
    {
        Dispose();
        _disk.RenameFolder(Folder, to);
        return Folder = to;
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var segment in _segments) segment.Dispose();
    }

    private static async Task FlushAsync(Segment[] segments)
    {
        foreach (var segment in segments)
        {
            try
            {
                await segment.Log.FlushAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // Retention dropped this segment meanwhile, and those behind it still count; or the log was truncated or deleted, and the flush doesn't count any more.
            }
        }
    }

    private RecordSlice Read(Segment segment, int position, int maxBytes, bool firstWhatever, long below)
    {
        var length = Math.Min(Math.Max(maxBytes, 0), segment.Size - position);
        if (firstWhatever) length = Math.Max(length, SizeAt(segment, position));
        if (length < RecordBatch.HeaderSize) return RecordSlice.Empty;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        var there = buffer.AsSpan(0, segment.Log.Read(position, buffer.AsSpan(0, length)));
        var whole = 0;
        long next = 0;
        while (there.Length - whole >= RecordBatch.HeaderSize)
        {
            var batch = new RecordBatch(there[whole..]);
            if (batch.NextOffset > below) break;
            if (position + whole < segment.Inherited)
            {
                var size = (long)RecordBatch.LengthEnd + Math.Max(batch.Size - RecordBatch.LengthEnd, 0);
                if (size > there.Length - whole && position + whole + size <= segment.Size) break;
                if (BatchCheck.OfLog(there[whole..]) != BatchFault.None)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    throw SegmentRecovery.Corrupt(segment, position + whole, "a batch doesn't fit its CRC-32C");
                }
            }
            if (batch.Size > there.Length - whole) break;
            whole += batch.Size;
            next = batch.NextOffset;
        }
        if (whole > 0)
        {
            _cursors.Remember(segment, next, position + whole);
            return new(buffer, whole);
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return RecordSlice.Empty;
    }

    /// <summary>Where the batch that holds <paramref name="offset"/>, or the first later one, begins; the segment's size if there is none.</summary>
    private static int PositionOf(Segment segment, long offset)
    {
        using var scanner = new BatchScanner(segment, segment.OffsetIndex.PositionBefore(offset));
        while (scanner.MoveNext(verify: false)) if (scanner.LastOffset >= offset) return scanner.Position;
        return scanner.Fault is { } fault ? throw SegmentRecovery.Corrupt(segment, scanner.Position, fault) : segment.Size;
    }

    private static int SizeAt(Segment segment, int position)
    {
        Span<byte> header = stackalloc byte[RecordBatch.LengthEnd];
        segment.Log.Read(position, header);
        var size = new RecordBatch(header).Size;
        return size >= RecordBatch.HeaderSize && size <= segment.Size - position ? size
            : throw SegmentRecovery.Corrupt(segment, position, $"a batch's size of {size} bytes");
    }

    /// <summary>The index of the last segment that begins at or before <paramref name="offset"/>.</summary>
    private int IndexOf(long offset)
    {
        var at = _segments.Count - 1;
        while (at > 0 && _segments[at].BaseOffset > offset) at--;
        return at;
    }

    [Rule("LOG-ROLL-1")]
    private bool MustRoll(RecordBatch first, int bytes)
    {
        if (Active.Size == 0) return false;
        if (bytes > Settings.SegmentBytes - Active.Size) return true;
        if (first.LastOffset + int.MaxValue / 2 - Active.BaseOffset > int.MaxValue) return true;
        var waited = Active.FirstTimestamp >= 0 && first.MaxTimestamp >= 0 ? first.MaxTimestamp - Active.FirstTimestamp : _clock.WallMs - _activeSinceMs;
        return waited > Settings.SegmentMs;
    }

    private void Roll(long baseOffset)
    {
        Active.Seal();
        Active.OffsetIndex.Flush();
        Active.TimeIndex.Flush();
        _segments.Add(Segment.Create(_disk, Folder, baseOffset));
        _activeSinceMs = _clock.WallMs;
        _disk.FlushFolder(Folder);
    }

    private void DeleteLast()
    {
        Active.Delete();
        _segments.RemoveAt(_segments.Count - 1);
        _disk.FlushFolder(Folder);
    }

    private void ReplaceAll(long offset)
    {
        while (_segments.Count > 0) DeleteLast();
        _segments.Add(Segment.Create(_disk, Folder, offset));
        _disk.FlushFolder(Folder);
    }
}

/// <summary>What a flush under way will have made durable.</summary>
/// <param name="Offset">All below it.</param>
/// <param name="Truncations">How often the log had been truncated when it began.</param>
public readonly record struct FlushPoint(long Offset, int Truncations);
