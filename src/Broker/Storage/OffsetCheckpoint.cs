using System.Globalization;
using Reference.Broker.Hosting;
using Reference.Replication;

namespace Reference.Broker.Storage;

/// <summary>A file of an offset for each partition: <c>recovery-point-offset-checkpoint</c> and its like.</summary>
/// <remarks>Text: version 0, the number of entries, then <c>topic partition offset</c> lines.</remarks>
internal static class OffsetCheckpoint
{
    public const string RecoveryPoint = "recovery-point-offset-checkpoint",
        HighWatermark = "replication-offset-checkpoint",
        LogStart = "log-start-offset-checkpoint";

    /// <summary>The offsets of a file; none if it's missing.</summary>
    /// <exception cref="CorruptFileException">Not of the format.</exception>
    public static Dictionary<PartitionId, long> Read(IDisk disk, string path)
    {
        var offsets = new Dictionary<PartitionId, long>();
        foreach (var (values, at) in CheckpointText.Read(disk, path))
        {
            if (values is not [var topic, var partition, var offset]
                || !int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var p)
                || !long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var o))
                throw CheckpointText.Corrupt(disk, path, at, "a line that isn't a topic, a partition and an offset");
            offsets[new(topic, p)] = o;
        }
        return offsets;
    }

    /// <summary>The text of a file with <paramref name="offsets"/>.</summary>
    public static string Format(IEnumerable<KeyValuePair<PartitionId, long>> offsets) =>
        CheckpointText.Format(offsets.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key.Topic} {entry.Key.Partition} {entry.Value}")));
}
