using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;

namespace Reference.Broker.Storage;

/// <summary>Finds a segment's end at start, and what is wrong with it.</summary>
internal static class SegmentRecovery
{
    private const string Remedy = "Stop the broker, remove this partition's folder and start again: the partition is copied from the other replicas.";

    /// <summary>Opens a segment that was closed in order, or whose records are durable: the indexes are trusted if they fit, and so is all but the last stretch of the log.</summary>
    /// <exception cref="CorruptFileException">The end of the log isn't a whole batch.</exception>
    public static void Trust(Segment segment, LogSettings settings)
    {
        var length = segment.Log.Length;
        if (!segment.OffsetIndex.IsWhole || !segment.TimeIndex.IsWhole || !segment.OffsetIndex.Fits(length) || (length > settings.IndexIntervalBytes && segment.TimeIndex.Count == 0))
        {
            Scan(segment, settings, (_, _) => { });
            return;
        }

        using var scanner = new BatchScanner(segment, segment.OffsetIndex.PositionBefore(long.MaxValue));
        long next = segment.BaseOffset, youngest = -1;
        while (scanner.MoveNext(verify: true)) (next, youngest) = (scanner.LastOffset + 1, Math.Max(youngest, scanner.MaxTimestamp));
        if (scanner.Fault is { } fault) throw Corrupt(segment, scanner.Position, fault);
        segment.Resume(scanner.Position, next, FirstTimestamp(segment));
        segment.Note(youngest, next - 1);
    }

    /// <summary>Reads and sums a whole segment of which nobody knows that it's durable; makes its indexes anew; cuts a torn tail off. True if the tail was torn.</summary>
    /// <param name="recoveryPoint">Below this offset all was made durable: nothing can be torn there.</param>
    /// <param name="isLast">Whether no later segment holds a batch.</param>
    /// <exception cref="CorruptFileException">Something is wrong that no interrupted write explains: below the recovery point, or before a whole batch.</exception>
    [Rule("LOG-RECOVER-1"), Rule("LOG-RECOVER-2")]
    public static bool Rebuild(Segment segment, LogSettings settings, long recoveryPoint, bool isLast, Action<int, long> onBatch, ILogger log)
    {
        using var scanner = Scanned(segment, settings, onBatch);
        if (scanner.Fault is not { } fault) return false;
        if (segment.NextOffset < recoveryPoint || !isLast || scanner.AnyAfter(segment.NextOffset)) throw Corrupt(segment, scanner.Position, fault);

        log.LogWarning("{File}: torn tail at {Offset}, {Fault}: cut off {Bytes} bytes; the log ends at offset {EndOffset}",
            segment.FullPath, scanner.Position, fault, segment.Log.Length - scanner.Position, segment.NextOffset);
        segment.CutTail();
        return true;
    }

    /// <summary>What to throw when something is wrong at <paramref name="position"/>.</summary>
    public static CorruptFileException Corrupt(Segment segment, long position, string what) => new(segment.FullPath, position, what, Remedy);

    private static void Scan(Segment segment, LogSettings settings, Action<int, long> onBatch)
    {
        using var scanner = Scanned(segment, settings, onBatch);
        if (scanner.Fault is { } fault) throw Corrupt(segment, scanner.Position, fault);
    }

    private static BatchScanner Scanned(Segment segment, LogSettings settings, Action<int, long> onBatch)
    {
        segment.Forget();
        var scanner = new BatchScanner(segment, 0);
        while (scanner.MoveNext(verify: true))
        {
            if (scanner.BaseOffset < segment.NextOffset) throw Corrupt(segment, scanner.Position, $"offset {scanner.BaseOffset} again, after {segment.NextOffset - 1}");
            onBatch(scanner.LeaderEpoch, scanner.BaseOffset);
            segment.Count(scanner.LastOffset, scanner.MaxTimestamp, scanner.Position, scanner.Size, settings.IndexIntervalBytes);
        }
        return scanner;
    }

    private static long FirstTimestamp(Segment segment)
    {
        using var scanner = new BatchScanner(segment, 0);
        return scanner.MoveNext(verify: false) ? scanner.MaxTimestamp : -1;
    }
}
