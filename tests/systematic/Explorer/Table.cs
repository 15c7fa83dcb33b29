using System.Collections.Concurrent;

namespace Reference.Systematic.Explorer;

/// <summary>Values by number: equal values, by fingerprint, have one number. For many threads.</summary>
public sealed class Table<T>(ulong seed) where T : class, IFingerprinted
{
    private const int ChunkBits = 12;
    private readonly ConcurrentDictionary<ulong, int> _numbers = new();
    private readonly T[]?[] _values = new T[1 << 18][];
    private readonly ulong[]?[] _hashes = new ulong[1 << 18][];
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The value of a number.</summary>
    public T this[int number] => _values[number >> ChunkBits]![number & ((1 << ChunkBits) - 1)];

    /// <summary>The fingerprint of a number's value: it doesn't depend on the order in which values were met.</summary>
    public ulong HashOf(int number) => _hashes[number >> ChunkBits]![number & ((1 << ChunkBits) - 1)];

    /// <summary>The number of a value.</summary>
    public int Of(T value)
    {
        var hash = Fingerprint.Of(value, seed);
        if (_numbers.TryGetValue(hash, out var number)) return number;
        lock (_numbers)
        {
            if (_numbers.TryGetValue(hash, out number)) return number;
            number = _count;
            (_values[number >> ChunkBits] ??= new T[1 << ChunkBits])[number & ((1 << ChunkBits) - 1)] = value;
            (_hashes[number >> ChunkBits] ??= new ulong[1 << ChunkBits])[number & ((1 << ChunkBits) - 1)] = hash;
            Volatile.Write(ref _count, number + 1);
            _numbers[hash] = number;
            return number;
        }
    }
}

/// <summary>What was computed before, by a key of one word that isn't zero. For one thread.</summary>
public sealed class Memo<T>
{
    private ulong[] _keys = new ulong[1 << 12];
    private T[] _values = new T[1 << 12];
    private int _count;

    /// <summary>How many results are kept.</summary>
    public int Count => _count;

    /// <summary>The result for a key, if it was computed.</summary>
    public bool TryGet(ulong key, out T value)
    {
        var mask = _keys.Length - 1;
        for (var at = Place(key, mask); ; at = (at + 1) & mask)
        {
            var there = _keys[at];
            if (there == key)
            {
                value = _values[at];
                return true;
            }
            if (there != 0) continue;
            value = default!;
            return false;
        }
    }

    /// <summary>Keeps the result for a key that has none.</summary>
    public void Keep(ulong key, T value)
    {
        if (2 * ++_count > _keys.Length) Grow();
        Put(key, value);
    }

    private void Grow()
    {
        var (keys, values) = (_keys, _values);
        (_keys, _values) = (new ulong[2 * keys.Length], new T[2 * keys.Length]);
        for (var i = 0; i < keys.Length; i++)
            if (keys[i] != 0) Put(keys[i], values[i]);
    }

    private void Put(ulong key, T value)
    {
        var mask = _keys.Length - 1;
        var at = Place(key, mask);
        while (_keys[at] != 0) at = (at + 1) & mask;
        (_keys[at], _values[at]) = (key, value);
    }

    private static int Place(ulong key, int mask) => (int)((key * 0x9E3779B97F4A7C15) >> 32) & mask;
}
