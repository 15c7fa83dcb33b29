using Reference.Broker.Hosting;

namespace Reference.Hosts;

/// <summary>How a disk keeps its promise; the broken ones are there to be found.</summary>
public enum DiskKind
{
    /// <summary>A flush completes when all that was written before is on disk.</summary>
    Sound,

    /// <summary>A flush of the log completes at once; the disk follows when it likes (forceSync=no).</summary>
    FlushesEarly,

    /// <summary>The same on whoever leads.</summary>
    LeaderFlushesEarly,

    /// <summary>The log's truncations stay in memory until something else is written behind them: the old tail survives.</summary>
    ForgetsTruncation,
}

/// <summary>A server's disk: a crash keeps what was flushed and any prefix of what wasn't, and may tear the first write that it loses.</summary>
internal sealed class SimDisk(SimWorld world, int server, DiskKind kind)
{
    private const string Log = Broker.Ensemble.Storage.StorageNames.Folder + "/log.";

    private DiskImage _kept = new();
    private DiskImage _seen = new();
    private List<DiskChange> _changes = [];
    private int _lastFile;

    /// <summary>Flushes asked for and not done.</summary>
    public List<PendingFlush> Flushes { get; } = [];

    /// <summary>The disk as one life of its server sees it.</summary>
    public IDisk Of(Life life) => new View(this, life);

    /// <summary>Power is lost, or the process alone is killed and all that it wrote stays.</summary>
    public void Crash(bool losesPower)
    {
        Flushes.Clear();
        var unsynced = _changes.Count(c => !c.IsDurable);
        var keeps = losesPower ? world.Below(unsynced + 1) : unsynced;
        foreach (var change in _changes)
        {
            if (change.IsDurable || keeps-- > 0) _kept.Make(change);
            else if (keeps == -1 && change.Kind == DiskChange.What.Write && world.Chance(2)) _kept.Make(change with { Bytes = change.Bytes![..world.Below(change.Bytes.Length)] });
        }
        _changes = [];
        _seen = _kept.Copy();
        _kept = _kept.Copy();
    }

    /// <summary>A flush is done.</summary>
    public void Complete(PendingFlush flush)
    {
        Flushes.Remove(flush);
        for (var i = 0; i < flush.Changes; i++) Keep(_changes[i], flush.File);
        if (flush.Done is { } done) world.Debts.Owe(flush.By, done.SetResult);
    }

    private static void Keep(DiskChange change, int file)
    {
        if (!change.IsOfName && change.File == file) change.IsDurable = true;
    }

    private void Change(DiskChange change)
    {
        _changes.Add(change);
        _seen.Make(change);
    }

    private void FlushNow(int file)
    {
        foreach (var change in _changes) Keep(change, file);
    }

    private Task FlushAsync(Life life, int file, string path)
    {
        var isEarly = path.StartsWith(Log, StringComparison.Ordinal) && (kind == DiskKind.FlushesEarly || kind == DiskKind.LeaderFlushesEarly && world.Leads(server));
        var flush = new PendingFlush(life, file, _changes.Count, isEarly ? null : new());
        Flushes.Add(flush);
        return flush.Done?.Task ?? Task.CompletedTask;
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(path) ?? "";

    /// <summary>A flush under way: whose, of which file, and how many of the disk's changes were made before it.</summary>
    internal sealed record PendingFlush(Life By, int File, int Changes, TaskCompletionSource? Done);

    private sealed class View(SimDisk disk, Life life) : IDisk, IDisposable
    {
        public string Root => "";

        public bool Exists(string path) => disk._seen.Names.ContainsKey(path);

        public IReadOnlyList<string> List(string folder) => [.. disk._seen.Names.Keys.Where(name => FolderOf(name) == folder).Select(name => Path.GetFileName(name))];

        public void CreateFolder(string folder)
        {
            // A folder is the names in it.
        }

        public IFile Open(string path, bool create)
        {
            if (!disk._seen.Names.TryGetValue(path, out var file))
            {
                if (!create) throw new FileNotFoundException(path);
                file = ++disk._lastFile;
                Change(new(DiskChange.What.Create, path, file));
            }
            return new OpenFile(disk, life, path, file);
        }

        public void Rename(string from, string to) => Change(new(DiskChange.What.Rename, from, 0, to));

        public void RenameFolder(string from, string to) => throw new NotSupportedException("the ensemble renames no folder");

        public void Delete(string path) => Change(new(DiskChange.What.Delete, path, 0));

        public void DeleteFolder(string folder) => throw new NotSupportedException("the ensemble deletes no folder");

        public void FlushFolder(string folder)
        {
            if (life.IsDead) return;
            foreach (var change in disk._changes)
                if (change.IsOfName && FolderOf(change.Path) == folder) change.IsDurable = true;
        }

        public IDisposable? TryLock(string path) => this;

        public int? LockedBy(string path) => null;

        public void Dispose()
        {
            // The lock ends with the life.
        }

        private void Change(DiskChange change)
        {
            if (!life.IsDead) disk.Change(change);
        }
    }

    private sealed class OpenFile(SimDisk disk, Life life, string path, int file) : IFile
    {
        public string Path => path;

        public long Length => disk._seen.Files[file].Length;

        public int Read(long offset, Span<byte> buffer) => disk._seen.Files[file].Read(offset, buffer);

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            if (life.IsDead) return;
            life.World.Stirred();
            if (disk.Loses(bytes)) return;
            disk.Change(new(DiskChange.What.Write, "", file, At: offset, Bytes: bytes.ToArray()));
        }

        public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> parts)
        {
            foreach (var part in parts)
            {
                Write(offset, part.Span);
                offset += part.Length;
            }
        }

        public void SetLength(long length)
        {
            if (!life.IsDead) disk.Change(new(DiskChange.What.SetLength, "", file, At: length));
        }

        public void Preallocate(long length)
        {
            if (Length < length) SetLength(length);
            Flush();
        }

        public void Flush()
        {
            if (!life.IsDead) disk.FlushNow(file);
        }

        public Task FlushAsync()
        {
            life.World.Stirred();
            return life.IsDead ? Life.Never<bool>() : disk.FlushAsync(life, file, path);
        }

        public void Dispose()
        {
            // Nothing is held open.
        }
    }

    /// <summary>The broken disk that forgets truncations drops a group that begins with one.</summary>
    private bool Loses(ReadOnlySpan<byte> bytes) => kind == DiskKind.ForgetsTruncation && bytes.Length >= 32 && bytes[27] == (byte)Broker.Ensemble.Storage.LogRecordKind.Truncate && bytes[24..27].IndexOfAnyExcept((byte)0) < 0;
}
