using System.Text;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Storage;

namespace Reference.Integration.Kafka;

public sealed class Client
{
    [Theory, InlineData("21", -973932308), InlineData("foobar", -790332482), InlineData("a-little-bit-long-string", -985981536), InlineData("a-little-bit-longer-string", -1486304829), InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    public void Keys_hash_as_in_Java(string key, int hash) => Assert.Equal(hash, (int)Murmur2.Of(Encoding.UTF8.GetBytes(key)));

    [Theory, InlineData(Compression.None), InlineData(Compression.Gzip), InlineData(Compression.Snappy), InlineData(Compression.Lz4), InlineData(Compression.Zstd)]
    public void A_batch_of_every_codec_passes_the_brokers_check_and_opens_to_what_went_in(Compression codec)
    {
        using var builder = new BatchBuilder(100);
        for (var i = 0; i < 3000; i++) builder.Add(i % 3 != 0, Encoding.UTF8.GetBytes($"key {i}"), i % 5 != 0, new byte[i % 70], 1_000_000 + (i % 2 == 0 ? i : -i));
        var bytes = builder.Seal(codec).Span;
        Assert.Equal(BatchFault.None, BatchCheck.OfProducer(bytes, int.MaxValue));
        var batch = new RecordBatch(bytes);
        Assert.Equal((3000, 2999, codec), (batch.Count, batch.LastOffsetDelta, batch.Compression));
        var reader = new RecordReader(batch, Decompression.Of(batch, 10_000_000));
        for (var i = 0; i < 3000; i++)
        {
            Assert.True(reader.MoveNext());
            Assert.Equal((i, 1_000_000 + (i % 2 == 0 ? i : -i)), (reader.Offset, reader.Timestamp));
            Assert.Equal((i % 3 != 0, i % 5 != 0), (reader.HasKey, reader.HasValue));
            if (reader.HasKey) Assert.Equal($"key {i}", Encoding.UTF8.GetString(reader.Key));
            if (reader.HasValue) Assert.Equal(i % 70, reader.Value.Length);
        }
        Assert.False(reader.MoveNext());
    }
}
