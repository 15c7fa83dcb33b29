using System.Buffers.Binary;
using Reference.Broker.Hosting;
using Reference.Broker.Storage;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Storage;

/// <summary>A snapshot of the service: <c>snapshot.ZXID</c>, hexadecimal.</summary>
/// <remarks>Numbers are big-endian: <c>RFZSNP</c>, version int16 (1), zxid int64, content, content length int64, CRC-32C of all before. Appears under its name when it's whole and on disk.</remarks>
internal sealed class SnapshotFile : IDisposable
{
    private const int Header = 16, Footer = 12;

    private readonly IDisk _disk;
    private readonly IFile _file;
    private readonly string _name;
    private long _length;
    private uint _checksum;

    private SnapshotFile(IDisk disk, Zxid zxid, string suffix)
    {
        (_disk, _name) = (disk, NameOf(zxid));
        Temporary = _name + suffix;
        _file = disk.Open(Temporary, create: true);
        _file.SetLength(0);
        Span<byte> header = stackalloc byte[Header];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt64BigEndian(header[8..], zxid.Value);
        Put(header);
    }

    /// <summary>The path that it has until <see cref="Publish"/>.</summary>
    public string Temporary { get; }

    private static ReadOnlySpan<byte> Magic => "RFZSNP\0\u0001"u8;

    /// <summary>The path of the snapshot as of <paramref name="zxid"/>.</summary>
    public static string NameOf(Zxid zxid) => $"{StorageNames.Folder}/snapshot.{zxid.Value:x}";

    /// <summary>Begins a snapshot of this server's own service.</summary>
    public static SnapshotFile Begin(IDisk disk, Zxid zxid) => new(disk, zxid, StorageNames.Temporary);

    /// <summary>Begins a snapshot that a leader sent; it may arrive while one of the server's own is being written.</summary>
    public static SnapshotFile BeginInstall(IDisk disk, Zxid zxid) => new(disk, zxid, ".install" + StorageNames.Temporary);

    /// <summary>Adds a part of the content.</summary>
    public void Write(ReadOnlySpan<byte> part) => Put(part);

    /// <summary>Ends the content and makes it durable, still under its temporary name.</summary>
    public async Task CompleteAsync()
    {
        var footer = new byte[Footer];
        BinaryPrimitives.WriteInt64BigEndian(footer, _length - Header);
        Put(footer.AsSpan(0, 8));
        BinaryPrimitives.WriteUInt32BigEndian(footer, _checksum);
        Put(footer.AsSpan(0, 4));
        await _file.FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Gives it its name, for good.</summary>
    public void Publish()
    {
        _disk.Rename(Temporary, _name);
        _disk.FlushFolder(StorageNames.Folder);
    }

    /// <summary>The content of the snapshot as of <paramref name="zxid"/>.</summary>
    /// <exception cref="CorruptFileException">It isn't what was written.</exception>
    public static ReadOnlyMemory<byte> Read(IDisk disk, Zxid zxid)
    {
        var name = NameOf(zxid);
        using var file = disk.Open(name, create: false);
        var bytes = new byte[file.Length];
        file.Read(0, bytes);
        if (bytes.Length < Header + Footer || !bytes.AsSpan().StartsWith(Magic)) throw LogContent.Corrupt(disk, name, 0, "this is no snapshot");
        var body = bytes.AsSpan(0, bytes.Length - 4);
        if (BinaryPrimitives.ReadInt64BigEndian(body[^8..]) != body.Length - Header - 8 || BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(body.Length)) != Crc32C.Of(body))
            throw LogContent.Corrupt(disk, name, Header, "the snapshot fails its checksum");
        if (BinaryPrimitives.ReadInt64BigEndian(body[8..]) != zxid.Value) throw LogContent.Corrupt(disk, name, 8, "the snapshot is of another zxid than its name says");
        return bytes.AsMemory(Header, bytes.Length - Header - Footer);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _file.Write(_length, bytes);
        _checksum = Crc32C.Of(_checksum, bytes);
        _length += bytes.Length;
    }
}
