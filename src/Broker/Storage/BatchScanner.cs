using System.Buffers;
using System.Buffers.Binary;
using Reference.Replication.Replicas;

namespace Reference.Broker.Storage;

/// <summary>Goes over the batches of a segment's file one by one, through a window of bounded size, whatever the batches claim to be.</summary>
/// <remarks>Header fields of the present batch stand in the properties; records are only summed over.</remarks>
internal sealed class BatchScanner(Segment segment, int position) : IDisposable
{
    private const int WindowSize = 256 * 1024;

    private readonly long _end = segment.Log.Length;
    private readonly byte[] _window = ArrayPool<byte>.Shared.Rent(WindowSize);
    private int _windowStart, _windowLength;

    /// <summary>Where the present batch begins; after a false <see cref="MoveNext"/>, where the first thing wrong begins, or the end.</summary>
    public int Position { get; private set; } = position;

    public int Size { get; private set; }
    public long BaseOffset { get; private set; }
    public long LastOffset { get; private set; }
    public int LeaderEpoch { get; private set; }
    public long MaxTimestamp { get; private set; }
    public ProducerBatch Producer { get; private set; }

    /// <summary>What is wrong at <see cref="Position"/>; null: nothing, the file ends there.</summary>
    public string? Fault { get; private set; }

    /// <summary>Goes to the next batch; false at the end, or where something is wrong.</summary>
    /// <param name="verify">Whether to sum up the batch.</param>
    public bool MoveNext(bool verify)
    {
        Position += Size;
        Size = 0;
        if (Position == _end) return false;
        Fault = ReadAt(Position, verify);
        return Fault is null;
    }

    /// <summary>Whether a whole batch with offsets at or beyond <paramref name="offset"/> begins anywhere after <see cref="Position"/>.</summary>
    public bool AnyAfter(long offset)
    {
        for (var at = Position + 1; at + RecordBatch.HeaderSize <= _end; at++)
        {
            var header = At(at, RecordBatch.HeaderSize);
            if (header[RecordBatch.MagicAt] != RecordBatch.CurrentMagic) continue;
            var baseOffset = BinaryPrimitives.ReadInt64BigEndian(header);
            if (baseOffset >= offset && baseOffset - segment.BaseOffset <= int.MaxValue && ReadAt(at, verify: true) is null) return true;
        }
        return false;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_window);

    private string? ReadAt(int position, bool verify)
    {
        if (_end - position < RecordBatch.HeaderSize) return "a batch's header is cut short";
        var batch = new RecordBatch(At(position, RecordBatch.HeaderSize));
        if (batch.Magic != RecordBatch.CurrentMagic) return $"a batch of format {batch.Magic}, not 2";
        long size = (long)RecordBatch.LengthEnd + BinaryPrimitives.ReadInt32BigEndian(batch.Bytes[RecordBatch.LengthAt..]);
        if (size < RecordBatch.HeaderSize) return $"a batch's length of {size} bytes";
        if (size > _end - position) return "a batch is cut short";
        if (batch.LastOffsetDelta < 0 || batch.BaseOffset < segment.BaseOffset) return $"a batch of offsets {batch.BaseOffset}..{batch.LastOffset}";
        (Size, BaseOffset, LastOffset, LeaderEpoch, MaxTimestamp) = ((int)size, batch.BaseOffset, batch.LastOffset, batch.LeaderEpoch, batch.MaxTimestamp);
        Producer = batch.Producer;
        var crc = batch.Crc;
        return verify && crc != Sum(position + RecordBatch.AttributesAt, position + (int)size) ? "a batch doesn't fit its CRC-32C" : null;
    }

    private uint Sum(int from, int to)
    {
        uint sum = 0;
        while (from < to)
        {
            var part = At(from, 1);
            part = part[..Math.Min(part.Length, to - from)];
            sum = Crc32C.Of(sum, part);
            from += part.Length;
        }
        return sum;
    }

    /// <summary>The file at <paramref name="position"/>: at least <paramref name="least"/> bytes, as far as the window has them.</summary>
    private ReadOnlySpan<byte> At(int position, int least)
    {
        if (position < _windowStart || position + least > _windowStart + _windowLength)
        {
            _windowStart = position;
            _windowLength = segment.Log.Read(position, _window.AsSpan(0, WindowSize));
            if (_windowLength < least) throw new EndOfStreamException($"{segment.FullPath} became shorter while it was read");
        }
        return _window.AsSpan(position - _windowStart, _windowStart + _windowLength - position);
    }
}
