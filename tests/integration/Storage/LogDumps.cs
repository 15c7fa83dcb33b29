using System.Buffers.Binary;
using Reference.Broker.Groups;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Storage;
using Reference.Replication.Groups;

namespace Reference.Integration.Storage;

/// <summary>What dump-log prints of files written byte by byte: the lines of Kafka 2.4's DumpLogSegments.</summary>
public sealed class LogDumps : IDisposable
{
    // Offsets 5 and 6, leader epoch 3: key "k" with a header "h1", and no key. CRC-32C 0xcb216a82.
    private const string Two = "0000000000000005 00000049 00000003 02 cb216a82 0000 00000001 00000000000003e8 00000000000003ea ffffffffffffffff ffff ffffffff 00000002"
        + "1c 00 00 00 02 6b 04 7631 02 04 6831 02 78" + "10 00 04 02 01 04 7632 00";

    // Offset 7, leader epoch 4, LogAppendTime, of producer 77 in its epoch 2 with the last sequence number there is: a tombstone.
    private const string Tombstone = "0000000000000007 00000039 00000004 02 16ef8e58 0008 00000000 00000000000007d0 00000000000009c4 000000000000004d 0002 7fffffff 00000001"
        + "0e 00 00 00 02 6b 01 00";

    // Offset 8, and a checksum that is off by a bit.
    private const string Flipped = "0000000000000008 0000003a 00000004 02 dc7d4a47 0000 00000000 00000000000007d0 00000000000007d0 ffffffffffffffff ffff ffffffff 00000001"
        + "0e 00 00 00 01 04 7633 00";

    private readonly string _folder = Directory.CreateTempSubdirectory("dump-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Batches_and_records_are_shown_as_Kafka_shows_them()
    {
        var path = Write("00000000000000000005.log", Two + Tombstone);
        Assert.Equal((true, $"""
            Dumping {path}
            Starting offset: 5
            baseOffset: 5 lastOffset: 6 count: 2 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: 3 isTransactional: false isControl: false position: 0 CreateTime: 1002 size: 85 magic: 2 compresscodec: NONE crc: 3407964802 isvalid: true
            | offset: 5 CreateTime: 1000 keysize: 1 valuesize: 2 sequence: -1 headerKeys: [h1] key: k payload: v1
            | offset: 6 CreateTime: 1002 keysize: -1 valuesize: 2 sequence: -1 headerKeys: [] payload: v2
            baseOffset: 7 lastOffset: 7 count: 1 baseSequence: 2147483647 lastSequence: 2147483647 producerId: 77 producerEpoch: 2 partitionLeaderEpoch: 4 isTransactional: false isControl: false position: 85 LogAppendTime: 2500 size: 69 magic: 2 compresscodec: NONE crc: 384798296 isvalid: true
            | offset: 7 LogAppendTime: 2500 keysize: 1 valuesize: -1 sequence: 2147483647 headerKeys: [] key: k

            """), Dump(new(Records: true, Contents: true, Offsets: false), path));
        Assert.Equal(4, Dump(new(false, false, false), path).Lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void A_flipped_bit_and_what_is_no_batch_are_shown()
    {
        var path = Write("00000000000000000008.log", Flipped + "0102030405");
        var (isSound, lines) = Dump(new(false, false, false), path);
        Assert.False(isSound);
        Assert.Contains("position: 0 CreateTime: 2000 size: 70 magic: 2 compresscodec: NONE crc: 3699198535 isvalid: false", lines, StringComparison.Ordinal);
        Assert.EndsWith("Found 5 invalid bytes at the end of 00000000000000000008.log\n", lines, StringComparison.Ordinal);
    }

    [Fact]
    public void Indexes_are_compared_with_their_log()
    {
        Write("00000000000000000005.log", Two + Tombstone);
        var index = Write("00000000000000000005.index", "00000002 00000055" + "00000003 00000001");
        var times = Write("00000000000000000005.timeindex", "00000000000003ea 00000001" + "00000000000003e9 00000002");
        Assert.Equal((false, $"""
            Dumping {index}
            offset: 7 position: 85
            offset: 8 position: 1
            Mismatches in :{index}
              Index offset: 8, log offset: {LastOffsetAt(1)}
            Dumping {times}
            timestamp: 1002 offset: 6
            timestamp: 1001 offset: 7
            Found timestamp mismatch in :{times}
              Index timestamp: 1001, log timestamp: 2500
            Found out of order timestamp in :{times}
              Index timestamp: 1001, Previously indexed timestamp: 1002
            Ignoring unknown file {_folder}/leader-epoch-checkpoint

            """), Dump(new(false, false, false), index, times, $"{_folder}/leader-epoch-checkpoint"));
    }

    [Fact]
    public void The_offsets_topic_is_decoded_whatever_its_codec()
    {
        using var batch = new BatchBuilder(100);
        OffsetsRecords.Add(batch, new OffsetRecord("g", new("t", 2), new(9, 4, "", 5)), 1);
        OffsetsRecords.Add(batch, new OffsetRecord("g", new("t", 2), null), 1);
        OffsetsRecords.Add(batch, new GenerationRecord("g", new("consumer", 7, "range", "m", 5, [new("m", null, "c", "/h", 1, 2, default, OffsetsRecords.Wrap([10, 255]))])), 1);
        var bytes = batch.Seal(Compression.Zstd);
        var path = Path.Combine(_folder, "00000000000000000000.log");
        File.WriteAllBytes(path, bytes.Span);
        var (isSound, lines) = Dump(new(true, true, Offsets: true), path);
        Assert.True(isSound);
        Assert.Contains("compresscodec: ZSTD", lines, StringComparison.Ordinal);
        Assert.Contains(" key: offset_commit::group=g,partition=t-2 payload: offset=9\n", lines, StringComparison.Ordinal);
        Assert.Contains(" key: offset_commit::group=g,partition=t-2 payload: <DELETE>\n", lines, StringComparison.Ordinal);
        Assert.Contains(""" key: group_metadata::group=g payload: {"protocolType":"consumer","protocol":"range","generationId":7,"assignment":"{m=0aff}"}""", lines, StringComparison.Ordinal);
    }

    private static long LastOffsetAt(int position)
    {
        var bytes = Convert.FromHexString((Two + Tombstone).Replace(" ", "", StringComparison.Ordinal)).AsSpan(position);
        return BinaryPrimitives.ReadInt64BigEndian(bytes) + BinaryPrimitives.ReadInt32BigEndian(bytes[23..]);
    }

    private (bool IsSound, string Lines) Dump(LogDumpOptions options, params string[] files)
    {
        using var to = new StringWriter { NewLine = "\n" };
        var dump = new LogDump(to, options);
        foreach (var file in files) dump.Dump(file);
        return (dump.IsSound, to.ToString());
    }

    private string Write(string name, string hex)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        return path;
    }
}
