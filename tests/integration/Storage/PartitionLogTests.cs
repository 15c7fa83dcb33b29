using System.Buffers.Binary;
using CsCheck;
using Reference.Broker.Hosting;
using Reference.Broker.Storage;

namespace Reference.Integration.Storage;

public class PartitionLogTests : LogOnDisk
{
    private static byte[] Batch(long baseOffset, int count, int epoch = 0) =>
        Batches.Of(baseOffset, epoch, 1000 + baseOffset * 10, [.. Enumerable.Range(0, count).Select(i => $"value {baseOffset + i}")]);

    private static List<byte[]> Fill(PartitionLog log, int batches, int count = 3)
    {
        var written = new List<byte[]>();
        for (var i = 0; i < batches; i++)
        {
            written.Add(Batch(log.EndOffset, count));
            log.Append(written[^1]);
        }
        return written;
    }

    [Fact]
    public void The_files_are_laid_out_as_kafka_s()
    {
        using (var log = Open(new() { SegmentBytes = 250, IndexIntervalBytes = 0 }))
        {
            for (var i = 0; i < 4; i++) log.Append(Batches.Of(i * 2, 5, 1000 + i, "a", "b"));
            log.Epochs.Assign(5, 0);
            log.Seal();
        }
        var batch = Batches.Of(0, 5, 1000, "a", "b").Length;
        Assert.Equal(
            ["00000000000000000000.index", "00000000000000000000.log", "00000000000000000000.timeindex", "leader-epoch-checkpoint"],
            Disk.List("t-0").Where(name => name.StartsWith("00000000000000000000", StringComparison.Ordinal) || !char.IsDigit(name[0])));
        var perSegment = 250 / batch;
        var all = Enumerable.Range(0, 4).SelectMany(i => Batches.Of(i * 2, 5, 1000 + i, "a", "b")).ToArray();
        Assert.Equal(all[..(perSegment * batch)], File.ReadAllBytes(Full("t-0/00000000000000000000.log")));
        Assert.Equal("0\n1\n5 0\n", File.ReadAllText(Full("t-0/leader-epoch-checkpoint")));

        // an entry for each batch but the first: relative last offset and position; largest timestamp so far and the relative offset of its batch's end
        var index = new byte[8 * (perSegment - 1)];
        var times = new byte[12 * (perSegment - 1)];
        for (var i = 1; i < perSegment; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(index.AsSpan(8 * (i - 1)), i * 2 + 1);
            BinaryPrimitives.WriteInt32BigEndian(index.AsSpan(8 * (i - 1) + 4), i * batch);
            BinaryPrimitives.WriteInt64BigEndian(times.AsSpan(12 * (i - 1)), 1000 + i + 1);
            BinaryPrimitives.WriteInt32BigEndian(times.AsSpan(12 * (i - 1) + 8), i * 2 + 1);
        }
        Assert.Equal(index, File.ReadAllBytes(Full("t-0/00000000000000000000.index")));
        Assert.Equal(times, File.ReadAllBytes(Full("t-0/00000000000000000000.timeindex")));
        Assert.True(File.Exists(Full($"t-0/{perSegment * 2:D20}.log")));
    }

    [Fact, Trait("Rule", "REPL-IDEM-6")]
    public void Producers_are_read_from_the_log()
    {
        using (var log = Open(new() { SegmentBytes = 400 }))
        {
            for (var i = 0; i < 8; i++)
            {
                log.Append(Numbered(log.EndOffset, sequence: 2 * i));
                log.Append(Batch(log.EndOffset, 1));
                if (i == 3) Assert.Equal([0, 2, 4, 6], Sequences(log));
            }
            Assert.Equal([6, 8, 10, 12, 14], Sequences(log));
            Assert.True(log.SegmentCount > 1);
            log.Seal();
        }
        using var again = Open(new() { SegmentBytes = 400 });
        Assert.Equal([6, 8, 10, 12, 14], Sequences(again));
        Assert.Equal([9L, 12L, 15L, 18L, 21L], again.Producers.States[7].Batches.Select(batch => batch.BaseOffset));
    }

