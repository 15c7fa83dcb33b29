using System.Buffers.Binary;
using Reference.Broker.Hosting;

namespace Reference.Broker.Storage;

/// <summary>A segment's <c>.index</c>: int32 offset relative to the segment's base, int32 position of the batch that holds it, rising.</summary>
internal sealed class OffsetIndex(IFile file, long baseOffset) : SegmentIndex(file, entrySize: 8)
{
    /// <summary>Notes that the batch that ends with <paramref name="offset"/> begins at <paramref name="position"/>.</summary>
    public void Add(long offset, int position)
    {
        Span<byte> entry = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(entry, checked((int)(offset - baseOffset)));
        BinaryPrimitives.WriteInt32BigEndian(entry[4..], position);
        Add(entry);
    }

    /// <summary>A position at or before the batch that holds <paramref name="offset"/>: that of the last entry not above it, else the segment's start.</summary>
    public int PositionBefore(long offset)
    {
        var at = LastNotAbove(offset - baseOffset);
        if (at < 0) return 0;
        Span<byte> entry = stackalloc byte[8];
        Read(at, entry);
        return BinaryPrimitives.ReadInt32BigEndian(entry[4..]);
    }

    /// <summary>Forgets entries at or beyond <paramref name="offset"/>.</summary>
    public void Truncate(long offset) => Keep(LastNotAbove(offset - 1 - baseOffset) + 1);

    /// <summary>Whether what's there can be of a log of <paramref name="logSize"/> bytes.</summary>
    public bool Fits(long logSize)
    {
        if (Count == 0) return true;
        Span<byte> entry = stackalloc byte[8];
        Read(Count - 1, entry);
        return BinaryPrimitives.ReadInt32BigEndian(entry) > 0 && BinaryPrimitives.ReadInt32BigEndian(entry[4..]) < logSize;
    }

    private protected override long KeyOf(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt32BigEndian(entry);
}

/// <summary>A segment's <c>.timeindex</c>: int64 timestamp, int32 offset relative to the segment's base; no record before that offset, itself included, is younger. Rising.</summary>
internal sealed class TimeIndex(IFile file, long baseOffset) : SegmentIndex(file, entrySize: 12)
{
    /// <summary>The last entry: the largest timestamp when it was made, −1 if there is none, and the offset of that record's batch's end.</summary>
    public (long Timestamp, long Offset) Last => Count == 0 ? (-1, baseOffset) : At(Count - 1);

    /// <summary>Notes the largest timestamp so far, if it's larger than the last noted.</summary>
    public void Add(long timestamp, long offset)
    {
        if (timestamp <= Last.Timestamp) return;
        Span<byte> entry = stackalloc byte[12];
        BinaryPrimitives.WriteInt64BigEndian(entry, timestamp);
        BinaryPrimitives.WriteInt32BigEndian(entry[8..], checked((int)(offset - baseOffset)));
        Add(entry);
    }

    /// <summary>An offset at or before the first record of <paramref name="timestamp"/> or younger.</summary>
    public long OffsetBefore(long timestamp)
    {
        var at = LastNotAbove(timestamp - 1);
        return at < 0 ? baseOffset : At(at).Offset;
    }

    /// <summary>Forgets entries at or beyond <paramref name="offset"/>.</summary>
    public void Truncate(long offset)
    {
        var keep = Count;
        while (keep > 0 && At(keep - 1).Offset >= offset) keep--;
        Keep(keep);
    }

    private (long Timestamp, long Offset) At(int index)
    {
        Span<byte> entry = stackalloc byte[12];
        Read(index, entry);
        return (BinaryPrimitives.ReadInt64BigEndian(entry), baseOffset + BinaryPrimitives.ReadInt32BigEndian(entry[8..]));
    }

    private protected override long KeyOf(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt64BigEndian(entry);
}

/// <summary>A file of entries of one size with rising keys, looked up by halving. As long as its entries, never preallocated.</summary>
internal abstract class SegmentIndex(IFile file, int entrySize) : IDisposable
{
    /// <summary>How many entries.</summary>
    public int Count { get; private set; } = (int)(file.Length / entrySize);

    /// <summary>Whether the file is made of whole entries.</summary>
    public bool IsWhole => file.Length == (long)Count * entrySize;

    /// <summary>Forgets all entries but the first <paramref name="count"/>.</summary>
    public void Keep(int count)
    {
        if (count == Count && IsWhole) return;
        file.SetLength((long)count * entrySize);
        Count = count;
    }

    /// <summary>Makes the entries durable.</summary>
    public void Flush() => file.Flush();

    public void Dispose() => file.Dispose();

    /// <summary>What the entry is found by.</summary>
    private protected abstract long KeyOf(ReadOnlySpan<byte> entry);

    private protected void Add(ReadOnlySpan<byte> entry)
    {
        file.Write((long)Count * entrySize, entry);
        Count++;
    }

    private protected void Read(int index, Span<byte> entry) => file.Read((long)index * entrySize, entry);

    /// <summary>The index of the last entry whose key isn't above <paramref name="key"/>; −1 if there is none.</summary>
    private protected int LastNotAbove(long key)
    {
        Span<byte> entry = stackalloc byte[entrySize];
        int low = -1, high = Count;
        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            Read(middle, entry);
            if (KeyOf(entry) <= key) low = middle;
            else high = middle;
        }
        return low;
    }
}
