using System.Globalization;
using Reference.Broker.Hosting;

namespace Reference.Broker.Storage;

/// <summary>A log's <c>leader-epoch-checkpoint</c>: each leader epoch of its records and the offset at which it began, both rising.</summary>
/// <remarks>Text: version 0, the number of entries, then <c>epoch offset</c> lines. Rewritten whole with each change, durable before the change is seen.</remarks>
public sealed class LeaderEpochFile
{
    private readonly IDisk _disk;
    private readonly string _path;
    private ImmutableArray<(int Epoch, long StartOffset)> _entries;

    private LeaderEpochFile(IDisk disk, string path, ImmutableArray<(int, long)> entries) => (_disk, _path, _entries) = (disk, path, entries);

    /// <summary>The file's name in the log's folder.</summary>
    public const string Name = "leader-epoch-checkpoint";

    /// <summary>The epochs, rising.</summary>
    public ImmutableArray<(int Epoch, long StartOffset)> Entries => _entries;

    /// <summary>The last epoch; −1 if there is none.</summary>
    public int Last => _entries.IsEmpty ? -1 : _entries[^1].Epoch;

    /// <summary>Reads the file, if it's there.</summary>
    /// <exception cref="CorruptFileException">It isn't of the format.</exception>
    public static LeaderEpochFile Open(IDisk disk, string folder)
    {
        var path = $"{folder}/{Name}";
        var entries = CheckpointText.Read(disk, path).Select(line => line.Values switch
        {
            [var epoch, var start] when int.TryParse(epoch, NumberStyles.None, CultureInfo.InvariantCulture, out var e)
                && long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var s) => (e, s),
            _ => throw CheckpointText.Corrupt(disk, path, line.Offset, "a line that isn't an epoch and an offset"),
        });
        return new(disk, path, [.. entries]);
    }

    /// <summary>The last epoch that begins before <paramref name="offset"/>; −1 if there is none.</summary>
    public int LastBefore(long offset) => _entries.LastOrDefault(entry => entry.StartOffset < offset, (-1, 0)).Epoch;

    /// <summary>Notes that <paramref name="epoch"/> begins at <paramref name="startOffset"/>; entries that start there or later make room.</summary>
    public void Assign(int epoch, long startOffset) =>
        Replace(_entries.RemoveAll(entry => entry.StartOffset >= startOffset || entry.Epoch >= epoch).Add((epoch, startOffset)));

    /// <summary>Forgets epochs that begin at or beyond <paramref name="endOffset"/>.</summary>
    public void TruncateFromEnd(long endOffset) => Replace(_entries.RemoveAll(entry => entry.StartOffset >= endOffset));

    /// <summary>Forgets epochs that ended before <paramref name="startOffset"/>; the one it lies in begins there.</summary>
    public void TruncateFromStart(long startOffset)
    {
        var before = _entries.Count(entry => entry.StartOffset <= startOffset);
        if (before == 0) return;
        var there = _entries[before - 1] with { StartOffset = startOffset };
        Replace([there, .. _entries[before..]]);
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => Replace([]);

    /// <summary>Makes <paramref name="entries"/> what the file says.</summary>
    public void Replace(ImmutableArray<(int Epoch, long StartOffset)> entries)
    {
        if (_entries.SequenceEqual(entries)) return;
        _entries = entries;
        TextFile.Replace(_disk, _path, CheckpointText.Format(entries.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Epoch} {entry.StartOffset}"))));
    }
}
