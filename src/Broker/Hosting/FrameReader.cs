using System.Buffers;
using System.Buffers.Binary;

namespace Reference.Broker.Hosting;

/// <summary>A frame that no honest peer sends: the connection is closed with this as the reason.</summary>
public sealed class MalformedFrameException(string reason) : IOException(reason);

/// <summary>Frames from a connection: a length of four bytes, big-endian, and as many bytes. Reads ahead; one read may bring many frames.</summary>
/// <param name="connection">Whence they come. Not disposed here.</param>
/// <param name="maximumLength">The longest frame allowed, in bytes without the length.</param>
/// <param name="capacity">Bytes to read ahead; a longer frame takes a larger buffer for as long as it's there.</param>
public sealed class FrameReader(IConnection connection, int maximumLength, int capacity = 16 * 1024) : IDisposable
{
    private const int Prefix = sizeof(int);
    private const int Generous = 4;         // a buffer grown beyond this many times the capacity goes back to the pool when it can

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(capacity);
    private int _start, _end;

    /// <summary>What was read and not yet taken, from its first byte on.</summary>
    public ReadOnlyMemory<byte> Buffered => _buffer.AsMemory(_start, _end - _start);

    /// <summary>Takes the next frame, if all of it was read. It is valid until the next <see cref="FillAsync"/>.</summary>
    /// <exception cref="MalformedFrameException">The length is negative or above the maximum.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> frame)
    {
        frame = default;
        if (_end - _start < Prefix) return false;
        var length = Length();
        if (_end - _start - Prefix < length) return false;
        frame = _buffer.AsMemory(_start + Prefix, length);
        _start += Prefix + length;
        return true;
    }

    /// <summary>Waits until at least <paramref name="count"/> bytes that weren't taken are there; false when the other end closed before.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<bool> FillAsync(int count)
    {
        Reserve(count);
        while (_end - _start < count)
        {
            var read = await connection.ReadAsync(_buffer.AsMemory(_end), default).ConfigureAwait(false);
            if (read == 0) return false;
            _end += read;
        }
        return true;
    }

    /// <summary>Reads on until the next whole frame is there for <see cref="TryRead"/>; false when the other end closed, between frames.</summary>
    /// <exception cref="MalformedFrameException">The length is negative or above the maximum, or the other end closed within a frame.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<bool> ReadAsync()
    {
        if (await FillAsync(Prefix).ConfigureAwait(false) && await FillAsync(Prefix + Length()).ConfigureAwait(false)) return true;
        if (_end > _start) throw new MalformedFrameException($"the connection ended {_end - _start} bytes into a frame");
        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _start = _end = 0;
    }

    private int Length()
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        if (length < 0) throw new MalformedFrameException($"a frame of negative length {length}");
        if (length > maximumLength) throw new MalformedFrameException($"a frame of {length} bytes, more than the {maximumLength} allowed");
        return length;
    }

    private void Reserve(int count)
    {
        var waiting = _end - _start;
        if (_buffer.Length < count) Move(count);
        else if (_buffer.Length > Generous * capacity && Math.Max(waiting, count) <= capacity) Move(capacity);
        else if (_start > 0 && (waiting == 0 || _buffer.Length - _start < count)) Compact();

        void Move(int size)
        {
            var other = ArrayPool<byte>.Shared.Rent(size);
            Buffered.Span.CopyTo(other);
            ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _start, _end) = (other, 0, waiting);
        }

        void Compact()
        {
            Buffered.Span.CopyTo(_buffer);
            (_start, _end) = (0, waiting);
        }
    }
}
