using System.Buffers.Binary;
using System.Text;
using Reference.Broker.Storage;

namespace Reference.Integration.Storage;

/// <summary>Record batches written by hand, byte by byte, after WIRE's description.</summary>
internal static class Batches
{
    /// <summary>A batch of records with the values given, one millisecond apart.</summary>
    public static byte[] Of(long baseOffset, int leaderEpoch, long timestamp, params string[] values)
    {
        var records = new List<byte>();
        for (var i = 0; i < values.Length; i++)
        {
            var body = new List<byte> { 0 };
            Varint(body, i);
            Varint(body, i);
            Varint(body, -1);
            var value = Encoding.UTF8.GetBytes(values[i]);
            Varint(body, value.Length);
            body.AddRange(value);
            Varint(body, 0);
            Varint(records, body.Count);
            records.AddRange(body);
        }
        return Of(baseOffset, leaderEpoch, timestamp, timestamp + values.Length - 1, values.Length, Compression.None, [.. records]);
    }

    /// <summary>A batch with the records' bytes given.</summary>
    public static byte[] Of(long baseOffset, int leaderEpoch, long baseTimestamp, long maxTimestamp, int count, Compression compression, byte[] records)
    {
        var batch = new byte[61 + records.Length];
        var span = batch.AsSpan();
        BinaryPrimitives.WriteInt64BigEndian(span, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(span[8..], batch.Length - 12);
        BinaryPrimitives.WriteInt32BigEndian(span[12..], leaderEpoch);
        batch[16] = 2;
        BinaryPrimitives.WriteInt16BigEndian(span[21..], (short)compression);
        BinaryPrimitives.WriteInt32BigEndian(span[23..], count - 1);
        BinaryPrimitives.WriteInt64BigEndian(span[27..], baseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(span[35..], maxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(span[43..], -1);
        BinaryPrimitives.WriteInt16BigEndian(span[51..], -1);
        BinaryPrimitives.WriteInt32BigEndian(span[53..], -1);
        BinaryPrimitives.WriteInt32BigEndian(span[57..], count);
        records.CopyTo(span[61..]);
        BinaryPrimitives.WriteUInt32BigEndian(span[17..], Sum(span[21..]));
        return batch;
    }

    /// <summary>The same bytes with a change, and the checksum made to fit again.</summary>
    public static byte[] With(byte[] batch, Action<byte[]> change)
    {
        var copy = (byte[])batch.Clone();
        change(copy);
        BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(17), Sum(copy.AsSpan(21)));
        return copy;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var b in bytes)
        {
            sum ^= b;
            for (var bit = 0; bit < 8; bit++) sum = (sum & 1) != 0 ? (sum >> 1) ^ 0x82F63B78 : sum >> 1;
        }
        return ~sum;
    }

    private static void Varint(List<byte> to, long value)
    {
        var raw = (ulong)((value << 1) ^ (value >> 63));
        for (; raw >= 0x80; raw >>= 7) to.Add((byte)(raw | 0x80));
        to.Add((byte)raw);
    }
}
