using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;
using Reference.Replication.Replicas;

namespace Reference.Broker.Storage;

/// <summary>What a compaction wrote beside the log, to take the place of some segments.</summary>
/// <param name="Sources">The segments, in order; the first lends its name.</param>
/// <param name="Path">The file, durable.</param>
/// <param name="Batches">Each batch of it: its last offset, its largest timestamp, where it begins and how long it is.</param>
internal sealed record CompactedSegment(ImmutableArray<Segment> Sources, string Path, ImmutableArray<(long LastOffset, long MaxTimestamp, int Position, int Size)> Batches);

/// <summary>Compacts segments that take no more records, beside other work: it reads them and writes new files, and changes nothing that is there.</summary>
/// <param name="disk">Where the log is.</param>
/// <param name="folder">The log's folder.</param>
/// <param name="segmentBytes">How large a segment may become.</param>
internal sealed class LogCompaction(IDisk disk, string folder, int segmentBytes)
{
    /// <summary>Behind the name of a file that isn't in place yet; one that a start finds is deleted.</summary>
    public const string Suffix = ".cleaned";

    private const int LargestOpenedBatch = 64 * 1024 * 1024;

    private readonly Dictionary<UInt128, long> _latest = [];
    private readonly Dictionary<long, Queue<long>> _lastOfProducers = [];

    /// <summary>Compacts <paramref name="segments"/>.</summary>
    /// <param name="segments">From the log's first on.</param>
    /// <param name="dirtyFrom">Below this offset each key is there once.</param>
    /// <param name="tombstonesBelow">Below this offset tombstones go.</param>
    /// <returns>What is to be put in place; segments of which nothing goes aren't in it.</returns>
    /// <exception cref="IOException">A file can't be read or written; among them: the log was deleted meanwhile.</exception>
    /// <exception cref="ObjectDisposedException">A segment was dropped meanwhile.</exception>
    public ImmutableArray<CompactedSegment> Run(ImmutableArray<Segment> segments, long dirtyFrom, long tombstonesBelow)
    {
        foreach (var segment in segments) Learn(segment, dirtyFrom);
        var done = ImmutableArray.CreateBuilder<CompactedSegment>();
        for (var at = 0; at < segments.Length;)
        {
            using var output = new Output(disk, $"{Segment.PathOf(folder, segments[at].BaseOffset, Segment.LogSuffix)}{Suffix}");
            var (first, changed) = (at, false);
            do changed |= Rewrite(segments[at++], output, tombstonesBelow);
            while (at < segments.Length && output.Length + segments[at].Size <= segmentBytes && segments[at].NextOffset - segments[first].BaseOffset < int.MaxValue);
            if (changed || at - first > 1) done.Add(new(segments[first..at], output.Finish(), [.. output.Batches]));
            else output.Discard();
        }
        return done.ToImmutable();
    }

    /// <summary>Notes the latest offset of each key, and the last batches of each producer.</summary>
    private void Learn(Segment segment, long dirtyFrom)
    {
        using var scanner = new BatchScanner(segment, 0);
        while (scanner.MoveNext(verify: false))
        {
            if (scanner.Producer.ProducerId >= 0)
            {
                if (!_lastOfProducers.TryGetValue(scanner.Producer.ProducerId, out var last)) _lastOfProducers[scanner.Producer.ProducerId] = last = [];
                if (last.Count == ProducerState.BatchesKept) last.Dequeue();
                last.Enqueue(scanner.BaseOffset);
            }
            if (scanner.LastOffset < dirtyFrom) continue;
            using var bytes = new Bytes(segment, scanner.Position, scanner.Size);
            var batch = new RecordBatch(bytes.Span);
            if (batch.IsControl || Open(batch) is not { } records) continue;
            var record = new RecordReader(batch, records);
            while (record.MoveNext()) if (record.HasKey) _latest[NameOf(record.Key)] = record.Offset;
        }
        if (scanner.Fault is { } fault) throw SegmentRecovery.Corrupt(segment, scanner.Position, fault);
    }

