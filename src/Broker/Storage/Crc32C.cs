using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Arm = System.Runtime.Intrinsics.Arm;
using X86 = System.Runtime.Intrinsics.X86;

namespace Reference.Broker.Storage;

/// <summary>CRC-32C (Castagnoli), as record batches carry it; by the processor's own instruction where it has one.</summary>
public static class Crc32C
{
    private const uint Reflected = 0x82F63B78;
    private static readonly uint[] Table = MakeTable();

    /// <summary>The checksum of <paramref name="bytes"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Of(0, bytes);

    /// <summary>The checksum of what <paramref name="before"/> is the checksum of, followed by <paramref name="bytes"/>.</summary>
    public static uint Of(uint before, ReadOnlySpan<byte> bytes)
    {
        if (X86.Sse42.X64.IsSupported) return ~OnX64(~before, bytes);
        if (Arm.Crc32.Arm64.IsSupported) return ~OnArm64(~before, bytes);
        return ~ByTable(~before, bytes);
    }

    /// <summary>The running sum over <paramref name="bytes"/> by a table, a byte at a time: for processors without the instruction.</summary>
    internal static uint ByTable(uint sum, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) sum = Table[(byte)(sum ^ b)] ^ (sum >> 8);
        return sum;
    }

    private static uint OnX64(uint sum, ReadOnlySpan<byte> bytes)
    {
        ulong wide = sum;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) wide = X86.Sse42.X64.Crc32(wide, word);
        sum = (uint)wide;
        foreach (var b in bytes[(words.Length * sizeof(ulong))..]) sum = X86.Sse42.Crc32(sum, b);
        return sum;
    }

    private static uint OnArm64(uint sum, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            sum = Arm.Crc32.Arm64.ComputeCrc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (var b in bytes) sum = Arm.Crc32.ComputeCrc32C(sum, b);
        return sum;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            var sum = i;
            for (var bit = 0; bit < 8; bit++) sum = (sum & 1) != 0 ? (sum >> 1) ^ Reflected : sum >> 1;
            table[i] = sum;
        }
        return table;
    }
}
