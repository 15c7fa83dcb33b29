using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using K4os.Compression.LZ4.Streams;
using Snappier;
using ZstdSharp;

namespace Reference.Broker.Storage;

/// <summary>Opens compressed records. The broker's data path never does; looking a timestamp up, and our own consumer, do.</summary>
public static class Decompression
{
    // xerial's framing of snappy, as Java's clients write it: magic, two versions, then blocks with their length
    private static ReadOnlySpan<byte> XerialMagic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];
    private const int XerialHeader = 16;

    /// <summary>The records of <paramref name="batch"/>, uncompressed.</summary>
    /// <param name="maxBytes">What they may come to at most.</param>
    /// <exception cref="InvalidDataException">Not what the codec makes, or more than <paramref name="maxBytes"/>.</exception>
    public static byte[] Of(RecordBatch batch, int maxBytes)
    {
        var records = batch.Records;
        switch (batch.Compression)
        {
            case Compression.None: return records.ToArray();
            case Compression.Snappy: return Snappy(records, maxBytes);
        }
        using var source = new MemoryStream(records.ToArray());
        using Stream stream = batch.Compression switch
        {
            Compression.Gzip => new GZipStream(source, CompressionMode.Decompress),
            Compression.Lz4 => LZ4Stream.Decode(source),
            Compression.Zstd => new DecompressionStream(source),
            var codec => throw new InvalidDataException($"no codec has the number {(short)codec}"),
        };
        var to = new ArrayBufferWriter<byte>(Math.Min(maxBytes, Math.Max(1024, records.Length * 4)));
        while (true)
        {
            var read = stream.Read(to.GetSpan());
            if (read == 0) return to.WrittenSpan.ToArray();
            to.Advance(read);
            if (to.WrittenCount > maxBytes) throw TooMuch(maxBytes);
        }
    }

    private static byte[] Snappy(ReadOnlySpan<byte> bytes, int maxBytes)
    {
        if (!bytes.StartsWith(XerialMagic)) return SnappyBlock(bytes, maxBytes);
        if (bytes.Length < XerialHeader) throw new InvalidDataException("snappy's frame is cut short");
        var to = new ArrayBufferWriter<byte>();
        for (bytes = bytes[XerialHeader..]; bytes.Length > 0;)
        {
            var length = bytes.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32BigEndian(bytes);
            if (length < 0 || length > bytes.Length - sizeof(int)) throw new InvalidDataException("snappy's frame is cut short");
            to.Write(SnappyBlock(bytes.Slice(sizeof(int), length), maxBytes - to.WrittenCount));
            bytes = bytes[(sizeof(int) + length)..];
        }
        return to.WrittenSpan.ToArray();
    }

    private static byte[] SnappyBlock(ReadOnlySpan<byte> block, int maxBytes) =>
        Snappier.Snappy.GetUncompressedLength(block) <= maxBytes ? Snappier.Snappy.DecompressToArray(block) : throw TooMuch(maxBytes);

    private static InvalidDataException TooMuch(int maxBytes) => new($"a batch opens to more than {maxBytes} bytes");
}
