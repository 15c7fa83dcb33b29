using System.Buffers.Binary;

namespace Reference.Broker.Kafka.Client;

/// <summary>The hash by which Java's, Python's and JavaScript's producers choose a partition for a key: MurmurHash2 of 32 bits by Austin Appleby, seed 0x9747b28c.</summary>
public static class Murmur2
{
    /// <summary>The partition of <paramref name="key"/> among <paramref name="partitions"/>.</summary>
    public static int PartitionOf(ReadOnlySpan<byte> key, int partitions) => (int)((Of(key) & 0x7fffffff) % (uint)partitions);

    /// <summary>The hash.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        const uint m = 0x5bd1e995;
        var hash = 0x9747b28c ^ (uint)bytes.Length;
        while (bytes.Length >= sizeof(uint))
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(bytes) * m;
            hash = (hash * m) ^ ((word ^ (word >> 24)) * m);
            bytes = bytes[sizeof(uint)..];
        }
        for (var i = bytes.Length - 1; i >= 0; i--) hash ^= (uint)bytes[i] << (8 * i);
        if (bytes.Length > 0) hash *= m;
        hash = (hash ^ (hash >> 13)) * m;
        return hash ^ (hash >> 15);
    }
}
