using System.Buffers.Binary;
using Reference.Broker.Storage;
using Reference.Zab;

namespace Reference.Broker.Ensemble.Storage;

/// <summary>What a record of the log says.</summary>
internal enum LogRecordKind
{
    /// <summary>One more transaction.</summary>
    Append = 1,

    /// <summary>Transactions behind this zxid are void.</summary>
    Truncate = 2,

    /// <summary>All before is void if the snapshot of this zxid is there, which is written before and renamed after.</summary>
    InstallSnapshot = 3,

    /// <summary>Nothing: it vouches that what stands before it is on disk.</summary>
    Seal = 4,
}

/// <summary>A record as it was read.</summary>
internal readonly record struct LogRecord(LogRecordKind Kind, Zxid Zxid, ReadOnlyMemory<byte> Payload);

/// <summary>The bytes of the ensemble's log: files <c>log.ZXID</c> (hexadecimal, the zxid that was next when the file was begun).</summary>
/// <remarks>
/// All numbers are big-endian. A file begins with a header of 32 bytes: <c>RFZLOG</c>, version int16 (1), the file's sequence number int64, the first
/// zxid int64, four zero bytes, CRC-32C of the 28 bytes before. Records follow, each at a multiple of 8: payload length uint32, CRC-32C of all else
/// in the record, group start int64, zxid int64, kind int32, four zero bytes, payload, zeros to the next multiple of 8. Zeros up to the file's end.
/// <para>The group start is the offset of the first record that was written, and synced, together with this one. A record therefore vouches that all
/// before its group was on disk: that tells a torn tail, which nothing vouches for, from a flipped bit.</para>
/// </remarks>
internal static class LogFormat
{
    public const int FileHeader = 32, RecordHeader = 32, Alignment = 8;

    private static ReadOnlySpan<byte> Magic => "RFZLOG\0\u0001"u8;

    public static void WriteFileHeader(Span<byte> header, long sequence, Zxid first)
    {
        header[..FileHeader].Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt64BigEndian(header[8..], sequence);
        BinaryPrimitives.WriteInt64BigEndian(header[16..], first.Value);
        BinaryPrimitives.WriteUInt32BigEndian(header[28..], Crc32C.Of(header[..28]));
    }

    public static bool TryReadFileHeader(ReadOnlySpan<byte> header, out long sequence, out Zxid first)
    {
        sequence = header.Length < FileHeader ? 0 : BinaryPrimitives.ReadInt64BigEndian(header[8..]);
        first = header.Length < FileHeader ? Zxid.Zero : new(BinaryPrimitives.ReadInt64BigEndian(header[16..]));
        return header.Length >= FileHeader && header.StartsWith(Magic) && BinaryPrimitives.ReadUInt32BigEndian(header[28..]) == Crc32C.Of(header[..28]);
    }

    /// <summary>Bytes that a record with such a payload takes.</summary>
    public static int SizeOf(int payload) => (RecordHeader + payload + Alignment - 1) / Alignment * Alignment;

    public static void WriteRecord(Span<byte> to, LogRecordKind kind, Zxid zxid, ReadOnlySpan<byte> payload, long groupStart)
    {
        to = to[..SizeOf(payload.Length)];
        to[^Alignment..].Clear();
        BinaryPrimitives.WriteInt32BigEndian(to, payload.Length);
        BinaryPrimitives.WriteInt64BigEndian(to[8..], groupStart);
        BinaryPrimitives.WriteInt64BigEndian(to[16..], zxid.Value);
        BinaryPrimitives.WriteInt32BigEndian(to[24..], (int)kind);
        to[28..RecordHeader].Clear();
        payload.CopyTo(to[RecordHeader..]);
        BinaryPrimitives.WriteUInt32BigEndian(to[4..], ChecksumOf(to));
    }

    /// <summary>The record at <paramref name="offset"/> of a file's <paramref name="content"/>, if a whole and right one stands there.</summary>
    public static bool TryReadRecord(ReadOnlyMemory<byte> content, int offset, out LogRecord record, out long groupStart, out int size)
    {
        record = default;
        groupStart = size = 0;
        var span = content.Span[offset..];
        if (span.Length < RecordHeader) return false;
        var length = BinaryPrimitives.ReadUInt32BigEndian(span);
        groupStart = BinaryPrimitives.ReadInt64BigEndian(span[8..]);
        var kind = BinaryPrimitives.ReadInt32BigEndian(span[24..]);
        if (length > span.Length - RecordHeader || kind is < 1 or > 4 || groupStart < FileHeader || groupStart > offset) return false;
        size = SizeOf((int)length);
        if (size > span.Length || BinaryPrimitives.ReadUInt32BigEndian(span[4..]) != ChecksumOf(span[..size])) return false;
        record = new((LogRecordKind)kind, new(BinaryPrimitives.ReadInt64BigEndian(span[16..])), content.Slice(offset + RecordHeader, (int)length));
        return true;
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> record) => Crc32C.Of(Crc32C.Of(record[..4]), record[8..]);
}
