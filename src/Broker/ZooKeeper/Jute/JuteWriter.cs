using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Jute;

/// <summary>Writes records behind what the buffer already holds.</summary>
internal readonly ref struct JuteWriter(IBufferWriter<byte> buffer) : IJute
{
    private readonly IBufferWriter<byte> _buffer = buffer;

    /// <summary>Writes a record.</summary>
    public void Write<T>(in T value) where T : struct, IRecord
    {
        var copy = value;       // Describe takes fields by reference; this one only reads them
        var writer = this;
        copy.Describe(ref writer);
    }

    public void Int(ref int value) => Int(value);

    public void Int(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.GetSpan(sizeof(int)), value);
        _buffer.Advance(sizeof(int));
    }

    public void Long(ref long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_buffer.GetSpan(sizeof(long)), value);
        _buffer.Advance(sizeof(long));
    }

    public void Bool(ref bool value)
    {
        _buffer.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
        _buffer.Advance(1);
    }

    public void TrailingBool(ref bool? value)
    {
        if (value is { } present) Bool(ref present);
    }

    public void String(ref string? value) => String(value);

    public void String(string? value)
    {
        if (value is null)
        {
            Int(-1);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(value);
        var target = _buffer.GetSpan(sizeof(int) + length);
        BinaryPrimitives.WriteInt32BigEndian(target, length);
        Encoding.UTF8.GetBytes(value, target[sizeof(int)..]);
        _buffer.Advance(sizeof(int) + length);
    }

    public void Buffer(ref Blob value)
    {
        if (value.IsNone) Int(-1);
        else Bytes(value.Span);
    }

    /// <summary>A buffer that isn't null.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        var target = _buffer.GetSpan(sizeof(int) + value.Length);
        BinaryPrimitives.WriteInt32BigEndian(target, value.Length);
        value.CopyTo(target[sizeof(int)..]);
        _buffer.Advance(sizeof(int) + value.Length);
    }

    public void Strings(ref string?[]? values)
    {
        Int(values?.Length ?? -1);
        foreach (var value in values ?? []) String(value);
    }

    public void Vector<T>(ref T[]? values) where T : struct, IRecord
    {
        Int(values?.Length ?? -1);
        foreach (ref readonly var value in (values ?? []).AsSpan()) Write(value);
    }

    public void Record<T>(ref T value) where T : struct, IRecord => Write(value);

    public void Items<T>(ref T[]? items) where T : struct, IMultiItem
    {
        foreach (ref readonly var item in (items ?? []).AsSpan()) Write(item);
        var end = default(T);
        end.BecomeEnd();
        Write(end);
    }
}
