using System.Globalization;

namespace Reference.Broker.Kafka.Protocol;

/// <summary>A range of versions, both ends included, written as the protocol's own descriptions do: <c>3+</c>, <c>0-12</c>, <c>7</c>.</summary>
public readonly record struct Versions(short First, short Last)
{
    /// <summary>No version at all.</summary>
    public static readonly Versions None = new(short.MaxValue, -1);

    /// <summary>Whether <paramref name="version"/> is one of them.</summary>
    public bool Contains(short version) => version >= First && version <= Last;

    /// <summary>Reads <c>3+</c>, <c>0-12</c> or <c>7</c>.</summary>
    public static Versions Parse(string text)
    {
        if (text.EndsWith('+')) return new(Number(text.AsSpan(..^1)), short.MaxValue);
        var dash = text.IndexOf('-');
        return dash < 0 ? new(Number(text), Number(text)) : new(Number(text.AsSpan(..dash)), Number(text.AsSpan(dash + 1)));
    }

    private static short Number(ReadOnlySpan<char> digits) => short.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string ToString() => Last < First ? "none" : Last == short.MaxValue ? $"{First}+" : First == Last ? $"{First}" : $"{First}-{Last}";
}
