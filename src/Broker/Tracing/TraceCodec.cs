using System.Buffers;
using System.Collections;
using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using MessagePack;
using Reference.Broker.Ensemble.Codecs;
using Reference.Coordination;
using Reference.Replication;

namespace Reference.Broker.Tracing;

/// <summary>Writes and reads values of the cores' types in MessagePack, by what reflection finds: records by their constructor and init properties, unions by the name of the type.</summary>
/// <remarks>
/// One per file, and what is read must be read in the order written: a type's name is written the first time it occurs, then its number. Types outside the project's assemblies, apart from
/// the plain ones and immutable collections, are refused.
/// </remarks>
internal sealed class TraceCodec
{
    private static readonly ConcurrentDictionary<Type, Shape> Shapes = new();
    private static readonly Assembly[] Assemblies =
        [typeof(IFingerprinted).Assembly, typeof(Zab.Input).Assembly, typeof(Input).Assembly, typeof(BrokerSet).Assembly, typeof(TraceCodec).Assembly];

    private readonly List<Type> _types = [];
    private readonly Dictionary<Type, int> _numbers = [];

    /// <summary>Writes a value of the declared type <typeparamref name="T"/>.</summary>
    public void Write<T>(ref MessagePackWriter writer, T value) => ShapeOf(typeof(T)).Write(this, ref writer, value);

    /// <summary>Reads a value of the declared type <typeparamref name="T"/>.</summary>
    /// <exception cref="MessagePackSerializationException">The bytes are no such value.</exception>
    public T Read<T>(ref MessagePackReader reader) => (T)ShapeOf(typeof(T)).Read(this, ref reader)!;

    private static Shape ShapeOf(Type type) => Shapes.TryGetValue(type, out var shape) ? shape : Shapes.GetOrAdd(type, MakeShape(type));

    private static Shape MakeShape(Type type)
    {
        if (Plain.Find(type) is { } plain) return plain;
        if (type.IsEnum) return new EnumShape(type);
        if (Nullable.GetUnderlyingType(type) is { } underlying) return new NullableShape(underlying);
        if (type.IsGenericType && CollectionShape.Find(type) is { } collection) return collection;
        if (type == typeof(object) || ((type.IsAbstract || type.IsInterface) && !type.IsSealed)) return new UnionShape();
        return new RecordShape(type);
    }

    private void WriteType(ref MessagePackWriter writer, Type type)
    {
        if (_numbers.TryGetValue(type, out var number))
        {
            writer.Write(number);
            return;
        }
        writer.Write(_types.Count);
        writer.Write(type.FullName);
        _numbers.Add(type, _types.Count);
        _types.Add(type);
    }

    private Type ReadType(ref MessagePackReader reader)
    {
        var number = reader.ReadInt32();
        if (number >= 0 && number < _types.Count) return _types[number];
        var name = reader.ReadString() ?? "";
        var type = Assemblies.Select(a => a.GetType(name)).FirstOrDefault(t => t is not null);
        if (number != _types.Count || type is null) throw new MessagePackSerializationException($"a value of the unknown type {number} '{name}'");
        _types.Add(type);
        return type;
    }

    private abstract class Shape
    {
        public abstract void Write(TraceCodec codec, ref MessagePackWriter writer, object? value);

        public abstract object? Read(TraceCodec codec, ref MessagePackReader reader);
    }

    private delegate void PlainWriter(ref MessagePackWriter writer, object value);

    private delegate object PlainReader(ref MessagePackReader reader);

    /// <summary>What MessagePack has itself, and the few types of the cores that reflection can't make.</summary>
    private sealed class Plain(PlainWriter write, PlainReader read) : Shape
    {
        private static readonly Dictionary<Type, Plain> All = new()
        {
            [typeof(bool)] = new((ref w, v) => w.Write((bool)v), (ref r) => r.ReadBoolean()),
            [typeof(byte)] = new((ref w, v) => w.Write((byte)v), (ref r) => r.ReadByte()),
            [typeof(short)] = new((ref w, v) => w.Write((short)v), (ref r) => r.ReadInt16()),
            [typeof(int)] = new((ref w, v) => w.Write((int)v), (ref r) => r.ReadInt32()),
            [typeof(uint)] = new((ref w, v) => w.Write((uint)v), (ref r) => r.ReadUInt32()),
            [typeof(long)] = new((ref w, v) => w.Write((long)v), (ref r) => r.ReadInt64()),
            [typeof(ulong)] = new((ref w, v) => w.Write((ulong)v), (ref r) => r.ReadUInt64()),
            [typeof(string)] = new((ref w, v) => w.Write((string)v), (ref r) => r.ReadString()!),
            [typeof(ReadOnlyMemory<byte>)] = new((ref w, v) => w.Write(((ReadOnlyMemory<byte>)v).Span), (ref r) => (ReadOnlyMemory<byte>)Bytes(ref r)),
            [typeof(Guid)] = new((ref w, v) => w.Write(((Guid)v).ToByteArray()), (ref r) => new Guid(Bytes(ref r))),
            [typeof(Blob)] = new((ref w, v) => w.Write((Blob)v), (ref r) => r.ReadBlob()),
            [typeof(BrokerSet)] = new((ref w, v) => WriteBrokers(ref w, (BrokerSet)v), (ref r) => ReadBrokers(ref r)),
            [typeof(ServiceState)] = new((ref w, v) => WriteService(ref w, (ServiceState)v), (ref r) => SnapshotCodec.Read(Bytes(ref r))),
        };

