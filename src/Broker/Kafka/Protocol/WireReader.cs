using System.Buffers.Binary;
using System.Text;

namespace Reference.Broker.Kafka.Protocol;

/// <summary>Reads the protocol's primitives, big-endian, from one frame. Every length is checked against what's left before anything is made of it.</summary>
public ref struct WireReader
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlyMemory<byte> _memory;
    private readonly ReadOnlySpan<byte> _span;
    private int _at;

    /// <summary>A reader at the start of <paramref name="frame"/>, the bytes after the frame's length.</summary>
    public WireReader(ReadOnlyMemory<byte> frame)
    {
        _memory = frame;
        _span = frame.Span;
    }

    /// <summary>How many bytes are left.</summary>
    public readonly int Left => _span.Length - _at;

    /// <summary>One byte: 0 is false, anything else true.</summary>
    public bool Boolean() => Take(1)[0] != 0;

    /// <summary>A signed byte.</summary>
    public sbyte Int8() => (sbyte)Take(1)[0];

    /// <summary>Two bytes.</summary>
    public short Int16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    /// <summary>Four bytes.</summary>
    public int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    /// <summary>Eight bytes.</summary>
    public long Int64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    /// <summary>Seven bits a byte, low ones first; at most five bytes.</summary>
    public uint UnsignedVarint()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var b = Take(1)[0];
            if (shift == 28 && b > 0x0f) break;
            value |= (uint)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
        throw new MalformedRequestException($"a varint at byte {_at} is longer than 32 bits");
    }

    /// <summary>A string's bytes: int16 length, −1 for null; compact: varint of length + 1.</summary>
    public string? String(bool compact)
    {
        var length = compact ? CompactLength() : Int16();
        if (length < -1) throw new MalformedRequestException($"a string of length {length} at byte {_at}");
        if (length == -1) return null;
        var bytes = Take(length);
        try { return Utf8.GetString(bytes); }
        catch (DecoderFallbackException) { throw new MalformedRequestException($"a string before byte {_at} is not UTF-8"); }
    }

    /// <summary>Record batches, as a slice of the frame.</summary>
    public Records Records(bool compact)
    {
        var length = compact ? CompactLength() : Int32();
        if (length < -1) throw new MalformedRequestException($"records of length {length} at byte {_at}");
        if (length == -1) return default;
        Take(length);
        return new(_memory.Slice(_at - length, length));
    }

    /// <summary>How many elements follow; −1 for null. More than <paramref name="elementBytes"/> each leave room for are refused.</summary>
    public int Count(bool compact, int elementBytes)
    {
        var count = compact ? CompactLength() : Int32();
        if (count < -1 || (long)count * elementBytes > Left) throw new MalformedRequestException($"an array of {count} elements at byte {_at}, with {Left} bytes left");
        return count;
    }

    /// <summary>The next <paramref name="length"/> bytes as a reader of their own.</summary>
    public WireReader Sub(int length)
    {
        Take(length);
        return new(_memory.Slice(_at - length, length));
    }

    /// <summary>Refuses bytes after the end of the message.</summary>
    public readonly void End()
    {
        if (Left != 0) throw new MalformedRequestException($"{Left} bytes after the end of the message");
    }

    private int CompactLength()
    {
        var plusOne = UnsignedVarint();
        if (plusOne > int.MaxValue) throw new MalformedRequestException($"a length of {plusOne} at byte {_at}");
        return (int)plusOne - 1;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)Left) throw new MalformedRequestException($"{length} bytes wanted at byte {_at}, {Left} are left");
        _at += length;
        return _span.Slice(_at - length, length);
    }
}