    /// <summary>Writes what stays of a segment; whether anything goes. The last batch stays, if need be without records: the segment ends where it ended.</summary>
    [Rule("LOG-COMPACT-4")]
    private bool Rewrite(Segment segment, Output output, long tombstonesBelow)
    {
        var changed = false;
        using var scanner = new BatchScanner(segment, 0);
        while (scanner.MoveNext(verify: true))
        {
            using var bytes = new Bytes(segment, scanner.Position, scanner.Size);
            var batch = new RecordBatch(bytes.Span);
            var kept = Kept(batch, tombstonesBelow, out var count);
            var mustStay = scanner.LastOffset == segment.NextOffset - 1
                || (batch.ProducerId >= 0 && _lastOfProducers[batch.ProducerId].Contains(batch.BaseOffset));
            if (kept is null && (count > 0 || mustStay)) output.Add(batch, bytes.Span);
            else if (count > 0 || mustStay) Write(batch, kept!, count, output);
            changed |= kept is not null || (count == 0 && !mustStay);
        }
        return scanner.Fault is { } fault ? throw SegmentRecovery.Corrupt(segment, scanner.Position, fault) : changed;
    }

    /// <summary>The records that stay, as they are; null if all do.</summary>
    private ArrayBufferWriter<byte>? Kept(RecordBatch batch, long tombstonesBelow, out int count)
    {
        count = batch.Count;
        if (batch.IsControl || Open(batch) is not { } records) return null;
        count = 0;
        var kept = new ArrayBufferWriter<byte>(Math.Max(records.Length, 1));
        var record = new RecordReader(batch, records);
        while (record.MoveNext())
        {
            var latest = record.HasKey ? _latest.GetValueOrDefault(NameOf(record.Key), -1) : -1;
            if (!Compaction.Keeps(record.Offset, latest, record.HasKey && !record.HasValue, tombstonesBelow)) continue;
            kept.Write(record.Whole);
            count++;
        }
        return count == batch.Count ? null : kept;
    }

    /// <summary>The batch with fewer records: offsets, timestamps, epoch, producer and sequence stay as they are.</summary>
    [Rule("LOG-COMPACT-4")]
    private static void Write(RecordBatch batch, ArrayBufferWriter<byte> records, int count, Output output)
    {
        var to = new ArrayBufferWriter<byte>(RecordBatch.HeaderSize + records.WrittenCount);
        to.Write(batch.Bytes[..RecordBatch.HeaderSize]);
        if (count > 0) BatchCompression.Write(batch.Compression, records.WrittenSpan, to);
        var bytes = to.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(RecordBatch.LengthAt), bytes.Length - RecordBatch.LengthEnd);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(RecordBatch.CountAt), count);
        if (count == 0) BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(RecordBatch.AttributesAt), (short)(batch.Attributes & ~RecordBatch.CompressionMask));
        RecordBatch.Seal(bytes);
        output.Add(new(bytes), bytes);
    }

    /// <summary>A batch's records; null if its codec can't open them: it was stored as it was sent, and stays so.</summary>
    private static byte[]? Open(RecordBatch batch)
    {
        if (batch.Count == 0) return [];
        try
        {
            var records = Decompression.Of(batch, LargestOpenedBatch);
            var record = new RecordReader(batch, records);
            while (record.MoveNext()) { }
            return records;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>What a key is told apart by: 16 bytes of its SHA-256.</summary>
    private static UInt128 NameOf(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>A batch's bytes, in a pooled buffer.</summary>
    private readonly struct Bytes : IDisposable
    {
        private readonly byte[] _buffer;
        private readonly int _length;

        public Bytes(Segment segment, int position, int size)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(size);
            _length = segment.Log.Read(position, _buffer.AsSpan(0, size));
        }

        public Span<byte> Span => _buffer.AsSpan(0, _length);

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
    }

    /// <summary>The file that is written.</summary>
    private sealed class Output : IDisposable
    {
        private readonly IDisk _disk;
        private readonly IFile _file;
        private readonly string _path;

        public Output(IDisk disk, string path)
        {
            (_disk, _path) = (disk, path);
            disk.Delete(path);
            _file = disk.Open(path, create: true);
        }

        public int Length { get; private set; }

        public List<(long LastOffset, long MaxTimestamp, int Position, int Size)> Batches { get; } = [];

        public void Add(RecordBatch batch, ReadOnlySpan<byte> bytes)
        {
            _file.Write(Length, bytes);
            Batches.Add((batch.LastOffset, batch.MaxTimestamp, Length, bytes.Length));
            Length += bytes.Length;
        }

        /// <summary>Makes it durable; its path.</summary>
        public string Finish()
        {
            _file.Flush();
            return _path;
        }

        public void Discard() => _disk.Delete(_path);

        public void Dispose() => _file.Dispose();
    }
}
