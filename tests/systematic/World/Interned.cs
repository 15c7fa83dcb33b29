using System.Collections.Concurrent;

namespace Reference.Systematic.World;

/// <summary>A part of a world: equal parts are one object, with a number and a fingerprint of its own.</summary>
public sealed class Part<T>(T value, int number, ulong hash) where T : IFingerprinted
{
    private ulong[]? _images;

    /// <summary>What it is.</summary>
    public T Value => value;

    /// <summary>Its number among the parts of its kind: in the order in which they were met.</summary>
    public int Number => number;

    /// <summary>Its fingerprint.</summary>
    public ulong Hash => hash;

    /// <summary>The fingerprints of its images under some renamings.</summary>
    public ulong[] Images(ImmutableArray<Renaming> renamings, Func<Renaming, T, T> rename, ulong seed) =>
        Volatile.Read(ref _images) ?? (_images = [.. renamings.Select(r => Fingerprint.Of(rename(r, value), seed))]);
}

/// <summary>Parts of one kind; equal values, by fingerprint, are one part. For many threads.</summary>
public sealed class Interned<T>(ulong seed) where T : IFingerprinted
{
    private readonly ConcurrentDictionary<ulong, Part<T>> _parts = new();
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The part of a value.</summary>
    public Part<T> Of(T value)
    {
        var hash = Fingerprint.Of(value, seed);
        return _parts.TryGetValue(hash, out var part) ? part : _parts.GetOrAdd(hash, static (h, at) => new(at.value, Interlocked.Increment(ref at.Item2._count), h), (value, this));
    }
}

/// <summary>What was worked out before, by up to three numbers. For many threads.</summary>
public sealed class Remembered<T>
{
    private readonly ConcurrentDictionary<Key, T> _known = new();

    /// <summary>What a key stands for; worked out if it is new.</summary>
    public T Of<TArgument>(int one, int other, long more, Func<TArgument, T> make, TArgument argument)
    {
        var key = new Key((long)one << 32 | (uint)other, more);
        return _known.TryGetValue(key, out var known) ? known : _known.GetOrAdd(key, make(argument));
    }

    private readonly record struct Key(long Numbers, long More)
    {
        public override int GetHashCode() => (int)(((ulong)Numbers * 0x9E3779B97F4A7C15 ^ (ulong)More * 0xD1342543DE82EF95) >> 32);
    }
}
