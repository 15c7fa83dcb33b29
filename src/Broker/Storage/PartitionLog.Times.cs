using System.Buffers;

namespace Reference.Broker.Storage;

public sealed partial class PartitionLog
{
    private const int LargestOpenedBatch = 64 * 1024 * 1024;

    /// <summary>The first record of <paramref name="timestamp"/> or younger, in the order of the log; null if there is none below <paramref name="below"/>.</summary>
    public (long Offset, long Timestamp)? FirstAt(long timestamp, long below)
    {
        foreach (var segment in _segments)
        {
            if (segment.MaxTimestamp < timestamp || segment.NextOffset <= StartOffset) continue;
            var from = Math.Max(StartOffset, segment.TimeIndex.OffsetBefore(timestamp));
            using var scanner = new BatchScanner(segment, segment.OffsetIndex.PositionBefore(from));
            while (scanner.MoveNext(verify: false))
            {
                if (scanner.LastOffset < from || scanner.MaxTimestamp < timestamp) continue;
                if (FirstIn(segment, scanner.Position, scanner.Size, timestamp) is { } found) return found.Offset < below ? found : null;
            }
        }
        return null;
    }

    private (long Offset, long Timestamp)? FirstIn(Segment segment, int position, int size, long timestamp)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var bytes = buffer.AsSpan(0, segment.Log.Read(position, buffer.AsSpan(0, size)));
            if (BatchCheck.OfLog(bytes) != BatchFault.None) throw SegmentRecovery.Corrupt(segment, position, "a batch doesn't fit its CRC-32C");
            var batch = new RecordBatch(bytes);
            var records = new RecordReader(batch, batch.Compression == Compression.None ? batch.Records : Decompression.Of(batch, LargestOpenedBatch));
            while (records.MoveNext()) if (records.Offset >= StartOffset && records.Timestamp >= timestamp) return (records.Offset, records.Timestamp);
            return null;
        }
        catch (InvalidDataException)
        {
            var batch = new RecordBatch(buffer);        // stored as sent; what its codec can't open is still found by its own claim
            return (batch.BaseOffset, batch.MaxTimestamp);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
