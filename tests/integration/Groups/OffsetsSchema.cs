using Reference.Broker.Groups;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Storage;
using Reference.Replication.Groups;

namespace Reference.Integration.Groups;

/// <summary>The records of __consumer_offsets, byte by byte as Kafka 2.4 writes them.</summary>
public sealed class OffsetsSchema
{
    private static readonly StoredGeneration Generation = new("consumer", 7, "range", "m", 5, [new("m", "i", "c", "/h", 6000, 9000, OffsetsRecords.Wrap([1, 2]), OffsetsRecords.Wrap([3]))]);

    public static TheoryData<string, string?, string> Golden() => new()
    {
        { "0001 0001 67 0001 74 00000002", "0003 0000000000000009 00000004 0002 6d64 0000000000000005", "offset" },
        { "0001 0001 67 0001 74 00000002", null, "offset ended" },
        { "0002 0001 67", "0003 0008 636f6e73756d6572 00000007 0005 72616e6765 0001 6d 0000000000000005 00000001"
            + "0001 6d 0001 69 0001 63 0002 2f68 00002328 00001770 00000002 0102 00000001 03", "generation" },
        { "0002 0001 67", "0003 0000 00000003 ffff ffff 0000000000000005 00000000", "empty" },
        { "0002 0001 67", null, "group ended" },
    };

    [Theory, MemberData(nameof(Golden))]
    public void A_record_is_written_and_read_as_Kafka_does(string key, string? value, string what)
    {
        GroupRecord record = what switch
        {
            "offset" => new OffsetRecord("g", new("t", 2), new(9, 4, "md", 5)),
            "offset ended" => new OffsetRecord("g", new("t", 2), null),
            "generation" => new GenerationRecord("g", Generation),
            "empty" => new GenerationRecord("g", new(null, 3, null, null, 5, [])),
            _ => new GenerationRecord("g", null),
        };
        Assert.Equal(Bytes(key), OffsetsRecords.KeyOf(record));
        Assert.Equal(value is null ? null : Bytes(value), OffsetsRecords.ValueOf(record));
        var read = OffsetsRecords.Of(Bytes(key), value is null ? null : Bytes(value));
        Assert.Equal(Bytes(key), OffsetsRecords.KeyOf(read));
        Assert.Equal(OffsetsRecords.ValueOf(record), OffsetsRecords.ValueOf(read));
    }

    [Theory]
    [InlineData("0000 0000000000000009 0001 6d 0000000000000005")]
    [InlineData("0001 0000000000000009 0001 6d 0000000000000005 0000000000000006")]
    [InlineData("0002 0000000000000009 0001 6d 0000000000000005")]
    public void Offsets_of_earlier_releases_are_read(string value) =>
        Assert.Equal(new OffsetRecord("g", new("t", 2), new(9, -1, "m", 5)), OffsetsRecords.Of(Bytes("0000 0001 67 0001 74 00000002"), Bytes(value)));

    [Fact]
    public void A_generation_of_version_0_is_read_and_its_session_serves_for_both_time_outs()
    {
        var read = (GenerationRecord)OffsetsRecords.Of(Bytes("0002 0001 67"), Bytes("0000 0008 636f6e73756d6572 00000007 0005 72616e6765 0001 6d 00000001 0001 6d 0001 63 0002 2f68 00001770 00000000 00000000"));
        Assert.Equal(("m", 6000, 6000), (read.Value!.Members[0].Id, read.Value.Members[0].SessionTimeoutMs, read.Value.Members[0].RebalanceTimeoutMs));
    }

    [Fact]
    public void A_batch_with_a_record_that_is_none_says_which()
    {
        using var batch = new BatchBuilder(100);
        OffsetsRecords.Add(batch, new OffsetRecord("g", new("t", 2), new(9, 4, "md", 5)), 5);
        batch.Add(true, [0, 9], false, default, 5);
        var bytes = batch.Seal(Compression.Zstd).ToArray();
        RecordBatch.Place(bytes, 40, 0);
        Assert.Equal(41, Assert.Throws<PoisonedRecordException>(() => OffsetsRecords.Read(bytes)).Offset);
    }

    [Theory, InlineData("", 50, 0), InlineData("g", 50, 3), InlineData("consumer-group", 50, 38), InlineData("ä group", 7, 0)]
    public void A_group_falls_to_the_partition_of_its_hash_in_Java(string group, int partitions, int partition) => Assert.Equal(partition, OffsetsTopic.PartitionOf(group, partitions));

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
