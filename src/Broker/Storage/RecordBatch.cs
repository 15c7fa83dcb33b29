using System.Buffers.Binary;
using Reference.Replication.Replicas;

namespace Reference.Broker.Storage;

/// <summary>One record batch, version 2, read in place: the bytes that clients send are those on disk and those that are fetched.</summary>
/// <remarks>
/// Big-endian: base offset int64 at 0, length int32 at 8 (of what follows it), leader epoch int32 at 12, magic int8 at 16, CRC-32C uint32 at 17 (of all
/// after it), attributes int16 at 21, last offset delta int32 at 23, base timestamp int64 at 27, max timestamp int64 at 35, producer id int64 at 43,
/// producer epoch int16 at 51, base sequence int32 at 53, record count int32 at 57, records at 61.
/// Nothing is checked here: see <see cref="BatchCheck"/>.
/// </remarks>
public readonly ref struct RecordBatch(ReadOnlySpan<byte> bytes)
{
    /// <summary>Bytes up to and including the length: what must be there before the size is known.</summary>
    public const int LengthEnd = 12;

    /// <summary>Bytes before the first record.</summary>
    public const int HeaderSize = 61;

    /// <summary>The magic of this version.</summary>
    public const sbyte CurrentMagic = 2;

    internal const int LengthAt = 8, LeaderEpochAt = 12, MagicAt = 16, CrcAt = 17, AttributesAt = 21, LastOffsetDeltaAt = 23, BaseTimestampAt = 27, MaxTimestampAt = 35,
        ProducerIdAt = 43, ProducerEpochAt = 51, BaseSequenceAt = 53, CountAt = 57;

    internal const short CompressionMask = 0x07, LogAppendTimeBit = 0x08, TransactionalBit = 0x10, ControlBit = 0x20;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The bytes that this was made of; may reach beyond the batch.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The whole batch in bytes, as its length field says.</summary>
    public int Size => LengthEnd + BinaryPrimitives.ReadInt32BigEndian(_bytes[LengthAt..]);

    /// <summary>The offset of the first record.</summary>
    public long BaseOffset => BinaryPrimitives.ReadInt64BigEndian(_bytes);

    /// <summary>The offset of the last record.</summary>
    public long LastOffset => BaseOffset + LastOffsetDelta;

    /// <summary>The offset after the last record.</summary>
    public long NextOffset => LastOffset + 1;

    /// <summary>The term of the leader that took the batch in.</summary>
    public int LeaderEpoch => BinaryPrimitives.ReadInt32BigEndian(_bytes[LeaderEpochAt..]);

    /// <summary>The version of the format.</summary>
    public sbyte Magic => (sbyte)_bytes[MagicAt];

    /// <summary>The checksum that the batch carries.</summary>
    public uint Crc => BinaryPrimitives.ReadUInt32BigEndian(_bytes[CrcAt..]);

    /// <summary>Compression, timestamp type, transactional, control.</summary>
    public short Attributes => BinaryPrimitives.ReadInt16BigEndian(_bytes[AttributesAt..]);

    /// <summary>How the records are compressed.</summary>
    public Compression Compression => (Compression)(Attributes & CompressionMask);

    /// <summary>Whether <see cref="MaxTimestamp"/> is the time when a leader appended the batch, for all its records.</summary>
    public bool IsLogAppendTime => (Attributes & LogAppendTimeBit) != 0;

    /// <summary>Whether the batch belongs to a transaction.</summary>
    public bool IsTransactional => (Attributes & TransactionalBit) != 0;

    /// <summary>Whether the batch is a marker of a transaction's end.</summary>
    public bool IsControl => (Attributes & ControlBit) != 0;

    /// <summary>Last offset minus base offset.</summary>
    public int LastOffsetDelta => BinaryPrimitives.ReadInt32BigEndian(_bytes[LastOffsetDeltaAt..]);

    /// <summary>The first record's timestamp, from which the others count. Milliseconds since the epoch of Unix; −1: none.</summary>
    public long BaseTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[BaseTimestampAt..]);

    /// <summary>The largest timestamp. Milliseconds since the epoch of Unix; −1: none.</summary>
    public long MaxTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[MaxTimestampAt..]);

    /// <summary>The idempotent producer's id; −1: none.</summary>
    public long ProducerId => BinaryPrimitives.ReadInt64BigEndian(_bytes[ProducerIdAt..]);

    /// <summary>The idempotent producer's epoch; −1: none.</summary>
    public short ProducerEpoch => BinaryPrimitives.ReadInt16BigEndian(_bytes[ProducerEpochAt..]);

    /// <summary>The first record's sequence number; −1: none.</summary>
    public int BaseSequence => BinaryPrimitives.ReadInt32BigEndian(_bytes[BaseSequenceAt..]);

    /// <summary>What it says of its producer; a negative id if that is none that numbers its records.</summary>
    public ProducerBatch Producer => new(ProducerId, ProducerEpoch, BaseSequence, LastOffsetDelta + 1, BaseOffset);

    /// <summary>How many records.</summary>
    public int Count => BinaryPrimitives.ReadInt32BigEndian(_bytes[CountAt..]);

    /// <summary>The records, compressed or not.</summary>
    public ReadOnlySpan<byte> Records => _bytes[HeaderSize..Size];

    /// <summary>The checksum that the batch ought to carry.</summary>
    public uint ComputeCrc() => Crc32C.Of(_bytes[AttributesAt..Size]);

    /// <summary>Writes base offset and leader epoch in place; both lie outside the checksum.</summary>
    public static void Place(Span<byte> batch, long baseOffset, int leaderEpoch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[LeaderEpochAt..], leaderEpoch);
    }

    /// <summary>Makes <paramref name="nowMs"/> the timestamp of all records, and the checksum fit; the records stay as they are.</summary>
    public static void StampAppendTime(Span<byte> batch, long nowMs)
    {
        var attributes = BinaryPrimitives.ReadInt16BigEndian(batch[AttributesAt..]);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], (short)(attributes | LogAppendTimeBit));
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampAt..], nowMs);
        Seal(batch);
    }

    /// <summary>Computes the checksum and writes it in place.</summary>
    public static void Seal(Span<byte> batch) =>
        BinaryPrimitives.WriteUInt32BigEndian(batch[CrcAt..], new RecordBatch(batch).ComputeCrc());

    /// <inheritdoc/>
    public override string ToString() => $"batch {BaseOffset}..{LastOffset} epoch {LeaderEpoch} {Size} B {Compression}";
}

/// <summary>How a batch's records are compressed, by the number that the attributes carry.</summary>
public enum Compression : short
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}
