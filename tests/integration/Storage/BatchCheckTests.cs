using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Reference.Broker.Storage;

namespace Reference.Integration.Storage;

public class BatchCheckTests
{
    private static readonly byte[] Good = Batches.Of(0, -1, 1_700_000_000_000, "one", "two", "three");

    [Fact]
    public void Crc32c_gives_the_published_sums()
    {
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0u, Crc32C.Of([]));
    }

    [Fact]
    public void Crc32c_by_instruction_by_table_and_in_parts_is_the_same() =>
        Gen.Select(Gen.Byte.Array[0, 5000], Gen.Double[0, 1]).Sample((bytes, share) =>
        {
            var cut = (int)(bytes.Length * share);
            var whole = Crc32C.Of(bytes);
            return whole == ~Crc32C.ByTable(uint.MaxValue, bytes) && whole == Crc32C.Of(Crc32C.Of(bytes.AsSpan(0, cut)), bytes.AsSpan(cut));
        });

    [Fact, Trait("Rule", "LOG-BATCH-1")]
    public void A_good_batch_is_taken() => Assert.Equal(BatchFault.None, BatchCheck.OfProducer(Good, 10_000));

    [Fact, Trait("Rule", "LOG-BATCH-1")]
    public void Any_flipped_bit_but_those_of_offset_and_epoch_is_refused()
    {
        for (var bit = 0; bit < Good.Length * 8; bit++)
        {
            if (bit / 8 is < 8 or (>= 12 and < 16)) continue;
            var flipped = (byte[])Good.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(BatchFault.None, BatchCheck.OfProducer(flipped, 10_000));
        }
    }

    [Fact, Trait("Rule", "LOG-BATCH-1")]
    public void Any_cut_is_refused()
    {
        for (var length = 0; length < Good.Length; length++) Assert.Equal(BatchFault.CorruptMessage, BatchCheck.OfProducer(Good.AsSpan(0, length), 10_000));
    }

    [Fact, Trait("Rule", "LOG-BATCH-1")]
    public void Two_batches_are_refused() => Assert.Equal(BatchFault.InvalidRecord, BatchCheck.OfProducer([.. Good, .. Good], 10_000));

    [Fact, Trait("Rule", "LOG-BATCH-1")]
    public void A_batch_above_the_limit_is_refused() => Assert.Equal(BatchFault.MessageTooLarge, BatchCheck.OfProducer(Good, Good.Length - 1));

    [Theory, Trait("Rule", "LOG-BATCH-1")]
    [InlineData(0, BatchFault.UnsupportedForMessageFormat)]
    [InlineData(1, BatchFault.UnsupportedForMessageFormat)]
    [InlineData(3, BatchFault.CorruptMessage)]
    public void Another_magic_is_refused(byte magic, BatchFault fault) => Assert.Equal(fault, BatchCheck.OfProducer(Batches.With(Good, b => b[16] = magic), 10_000));

    [Theory, Trait("Rule", "LOG-BATCH-1")]
    [InlineData(0x08)]
    [InlineData(0x10)]
    [InlineData(0x20)]
    public void What_only_a_leader_or_a_coordinator_may_claim_is_refused(byte attributes) =>
        Assert.Equal(BatchFault.InvalidRecord, BatchCheck.OfProducer(Batches.With(Good, b => b[22] = attributes), 10_000));

    [Theory, Trait("Rule", "LOG-BATCH-1")]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_count_that_isn_t_that_of_the_records_is_refused(int count)
    {
        var both = Batches.With(Good, b => { BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(57), count); BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(23), count - 1); });
        var one = Batches.With(Good, b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(57), count));
        Assert.Equal(BatchFault.InvalidRecord, BatchCheck.OfProducer(both, 10_000));
        Assert.Equal(BatchFault.InvalidRecord, BatchCheck.OfProducer(one, 10_000));
    }

    [Fact, Trait("Rule", "LOG-BATCH-1")]
    public void Compressed_records_are_taken_as_they_are()
    {
        byte[] opaque = [1, 2, 3, 4, 5];
        for (var codec = Compression.Gzip; codec <= Compression.Zstd; codec++)
            Assert.Equal(BatchFault.None, BatchCheck.OfProducer(Batches.Of(0, -1, 5, 9, 3, codec, opaque), 10_000));
        Assert.Equal(BatchFault.UnsupportedCompressionType, BatchCheck.OfProducer(Batches.Of(0, -1, 5, 9, 3, (Compression)5, opaque), 10_000));
    }

    [Fact]
    public void Placing_a_batch_leaves_its_checksum_good()
    {
        var placed = (byte[])Good.Clone();
        RecordBatch.Place(placed, 41, 7);
        var batch = new RecordBatch(placed);
        Assert.Equal((41, 43, 44, 7), (batch.BaseOffset, batch.LastOffset, batch.NextOffset, batch.LeaderEpoch));
        Assert.Equal(BatchFault.None, BatchCheck.OfLog(placed));
    }

    [Fact]
    public void Stamping_the_append_time_changes_header_only()
    {
        var stamped = (byte[])Good.Clone();
        RecordBatch.StampAppendTime(stamped, 42);
        var batch = new RecordBatch(stamped);
        Assert.True(batch.IsLogAppendTime);
        Assert.Equal(42, batch.MaxTimestamp);
        Assert.Equal(batch.ComputeCrc(), batch.Crc);
        Assert.Equal(Good[61..], stamped[61..]);
        var records = new RecordReader(batch, batch.Records);
        var seen = new List<(long, long, string)>();
        while (records.MoveNext()) seen.Add((records.Offset, records.Timestamp, Encoding.UTF8.GetString(records.Value)));
        Assert.Equal([(0, 42, "one"), (1, 42, "two"), (2, 42, "three")], seen);
    }
}
