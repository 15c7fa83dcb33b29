using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Storage;
using Reference.Replication.Replicas;

namespace Reference.Integration.Storage;

/// <summary>Logs on disk, compacted.</summary>
public class LogCompactionTests : LogOnDisk
{
    private static readonly LogSettings Compacting = new() { SegmentBytes = 600, IndexIntervalBytes = 100, Compacts = true, Compaction = new(0.1, 0, 100) };

    /// <summary>A batch of records with keys; a value that is null is a tombstone.</summary>
    internal static byte[] Keyed(long baseOffset, Compression codec, params (string Key, string? Value)[] records)
    {
        using var builder = new BatchBuilder(1000);
        foreach (var (key, value) in records) builder.Add(true, Encoding.UTF8.GetBytes(key), value is not null, Encoding.UTF8.GetBytes(value ?? ""), 1000 + baseOffset);
        var batch = builder.Seal(codec).ToArray();
        RecordBatch.Place(batch, baseOffset, 3);
        return batch;
    }

    private static void Fill(PartitionLog log, IEnumerable<(string Key, string? Value)> records, Compression codec = Compression.None)
    {
        foreach (var pair in records.Chunk(2)) log.Append(Keyed(log.EndOffset, codec, pair));
        log.Flush();
    }

    private static async Task Compact(PartitionLog log, long nowMs = 0)
    {
        if (log.BeginCompaction(log.EndOffset, nowMs) is { } compaction && await compaction is { } result) log.Replace(result, nowMs);
    }

    private static List<(long Offset, string Key, string? Value)> Records(PartitionLog log)
    {
        var found = new List<(long, string, string?)>();
        for (ReadOnlySpan<byte> rest = ReadAll(log, log.StartOffset); rest.Length > 0; rest = rest[new RecordBatch(rest).Size..])
        {
            Assert.Equal(BatchFault.None, BatchCheck.OfLog(rest));
            var batch = new RecordBatch(rest);
            var record = new RecordReader(batch, batch.Count == 0 ? [] : Decompression.Of(batch, 100_000));
            while (record.MoveNext()) found.Add((record.Offset, Encoding.UTF8.GetString(record.Key), record.HasValue ? Encoding.UTF8.GetString(record.Value) : null));
        }
        return found;
    }

    private static IEnumerable<(string, string?)> Rounds(int rounds, int keys) =>
        Enumerable.Range(0, rounds).SelectMany(round => Enumerable.Range(0, keys).Select(key => ($"key {key}", (string?)$"value {round}")));

