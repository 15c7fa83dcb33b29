using System.Buffers;
using System.Buffers.Binary;

namespace Reference.Broker.ZooKeeper.Jute;

/// <summary>A growing buffer of frames to be sent, its memory from a pool. Not for two threads at once.</summary>
/// <remarks>Frame: int length of what follows, then that.</remarks>
internal sealed class FrameBuffer : IDisposable
{
    private const int Least = 1024, MostKept = 256 * 1024;

    private byte[] _bytes = [];

    /// <summary>How many bytes it holds.</summary>
    public int Length { get; private set; }

    /// <summary>What it holds, until the next <see cref="Grow"/> or <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Begins a frame; the mark goes to <see cref="End"/>.</summary>
    public int Begin()
    {
        var mark = Length;
        Grow(sizeof(int));
        return mark;
    }

    /// <summary>Ends the frame that began at <paramref name="mark"/>: its length is known now.</summary>
    public void End(int mark) => BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(mark), Length - mark - sizeof(int));

    /// <summary>Drops what was written from <paramref name="mark"/> on.</summary>
    public void DropFrom(int mark) => Length = mark;

    /// <summary>The next <paramref name="count"/> bytes, to be written to.</summary>
    public Span<byte> Grow(int count)
    {
        var at = Length;
        if (_bytes.Length - at < count) Enlarge(at + count);
        Length = at + count;
        return _bytes.AsSpan(at, count);
    }

    /// <summary>Empties it; a buffer that had grown large goes back to the pool.</summary>
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

    private void Enlarge(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(Least, needed), _bytes.Length * 2));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
