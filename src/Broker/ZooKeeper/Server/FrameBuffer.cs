using System.Buffers;
using System.Buffers.Binary;

namespace Reference.Broker.ZooKeeper.Server;

/// <summary>Frames to be sent in one write, in memory from a pool: a length of four bytes each, big-endian, and as many bytes.</summary>
internal sealed class FrameBuffer : IBufferWriter<byte>, IDisposable
{
    private const int Least = 4 * 1024, MostKept = 256 * 1024;

    private byte[] _bytes = [];
    private int _begun;

    /// <summary>How many bytes it holds.</summary>
    public int Length { get; private set; }

    /// <summary>What it holds, until more is written or it's cleared.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Begins a frame.</summary>
    public void Begin()
    {
        _begun = Length;
        GetSpan(sizeof(int));
        Advance(sizeof(int));
    }

    /// <summary>Ends the frame that was begun: its length is known now.</summary>
    public void End() => BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_begun), Length - _begun - sizeof(int));

    /// <inheritdoc/>
    public void Advance(int count) => Length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Length);
    }

    /// <summary>Empties it; memory of an uncommon size goes back to the pool.</summary>
    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > MostKept) Dispose();
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Length = 0;
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - Length >= Math.Max(count, 1)) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(Least, Length + Math.Max(count, 1)), _bytes.Length * 2));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
