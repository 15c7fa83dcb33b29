using System.Buffers.Binary;

namespace Reference.Broker.Storage;

/// <summary>What is wrong with a batch, by Kafka's error code.</summary>
public enum BatchFault : short
{
    None = 0,
    CorruptMessage = 2,
    MessageTooLarge = 10,
    UnsupportedForMessageFormat = 43,
    UnsupportedCompressionType = 76,
    InvalidRecord = 87,
}

/// <summary>Tells good record batches from bad ones. Whatever is refused leaves the log as it was.</summary>
public static class BatchCheck
{
    /// <summary>A partition's records of a Produce request: exactly one batch, from a client.</summary>
    [Rule("LOG-BATCH-1")]
    public static BatchFault OfProducer(ReadOnlySpan<byte> bytes, int maxBatchBytes)
    {
        if (Framing(bytes) is var framing && framing != BatchFault.None) return framing;
        var batch = new RecordBatch(bytes);
        if (batch.Size != bytes.Length) return BatchFault.InvalidRecord;                    // more than one batch
        if (bytes.Length > maxBatchBytes) return BatchFault.MessageTooLarge;
        if (batch.Crc != batch.ComputeCrc()) return BatchFault.CorruptMessage;
        if (batch.Count < 1 || batch.LastOffsetDelta != batch.Count - 1) return BatchFault.InvalidRecord;
        if (batch.IsControl || batch.IsTransactional || batch.IsLogAppendTime) return BatchFault.InvalidRecord;
        if (batch.ProducerId >= 0 && (batch.ProducerEpoch < 0 || batch.BaseSequence < 0)) return BatchFault.InvalidRecord;
        if (batch.Compression > Compression.Zstd) return BatchFault.UnsupportedCompressionType;
        return batch.Compression == Compression.None && !HoldsExactly(batch.Records, batch.Count) ? BatchFault.InvalidRecord : BatchFault.None;
    }

    /// <summary>The first of a run of batches that a leader or a disk gave: whole, of this version, and with a checksum that fits.</summary>
    public static BatchFault OfLog(ReadOnlySpan<byte> bytes)
    {
        if (Framing(bytes) is var framing && framing != BatchFault.None) return framing;
        var batch = new RecordBatch(bytes);
        if (batch.Crc != batch.ComputeCrc() || batch.LastOffsetDelta < 0 || batch.BaseOffset < 0) return BatchFault.CorruptMessage;
        return BatchFault.None;
    }

    /// <summary>Whether each record has a key, as those of a compacted topic must; opens the batch for it.</summary>
    [Rule("LOG-COMPACT-6")]
    public static bool HasKeys(ReadOnlySpan<byte> bytes)
    {
        const int largest = 64 * 1024 * 1024;
        var batch = new RecordBatch(bytes);
        try
        {
            var record = new RecordReader(batch, Decompression.Of(batch, largest));
            while (record.MoveNext()) if (!record.HasKey) return false;
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static BatchFault Framing(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= RecordBatch.MagicAt) return BatchFault.CorruptMessage;
        var magic = (sbyte)bytes[RecordBatch.MagicAt];
        if (magic is 0 or 1) return BatchFault.UnsupportedForMessageFormat;
        if (magic != RecordBatch.CurrentMagic || bytes.Length < RecordBatch.HeaderSize) return BatchFault.CorruptMessage;
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatch.LengthAt..]);
        return length < RecordBatch.HeaderSize - RecordBatch.LengthEnd || length > bytes.Length - RecordBatch.LengthEnd ? BatchFault.CorruptMessage : BatchFault.None;
    }

    /// <summary>Whether uncompressed records are <paramref name="count"/> and fill their batch: each begins with its length, a zigzag varint.</summary>
    private static bool HoldsExactly(ReadOnlySpan<byte> records, int count)
    {
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            if (!Varint.TryRead(records, ref at, out var length) || length < 1 || length > records.Length - at) return false;
            at += (int)length;
        }
        return at == records.Length;
    }
}

/// <summary>Zigzag varints of up to ten bytes, as records have them.</summary>
public static class Varint
{
    /// <summary>Reads one at <paramref name="at"/> and moves past it; false if it is cut short or too long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, out long value)
    {
        ulong raw = 0;
        for (var shift = 0; shift < 70 && (uint)at < (uint)bytes.Length; shift += 7)
        {
            var b = bytes[at++];
            raw |= (ulong)(b & 0x7F) << shift;
            if (b >= 0x80) continue;
            value = (long)(raw >> 1) ^ -(long)(raw & 1);
            return true;
        }
        value = 0;
        return false;
    }
}
