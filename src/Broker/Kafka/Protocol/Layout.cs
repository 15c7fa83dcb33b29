using System.Collections;
using System.Runtime.CompilerServices;

namespace Reference.Broker.Kafka.Protocol;

/// <summary>Where in a message a field is.</summary>
public delegate ref V Place<in T, V>(T message);

/// <summary>One field of a structure: its name, and the versions in which it exists, may be null, and stands among the tagged ones.</summary>
/// <param name="Name">As the member is called.</param>
/// <param name="Versions">In which it is on the wire.</param>
/// <param name="NullableVersions">In which it may be null.</param>
/// <param name="Tag">Its tag, if it's a tagged field; else −1.</param>
public abstract record Field<T>(string Name, Versions Versions, Versions NullableVersions, int Tag)
{
    internal abstract FieldCodec<T> For(short version, bool flexible);
}

/// <summary>Reads and writes one field of one version.</summary>
internal abstract class FieldCodec<T>
{
    public abstract void Read(ref WireReader reader, T message);
    public abstract void Write(WireWriter writer, T message);
    public abstract bool IsDefault(T message, T fresh);
    public abstract int Bytes { get; }
}

/// <summary>A structure, described once: its fields in the order of the wire. The readers and writers of all versions, classic and flexible, come from here.</summary>
/// <remarks>A field that isn't in a version keeps what a new <typeparamref name="T"/> has there.</remarks>
public sealed class Layout<T> : IEnumerable<Field<T>> where T : class, new()
{
    private readonly List<Field<T>> _fields = [];
    private readonly Dictionary<(short, bool), Codec<T>> _codecs = [];

    /// <summary>Adds a field: its kind, where it is, and the versions that have it (all, if none are given).</summary>
    public void Add<V>(Kind<V> kind, Place<T, V> place, string versions = "0+", [CallerArgumentExpression(nameof(place))] string name = "") =>
        Add(kind, place, versions, kind.MayBeNull ? Versions.Parse(versions) : Versions.None, -1, name);

    /// <summary>Adds a field that may be null in <paramref name="nullable"/> only.</summary>
    public void Add<V>(Kind<V> kind, Place<T, V> place, string versions, Versions nullable, [CallerArgumentExpression(nameof(place))] string name = "") =>
        Add(kind, place, versions, nullable, -1, name);

    /// <summary>Adds a tagged field: it's on the wire where it isn't the default.</summary>
    public void Add<V>(Kind<V> kind, Place<T, V> place, string versions, int tag, [CallerArgumentExpression(nameof(place))] string name = "") =>
        Add(kind, place, versions, kind.MayBeNull ? Versions.Parse(versions) : Versions.None, tag, name);

    private void Add<V>(Kind<V> kind, Place<T, V> place, string versions, Versions nullable, int tag, string name) =>
        _fields.Add(new PlacedField<V>(name[(name.LastIndexOf('.') + 1)..], Versions.Parse(versions), nullable, tag, kind, place));

    /// <summary>The codec of a version.</summary>
    public Codec<T> For(short version, bool flexible)
    {
        lock (_codecs)
        {
            if (_codecs.TryGetValue((version, flexible), out var codec)) return codec;
            var present = _fields.Where(f => f.Versions.Contains(version)).ToArray();
            return _codecs[(version, flexible)] = new(
                [.. present.Where(f => f.Tag < 0).Select(f => f.For(version, flexible))],
                [.. present.Where(f => f.Tag >= 0 && flexible).OrderBy(f => f.Tag).Select(f => (f.Tag, f.For(version, flexible)))],
                flexible);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<Field<T>> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed record PlacedField<V>(string Name, Versions Versions, Versions NullableVersions, int Tag, Kind<V> Kind, Place<T, V> Place) : Field<T>(Name, Versions, NullableVersions, Tag)
    {
        internal override FieldCodec<T> For(short version, bool flexible)
        {
            var form = new Form(version, flexible, NullableVersions.Contains(version));
            return new PlacedCodec<V>(Place, Kind.Reader(form), Kind.Writer(form), Kind.Bytes(form));
        }
    }

    private sealed class PlacedCodec<V>(Place<T, V> place, ReadValue<V> read, WriteValue<V> write, int bytes) : FieldCodec<T>
    {
        public override int Bytes => bytes;
        public override void Read(ref WireReader reader, T message) => place(message) = read(ref reader);
        public override void Write(WireWriter writer, T message) => write(writer, place(message));
        public override bool IsDefault(T message, T fresh) => (place(message), place(fresh)) switch
        {
            (Array { Length: 0 }, Array { Length: 0 }) => true,
            var (mine, its) => EqualityComparer<V>.Default.Equals(mine, its),
        };
    }
}

/// <summary>Reads and writes a structure in one version.</summary>
public sealed class Codec<T> where T : class, new()
{
    private readonly FieldCodec<T>[] _fields;
    private readonly (int Tag, FieldCodec<T> Codec)[] _tagged;
    private readonly bool _flexible;
    private readonly T _fresh = new();

    internal Codec(FieldCodec<T>[] fields, (int, FieldCodec<T>)[] tagged, bool flexible)
    {
        _fields = fields;
        _tagged = tagged;
        _flexible = flexible;
        Bytes = fields.Sum(f => f.Bytes) + (flexible ? 1 : 0);
    }

    /// <summary>The least number of bytes that one takes.</summary>
    internal int Bytes { get; }

    /// <summary>Reads one.</summary>
    /// <exception cref="MalformedRequestException">The bytes aren't one.</exception>
    public T Read(ref WireReader reader)
    {
        var message = new T();
        foreach (var field in _fields) field.Read(ref reader, message);
        if (_flexible) ReadTags(ref reader, message);
        return message;
    }

    /// <summary>Writes one.</summary>
    public void Write(WireWriter writer, T message)
    {
        foreach (var field in _fields) field.Write(writer, message);
        if (_flexible) WriteTags(writer, message);
    }

    /// <summary>Tagged fields: how many, then of each the tag, the size and the bytes, in rising order. Unknown ones are passed over.</summary>
    private void ReadTags(ref WireReader reader, T message)
    {
        var last = -1L;
        for (var left = reader.UnsignedVarint(); left > 0; left--)
        {
            var tag = reader.UnsignedVarint();
            if (tag <= last) throw new MalformedRequestException($"tag {tag} after tag {last}");
            last = tag;
            var size = reader.UnsignedVarint();
            if (size > reader.Left) throw new MalformedRequestException($"a tagged field of {size} bytes, with {reader.Left} left");
            var field = reader.Sub((int)size);
            foreach (var known in _tagged)
            {
                if (known.Tag != tag) continue;
                known.Codec.Read(ref field, message);
                field.End();
            }
        }
    }

    private void WriteTags(WireWriter writer, T message)
    {
        uint set = 0;
        foreach (var (_, codec) in _tagged) set += codec.IsDefault(message, _fresh) ? 0u : 1u;
        writer.UnsignedVarint(set);
        if (set == 0) return;
        using var scratch = new WireWriter();
        foreach (var (tag, codec) in _tagged)
        {
            if (codec.IsDefault(message, _fresh)) continue;
            scratch.Clear();
            codec.Write(scratch, message);
            var bytes = scratch.ToArray();
            writer.UnsignedVarint((uint)tag);
            writer.UnsignedVarint((uint)bytes.Length);
            writer.Raw(bytes);
        }
    }
}