    [Fact, Trait("Rule", "REPL-IDEM-6")]
    public void What_is_cut_off_is_not_known_any_more()
    {
        using var log = Open(new());
        for (var i = 0; i < 7; i++) log.Append(Numbered(log.EndOffset, sequence: 2 * i));
        Assert.Equal([4, 6, 8, 10, 12], Sequences(log));
        log.TruncateTo(10);
        Assert.Equal([0, 2, 4, 6, 8], Sequences(log));
        log.RestartAt(50);
        Assert.Empty(log.Producers.States);
    }

    private static IEnumerable<int> Sequences(PartitionLog log) => log.Producers.States[7].Batches.Select(batch => batch.FirstSequence);

    /// <summary>Two records of producer 7.</summary>
    private static byte[] Numbered(long baseOffset, int sequence)
    {
        var batch = Batch(baseOffset, 2);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(RecordBatch.ProducerIdAt), 7);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(RecordBatch.ProducerEpochAt), 0);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatch.BaseSequenceAt), sequence);
        RecordBatch.Seal(batch);
        return batch;
    }

    [Fact, Trait("Rule", "LOG-READ-1")]
    public void A_read_gives_whole_batches_from_the_one_that_holds_the_offset()
    {
        using var log = Open(new());
        var written = Fill(log, 5);
        var slice = log.Read(4, written[1].Length + written[2].Length + 10, firstWhatever: false, below: 100);
        Assert.Equal([.. written[1], .. written[2]], slice.Memory.ToArray());
        Assert.Equal(0, log.Read(4, written[1].Length - 1, firstWhatever: false, below: 100).Length);
        Assert.Equal(written[1], log.Read(4, 1, firstWhatever: true, below: 100).Memory.ToArray());
        Assert.Equal(written[1], log.Read(3, 10_000, firstWhatever: true, below: 8).Memory.ToArray());
        Assert.Equal(0, log.Read(6, 10_000, firstWhatever: true, below: 8).Length);
        Assert.Equal(0, log.Read(15, 10_000, firstWhatever: true, below: 100).Length);
    }

    [Fact, Trait("Rule", "LOG-ROLL-1")]
    public void A_segment_is_as_large_as_told_and_as_old()
    {
        using var log = Open(new() { SegmentBytes = 1000, SegmentMs = 500 });
        log.Append(Batches.Of(0, 0, 1000, "a"));
        log.Append(Batches.Of(1, 0, 1500, "a"));
        log.Append(Batches.Of(2, 0, 1501, "a"));
        log.Append(Batches.Of(3, 0, 1502, new string('x', 900)));
        log.Append(Batches.Of(4, 0, 1503, "a"));
        Assert.Equal([0, 2, 3, 4], Disk.List("t-0").Where(name => name.EndsWith(".log", StringComparison.Ordinal)).Select(name => long.Parse(name[..20], null)));
    }

    [Fact]
    public void Whatever_is_appended_cut_and_reopened_reads_as_the_model_says()
    {
        var operation = Gen.Select(Gen.Int[0, 9], Gen.Int[1, 4], Gen.Double[0, 1]);
        var run = 0;
        operation.Array[1, 60].Sample(operations =>
        {
            var folder = $"model-{Interlocked.Increment(ref run)}";
            var log = Open(folder: folder);
            var model = new List<byte[]>();
            long start = 0, end = 0;
            try
            {
                foreach (var (kind, count, share) in operations)
                {
                    switch (kind)
                    {
                        case <= 4:
                            model.Add(Batch(end, count));
                            log.Append(model[^1]);
                            end += count;
                            break;
                        case 5:
                            var cut = start + (long)((end - start) * share);
                            log.TruncateTo(cut);
                            model.RemoveAll(b => new RecordBatch(b).NextOffset > cut);
                            end = model.Count == 0 ? cut : new RecordBatch(model[^1]).NextOffset;
                            Assert.InRange(log.EndOffset, 0, cut);
                            end = log.EndOffset;
                            break;
                        case 6 when share < 0.2:
                            (start, end) = (end + 100, end + 100);
                            log.RestartAt(end);
                            model.Clear();
                            break;
                        case 7:
                            log.Dispose();
                            log = PartitionLog.Open(Disk, Clock, folder, Small, share < 0.5, 0, start, Said);
                            break;
                        default:
                            var from = start + (long)((end - start) * share);
                            Assert.Equal(model.Where(b => new RecordBatch(b).NextOffset > from).SelectMany(b => b), ReadAll(log, from));
                            break;
                    }
                    Assert.Equal(end, log.EndOffset);
                }
                Assert.Equal(model.SelectMany(b => b), ReadAll(log, start));
            }
            finally
            {
                log.Dispose();
            }
        }, iter: 200, threads: 1);
    }

    [Fact, Trait("Rule", "LOG-RECOVER-1")]
    public void A_log_torn_at_any_byte_comes_back_with_the_whole_batches_before_it()
    {
        var settings = new LogSettings { IndexIntervalBytes = 100 };
        List<byte[]> written;
        using (var log = Open(settings)) written = Fill(log, 6);
        var whole = File.ReadAllBytes(Full("t-0/00000000000000000000.log"));
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(Full("t-0/00000000000000000000.log"), whole[..length]);
            Said.Clear();
            using var log = Open(settings, stoppedInOrder: false);
            var kept = Enumerable.Range(0, 7).Last(n => written.Take(n).Sum(b => b.Length) <= length);
            var size = written.Take(kept).Sum(b => b.Length);
            Assert.Equal(written.Take(kept).SelectMany(b => b), ReadAll(log, 0));
            Assert.Equal(kept * 3, log.EndOffset);
            if (size == length) Assert.Empty(Said);
            else Assert.Contains($"torn tail at {size}", Assert.Single(Said), StringComparison.Ordinal);
            Assert.Equal(size, new FileInfo(Full("t-0/00000000000000000000.log")).Length);
        }
    }

    [Fact, Trait("Rule", "LOG-RECOVER-2")]
    public void A_flipped_bit_before_a_whole_batch_isn_t_a_torn_tail()
    {
        List<byte[]> written;
        using (var log = Open(new())) written = Fill(log, 4);
        var path = Full("t-0/00000000000000000000.log");
        var whole = File.ReadAllBytes(path);
        var size = written[0].Length;
        for (var at = size; at < 2 * size; at++)
        {
            if (at - size is < 8 or (>= 12 and < 16)) continue;     // base offset and leader epoch lie outside the checksum
            var flipped = (byte[])whole.Clone();
            flipped[at] ^= 0x10;
            File.WriteAllBytes(path, flipped);
            var error = Assert.Throws<CorruptFileException>(() => Open(new(), stoppedInOrder: false));
            Assert.Equal((path, size), (error.File, error.Offset));
        }
    }

    [Fact, Trait("Rule", "LOG-RECOVER-2")]
    public void A_fault_below_the_recovery_point_isn_t_a_torn_tail()
    {
        using (var log = Open(new())) Fill(log, 2);
        var path = Full("t-0/00000000000000000000.log");
        using (var file = File.OpenWrite(path)) file.SetLength(file.Length - 1);
        Assert.Throws<CorruptFileException>(() => Open(new(), stoppedInOrder: false, recoveryPoint: 6));
        using var cut = Open(new(), stoppedInOrder: false, recoveryPoint: 3);
        Assert.Equal(3, cut.EndOffset);
    }

    [Fact, Trait("Rule", "LOG-READ-2")]
    public void A_flipped_bit_stops_the_reader_with_file_and_offset()
    {
        List<byte[]> written;
        using (var log = Open(new())) written = Fill(log, 100);
        var path = Full("t-0/00000000000000000000.log");
        var bytes = File.ReadAllBytes(path);
        var at = written.Take(10).Sum(b => b.Length);
        bytes[at + 70] ^= 1;
        File.WriteAllBytes(path, bytes);
        using var opened = Open(new());
        var error = Assert.Throws<CorruptFileException>(() => opened.Read(27, 10_000, firstWhatever: true, below: 1000));
        Assert.Equal((path, at), (error.File, error.Offset));
        Assert.Equal(written[20], opened.Read(60, 1, firstWhatever: true, below: 1000).Memory.ToArray());
    }

    [Fact, Trait("Rule", "LOG-RECOVER-3")]
    public void A_log_closed_in_order_is_read_at_its_end_only()
    {
        using (var log = Open(new() { IndexIntervalBytes = 100 })) Fill(log, 100);
        var path = Full("t-0/00000000000000000000.log");
        var bytes = File.ReadAllBytes(path);
        bytes[70] ^= 1;
        File.WriteAllBytes(path, bytes);
        using (var log = Open(new() { IndexIntervalBytes = 100 })) Assert.Equal(300, log.EndOffset);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Throws<CorruptFileException>(() => Open(new() { IndexIntervalBytes = 100 }));
    }

    [Fact, Trait("Rule", "LOG-RECOVER-1")]
    public void Indexes_are_made_anew_when_they_are_missing_or_not_whole()
    {
        List<byte[]> written;
        using (var log = Open(Small))
        {
            written = Fill(log, 60);
            log.Seal();
        }
        var indexes = Disk.List("t-0").Where(name => name.EndsWith("index", StringComparison.Ordinal)).ToDictionary(name => name, name => File.ReadAllBytes(Full($"t-0/{name}")));
        foreach (var name in indexes.Keys) File.Delete(Full($"t-0/{name}"));
        File.WriteAllBytes(Full("t-0/00000000000000000000.index"), [1, 2, 3]);
        using (var log = Open(Small))
        {
            Assert.Equal(written.SelectMany(b => b), ReadAll(log, 0));
            log.Seal();
        }
        foreach (var (name, bytes) in indexes.Where(index => index.Key.EndsWith(".index", StringComparison.Ordinal))) Assert.Equal(bytes, File.ReadAllBytes(Full($"t-0/{name}")));
    }

    [Fact]
    public void The_first_record_at_a_time_is_found_across_segments()
    {
        using var log = Open(Small);
        Fill(log, 60);      // offset n has timestamp 1000 + 10 × base + delta
        Assert.Equal((0, 1000), log.FirstAt(0, 180));
        for (var at = 0; at < 60; at++)
        {
            Assert.Equal((at * 3, 1000 + at * 30), log.FirstAt(1000 + at * 30, 180));
            Assert.Equal((at * 3 + 2, 1000 + at * 30 + 2), log.FirstAt(1000 + at * 30 + 2, 180));
            if (at < 59) Assert.Equal((at * 3 + 3, 1000 + at * 30 + 30), log.FirstAt(1000 + at * 30 + 3, 180));
        }
        Assert.Null(log.FirstAt(1000 + 59 * 30 + 3, 180));
        Assert.Null(log.FirstAt(1000 + 59 * 30, 177));
    }

    [Fact]
    public void Leader_epochs_are_found_again_from_the_records()
    {
        using (var log = Open(Small))
        {
            log.Append(Batch(0, 2, epoch: 3));
            log.Append(Batch(2, 2, epoch: 3));
            log.Append(Batch(4, 2, epoch: 8));
        }
        using var opened = Open(Small, stoppedInOrder: false);
        Assert.Equal<(int, long)>([(3, 0), (8, 4)], opened.Epochs.Entries);
        opened.TruncateTo(4);
        Assert.Equal<(int, long)>([(3, 0)], opened.Epochs.Entries);
    }

    [Fact]
    public void An_epoch_without_records_stays_in_its_checkpoint()
    {
        using (var log = Open(Small))
        {
            log.Epochs.Assign(3, 0);
            log.Append(Batch(0, 2, epoch: 3));
            log.Epochs.Assign(9, 2);
        }
        using var opened = Open(Small, stoppedInOrder: false);
        Assert.Equal<(int, long)>([(3, 0), (9, 2)], opened.Epochs.Entries);
        opened.Epochs.Assign(5, 2);
        Assert.Equal<(int, long)>([(3, 0), (5, 2)], opened.Epochs.Entries);
    }

    [Fact]
    public async Task A_flush_moves_the_recovery_point()
    {
        using var log = Open(Small);
        Fill(log, 30);
        Assert.Equal(0, log.RecoveryPoint);
        var (done, point) = log.BeginFlush();
        await done;
        Assert.True(log.MarkFlushed(point));
        Assert.Equal(90, log.RecoveryPoint);
        (done, point) = log.BeginFlush();
        log.TruncateTo(50);
        await done;
        Assert.False(log.MarkFlushed(point));
        Assert.Equal(log.EndOffset, log.RecoveryPoint);
    }
}
