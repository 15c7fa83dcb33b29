using System.Globalization;
using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Replication;

namespace Reference.Broker.Storage;

/// <summary>A broker's log directory: all its partition logs, its checkpoints, and the mark of a stop in order.</summary>
public sealed class LogFolder
{
    private const string CleanShutdown = ".kafka_cleanshutdown", BootMark = ".boot-id", DeleteSuffix = "-delete";
    private const int LongestName = 255;

    private readonly IDisk _disk;
    private readonly IClock _clock;
    private readonly ILogger _log;
    private readonly SortedDictionary<PartitionId, PartitionLog> _logs = [];
    private readonly Dictionary<PartitionId, long> _highWatermarks;

    private readonly string? _bootId;
    private Task _writing = Task.CompletedTask;

    private LogFolder(IDisk disk, IClock clock, ILogger log, string? bootId, bool stoppedInOrder, bool tailKept, Dictionary<PartitionId, long> highWatermarks) =>
        (_disk, _clock, _log, _bootId, StoppedInOrder, TailKept, _highWatermarks) = (disk, clock, log, bootId, stoppedInOrder, tailKept, highWatermarks);

    /// <summary>Whether the process that had the folder last closed it. If not, the last write to each log may have been cut in two.</summary>
    public bool StoppedInOrder { get; }

    /// <summary>Whether everything is there that was ever acknowledged: the folder was closed, or the machine has run ever since, and its page cache has lost nothing.</summary>
    public bool TailKept { get; }

    /// <summary>The logs, in order of their names.</summary>
    public IReadOnlyDictionary<PartitionId, PartitionLog> Logs => _logs;

    /// <summary>Opens all logs of a folder; removes the mark of a stop in order until the next.</summary>
    /// <param name="settingsOf">What each topic is told.</param>
    /// <param name="bootId">What the machine calls the time since it started; null if it doesn't say.</param>
    /// <exception cref="CorruptFileException">Something is wrong that no interrupted write explains.</exception>
    [Rule("LOG-RECOVER-4")]
    public static LogFolder Open(IDisk disk, IClock clock, Func<string, LogSettings> settingsOf, string? bootId, ILogger log)
    {
        var recoveryPoints = OffsetCheckpoint.Read(disk, OffsetCheckpoint.RecoveryPoint);
        var startOffsets = OffsetCheckpoint.Read(disk, OffsetCheckpoint.LogStart);
        var names = disk.List("");
        var isNew = !names.Any(name => TryParse(name) is not null);
        var stoppedInOrder = isNew || disk.Exists(CleanShutdown);
        var tailKept = stoppedInOrder || (bootId is not null && disk.Exists(BootMark) && TextFile.Read(disk, BootMark).Trim() == bootId);
        var folder = new LogFolder(disk, clock, log, bootId, stoppedInOrder, tailKept, OffsetCheckpoint.Read(disk, OffsetCheckpoint.HighWatermark));
        if (!folder.StoppedInOrder) log.LogWarning("{Folder}: the last stop wasn't in order: the logs are read from their recovery points on", disk.Root);

        foreach (var name in names)
        {
            if (name.EndsWith(DeleteSuffix, StringComparison.Ordinal)) disk.DeleteFolder(name);
            if (TryParse(name) is not { } partition) continue;
            folder._logs[partition] = PartitionLog.Open(disk, clock, name, settingsOf(partition.Topic), folder.StoppedInOrder,
                recoveryPoints.GetValueOrDefault(partition), startOffsets.GetValueOrDefault(partition), log);
        }
        if (tailKept) folder.MarkTailKept();
        disk.Delete(CleanShutdown);
        disk.FlushFolder("");
        return folder;
    }

    /// <summary>Notes, durably, that as long as the machine runs nothing is missing here. Only once the controller knows what may have been.</summary>
    public void MarkTailKept()
    {
        if (_bootId is not null) TextFile.Replace(_disk, BootMark, _bootId + "\n");
    }

    /// <summary>The high watermark that was last checkpointed, 0 if none was; never above the log's end, nor below its start.</summary>
    public long HighWatermarkOf(PartitionId partition)
    {
        var high = _highWatermarks.GetValueOrDefault(partition);
        return _logs.TryGetValue(partition, out var log) ? Math.Clamp(high, log.StartOffset, log.EndOffset) : high;
    }

    /// <summary>Makes a log for a partition that has none.</summary>
    public PartitionLog Create(PartitionId partition, LogSettings settings)
    {
        var log = PartitionLog.Open(_disk, _clock, partition.ToString(), settings, stoppedInOrder: true, recoveryPoint: 0, startOffset: 0, _log);
        _disk.FlushFolder("");
        return _logs[partition] = log;
    }

    /// <summary>Deletes a partition's log: its folder gets another name at once, then goes. Nothing happens if there is none.</summary>
    public void Delete(PartitionId partition)
    {
        _highWatermarks.Remove(partition);
        if (!_logs.Remove(partition, out var log)) return;
        var suffix = $".{Guid.NewGuid():N}{DeleteSuffix}";
        var name = partition.ToString();
        var aside = log.SetAside(name[..Math.Min(name.Length, LongestName - suffix.Length)] + suffix);
        _disk.FlushFolder("");
        _disk.DeleteFolder(aside);
    }

    /// <summary>Remembers a high watermark for the next <see cref="CheckpointHighWatermarksAsync"/>.</summary>
    public void NoteHighWatermark(PartitionId partition, long offset) => _highWatermarks[partition] = offset;

    /// <summary>Writes the high watermarks down, beside other work; one writing after the other.</summary>
    public Task CheckpointHighWatermarksAsync()
    {
        var text = OffsetCheckpoint.Format(_highWatermarks.OrderBy(entry => entry.Key));
        return _writing = WriteAfter(_writing, [(OffsetCheckpoint.HighWatermark, text)]);
    }

    /// <summary>Writes down up to where each log is durable, and where it starts, beside other work.</summary>
    public Task CheckpointLogsAsync()
    {
        var recoveryPoints = OffsetCheckpoint.Format(_logs.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.RecoveryPoint)));
        var starts = OffsetCheckpoint.Format(_logs.Where(entry => entry.Value.StartOffset > 0).Select(entry => KeyValuePair.Create(entry.Key, entry.Value.StartOffset)));
        return _writing = WriteAfter(_writing, [(OffsetCheckpoint.RecoveryPoint, recoveryPoints), (OffsetCheckpoint.LogStart, starts)]);
    }

    /// <summary>Completes when nothing is being written down any more.</summary>
    public Task WrittenAsync() => _writing;

    /// <summary>Makes everything durable, closes all files and leaves the mark of a stop in order.</summary>
    public async Task CloseAsync()
    {
        await CheckpointHighWatermarksAsync().ConfigureAwait(false);
        foreach (var log in _logs.Values)
        {
            log.Seal();
            log.Flush();
        }
        await CheckpointLogsAsync().ConfigureAwait(false);
        foreach (var log in _logs.Values) log.Dispose();
        using (_disk.Open(CleanShutdown, create: true)) { }
        _disk.FlushFolder("");
    }

    private async Task WriteAfter(Task before, (string Path, string Text)[] files)
    {
        await before.ConfigureAwait(false);
        foreach (var (path, text) in files) await TextFile.ReplaceAsync(_disk, path, text).ConfigureAwait(false);
    }

    private static PartitionId? TryParse(string name)
    {
        var dash = name.LastIndexOf('-');
        return dash > 0 && int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var partition) ? new(name[..dash], partition) : null;
    }
}
