using System.Buffers;
using System.Buffers.Binary;
using Reference.Broker.Storage;
using Reference.Replication.Replicas;

namespace Reference.Broker.Kafka.Client;

/// <summary>What an idempotent producer writes on a batch.</summary>
/// <param name="ProducerId">Its id, from InitProducerId.</param>
/// <param name="ProducerEpoch">Its epoch, from the same answer.</param>
/// <param name="FirstSequence">The sequence number of the first record; each record has the one after the record before.</param>
public readonly record struct BatchNumbers(long ProducerId, short ProducerEpoch, int FirstSequence)
{
    /// <summary>Those of the batch behind one of <paramref name="records"/>.</summary>
    public BatchNumbers After(int records) => this with { FirstSequence = ProducerBatch.After(FirstSequence, records) };
}

/// <summary>Builds one record batch, version 2, of what a producer gives it record by record.</summary>
/// <remarks>The layout of batch and records is that of <see cref="RecordBatch"/> and <see cref="RecordReader"/>. Its memory is pooled; disposed once.</remarks>
public sealed class BatchBuilder : IDisposable
{
    private const int RecordOverhead = 32;

    private byte[] _bytes;
    private int _length = RecordBatch.HeaderSize;
    private long _baseTimestamp, _maxTimestamp;

    /// <summary>A batch of about <paramref name="bytes"/>.</summary>
    public BatchBuilder(int bytes) => _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(bytes, 256));

    /// <summary>How many records.</summary>
    public int Count { get; private set; }

    /// <summary>Its size so far, not compressed.</summary>
    public int Length => _length;

    /// <summary>The most that one record adds.</summary>
    public static int SizeOf(int keyBytes, int valueBytes) => RecordOverhead + keyBytes + valueBytes;

    /// <summary>Adds a record.</summary>
    /// <param name="hasKey">Whether there's a key; without one it's null.</param>
    /// <param name="key">The key.</param>
    /// <param name="hasValue">Whether there's a value; without one it's null, a tombstone.</param>
    /// <param name="value">The value.</param>
    /// <param name="timestampMs">Milliseconds since the epoch of Unix.</param>
    public void Add(bool hasKey, ReadOnlySpan<byte> key, bool hasValue, ReadOnlySpan<byte> value, long timestampMs)
    {
        if (!hasKey) key = default;
        if (!hasValue) value = default;
        Reserve(SizeOf(key.Length, value.Length));
        if (Count == 0) (_baseTimestamp, _maxTimestamp) = (timestampMs, timestampMs);
        _maxTimestamp = Math.Max(_maxTimestamp, timestampMs);
        Span<byte> head = stackalloc byte[RecordOverhead];
        head[0] = 0;                                                                   // attributes
        var at = 1;
        Varint(head, ref at, timestampMs - _baseTimestamp);
        Varint(head, ref at, Count);
        Varint(head, ref at, hasKey ? key.Length : -1);
        Span<byte> middle = stackalloc byte[10];
        var middleLength = 0;
        Varint(middle, ref middleLength, hasValue ? value.Length : -1);
        const int noHeaders = 1;
        Varint(_bytes, ref _length, at + key.Length + middleLength + value.Length + noHeaders);
        Put(head[..at]);
        Put(key);
        Put(middle[..middleLength]);
        Put(value);
        Varint(_bytes, ref _length, 0);
        Count++;
    }

    /// <summary>The finished batch, which stays as it is until this is disposed. Nothing may be added afterwards.</summary>
    /// <param name="codec">How its records are compressed.</param>
    /// <param name="numbers">Its numbers, if its producer is idempotent.</param>
    public ReadOnlyMemory<byte> Seal(Compression codec, BatchNumbers? numbers = null)
    {
        if (codec != Compression.None) Compress(codec);
        var header = _bytes.AsSpan(0, RecordBatch.HeaderSize);
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header[RecordBatch.LengthAt..], _length - RecordBatch.LengthEnd);
        BinaryPrimitives.WriteInt32BigEndian(header[RecordBatch.LeaderEpochAt..], -1);
        header[RecordBatch.MagicAt] = (byte)RecordBatch.CurrentMagic;
        BinaryPrimitives.WriteInt16BigEndian(header[RecordBatch.AttributesAt..], (short)codec);
        BinaryPrimitives.WriteInt32BigEndian(header[RecordBatch.LastOffsetDeltaAt..], Count - 1);
        BinaryPrimitives.WriteInt64BigEndian(header[RecordBatch.BaseTimestampAt..], _baseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(header[RecordBatch.MaxTimestampAt..], _maxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(header[RecordBatch.ProducerIdAt..], numbers?.ProducerId ?? -1);
        BinaryPrimitives.WriteInt16BigEndian(header[RecordBatch.ProducerEpochAt..], numbers?.ProducerEpoch ?? -1);
        BinaryPrimitives.WriteInt32BigEndian(header[RecordBatch.BaseSequenceAt..], numbers?.FirstSequence ?? -1);
        BinaryPrimitives.WriteInt32BigEndian(header[RecordBatch.CountAt..], Count);
        RecordBatch.Seal(_bytes.AsSpan(0, _length));
        return _bytes.AsMemory(0, _length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private void Compress(Compression codec)
    {
        var compressed = new ArrayBufferWriter<byte>(_length);
        BatchCompression.Write(codec, _bytes.AsSpan(RecordBatch.HeaderSize, _length - RecordBatch.HeaderSize), compressed);
        _length = RecordBatch.HeaderSize;
        Reserve(compressed.WrittenCount);
        Put(compressed.WrittenSpan);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - _length >= more) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + more, 2 * _bytes.Length));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }

    /// <summary>Zigzag, seven bits a byte, low ones first.</summary>
    private static void Varint(Span<byte> bytes, ref int at, long value)
    {
        var raw = (ulong)((value << 1) ^ (value >> 63));
        for (; raw >= 0x80; raw >>= 7) bytes[at++] = (byte)(raw | 0x80);
        bytes[at++] = (byte)raw;
    }
}
