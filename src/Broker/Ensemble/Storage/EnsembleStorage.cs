using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Storage;

/// <summary>
/// An ensemble server's disk: makes the broadcast's writes durable strictly in the order issued, all log records that wait in one write and one sync;
/// writes snapshots beside; begins a new log file at each snapshot and purges what's old.
/// </summary>
internal sealed class EnsembleStorage : IDisposable
{
    private readonly IDisk _disk;
    private readonly ILogger _logger;
    private readonly int _retain;
    private readonly Action<int> _persisted;
    private readonly MessageQueue<Write?> _inbox = new(int.MaxValue);
    private LogFile _log;
    private Zxid _last;

    /// <param name="disk">The server's data folder.</param>
    /// <param name="recovered">What recovery found there.</param>
    /// <param name="retain">How many snapshots are kept.</param>
    /// <param name="persisted">Told how many more writes, in the order issued, are durable.</param>
    /// <param name="logger">Told of what is purged.</param>
    public EnsembleStorage(IDisk disk, Recovered recovered, int retain, Action<int> persisted, ILogger logger)
    {
        (_disk, _log, _retain, _persisted, _logger) = (disk, recovered.Log, retain, persisted, logger);
        _last = recovered.Durable.History.Last;
    }

    /// <summary>Bytes of records in the present log file.</summary>
    public long LogSize => _log.Size;

    /// <summary>Takes a write in; <see cref="Start"/> sets it going.</summary>
    public void Add(Write write) => _inbox.Add(write);

    /// <summary>Sets going what was added, unless a sync is under way, after which it goes on by itself.</summary>
    public void Start() => _inbox.Wake();

    /// <summary>Writes until closed. Any fault of the disk ends it: nothing after a failed sync may be trusted.</summary>
    public async Task RunAsync()
    {
        while (await _inbox.DrainAsync().ConfigureAwait(false) is { } batch)
        {
            for (var i = 0; i < batch.Count;)
            {
                var records = AddRecords(batch, i);
                if (records > 0)
                {
                    await _log.SyncAsync().ConfigureAwait(false);
                    _persisted(records);
                }
                else if (batch[i] is { } write)
                {
                    await MakeAsync(write).ConfigureAwait(false);
                    _persisted(1);
                }
                else
                {
                    Roll();
                }
                i += Math.Max(records, 1);
            }
        }

        _log.Add(LogRecordKind.Seal, _last, []);
        await _log.SyncAsync().ConfigureAwait(false);
    }

    /// <summary>Writes a snapshot of the service as of <paramref name="zxid"/> from its parts, beside all else; then a new log file is begun and the old ones are purged.</summary>
    /// <returns>Its length in bytes.</returns>
    public async Task<long> TakeSnapshotAsync(Zxid zxid, IEnumerable<ReadOnlyMemory<byte>> parts)
    {
        long bytes = 0;
        using (var file = SnapshotFile.Begin(_disk, zxid))
        {
            foreach (var part in parts)
            {
                file.Write(part.Span);
                bytes += part.Length;
                await Task.Yield();
            }
            await file.CompleteAsync().ConfigureAwait(false);
            file.Publish();
        }
        _inbox.Post(null);
        return bytes;
    }

    /// <summary>Takes no more writes; <see cref="RunAsync"/> ends when those that wait are done.</summary>
    public void Close() => _inbox.Close();

    /// <inheritdoc/>
    public void Dispose() => _log.Dispose();

    private int AddRecords(List<Write?> batch, int from)
    {
        var i = from;
        for (; i < batch.Count; i++)
        {
            switch (batch[i])
            {
                case Append w: _log.Add(LogRecordKind.Append, _last = w.Zxid, w.Txn.Bytes.Span); break;
                case Truncate w: _log.Add(LogRecordKind.Truncate, _last = w.Zxid, []); break;
                default: return i - from;
            }
        }
        return i - from;
    }

    private Task MakeAsync(Write write) => write switch
    {
        AcceptEpoch w => EpochFile.WriteAsync(_disk, StorageNames.AcceptedEpoch, w.Epoch),
        EnterEpoch w => EpochFile.WriteAsync(_disk, StorageNames.CurrentEpoch, w.Epoch),
        InstallSnapshot w => InstallAsync(w),
        _ => throw new InvalidOperationException($"no disk knows the write {write}"),
    };

    /// <summary>The record first, then the rename: recovery finds both, or drops the record and keeps the old history.</summary>
    private async Task InstallAsync(InstallSnapshot write)
    {
        using var file = SnapshotFile.BeginInstall(_disk, write.Zxid);
        file.Write(write.Content.Bytes.Span);
        await file.CompleteAsync().ConfigureAwait(false);
        _log.Add(LogRecordKind.InstallSnapshot, _last = write.Zxid, []);
        await _log.SyncAsync().ConfigureAwait(false);
        file.Publish();
    }

    private void Roll()
    {
        var next = new Zxid(_last.Value + 1);
        if (!_disk.Exists(LogFile.NameOf(next)))
        {
            var old = _log;
            _log = LogFile.Create(_disk, old.Sequence + 1, next);
            old.Dispose();
        }
        Purge();
    }

    private void Purge()
    {
        var snapshots = Recovery.Zxids(_disk, "snapshot.");
        if (snapshots.Count <= _retain) return;
        var kept = snapshots[^_retain];
        foreach (var zxid in snapshots.SkipLast(_retain)) _disk.Delete(SnapshotFile.NameOf(zxid));
        var files = Recovery.LogFiles(_disk);
        foreach (var (name, _, _) in files.Take(Recovery.Needless(files, kept))) _disk.Delete(name);
        _disk.FlushFolder(StorageNames.Folder);
        _logger.LogInformation("purged snapshots before {Kept} and the logs that only they need", kept);
    }
}
