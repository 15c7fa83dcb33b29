using System.Diagnostics.CodeAnalysis;

namespace Reference.Coordination;

/// <summary>Bytes that the service keeps and never reads: a znode's data, a password. Compared by content; none differs from empty, as on the wire.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "Equality is by content and defined.")]
public readonly struct Blob : IEquatable<Blob>, IFingerprinted
{
    private readonly byte[]? _bytes;

    private Blob(byte[]? bytes) => _bytes = bytes;

    /// <summary>No bytes at all; null on the wire.</summary>
    public static Blob None => default;

    /// <summary>A copy of <paramref name="bytes"/>.</summary>
    public static Blob Of(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    /// <summary><paramref name="bytes"/> itself, or none: whoever made it gives it away and never writes to it again.</summary>
    public static Blob Wrap(byte[]? bytes) => new(bytes);

    /// <summary>Whether there are no bytes at all, which differs from an empty blob.</summary>
    public bool IsNone => _bytes is null;

    /// <summary>How many bytes.</summary>
    public int Length => _bytes?.Length ?? 0;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <inheritdoc/>
    public bool Equals(Blob other) => IsNone == other.IsNone && Span.SequenceEqual(other.Span);

    /// <summary>Whether this is the other secret, in a time that doesn't tell where they part.</summary>
    public bool IsSecret(Blob other)
    {
        if (Length != other.Length) return false;
        var difference = 0;
        for (var i = 0; i < Length; i++) difference |= Span[i] ^ other.Span[i];
        return difference == 0;
    }

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Blob other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Fingerprint.Of(this);

    /// <summary>Whether two blobs hold the same bytes.</summary>
    public static bool operator ==(Blob left, Blob right) => left.Equals(right);

    /// <summary>Whether two blobs differ.</summary>
    public static bool operator !=(Blob left, Blob right) => !left.Equals(right);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(IsNone);
        fingerprint.Add(Span);
    }

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "none" : $"{Length} B";
}
