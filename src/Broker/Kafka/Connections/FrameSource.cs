using System.Buffers;
using System.Buffers.Binary;
using Reference.Broker.Hosting;

namespace Reference.Broker.Kafka.Connections;

/// <summary>The bytes of one frame, without its length; they stay until it is disposed, once.</summary>
internal sealed class Frame(ReadOnlyMemory<byte> bytes, Chunk chunk) : IDisposable
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <inheritdoc/>
    public void Dispose() => chunk.Release();
}

/// <summary>Pooled memory that several frames may share; it goes back when the last of its holders lets go.</summary>
internal sealed class Chunk(int size)
{
    private int _holders = 1;

    public byte[] Bytes { get; } = ArrayPool<byte>.Shared.Rent(size);

    public bool IsShared => Volatile.Read(ref _holders) > 1;

    public void Hold() => Interlocked.Increment(ref _holders);

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0) ArrayPool<byte>.Shared.Return(Bytes);
    }
}

/// <summary>Frames from a connection that outlive the next read: a length of four bytes, big-endian, and as many bytes. One read may bring many; long ones are read in place.</summary>
/// <param name="connection">Whence they come. Not disposed here.</param>
/// <param name="maximumLength">The longest frame allowed, in bytes without the length.</param>
internal sealed class FrameSource(IConnection connection, int maximumLength) : IDisposable
{
    private const int Prefix = sizeof(int);
    private const int ChunkBytes = 16 * 1024;

    /// <summary>What a mere claim of a length makes us allocate at most; beyond it memory grows with what has come.</summary>
    private const int TrustBytes = 2 * 1024 * 1024;

    private Chunk _chunk = new(ChunkBytes);
    private int _start, _end;

    /// <summary>The next frame; null when the other end has closed between frames.</summary>
    /// <exception cref="MalformedFrameException">The length is negative or above the maximum, or the other end closed within a frame.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<Frame?> ReadAsync()
    {
        if (!await FillAsync(Prefix).ConfigureAwait(false)) return null;
        var length = BinaryPrimitives.ReadInt32BigEndian(_chunk.Bytes.AsSpan(_start));
        if (length < 0) throw new MalformedFrameException($"a frame of negative length {length}");
        if (length > maximumLength) throw new MalformedFrameException($"a frame of {length} bytes, more than the {maximumLength} allowed");
        if (!await FillAsync(Prefix + length).ConfigureAwait(false)) throw new MalformedFrameException($"the connection ended {_end - _start} bytes into a frame of {length}");
        _chunk.Hold();
        var frame = new Frame(_chunk.Bytes.AsMemory(_start + Prefix, length), _chunk);
        _start += Prefix + length;
        return frame;
    }

    /// <inheritdoc/>
    public void Dispose() => _chunk.Release();

    private async ValueTask<bool> FillAsync(int count)
    {
        while (_end - _start < count)
        {
            MakeRoom(count);
            var read = await connection.ReadAsync(_chunk.Bytes.AsMemory(_end), default).ConfigureAwait(false);
            if (read > 0) _end += read;
            else if (_end == _start) return false;
            else throw new MalformedFrameException($"the connection ended {_end - _start} bytes into a frame");
        }
        return true;
    }

    /// <summary>Room behind what was read, at least one byte, and for all of <paramref name="count"/> where that's credible.</summary>
    private void MakeRoom(int count)
    {
        var had = _end - _start;
        if (had == 0 && !_chunk.IsShared) _start = _end = 0;
        var wanted = Math.Max(Math.Min(count, Math.Max(TrustBytes, 2 * had)), ChunkBytes);
        if (_chunk.Bytes.Length - _start >= Math.Min(count, wanted) && _end < _chunk.Bytes.Length && !Oversized(count)) return;
        var next = new Chunk(wanted);
        _chunk.Bytes.AsSpan(_start, had).CopyTo(next.Bytes);
        _chunk.Release();
        (_chunk, _start, _end) = (next, 0, had);
    }

    /// <summary>A chunk that a long frame needed isn't kept for short ones.</summary>
    private bool Oversized(int count) => count <= ChunkBytes && _end == _start && _chunk.Bytes.Length > 4 * ChunkBytes;
}
