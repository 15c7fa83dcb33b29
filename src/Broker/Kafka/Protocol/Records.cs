using Reference.Broker.Hosting;

namespace Reference.Broker.Kafka.Protocol;

/// <summary>Record batches in a message, never copied on the way: a slice of the frame they came in, of memory, or of a file that they leave from.</summary>
/// <remarks>On the wire int32 length (−1: null), then the bytes; compact: unsigned varint of length + 1. <c>default</c> is null.</remarks>
public readonly struct Records
{
    private readonly bool _present;

    /// <summary>Batches in memory, which stays as it is until the message has been sent or disposed.</summary>
    public Records(ReadOnlyMemory<byte> memory)
    {
        Memory = memory;
        Length = memory.Length;
        _present = true;
    }

    /// <summary>Batches in <paramref name="file"/>, which stays open and unchanged there until the message has been sent.</summary>
    public Records(IFile file, long offset, int length)
    {
        File = file;
        FileOffset = offset;
        Length = length;
        _present = true;
    }

    /// <summary>No batches; what a fetch answers when there is nothing to read.</summary>
    public static Records Empty { get; } = new(ReadOnlyMemory<byte>.Empty);

    /// <summary>Whether there's a null in their place.</summary>
    public bool IsNull => !_present;

    /// <summary>The bytes; empty if they are in a file.</summary>
    public ReadOnlyMemory<byte> Memory { get; }

    /// <summary>The file that holds the bytes; null if they are in memory.</summary>
    public IFile? File { get; }

    /// <summary>Where in <see cref="File"/> they begin.</summary>
    public long FileOffset { get; }

    /// <summary>How many bytes; 0 for null.</summary>
    public int Length { get; }

    /// <inheritdoc/>
    public override string ToString() => IsNull ? "null" : $"{Length} bytes";
}
