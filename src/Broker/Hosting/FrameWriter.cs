using System.Buffers;
using System.Buffers.Binary;

namespace Reference.Broker.Hosting;

/// <summary>Frames to a connection: a length of four bytes, big-endian, and as many bytes. What is flushed while a write is under way goes out together in the next.</summary>
/// <remarks>
/// One thread of control begins, ends and flushes; the writing goes on beside it. Three buffers take turns (being filled, flushed and waiting, being
/// written), so nothing is allocated once they have grown to what the traffic needs, and a flush waits for nobody.
/// </remarks>
/// <param name="connection">Where they go. Not disposed here.</param>
/// <param name="broken">Told once, with the error, when the connection broke; from then on frames are dropped.</param>
public sealed class FrameWriter(IConnection connection, Action<IOException> broken) : IBufferWriter<byte>
{
    private const int Prefix = sizeof(int);

    private readonly object _gate = new();
    private Bytes _filling = new(), _flushed = new(), _writing = new();
    private int _begun;
    private bool _busy, _broken;
    private TaskCompletionSource? _drained;

    /// <summary>Bytes flushed that the network hasn't taken yet: a slow reader shows here.</summary>
    public long Waiting
    {
        get
        {
            lock (_gate) return _flushed.Count + (_busy ? _writing.Count : 0);
        }
    }

    /// <summary>Begins a frame; its content follows by the means of <see cref="IBufferWriter{T}"/>.</summary>
    public void Begin()
    {
        _begun = _filling.Count;
        GetSpan(Prefix);
        Advance(Prefix);
    }

    /// <summary>Ends the frame that was begun: puts its length before it.</summary>
    public void End() => BinaryPrimitives.WriteInt32BigEndian(_filling.Span[_begun..], _filling.Count - _begun - Prefix);

    /// <summary>Drops the frame that was begun.</summary>
    public void Cancel() => _filling.Count = _begun;

    /// <summary>Bytes as they are, without a length: a four-letter word's answer.</summary>
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
    }

    /// <summary>Sends all frames that were ended, together with others if a write is under way. Never waits.</summary>
    public void Flush()
    {
        if (_filling.Count == 0) return;
        lock (_gate)
        {
            if (_broken) _filling.Count = 0;
            else if (_flushed.Count == 0) (_filling, _flushed) = (_flushed, _filling);
            else _flushed.Take(_filling);
            if (_busy || _broken) return;
            _busy = true;
        }
        _ = WriteAllAsync();
    }

    /// <summary>Completes when all that was flushed has been taken by the network, or the connection broke.</summary>
    public Task DrainedAsync()
    {
        lock (_gate)
        {
            if (!_busy) return Task.CompletedTask;
            _drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    /// <inheritdoc/>
    public void Advance(int count) => _filling.Count += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => _filling.Reserve(sizeHint);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => _filling.Reserve(sizeHint).Span;

    private async Task WriteAllAsync()
    {
        try
        {
            while (TakeFlushed()) await connection.WriteAsync(_writing.Written, default).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            Break();
            broken(e);
        }
    }

    private bool TakeFlushed()
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            _writing.Clear();
            if (_flushed.Count > 0)
            {
                (_writing, _flushed) = (_flushed, _writing);
                return true;
            }
            _busy = false;
            (drained, _drained) = (_drained, null);
        }
        drained?.SetResult();
        return false;
    }

    private void Break()
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            (_broken, _busy) = (true, false);
            _flushed.Clear();
            (drained, _drained) = (_drained, null);
        }
        drained?.SetResult();
    }

    private sealed class Bytes
    {
        private const int Initial = 4 * 1024, Keep = 1024 * 1024;

        private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Initial);

        public int Count { get; set; }

        public Span<byte> Span => _bytes.AsSpan(0, Count);

        public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Count);

        public Memory<byte> Reserve(int sizeHint)
        {
            var needed = Count + Math.Max(sizeHint, 1);
            if (needed > _bytes.Length) Resize(Math.Max(needed, _bytes.Length * 2));
            return _bytes.AsMemory(Count);
        }

        public void Take(Bytes other)
        {
            other.Span.CopyTo(Reserve(other.Count).Span);
            Count += other.Count;
            other.Clear();
        }

        public void Clear()
        {
            Count = 0;
            if (_bytes.Length > Keep) Resize(Initial);
        }

        private void Resize(int size)
        {
            var other = ArrayPool<byte>.Shared.Rent(size);
            Span.CopyTo(other);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = other;
        }
    }
}
