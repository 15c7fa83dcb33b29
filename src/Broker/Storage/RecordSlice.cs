using System.Buffers;

namespace Reference.Broker.Storage;

/// <summary>Whole batches as they are in a log, in a buffer of the shared pool; whoever has it returns it once with <see cref="Release"/>.</summary>
public readonly struct RecordSlice
{
    private readonly byte[]? _buffer;

    internal RecordSlice(byte[] buffer, int length) => (_buffer, Length) = (buffer, length);

    /// <summary>Nothing; needs no release.</summary>
    public static RecordSlice Empty => default;

    /// <summary>How many bytes.</summary>
    public int Length { get; }

    /// <summary>The bytes; valid until the release.</summary>
    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, Length);

    /// <summary>Gives the buffer back.</summary>
    public void Release()
    {
        if (_buffer is not null) ArrayPool<byte>.Shared.Return(_buffer);
    }
}