    [Theory, Trait("Rule", "LOG-COMPACT-2")]
    [InlineData(Compression.None)]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Snappy)]
    [InlineData(Compression.Lz4)]
    [InlineData(Compression.Zstd)]
    public async Task The_latest_of_each_key_stays_where_it_was(Compression codec)
    {
        using var log = Open(Compacting);
        Fill(log, Rounds(30, 5), codec);
        var (before, size, end) = (Records(log), log.Size, log.EndOffset);
        await Compact(log);
        var after = Records(log);
        Assert.Equal(before.GroupBy(r => r.Key).Select(g => g.Last()).OrderBy(r => r.Offset), after.GroupBy(r => r.Key).Select(g => g.Last()).OrderBy(r => r.Offset));
        Assert.Subset(before.ToHashSet(), after.ToHashSet());
        Assert.True(log.Size < size / 2, $"{log.Size} of {size} bytes are left");
        Assert.Equal(end, log.EndOffset);
        log.Append(Keyed(log.EndOffset, codec, ("key 0", "next")));
        Assert.Equal((end, "key 0", "next"), Records(log)[^1]);
    }

    [Fact, Trait("Rule", "LOG-COMPACT-2")]
    public void Whatever_is_written_what_holds_for_each_key_stays() =>
        Gen.Select(Gen.Select(Gen.Int[0, 6], Gen.Int[-1, 9]).Array[0, 120], Gen.Int[1, 4]).Sample((written, passes) =>
        {
            var folder = $"t-{Guid.NewGuid():N}";
            using var log = PartitionLog.Open(Disk, Clock, folder, Compacting, stoppedInOrder: true, 0, 0, Said);
            foreach (var part in written.Chunk(Math.Max(1, written.Length / passes)))
            {
                Fill(log, part.Select(w => ($"{w.Item1}", w.Item2 < 0 ? null : $"{w.Item2}")));
                Compact(log).GetAwaiter().GetResult();
            }
            var expected = written.GroupBy(w => w.Item1).Select(g => ($"{g.Key}", g.Last().Item2)).Where(w => w.Item2 >= 0).Select(w => (w.Item1, (string?)$"{w.Item2}")).Order();
            var found = Records(log).GroupBy(r => r.Key).Select(g => (g.Key, g.Last().Value)).Where(r => r.Value is not null).Order();
            return log.EndOffset == written.Length && expected.SequenceEqual(found);
        }, iter: 60, threads: 1);

    [Fact, Trait("Rule", "LOG-COMPACT-3")]
    public async Task A_tombstone_goes_after_its_time()
    {
        using var log = Open(Compacting);
        Fill(log, [("gone", "value"), ("gone", null)]);
        Fill(log, Rounds(10, 5));
        await Compact(log, nowMs: 1000);
        Assert.Equal(["gone", null], Records(log).Where(r => r.Key == "gone").SelectMany(r => new[] { r.Key, r.Value }));
        Fill(log, Rounds(10, 5));
        await Compact(log, nowMs: 1099);
        Assert.Contains(Records(log), r => r.Key == "gone");
        Fill(log, Rounds(10, 5));
        await Compact(log, nowMs: 1100);
        Assert.DoesNotContain(Records(log), r => r.Key == "gone");
    }

    [Fact, Trait("Rule", "LOG-COMPACT-1")]
    public async Task Nothing_above_the_high_watermark_is_touched()
    {
        using var log = Open(Compacting);
        Fill(log, Rounds(30, 5));
        var before = ReadAll(log, 0);
        Assert.Null(log.BeginCompaction(upTo: 3, nowMs: 0));
        var result = await log.BeginCompaction(upTo: 80, nowMs: 0)!;
        log.Replace(result!, 0);
        Assert.InRange(result!.UpTo, 20, 80);
        Assert.Equal(ReadAll(log, result.UpTo), before.AsSpan(before.Length - ReadAll(log, result.UpTo).Length).ToArray());
    }

    [Fact, Trait("Rule", "LOG-COMPACT-4")]
    public async Task What_a_producer_has_sent_is_known_after_all_its_records_are_gone()
    {
        long expected;
        using (var log = Open(Compacting))
        {
            for (var i = 0; i < 7; i++)
            {
                log.Append(Batches.With(Keyed(log.EndOffset, Compression.Gzip, ("a", $"{i}"), ("b", $"{i}")), batch =>
                {
                    BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(43), 77);
                    BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(51), 1);
                    BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(53), 2 * i);
                }));
            }
            Fill(log, Rounds(20, 3).Concat([("a", "later"), ("b", "later")]).Concat(Rounds(20, 3)));
            await Compact(log);
            Assert.Equal(["later", "later"], Records(log).Where(r => r.Key is "a" or "b").Select(r => r.Value));
            expected = log.EndOffset;
            log.Seal();
        }
        using var again = Open(Compacting);
        Assert.Equal(expected, again.EndOffset);
        Assert.Equal([4, 6, 8, 10, 12], again.Producers.States[77].Batches.Select(batch => batch.FirstSequence));
        Assert.All(again.Producers.States[77].Batches, batch => Assert.Equal(2, batch.Records));
    }

    [Fact, Trait("Rule", "LOG-COMPACT-5")]
    public async Task A_process_that_is_killed_anywhere_in_a_compaction_comes_back_with_a_whole_log()
    {
        List<(long, string, string?)> whole;
        var old = new Dictionary<string, byte[]>();
        using (var log = Open(Compacting))
        {
            Fill(log, Rounds(30, 5));
            foreach (var name in Disk.List("t-0").Where(name => name.EndsWith(".log", StringComparison.Ordinal))) old[name] = File.ReadAllBytes(Full($"t-0/{name}"));
            await Compact(log);
            whole = Records(log);
            log.Seal();
        }
        var merged = old.Keys.Where(name => !File.Exists(Full($"t-0/{name}"))).ToArray();
        Assert.NotEmpty(merged);

        // renamed, but the other old files not yet deleted, nor the indexes made; and a file of another attempt half written
        foreach (var name in merged) File.WriteAllBytes(Full($"t-0/{name}"), old[name]);
        foreach (var index in Disk.List("t-0").Where(name => name.EndsWith("index", StringComparison.Ordinal))) File.Delete(Full($"t-0/{index}"));
        File.WriteAllBytes(Full("t-0/00000000000000000000.log.cleaned"), [1, 2, 3]);
        using (var log = Open(Compacting, stoppedInOrder: false, recoveryPoint: 150))
        {
            Assert.Equal(whole, Records(log));
            Assert.All(merged, name => Assert.False(File.Exists(Full($"t-0/{name}"))));
            Assert.False(File.Exists(Full("t-0/00000000000000000000.log.cleaned")));
            Assert.Equal(150, log.EndOffset);
        }

        // the indexes gone, and nothing renamed yet
        foreach (var name in Disk.List("t-0").Where(name => char.IsDigit(name[0])).ToArray()) File.Delete(Full($"t-0/{name}"));
        foreach (var (name, bytes) in old) File.WriteAllBytes(Full($"t-0/{name}"), bytes);
        using var again = Open(Compacting, stoppedInOrder: false, recoveryPoint: 150);
        Assert.Equal(150, Records(again).Count);
    }

    [Fact, Trait("Rule", "LOG-COMPACT-5")]
    public async Task What_was_cut_off_meanwhile_does_not_come_back()
    {
        using var log = Open(Compacting);
        Fill(log, Rounds(30, 5));
        var result = await log.BeginCompaction(log.EndOffset, 0)!;
        log.TruncateTo(10);
        log.Replace(result!, 0);
        Assert.Equal((10L, 10), (log.EndOffset, Records(log).Count));
        Assert.DoesNotContain(Disk.List("t-0"), name => name.EndsWith(".cleaned", StringComparison.Ordinal));
    }
}
