using System.Numerics;

namespace Reference.Systematic.Explorer;

/// <summary>The fingerprints of all states seen: open addressing in one array, eight bytes a slot, many writers, no lock.</summary>
/// <remarks>Grown by one thread while no other adds. A fingerprint of 0 is kept as 1.</remarks>
public sealed class StateSet(int capacityBits)
{
    private ulong[] _slots = new ulong[1L << capacityBits];
    private int _bits = capacityBits;

    /// <summary>The number of slots.</summary>
    public long Capacity => _slots.LongLength;

    /// <summary>Adds a fingerprint; false if it was there.</summary>
    public bool Add(ulong fingerprint)
    {
        var slots = _slots;
        var mask = (ulong)slots.LongLength - 1;
        if (fingerprint == 0) fingerprint = 1;
        for (var at = Place(fingerprint, _bits); ; at = (at + 1) & mask)
        {
            var there = Volatile.Read(ref slots[at]);
            if (there == fingerprint) return false;
            if (there != 0) continue;
            there = Interlocked.CompareExchange(ref slots[at], fingerprint, 0);
            if (there == 0) return true;
            if (there == fingerprint) return false;
        }
    }

    /// <summary>Makes room: four times the slots.</summary>
    public void Grow()
    {
        var old = _slots;
        _bits += 2;
        _slots = new ulong[1L << _bits];
        var part = Math.Max(1, old.LongLength / Environment.ProcessorCount);
        Parallel.For(0, (int)BigInteger.Min((old.LongLength + part - 1) / part, int.MaxValue), p =>
        {
            for (var at = p * part; at < Math.Min(old.LongLength, (p + 1) * part); at++)
                if (old[at] != 0) Add(old[at]);
        });
    }

    private static ulong Place(ulong fingerprint, int bits) => (fingerprint * 0x9E3779B97F4A7C15) >> (64 - bits);
}
