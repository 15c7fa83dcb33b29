using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Reference.Broker.Groups;
using Reference.Broker.Kafka.Protocol;
using Reference.Replication.Groups;

namespace Reference.Broker.Storage;

/// <summary>What <see cref="LogDump"/> shows besides the batches.</summary>
/// <param name="Records">Each record, too.</param>
/// <param name="Contents">Keys and values of records, as text.</param>
/// <param name="Offsets">Keys and values as those of the offsets topic.</param>
public sealed record LogDumpOptions(bool Records, bool Contents, bool Offsets);

/// <summary>Shows a segment's files line by line, as the DumpLogSegments of Kafka 2.4 does: batches, records, index entries, and what doesn't fit together.</summary>
public sealed class LogDump(TextWriter to, LogDumpOptions options)
{
    private const int LargestBatch = 100 * 1024 * 1024;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Whether everything so far fitted together: checksums, sizes, indexes.</summary>
    public bool IsSound { get; private set; } = true;

    /// <summary>Shows a file: <c>.log</c>, <c>.index</c> or <c>.timeindex</c>.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public void Dump(string path)
    {
        var kind = Path.GetExtension(path);
        if (kind is not (Segment.LogSuffix or Segment.IndexSuffix or Segment.TimeIndexSuffix) || !long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var baseOffset))
        {
            to.WriteLine($"Ignoring unknown file {path}");
            return;
        }
        var bytes = File.ReadAllBytes(path);
        to.WriteLine($"Dumping {path}");
        if (kind == Segment.LogSuffix) DumpLog(Path.GetFileName(path), bytes, baseOffset);
        else if (kind == Segment.IndexSuffix) DumpIndex(path, bytes, baseOffset);
        else DumpTimeIndex(path, bytes, baseOffset);
    }

    private void DumpLog(string name, ReadOnlySpan<byte> log, long baseOffset)
    {
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Starting offset: {baseOffset}"));
        var position = 0;
        for (var rest = log; rest.Length >= RecordBatch.HeaderSize; rest = log[position..])
        {
            var batch = new RecordBatch(rest);
            if (batch.Size < RecordBatch.HeaderSize || batch.Size > rest.Length || batch.Magic != RecordBatch.CurrentMagic) break;
            DumpBatch(batch, position);
            if (options.Records || options.Contents) DumpRecords(batch);
            position += batch.Size;
        }
        if (position == log.Length) return;
        IsSound = false;
        to.WriteLine($"Found {log.Length - position} invalid bytes at the end of {name}");
    }

    private void DumpBatch(RecordBatch b, int position)
    {
        var isValid = b.Crc == b.ComputeCrc();
        IsSound &= isValid;
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"baseOffset: {b.BaseOffset} lastOffset: {b.LastOffset} count: {b.Count} baseSequence: {b.BaseSequence} lastSequence: {Sequence(b, b.LastOffsetDelta)} "
            + $"producerId: {b.ProducerId} producerEpoch: {b.ProducerEpoch} partitionLeaderEpoch: {b.LeaderEpoch} isTransactional: {Text(b.IsTransactional)} isControl: {Text(b.IsControl)} "
            + $"position: {position} {TimestampType(b)}: {b.MaxTimestamp} size: {b.Size} magic: {b.Magic} compresscodec: {b.Compression.ToString().ToUpperInvariant()} crc: {b.Crc} isvalid: {Text(isValid)}"));
    }

    private void DumpRecords(RecordBatch batch)
    {
        try
        {
            var record = new RecordReader(batch, Decompression.Of(batch, LargestBatch));
            while (record.MoveNext())
            {
                var (key, value) = (record.HasKey ? record.Key.Length : -1, record.HasValue ? record.Value.Length : -1);
                to.Write(string.Create(CultureInfo.InvariantCulture, $"| offset: {record.Offset} {TimestampType(batch)}: {record.Timestamp} keysize: {key} valuesize: {value} "
                    + $"sequence: {Sequence(batch, record.Offset - batch.BaseOffset)} headerKeys: [{string.Join(',', record.HeaderKeys())}]"));
                if (options.Contents && !batch.IsControl) WriteContents(record);
                to.WriteLine();
            }
        }
        catch (InvalidDataException e)
        {
            IsSound = false;
            to.WriteLine($"| its records can't be read: {e.Message}");
        }
    }

    private void WriteContents(in RecordReader record)
    {
        if (options.Offsets && record.HasKey)
        {
            var (key, value) = OfOffsets(record.Key.ToArray(), record.HasValue ? record.Value.ToArray() : null);
            to.Write($" key: {key} payload: {value}");
            return;
        }
        if (record.HasKey) to.Write($" key: {Utf8.GetString(record.Key)}");
        if (record.HasValue) to.Write($" payload: {Utf8.GetString(record.Value)}");
    }

    private (string Key, string Value) OfOffsets(byte[] key, byte[]? value)
    {
        try
        {
            return OffsetsRecords.Of(key, value) switch
            {
                OffsetRecord r => ($"offset_commit::group={r.Group},partition={r.Partition}", r.Value is not { } o ? "<DELETE>"
                    : string.Create(CultureInfo.InvariantCulture, $"offset={o.Offset}{(o.Metadata.Length == 0 ? "" : $",metadata={o.Metadata}")}")),
                GenerationRecord r => ($"group_metadata::group={r.Group}", r.Value is { } g ? Describe(g) : "<DELETE>"),
                var other => (other.ToString(), ""),
            };
        }
        catch (MalformedRequestException e)
        {
            IsSound = false;
            return ($"0x{Convert.ToHexString(key)}", $"not a record of the offsets topic: {e.Message}");
        }
    }

    private static string Describe(StoredGeneration g) => JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["protocolType"] = g.ProtocolType ?? "",
        ["protocol"] = g.Protocol,
        ["generationId"] = g.Generation,
        ["assignment"] = $"{{{string.Join(',', g.Members.Select(m => $"{m.Id}={Convert.ToHexString(m.Assignment.Bytes.AsSpan()).ToLowerInvariant()}"))}}}",
    });

    private void DumpIndex(string path, ReadOnlySpan<byte> index, long baseOffset)
    {
        var log = LogOf(path);
        var mismatches = new List<(long Index, long Log)>();
        for (var i = 0; i + 8 <= index.Length; i += 8)
        {
            var (offset, position) = (baseOffset + BinaryPrimitives.ReadInt32BigEndian(index[i..]), BinaryPrimitives.ReadInt32BigEndian(index[(i + 4)..]));
            if (offset == baseOffset && i > 0) break;      // a preallocated rest
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"offset: {offset} position: {position}"));
            var there = position >= 0 && position + RecordBatch.HeaderSize <= log.Length ? new RecordBatch(log.AsSpan(position)).LastOffset : -1;
            if (there != offset) mismatches.Add((offset, there));
        }
        if (mismatches.Count == 0) return;
        IsSound = false;
        to.WriteLine($"Mismatches in :{path}");
        foreach (var (offset, there) in mismatches) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  Index offset: {offset}, log offset: {there}"));
    }

    private void DumpTimeIndex(string path, ReadOnlySpan<byte> index, long baseOffset)
    {
        var log = LogOf(path);
        List<(long Timestamp, long Log)> mismatches = [], disorder = [];
        var last = -1L;
        for (var i = 0; i + 12 <= index.Length; i += 12)
        {
            var (timestamp, offset) = (BinaryPrimitives.ReadInt64BigEndian(index[i..]), baseOffset + BinaryPrimitives.ReadInt32BigEndian(index[(i + 8)..]));
            if (offset == baseOffset && i > 0) break;
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"timestamp: {timestamp} offset: {offset}"));
            if (timestamp < last) disorder.Add((timestamp, last));
            last = Math.Max(last, timestamp);
            if (TimestampAt(log, offset) is var there && there != timestamp) mismatches.Add((timestamp, there));
        }
        Report($"Found timestamp mismatch in :{path}", mismatches, "log timestamp");
        Report($"Found out of order timestamp in :{path}", disorder, "Previously indexed timestamp");
    }

    private void Report(string what, List<(long Timestamp, long Other)> found, string other)
    {
        if (found.Count == 0) return;
        IsSound = false;
        to.WriteLine(what);
        foreach (var (timestamp, its) in found) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  Index timestamp: {timestamp}, {other}: {its}"));
    }

    /// <summary>The largest timestamp of the batch that holds an offset; −1 if there is none.</summary>
    private static long TimestampAt(ReadOnlySpan<byte> log, long offset)
    {
        for (; log.Length >= RecordBatch.HeaderSize; log = log[new RecordBatch(log).Size..])
        {
            var batch = new RecordBatch(log);
            if (batch.Size < RecordBatch.HeaderSize || batch.Size > log.Length) break;
            if (batch.LastOffset >= offset) return batch.BaseOffset <= offset ? batch.MaxTimestamp : -1;
        }
        return -1;
    }

    private static byte[] LogOf(string index)
    {
        var log = Path.ChangeExtension(index, Segment.LogSuffix);
        return File.Exists(log) ? File.ReadAllBytes(log) : [];
    }

    /// <summary>A record's sequence number; they go on from 0 after the largest.</summary>
    private static long Sequence(RecordBatch batch, long delta) => batch.BaseSequence < 0 ? -1 : (batch.BaseSequence + delta) & int.MaxValue;

    private static string TimestampType(RecordBatch batch) => batch.IsLogAppendTime ? "LogAppendTime" : "CreateTime";

    private static string Text(bool value) => value ? "true" : "false";
}
