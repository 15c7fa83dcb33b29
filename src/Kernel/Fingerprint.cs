using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Reference.Kernel;

/// <summary>What can be hashed by value: equal values add equal words, whatever their layout in memory.</summary>
public interface IFingerprinted
{
    /// <summary>Adds this value, field by field, in a fixed order.</summary>
    void AddTo(ref Fingerprint fingerprint);
}

/// <summary>A canonical 64-bit hash of a state: the same in every process and run for the same seed.</summary>
/// <remarks>
/// Not cryptographic. With n distinct states the odds of any collision are about n² / 2⁶⁵; a second seed gives an independent look.
/// The mixing step is that of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
/// </remarks>
public struct Fingerprint(ulong seed = 0)
{
    private ulong _value = Mix(seed ^ 0x9E3779B97F4A7C15);

    /// <summary>The hash of what was added so far.</summary>
    public readonly ulong Value => _value;

    /// <summary>Adds a word.</summary>
    public void Add(ulong word) => _value = Mix(_value ^ word) + 0x9E3779B97F4A7C15;

    /// <summary>Adds a number.</summary>
    public void Add(long word) => Add((ulong)word);

    /// <summary>Adds a number.</summary>
    public void Add(int word) => Add((ulong)(long)word);

    /// <summary>Adds a truth value.</summary>
    public void Add(bool word) => Add(word ? 1ul : 0ul);

    /// <summary>Adds bytes with their length, so that neighbours can't run into each other.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        for (; bytes.Length >= 8; bytes = bytes[8..]) Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        ulong rest = 0;
        for (var i = 0; i < bytes.Length; i++) rest |= (ulong)bytes[i] << (8 * i);
        if (bytes.Length > 0) Add(rest);
    }

    /// <summary>Adds a text; null differs from empty.</summary>
    public void Add(string? text)
    {
        if (text is null) Add(-1L);
        else Add(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    /// <summary>Adds a value by its own fields; null differs from every value.</summary>
    public void Add<T>(T? value) where T : IFingerprinted
    {
        if (value is null) Add(-1L);
        else value.AddTo(ref this);
    }

    /// <summary>Adds a sequence with its length, in its order: give it one that is the same in every run.</summary>
    public void AddAll<T>(IEnumerable<T> values) where T : IFingerprinted
    {
        var count = 0;
        foreach (var value in values)
        {
            Add(value);
            count++;
        }
        Add(count);
    }

    /// <summary>The hash of one value.</summary>
    public static ulong Of<T>(T value, ulong seed = 0) where T : IFingerprinted
    {
        var f = new Fingerprint(seed);
        value.AddTo(ref f);
        return f.Value;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
