using Reference.Broker.Hosting;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Storage;

/// <summary>One log file as recovery finds it.</summary>
/// <param name="Name">Its path.</param>
/// <param name="Sequence">Its place among the log's files.</param>
/// <param name="First">The zxid that was next when it was begun.</param>
/// <param name="Records">Its records, with the offset behind each.</param>
/// <param name="End">Where they end.</param>
/// <param name="Used">Where the file's last byte that isn't zero stands, plus one: beyond <paramref name="End"/> if the tail is torn.</param>
internal sealed record LogContent(string Name, long Sequence, Zxid First, IReadOnlyList<(LogRecord Record, long End)> Records, long End, long Used)
{
    private const string Remedy =
        "Restore this server's folder from a backup; or, with all other servers in health, empty it but for myid, and it takes everything from its leader anew";

    /// <summary>Bytes at the end that a crash left half-written.</summary>
    public long Torn => Used - End;

    /// <summary>The header of a log file: its sequence number and first zxid.</summary>
    public static (long Sequence, Zxid First) HeaderOf(IDisk disk, string name)
    {
        using var file = disk.Open(name, create: false);
        var header = new byte[LogFormat.FileHeader];
        var read = file.Read(0, header);
        if (!LogFormat.TryReadFileHeader(header.AsSpan(0, read), out var sequence, out var first)) throw Corrupt(disk, name, 0, "the header fails its checksum");
        return (sequence, first);
    }

    /// <summary>Reads a file. Only the log's last file may have a torn tail.</summary>
    /// <exception cref="CorruptFileException">Something that was on disk before isn't what it was.</exception>
    public static LogContent Read(IDisk disk, string name, bool isLast)
    {
        var (sequence, first) = HeaderOf(disk, name);
        byte[] bytes;
        using (var file = disk.Open(name, create: false))
        {
            bytes = new byte[file.Length];
            file.Read(0, bytes);
        }

        var used = Math.Max(bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1, LogFormat.FileHeader);
        List<(LogRecord, long)> records = [];
        var at = LogFormat.FileHeader;
        while (at < used && LogFormat.TryReadRecord(bytes, at, out var record, out _, out var size))
        {
            at += size;
            records.Add((record, at));
        }

        if (at < used && (!isLast || IsVouchedFor(bytes, at, used))) throw Corrupt(disk, name, at, "a record fails its checksum");
        return new(name, sequence, first, records, at, Math.Max(used, at));
    }

    /// <summary>A record whose file is another server's, or of whose chain a link is missing.</summary>
    public static CorruptFileException Corrupt(IDisk disk, string name, long offset, string what) => new(Path.Combine(disk.Root, name), offset, what, Remedy);

    /// <summary>Whether a whole record of a later group stands behind <paramref name="at"/>: then what is at that place had been synced.</summary>
    private static bool IsVouchedFor(byte[] bytes, int at, int used)
    {
        for (var offset = at + LogFormat.Alignment; offset < used; offset += LogFormat.Alignment)
            if (LogFormat.TryReadRecord(bytes, offset, out _, out var groupStart, out _) && groupStart > at) return true;
        return false;
    }
}
