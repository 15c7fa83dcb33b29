using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using K4os.Compression.LZ4.Streams;
using Reference.Broker.Storage;
using ZstdSharp;

namespace Reference.Broker.Kafka.Client;

/// <summary>Compresses the records of a batch in the framing that all clients read: gzip, xerial's snappy, LZ4's frame format, zstd's.</summary>
public static class BatchCompression
{
    private const int XerialBlockBytes = 32 * 1024;

    private static ReadOnlySpan<byte> XerialHeader => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];

    /// <summary>Writes <paramref name="records"/>, compressed, to <paramref name="to"/>.</summary>
    public static void Write(Compression codec, ReadOnlySpan<byte> records, IBufferWriter<byte> to)
    {
        switch (codec)
        {
            case Compression.None:
                to.Write(records);
                break;
            case Compression.Snappy:
                WriteXerial(records, to);
                break;
            case Compression.Zstd:
                using (var compressor = new Compressor()) to.Write(compressor.Wrap(records));
                break;
            default:
                using (var memory = new MemoryStream())
                {
                    using (Stream stream = codec == Compression.Gzip ? new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true) : LZ4Stream.Encode(memory, leaveOpen: true))
                        stream.Write(records);
                    to.Write(memory.GetBuffer().AsSpan(0, (int)memory.Length));
                }
                break;
        }
    }

    /// <summary>A magic with two versions, then blocks, each after its length.</summary>
    private static void WriteXerial(ReadOnlySpan<byte> records, IBufferWriter<byte> to)
    {
        to.Write(XerialHeader);
        for (; records.Length > 0; records = records[Math.Min(XerialBlockBytes, records.Length)..])
        {
            var block = records[..Math.Min(XerialBlockBytes, records.Length)];
            var room = to.GetSpan(sizeof(int) + Snappier.Snappy.GetMaxCompressedLength(block.Length));
            var length = Snappier.Snappy.Compress(block, room[sizeof(int)..]);
            BinaryPrimitives.WriteInt32BigEndian(room, length);
            to.Advance(sizeof(int) + length);
        }
    }
}
