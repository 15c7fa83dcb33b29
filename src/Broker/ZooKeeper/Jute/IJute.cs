using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Jute;

/// <summary>What a record of ZooKeeper's protocol is made of, in the order of its fields. Each record describes itself once to one of these; reading, writing and measuring are three of them.</summary>
/// <remarks>
/// Jute is big-endian: int 4 bytes, long 8, boolean 1; string (UTF-8) and buffer an int length, −1 for null, and that many bytes; vector an int
/// count, −1 for null, and that many elements.
/// </remarks>
internal interface IJute
{
    /// <summary>Four bytes.</summary>
    void Int(ref int value);

    /// <summary>Eight bytes.</summary>
    void Long(ref long value);

    /// <summary>One byte; anything but 0 is true.</summary>
    void Bool(ref bool value);

    /// <summary>A last field that older clients leave out: it's null if the frame ends before it, and isn't written if it's null.</summary>
    void TrailingBool(ref bool? value);

    /// <summary>A string, or null.</summary>
    void String(ref string? value);

    /// <summary>Bytes, or null.</summary>
    void Buffer(ref Blob value);

    /// <summary>A vector of strings, or null.</summary>
    void Strings(ref string?[]? values);

    /// <summary>A vector of records, or null.</summary>
    void Vector<T>(ref T[]? values) where T : struct, IRecord;

    /// <summary>A record within this one.</summary>
    void Record<T>(ref T value) where T : struct, IRecord;

    /// <summary>The operations of a multi, or its results: items, then one that says done.</summary>
    void Items<T>(ref T[]? items) where T : struct, IMultiItem;
}

/// <summary>A record of the protocol: its fields, named to an <see cref="IJute"/> in their order on the wire.</summary>
internal interface IRecord
{
    /// <summary>Hands each field to <paramref name="jute"/>, which reads or replaces it.</summary>
    void Describe<TJute>(ref TJute jute) where TJute : IJute, allows ref struct;
}

/// <summary>An operation of a multi, or the result of one.</summary>
internal interface IMultiItem : IRecord
{
    /// <summary>Whether this is the mark after the last item.</summary>
    bool Done { get; }

    /// <summary>The mark after the last item: (−1, true, −1).</summary>
    void BecomeEnd();
}
