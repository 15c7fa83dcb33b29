using System.Globalization;
using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;

namespace Reference.Broker.Storage;

public sealed partial class PartitionLog
{
    /// <summary>Opens the log in <paramref name="folder"/>, or makes a new one.</summary>
    /// <param name="stoppedInOrder">Whether the last process that had it closed it. If not, what lies at or beyond <paramref name="recoveryPoint"/> is read and summed, and a torn tail is cut off.</param>
    /// <param name="recoveryPoint">All below is durable.</param>
    /// <param name="startOffset">The first offset that may be read, if it's later than the first there.</param>
    /// <exception cref="CorruptFileException">Something is wrong that no interrupted write explains.</exception>
    [Rule("LOG-RECOVER-3")]
    public static PartitionLog Open(IDisk disk, IClock clock, string folder, LogSettings settings, bool stoppedInOrder, long recoveryPoint, long startOffset, ILogger log)
    {
        disk.CreateFolder(folder);
        var bases = BaseOffsets(disk, folder);
        var epochs = LeaderEpochFile.Open(disk, folder);
        var segments = bases.Select(baseOffset => Segment.Open(disk, folder, baseOffset)).ToList();
        var found = new List<(int Epoch, long StartOffset)>();
        for (var i = 0; i < segments.Count; i++)
        {
            if (stoppedInOrder || (i + 1 < segments.Count && segments[i + 1].BaseOffset <= recoveryPoint)) SegmentRecovery.Trust(segments[i], settings);
            else SegmentRecovery.Rebuild(segments[i], settings, recoveryPoint, segments.Skip(i + 1).All(later => later.Log.Length == 0), Find, log);
        }
        for (var i = 1; i < segments.Count;)
        {
            if (segments[i].BaseOffset >= segments[i - 1].NextOffset || segments[i].NextOffset > segments[i - 1].NextOffset) i++;
            else
            {
                segments[i].Delete();       // compacted into the one before it, which is in place
                segments.RemoveAt(i);
            }
        }
        while (segments.Count > 1 && segments[^1].Size == 0 && segments[^2].NextOffset < segments[^1].BaseOffset)
        {
            segments[^1].Delete();      // made by a roll whose records never arrived: the tail before it was torn
            segments.RemoveAt(segments.Count - 1);
        }
        if (segments.Count == 0) segments.Add(Segment.Create(disk, folder, startOffset));

        var opened = new PartitionLog(disk, clock, folder, settings, segments, epochs, startOffset, stoppedInOrder ? long.MaxValue : recoveryPoint);
        foreach (var (epoch, offset) in found) if (epoch > epochs.LastBefore(opened.EndOffset)) epochs.Assign(epoch, offset);
        return opened;

        void Find(int epoch, long baseOffset)
        {
            if (epoch > (found.Count == 0 ? -1 : found[^1].Epoch)) found.Add((epoch, baseOffset));
        }
    }

    private static List<long> BaseOffsets(IDisk disk, string folder)
    {
        var bases = new List<long>();
        var names = disk.List(folder);
        foreach (var name in names.Where(name => name.EndsWith(Segment.LogSuffix, StringComparison.Ordinal)))
        {
            if (long.TryParse(name.AsSpan(0, name.Length - Segment.LogSuffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var baseOffset)) bases.Add(baseOffset);
        }
        foreach (var name in names.Where(IsLeftOver)) disk.Delete($"{folder}/{name}");
        bases.Sort();
        return bases;

        bool IsLeftOver(string name) =>
            name.EndsWith(".deleted", StringComparison.Ordinal) || name.EndsWith(".tmp", StringComparison.Ordinal) || name.EndsWith(LogCompaction.Suffix, StringComparison.Ordinal)
            || (name.EndsWith("index", StringComparison.Ordinal) && !names.Contains(name[..name.IndexOf('.', StringComparison.Ordinal)] + Segment.LogSuffix));
    }
}
