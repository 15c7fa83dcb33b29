namespace Reference.Zab;

/// <summary>The number of a server, <c>myid</c> in the operators' words: unique in the ensemble, never reused for another disk.</summary>
public readonly record struct NodeId(int Value) : IComparable<NodeId>, IFingerprinted
{
    /// <inheritdoc/>
    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Value);

    /// <summary>The bare number.</summary>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The order of the numbers; it breaks ties between votes.</summary>
    public static bool operator <(NodeId a, NodeId b) => a.Value < b.Value;

    /// <summary>The order of the numbers; it breaks ties between votes.</summary>
    public static bool operator >(NodeId a, NodeId b) => a.Value > b.Value;

    /// <summary>The order of the numbers; it breaks ties between votes.</summary>
    public static bool operator <=(NodeId a, NodeId b) => a.Value <= b.Value;

    /// <summary>The order of the numbers; it breaks ties between votes.</summary>
    public static bool operator >=(NodeId a, NodeId b) => a.Value >= b.Value;
}
