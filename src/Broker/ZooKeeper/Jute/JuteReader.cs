using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Reference.Broker.Hosting;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Jute;

/// <summary>Reads records from one frame. A length is checked against what's left of the frame before anything is allocated for it.</summary>
/// <exception cref="MalformedFrameException">The frame ends early, or a length in it can't be.</exception>
internal ref struct JuteReader(ReadOnlySpan<byte> frame) : IJute
{
    private readonly ReadOnlySpan<byte> _frame = frame;
    private int _position;

    /// <summary>How many bytes are left.</summary>
    public readonly int Left => _frame.Length - _position;

    /// <summary>Reads a record.</summary>
    public T Read<T>() where T : struct, IRecord
    {
        var value = default(T);
        value.Describe(ref this);
        return value;
    }

    /// <summary>All bytes that are left.</summary>
    public ReadOnlySpan<byte> Rest() => Take(Left, "rest");

    public void Int(ref int value) => value = BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int), "int"));

    public void Long(ref long value) => value = BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long), "long"));

    public void Bool(ref bool value) => value = Take(1, "boolean")[0] != 0;

    public void TrailingBool(ref bool? value) => value = Left == 0 ? null : Take(1, "boolean")[0] != 0;

    public void String(ref string? value)
    {
        var length = Length("string", 1);
        value = length < 0 ? null : Encoding.UTF8.GetString(Take(length, "string"));
    }

    public void Buffer(ref Blob value)
    {
        var length = Length("buffer", 1);
        value = length < 0 ? Blob.None : Blob.Of(Take(length, "buffer"));
    }

    public void Strings(ref string?[]? values)
    {
        var count = Length("vector", sizeof(int));
        if (count < 0)
        {
            values = null;
            return;
        }

        values = count == 0 ? [] : new string?[count];
        for (var i = 0; i < count; i++) String(ref values[i]);
    }

    public void Vector<T>(ref T[]? values) where T : struct, IRecord
    {
        var count = Length("vector", JuteSize.Least<T>());
        if (count < 0)
        {
            values = null;
            return;
        }

        values = count == 0 ? [] : new T[count];
        for (var i = 0; i < count; i++) values[i].Describe(ref this);
    }

    public void Record<T>(ref T value) where T : struct, IRecord => value.Describe(ref this);

    public void Items<T>(ref T[]? items) where T : struct, IMultiItem
    {
        var found = new List<T>();
        while (true)
        {
            var item = Read<T>();
            if (item.Done) break;
            found.Add(item);
        }

        items = [.. found];
    }

    /// <summary>A length or count, −1 for null, that what's left can hold when each element has at least <paramref name="least"/> bytes.</summary>
    private int Length(string what, int least)
    {
        var length = 0;
        Int(ref length);
        if (length < -1) throw new MalformedFrameException($"a {what} of length {length}");
        if ((long)length * least > Left) throw new MalformedFrameException($"a {what} of length {length} where {Left} bytes are left");
        return length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Take(int count, string what)
    {
        if (count > Left) EndsEarly(count, what, Left);
        var taken = _frame.Slice(_position, count);
        _position += count;
        return taken;
    }

    private static void EndsEarly(int count, string what, int left) =>
        throw new MalformedFrameException($"the frame ends early: {count} bytes of {what} wanted, {left} left");
}
