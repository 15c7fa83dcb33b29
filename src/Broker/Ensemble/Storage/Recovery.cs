using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Storage;

/// <summary>What recovery found on disk.</summary>
/// <param name="Durable">What the broadcast remembers.</param>
/// <param name="Snapshot">The service's state at the history's base; null if there is no snapshot.</param>
/// <param name="Log">The log file to go on with.</param>
internal sealed record Recovered(Durable Durable, ReadOnlyMemory<byte>? Snapshot, LogFile Log);

/// <summary>Reads an ensemble server's folder: the newest snapshot, then the log.</summary>
internal static class Recovery
{
    /// <summary>Recovers, cuts off a torn tail, and leaves the folder fit to go on.</summary>
    /// <exception cref="CorruptFileException">A file isn't what was written to it.</exception>
    public static Recovered Run(IDisk disk, ILogger log)
    {
        foreach (var name in disk.List(StorageNames.Folder).Where(n => n.EndsWith(StorageNames.Temporary, StringComparison.Ordinal))) disk.Delete($"{StorageNames.Folder}/{name}");

        var snapshots = Zxids(disk, "snapshot.");
        if (snapshots.Count == 0 && Zxids(disk, "log.").Count == 0) BeginEpochs(disk);
        var based = snapshots.Count == 0 ? Zxid.Zero : snapshots[^1];
        var snapshot = snapshots.Count == 0 ? (ReadOnlyMemory<byte>?)null : SnapshotFile.Read(disk, based);
        var (history, last) = ReadLog(disk, based, snapshots, log);
        var accepted = EpochFile.Read(disk, StorageNames.AcceptedEpoch);
        var current = EpochFile.Read(disk, StorageNames.CurrentEpoch);
        CheckEpochs(disk, accepted, current, history);

        log.LogInformation("recovered: accepted epoch {Accepted}, current epoch {Current}, history to {Last}, {Count} transactions behind the snapshot of {Base}",
            accepted ?? 0, current ?? 0, history.Last, history.Entries.Count, based);
        return new(new(accepted ?? 0, current ?? 0, history), snapshot, last);
    }

    /// <summary>The zxids in the names of the snapshots, or of the log files, ascending.</summary>
    public static List<Zxid> Zxids(IDisk disk, string prefix) =>
        [.. disk.List(StorageNames.Folder).Select(n => StorageNames.ZxidOf(n, prefix)).OfType<Zxid>().Order()];

    /// <summary>The log's files in the order written, without those that a snapshot makes needless.</summary>
    public static List<(string Name, long Sequence, Zxid First)> LogFiles(IDisk disk)
    {
        List<(string Name, long Sequence, Zxid First)> files = [];
        foreach (var first in Zxids(disk, "log."))
        {
            var name = LogFile.NameOf(first);
            var header = LogContent.HeaderOf(disk, name);
            if (header.First != first) throw LogContent.Corrupt(disk, name, 16, "the log is of another zxid than its name says");
            files.Add((name, header.Sequence, first));
        }
        files.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        for (var i = 1; i < files.Count; i++)
            if (files[i].Sequence != files[i - 1].Sequence + 1) throw LogContent.Corrupt(disk, files[i].Name, 8, $"the log file before it, number {files[i].Sequence - 1}, is missing");
        return files;
    }

    /// <summary>How many of the log's files hold nothing that <paramref name="snapshot"/> doesn't.</summary>
    public static int Needless(List<(string Name, long Sequence, Zxid First)> files, Zxid snapshot)
    {
        var count = 0;
        while (count + 1 < files.Count && files[count + 1].First.Value <= snapshot.Value + 1) count++;
        return count;
    }

    private static (History, LogFile) ReadLog(IDisk disk, Zxid based, List<Zxid> snapshots, ILogger log)
    {
        var files = LogFiles(disk);
        if (files.Count == 0) return (new(based, []), LogFile.Create(disk, 1, new(based.Value + 1)));

        var needless = Needless(files, based);
        if (needless == 0 && files[0].First.Value > based.Value + 1) throw LogContent.Corrupt(disk, files[0].Name, 16, $"the log before it, from {new Zxid(based.Value + 1)} on, is missing");
        List<Entry> entries = [];
        LogFile? last = null;
        foreach (var (name, _, _) in files.Skip(needless))
        {
            var isLast = name == files[^1].Name;
            var content = LogContent.Read(disk, name, isLast);
            var (records, end) = (content.Records, content.End);
            if (isLast && records.Count > 0 && records[^1].Record is { Kind: LogRecordKind.InstallSnapshot } install && !snapshots.Contains(install.Zxid))
            {
                // The crash came between this record and the snapshot's rename: the old history stands.
                records = [.. records.SkipLast(1)];
                end = records.Count == 0 ? LogFormat.FileHeader : records[^1].End;
            }
            if (content.Torn > 0) log.LogWarning("{File}: cut off a torn tail of {Bytes} bytes at offset {Offset}: never acknowledged", Path.Combine(disk.Root, name), content.Torn, content.End);
            foreach (var (record, after) in records) Apply(disk, name, entries, record, after, based);
            if (isLast) last = LogFile.Continue(disk, content, end);
        }

        return (new(based, [.. entries]), last!);
    }

    private static void Apply(IDisk disk, string name, List<Entry> entries, LogRecord record, long after, Zxid based)
    {
        switch (record.Kind)
        {
            case LogRecordKind.Append when record.Zxid > based:
                if (entries.Count > 0 && entries[^1].Zxid >= record.Zxid) throw LogContent.Corrupt(disk, name, after, $"{record.Zxid} stands behind {entries[^1].Zxid}");
                entries.Add(new(record.Zxid, new(record.Payload.ToArray())));
                break;
            case LogRecordKind.Truncate:
                while (entries.Count > 0 && entries[^1].Zxid > record.Zxid) entries.RemoveAt(entries.Count - 1);
                break;
            case LogRecordKind.InstallSnapshot:
                entries.Clear();
                break;
        }
    }

    /// <summary>
    /// Both epochs are on disk before there is a log: a server takes its first history before it enters its first epoch (ZAB-SYNC-9), and a crash between the two must leave a server of epoch 0,
    /// not one whose epoch was lost.
    /// </summary>
    private static void BeginEpochs(IDisk disk)
    {
        EpochFile.Begin(disk, StorageNames.AcceptedEpoch);
        EpochFile.Begin(disk, StorageNames.CurrentEpoch);
    }

    private static void CheckEpochs(IDisk disk, int? accepted, int? current, History history)
    {
        if (history.Last > Zxid.Zero && accepted is null) throw LogContent.Corrupt(disk, StorageNames.AcceptedEpoch, 0, "it is missing, though there is a history");
        if (history.Last > Zxid.Zero && current is null) throw LogContent.Corrupt(disk, StorageNames.CurrentEpoch, 0, "it is missing, though there is a history");
        if ((current ?? 0) > (accepted ?? 0)) throw LogContent.Corrupt(disk, StorageNames.CurrentEpoch, 0, $"current epoch {current} is above the accepted epoch {accepted ?? 0}");
    }
}
