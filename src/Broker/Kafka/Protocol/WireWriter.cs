using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Reference.Broker.Kafka.Protocol;

/// <summary>Writes the protocol's primitives, big-endian, into pooled memory. Records above a few kilobytes are kept by reference and leave from where they are.</summary>
/// <remarks>Any number of frames may be written before they are sent together; <see cref="Parts"/> gives the bytes in order. Not safe for threads.</remarks>
public sealed class WireWriter : IDisposable
{
    /// <summary>Records up to this size are copied among the other bytes: cheaper than one more write.</summary>
    private const int CopyBytes = 4096;

    /// <summary>A longer buffer than this isn't kept when it's empty.</summary>
    private const int KeepBytes = 256 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1024);
    private int _length;
    private int _frame;
    private readonly List<(int At, Records Records)> _slices = [];
    private long _sliceBytes;
    private long _frameSliceBytes;

    /// <summary>How many bytes wait to be sent.</summary>
    public long Length => _length + _sliceBytes;

    /// <summary>Begins a frame: four bytes for its length.</summary>
    public void BeginFrame()
    {
        _frame = _length;
        _frameSliceBytes = _sliceBytes;
        Int32(0);
    }

    /// <summary>Ends the frame and writes its length.</summary>
    public void EndFrame() => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_frame), checked((int)(_length - _frame - 4 + _sliceBytes - _frameSliceBytes)));

    /// <summary>Forgets the frame that was begun.</summary>
    public void DropFrame()
    {
        _slices.RemoveAll(slice => slice.At > _frame);
        _length = _frame;
        _sliceBytes = _frameSliceBytes;
    }

    /// <summary>One byte, 0 or 1.</summary>
    public void Boolean(bool value) => Room(1)[0] = value ? (byte)1 : (byte)0;

    /// <summary>A signed byte.</summary>
    public void Int8(sbyte value) => Room(1)[0] = (byte)value;

    /// <summary>Two bytes.</summary>
    public void Int16(short value) => BinaryPrimitives.WriteInt16BigEndian(Room(2), value);

    /// <summary>Four bytes.</summary>
    public void Int32(int value) => BinaryPrimitives.WriteInt32BigEndian(Room(4), value);

    /// <summary>Eight bytes.</summary>
    public void Int64(long value) => BinaryPrimitives.WriteInt64BigEndian(Room(8), value);

    /// <summary>Seven bits a byte, low ones first.</summary>
    public void UnsignedVarint(uint value)
    {
        for (; value >= 0x80; value >>= 7) Room(1)[0] = (byte)(value | 0x80);
        Room(1)[0] = (byte)value;
    }

    /// <summary>A string: int16 length, −1 for null; compact: varint of length + 1.</summary>
    public void String(string? value, bool compact)
    {
        var bytes = value is null ? -1 : Encoding.UTF8.GetByteCount(value);
        if (compact) UnsignedVarint((uint)(bytes + 1));
        else Int16(checked((short)bytes));
        if (bytes > 0) Encoding.UTF8.GetBytes(value, Room(bytes));
    }

    /// <summary>The number of elements that follow; −1 for null.</summary>
    public void Count(int count, bool compact)
    {
        if (compact) UnsignedVarint((uint)(count + 1));
        else Int32(count);
    }

    /// <summary>Record batches; long ones by reference.</summary>
    public void Records(Records records, bool compact)
    {
        Count(records.IsNull ? -1 : records.Length, compact);
        if (records.Length == 0) return;
        if (records.File is null && records.Length <= CopyBytes) records.Memory.Span.CopyTo(Room(records.Length));
        else if (records.File is { } file && records.Length <= CopyBytes) ReadInto(file, records.FileOffset, Room(records.Length));
        else
        {
            _slices.Add((_length, records));
            _sliceBytes += records.Length;
        }
    }

    /// <summary>Bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Room(bytes.Length));

    /// <summary>All that was written, in order: runs of plain bytes between the records kept by reference.</summary>
    public IEnumerable<Records> Parts()
    {
        var from = 0;
        foreach (var (at, records) in _slices)
        {
            if (at > from) yield return new(_buffer.AsMemory(from..at));
            yield return records;
            from = at;
        }
        if (_length > from) yield return new(_buffer.AsMemory(from.._length));
    }

    /// <summary>All that was written as one array; for tests and small messages.</summary>
    public byte[] ToArray()
    {
        var all = new byte[Length];
        var at = 0;
        foreach (var part in Parts())
        {
            if (part.File is { } file) ReadInto(file, part.FileOffset, all.AsSpan(at, part.Length));
            else part.Memory.Span.CopyTo(all.AsSpan(at));
            at += part.Length;
        }
        return all;
    }

    /// <summary>Forgets what was written, to begin anew.</summary>
    public void Clear()
    {
        _slices.Clear();
        _length = 0;
        _sliceBytes = 0;
        if (_buffer.Length <= KeepBytes) return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = ArrayPool<byte>.Shared.Rent(1024);
    }

    /// <summary>Gives its memory back.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
        _slices.Clear();
    }

    /// <summary>Reads all of <paramref name="into"/> from a file that must hold it.</summary>
    internal static void ReadInto(Hosting.IFile file, long offset, Span<byte> into)
    {
        var read = file.Read(offset, into);
        if (read != into.Length) throw new EndOfStreamException($"{file.Path} ends at {offset + read}, {into.Length - read} bytes before the end of the records to be sent");
    }

    private Span<byte> Room(int bytes)
    {
        if (_buffer.Length - _length < bytes) Grow(bytes);
        _length += bytes;
        return _buffer.AsSpan(_length - bytes, bytes);
    }

    private void Grow(int bytes)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_length + bytes), _buffer.Length * 2));
        _buffer.AsSpan(.._length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