        public static Plain? Find(Type type) => All.GetValueOrDefault(type);

        public override void Write(TraceCodec codec, ref MessagePackWriter writer, object? value) => write(ref writer, value!);

        public override object Read(TraceCodec codec, ref MessagePackReader reader) => read(ref reader);

        private static byte[] Bytes(ref MessagePackReader reader) => reader.ReadBytes()?.ToArray() ?? [];

        private static void WriteBrokers(ref MessagePackWriter writer, BrokerSet brokers)
        {
            writer.WriteArrayHeader(brokers.Count);
            foreach (var broker in brokers) writer.Write(broker.Value);
        }

        private static BrokerSet ReadBrokers(ref MessagePackReader reader)
        {
            var brokers = new BrokerId[reader.ReadArrayHeader()];
            for (var i = 0; i < brokers.Length; i++) brokers[i] = new(reader.ReadInt32());
            return BrokerSet.Of(brokers);
        }

        private static void WriteService(ref MessagePackWriter writer, ServiceState service) =>
            writer.Write(SnapshotCodec.Parts(service).SelectMany(part => part.ToArray()).ToArray());
    }

    private sealed class EnumShape(Type type) : Shape
    {
        public override void Write(TraceCodec codec, ref MessagePackWriter writer, object? value) =>
            writer.Write(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));

