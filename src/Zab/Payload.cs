namespace Reference.Zab;

/// <summary>Bytes that the broadcast carries and never reads: a transaction, or a snapshot of the service. Equal when their content is.</summary>
/// <remarks>Whoever makes one hands over the bytes: they don't change any more.</remarks>
public sealed class Payload(ReadOnlyMemory<byte> bytes) : IEquatable<Payload>, IFingerprinted
{
    /// <summary>No bytes.</summary>
    public static readonly Payload Empty = new(ReadOnlyMemory<byte>.Empty);

    /// <summary>The content.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <inheritdoc/>
    public bool Equals(Payload? other) => other is not null && (ReferenceEquals(this, other) || Bytes.Span.SequenceEqual(other.Bytes.Span));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Payload);

    /// <inheritdoc/>
    public override int GetHashCode() => Fingerprint.Of(this).GetHashCode();

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Bytes.Span);

    /// <summary>The length: content belongs to the service.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Bytes.Length} B");
}
