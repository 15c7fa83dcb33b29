namespace Reference.Broker.Kafka.Protocol;

/// <summary>Reads a value of one kind, in one version.</summary>
public delegate V ReadValue<V>(ref WireReader reader);

/// <summary>Writes a value of one kind, in one version.</summary>
public delegate void WriteValue<V>(WireWriter writer, V value);

/// <summary>A kind of value on the wire: how many bytes it takes at least, and how it's read and written in a version.</summary>
/// <param name="Bytes">The least number of bytes it takes in a version.</param>
/// <param name="Reader">The reader for a version, whether it's flexible, and whether null is allowed there.</param>
/// <param name="Writer">The writer for the same.</param>
/// <param name="MayBeNull">Whether null is a value of it in all versions, unless a field says otherwise.</param>
public sealed record Kind<V>(Func<Form, int> Bytes, Func<Form, ReadValue<V>> Reader, Func<Form, WriteValue<V>> Writer, bool MayBeNull = false);

/// <summary>What the look of a value depends on.</summary>
/// <param name="Version">The version of the API.</param>
/// <param name="Flexible">Compact lengths, and tagged fields after each structure.</param>
/// <param name="Nullable">Null is allowed.</param>
public readonly record struct Form(short Version, bool Flexible, bool Nullable);

/// <summary>The kinds that the protocol is made of.</summary>
public static class Kinds
{
    /// <summary>One byte, 0 or 1.</summary>
    public static readonly Kind<bool> Bool = Fixed(1, static (ref r) => r.Boolean(), static (w, v) => w.Boolean(v));

    /// <summary>A signed byte.</summary>
    public static readonly Kind<sbyte> SignedByte = Fixed(1, static (ref r) => r.Int8(), static (w, v) => w.Int8(v));

    /// <summary>Two bytes.</summary>
    public static readonly Kind<short> Short = Fixed(2, static (ref r) => r.Int16(), static (w, v) => w.Int16(v));

    /// <summary>Four bytes.</summary>
    public static readonly Kind<int> Int = Fixed(4, static (ref r) => r.Int32(), static (w, v) => w.Int32(v));

    /// <summary>Eight bytes.</summary>
    public static readonly Kind<long> Long = Fixed(8, static (ref r) => r.Int64(), static (w, v) => w.Int64(v));

    /// <summary>Two bytes, an error code.</summary>
    public static readonly Kind<ErrorCode> Code = Fixed(2, static (ref r) => (ErrorCode)r.Int16(), static (w, v) => w.Int16((short)v));

    /// <summary>A string that is never null.</summary>
    public static readonly Kind<string> Text = new(Length(2),
        form => (ref r) => r.String(form.Flexible) ?? throw new MalformedRequestException("null in the place of a string"),
        form => (w, v) => w.String(v, form.Flexible));

    /// <summary>A string, or null where the field allows it.</summary>
    public static readonly Kind<string?> NullableText = new(Length(2),
        form => (ref r) => r.String(form.Flexible) ?? (form.Nullable ? null : throw new MalformedRequestException("null in the place of a string")),
        form => (w, v) => w.String(form.Nullable ? v : v ?? throw new ArgumentNullException(nameof(v), $"a string that version {form.Version} wants"), form.Flexible),
        MayBeNull: true);

    /// <summary>Bytes that mean something to others; a copy of those in the frame.</summary>
    public static readonly Kind<byte[]> Bytes = new(Length(4),
        form => (ref r) => r.Records(form.Flexible) is { IsNull: false } bytes ? bytes.Memory.ToArray() : throw new MalformedRequestException("null in the place of bytes"),
        form => (w, v) => w.Records(new(v), form.Flexible));

    /// <summary>Record batches, or null.</summary>
    public static readonly Kind<Records> RecordBatches = new(Length(4), form => (ref r) => r.Records(form.Flexible), form => (w, v) => w.Records(v, form.Flexible), MayBeNull: true);

    /// <summary>The versions in which a field may be null, where that's not all that have it.</summary>
    public static Versions NullableIn(string versions) => Versions.Parse(versions);

    /// <summary>Any number of <paramref name="element"/>.</summary>
    public static Kind<V[]> Array<V>(Kind<V> element) => new(Length(4),
        form => ArrayReader(element, form with { Nullable = false })!,
        form => ArrayWriter(element, form with { Nullable = false })!);

    /// <summary>Any number of <paramref name="element"/>, or null where the field allows it.</summary>
    public static Kind<V[]?> NullableArray<V>(Kind<V> element) => new(Length(4), form => ArrayReader(element, form), form => ArrayWriter(element, form), MayBeNull: true);

    /// <summary>Any number of structures.</summary>
    public static Kind<T[]> Array<T>(Layout<T> layout) where T : class, new() => Array(Structure(layout));

    /// <summary>Any number of structures, or null where the field allows it.</summary>
    public static Kind<T[]?> NullableArray<T>(Layout<T> layout) where T : class, new() => NullableArray(Structure(layout));

    private static Kind<T> Structure<T>(Layout<T> layout) where T : class, new() => new(
        form => layout.For(form.Version, form.Flexible).Bytes,
        form => layout.For(form.Version, form.Flexible).Read,
        form => layout.For(form.Version, form.Flexible).Write);

    private static Kind<V> Fixed<V>(int bytes, ReadValue<V> read, WriteValue<V> write) => new(_ => bytes, _ => read, _ => write);

    /// <summary>A length is a varint where versions are flexible, of fixed size else.</summary>
    private static Func<Form, int> Length(int classicBytes) => form => form.Flexible ? 1 : classicBytes;

    private static ReadValue<V[]?> ArrayReader<V>(Kind<V> element, Form form)
    {
        var (read, bytes, flexible) = (element.Reader(form), element.Bytes(form), form.Flexible);
        return (ref r) =>
        {
            var count = r.Count(flexible, bytes);
            if (count < 0) return form.Nullable ? null : throw new MalformedRequestException("null in the place of an array");
            if (count == 0) return [];
            var elements = new V[count];
            for (var i = 0; i < count; i++) elements[i] = read(ref r);
            return elements;
        };
    }

    private static WriteValue<V[]?> ArrayWriter<V>(Kind<V> element, Form form)
    {
        var (write, flexible) = (element.Writer(form), form.Flexible);
        return (w, elements) =>
        {
            if (elements is null && !form.Nullable) throw new ArgumentNullException(nameof(elements), $"an array that version {form.Version} wants");
            w.Count(elements?.Length ?? -1, flexible);
            foreach (var element in elements ?? []) write(w, element);
        };
    }
}