        public override object Read(TraceCodec codec, ref MessagePackReader reader) => Enum.ToObject(type, reader.ReadInt64());
    }

    private sealed class NullableShape(Type underlying) : Shape
    {
        public override void Write(TraceCodec codec, ref MessagePackWriter writer, object? value)
        {
            writer.Write(value is not null);
            if (value is not null) ShapeOf(underlying).Write(codec, ref writer, value);
        }

        public override object? Read(TraceCodec codec, ref MessagePackReader reader) => reader.ReadBoolean() ? ShapeOf(underlying).Read(codec, ref reader) : null;
    }

    private sealed class UnionShape : Shape
    {
        public override void Write(TraceCodec codec, ref MessagePackWriter writer, object? value)
        {
            if (value is null)
            {
                writer.WriteNil();
                return;
            }
            codec.WriteType(ref writer, value.GetType());
            ShapeOf(value.GetType()).Write(codec, ref writer, value);
        }

        public override object? Read(TraceCodec codec, ref MessagePackReader reader) =>
            reader.TryReadNil() ? null : ShapeOf(codec.ReadType(ref reader)).Read(codec, ref reader);
    }

    private sealed class CollectionShape(Type[] items, Func<object, IEnumerable?> values, Func<Array, object> make) : Shape
    {
        private readonly Type _item = items.Length == 1 ? items[0] : typeof(KeyValuePair<,>).MakeGenericType(items);

        public static CollectionShape? Find(Type type)
        {
            var arguments = type.GetGenericArguments();
            var definition = type.GetGenericTypeDefinition();
            if (definition == typeof(ImmutableArray<>)) return Of(nameof(ImmutableArrayOf), arguments);
            if (definition == typeof(ImmutableSortedSet<>)) return Of(nameof(ImmutableSortedSetOf), arguments);
            if (definition == typeof(ImmutableSortedDictionary<,>)) return Of(nameof(ImmutableSortedDictionaryOf), arguments);
            if (definition == typeof(ImmutableDictionary<,>)) return Of(nameof(ImmutableDictionaryOf), arguments);
            if (definition == typeof(ImmutableList<>)) return Of(nameof(ImmutableListOf), arguments);
            if (definition == typeof(Sequence<>)) return Of(nameof(SequenceOf), arguments);
            return definition == typeof(IReadOnlyList<>) ? Of(nameof(ListOf), arguments) : null;
        }

        public override void Write(TraceCodec codec, ref MessagePackWriter writer, object? value)
        {
            if (value is null || values(value) is not { } sequence)
            {
                writer.WriteNil();
                return;
            }
            var all = sequence.Cast<object?>().ToArray();
            writer.WriteArrayHeader(all.Length);
            var shape = ShapeOf(_item);
            foreach (var item in all) shape.Write(codec, ref writer, item);
        }

        public override object? Read(TraceCodec codec, ref MessagePackReader reader)
        {
            if (reader.TryReadNil()) return null;
            var all = Array.CreateInstance(_item, reader.ReadArrayHeader());
            var shape = ShapeOf(_item);
            for (var i = 0; i < all.Length; i++) all.SetValue(shape.Read(codec, ref reader), i);
            return make(all);
        }

        private static CollectionShape Of(string maker, Type[] arguments) =>
            (CollectionShape)typeof(CollectionShape).GetMethod(maker, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(arguments).Invoke(null, null)!;

        private static CollectionShape ImmutableArrayOf<T>() =>
            new([typeof(T)], v => ((ImmutableArray<T>)v).IsDefault ? null : (IEnumerable)v, a => ImmutableArray.Create((T[])a));

        private static CollectionShape ImmutableSortedSetOf<T>() => new([typeof(T)], v => (IEnumerable)v, a => ImmutableSortedSet.Create(OrderOf<T>(), (T[])a));

        private static CollectionShape ImmutableSortedDictionaryOf<K, V>() where K : notnull =>
            new([typeof(K), typeof(V)], v => (IEnumerable)v, a => ImmutableSortedDictionary.CreateRange(OrderOf<K>(), (KeyValuePair<K, V>[])a));

        private static CollectionShape ImmutableDictionaryOf<K, V>() where K : notnull =>
            new([typeof(K), typeof(V)], v => (IEnumerable)v, a => ImmutableDictionary.CreateRange((KeyValuePair<K, V>[])a));

        private static CollectionShape ImmutableListOf<T>() => new([typeof(T)], v => (IEnumerable)v, a => ImmutableList.Create((T[])a));

        private static CollectionShape SequenceOf<T>() => new([typeof(T)], v => (IEnumerable)v, a => Sequence.Create<T>((T[])a));

        private static CollectionShape ListOf<T>() => new([typeof(T)], v => (IEnumerable)v, a => (T[])a);

        private static IComparer<T> OrderOf<T>() => typeof(T) == typeof(string) ? (IComparer<T>)(object)StringComparer.Ordinal : Comparer<T>.Default;
    }

    /// <summary>A record, or what is made like one: by the constructor whose every parameter is a property, then by the properties that may be set beside.</summary>
    private sealed class RecordShape : Shape
    {
        private readonly bool _mayBeNull;
        private readonly Type[] _types;
        private readonly Func<object, object?>[] _getters;
        private readonly Func<object?[], object> _make;

        public RecordShape(Type type)
        {
            _mayBeNull = !type.IsValueType;
            var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0).ToArray();
            var fields = type.IsGenericType && type.FullName!.StartsWith("System.ValueTuple`", StringComparison.Ordinal) ? type.GetFields() : [];
            var constructor = type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
                .Where(c => c.GetParameters().All(p => p.ParameterType != type && MemberOf(p) is not null))
                .OrderByDescending(c => c.GetParameters().Length).FirstOrDefault() ?? throw new InvalidOperationException($"{type} can't be kept in a trace: none of its constructors takes its properties");
            var parameters = constructor.GetParameters();
            var taken = parameters.Select(p => MemberOf(p)!).ToArray();
            var beside = properties.Where(p => p.SetMethod is not null && !taken.Contains(p)).ToArray();
            MemberInfo[] members = [.. taken, .. beside];
            _types = [.. members.Select(TypeOf)];
            _getters = [.. members.Select(m => Getter(type, m))];
            _make = Maker(constructor, parameters.Length, beside);

            MemberInfo? MemberOf(ParameterInfo parameter) =>
                (MemberInfo?)properties.FirstOrDefault(p => string.Equals(p.Name, parameter.Name, StringComparison.OrdinalIgnoreCase) && p.PropertyType == parameter.ParameterType)
                ?? fields.FirstOrDefault(f => string.Equals(f.Name, parameter.Name, StringComparison.OrdinalIgnoreCase));
        }

        public override void Write(TraceCodec codec, ref MessagePackWriter writer, object? value)
        {
            if (_mayBeNull) writer.Write(value is not null);
            if (value is null) return;
            for (var i = 0; i < _getters.Length; i++) ShapeOf(_types[i]).Write(codec, ref writer, _getters[i](value));
        }

        public override object? Read(TraceCodec codec, ref MessagePackReader reader)
        {
            if (_mayBeNull && !reader.ReadBoolean()) return null;
            var values = new object?[_types.Length];
            for (var i = 0; i < values.Length; i++) values[i] = ShapeOf(_types[i]).Read(codec, ref reader);
            return _make(values);
        }

        private static Type TypeOf(MemberInfo member) => member is PropertyInfo p ? p.PropertyType : ((FieldInfo)member).FieldType;

        private static Func<object, object?> Getter(Type type, MemberInfo member)
        {
            var value = Expression.Parameter(typeof(object));
            return Expression.Lambda<Func<object, object?>>(Expression.Convert(Expression.MakeMemberAccess(Expression.Convert(value, type), member), typeof(object)), value).Compile();
        }

        private static Func<object?[], object> Maker(ConstructorInfo constructor, int count, PropertyInfo[] beside)
        {
            var values = Expression.Parameter(typeof(object?[]));
            Expression Value(int i, Type type) => Expression.Convert(Expression.ArrayIndex(values, Expression.Constant(i)), type);
            var made = Expression.New(constructor, constructor.GetParameters().Select((p, i) => Value(i, p.ParameterType)));
            var bound = Expression.MemberInit(made, beside.Select((p, i) => Expression.Bind(p, Value(count + i, p.PropertyType))));
            return Expression.Lambda<Func<object?[], object>>(Expression.Convert(bound, typeof(object)), values).Compile();
        }
    }
}
