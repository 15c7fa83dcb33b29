using System.Buffers;
using Reference.Broker.Hosting;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Storage;

/// <summary>The log file that is being written: filled with zeros ahead, so that a sync writes data and no metadata.</summary>
internal sealed class LogFile : IDisposable
{
    private const int ZeroAhead = 1024 * 1024;
    private static readonly byte[] Zeros = new byte[ZeroAhead];

    private readonly IFile _file;
    private readonly ArrayBufferWriter<byte> _group = new();
    private long _end;          // behind the last record
    private long _length;       // of the file, zeros included

    private LogFile(IFile file, string name, long sequence, Zxid first, long end)
    {
        (_file, Name, Sequence, First, _end) = (file, name, sequence, first, end);
        _length = file.Length;
    }

    /// <summary>Its path.</summary>
    public string Name { get; }

    /// <summary>Its place among the log's files.</summary>
    public long Sequence { get; }

    /// <summary>The zxid that was next when it was begun.</summary>
    public Zxid First { get; }

    /// <summary>Bytes of records in it.</summary>
    public long Size => _end - LogFormat.FileHeader;

    /// <summary>The name of the file whose first zxid is this.</summary>
    public static string NameOf(Zxid first) => $"{StorageNames.Folder}/log.{first.Value:x}";

    /// <summary>Begins a new file; it appears whole, under its name, or not at all.</summary>
    public static LogFile Create(IDisk disk, long sequence, Zxid first)
    {
        var name = NameOf(first);
        var temporary = name + StorageNames.Temporary;
        using (var file = disk.Open(temporary, create: true))
        {
            Span<byte> header = stackalloc byte[LogFormat.FileHeader];
            LogFormat.WriteFileHeader(header, sequence, first);
            file.SetLength(0);
            file.Write(0, header);
            file.Preallocate(ZeroAhead);
            file.Flush();
        }
        disk.Rename(temporary, name);
        disk.FlushFolder(StorageNames.Folder);
        return new(disk.Open(name, create: false), name, sequence, first, LogFormat.FileHeader);
    }

    /// <summary>Goes on with a file whose records end at <paramref name="end"/>; what stands behind is overwritten with zeros.</summary>
    public static LogFile Continue(IDisk disk, LogContent content, long end)
    {
        var file = disk.Open(content.Name, create: false);
        if (end < content.Used)
        {
            file.SetLength(end);
            file.Preallocate(content.Used);
            file.Flush();
        }
        return new(file, content.Name, content.Sequence, content.First, end);
    }

    /// <summary>Adds a record to the group.</summary>
    public void Add(LogRecordKind kind, Zxid zxid, ReadOnlySpan<byte> payload)
    {
        var size = LogFormat.SizeOf(payload.Length);
        LogFormat.WriteRecord(_group.GetSpan(size), kind, zxid, payload, groupStart: _end);
        _group.Advance(size);
    }

    /// <summary>Writes the group in one go and makes it durable in one sync.</summary>
    public async Task SyncAsync()
    {
        var end = _end + _group.WrittenCount;
        for (; _length < end; _length += Zeros.Length) _file.Write(_length, Zeros);
        _file.Write(_end, _group.WrittenSpan);
        _group.ResetWrittenCount();
        await _file.FlushAsync().ConfigureAwait(false);
        _end = end;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
