namespace Reference.Zab;

/// <summary>The identity and place of a transaction: the epoch of the leader that proposed it, then its number in that epoch.</summary>
/// <remarks>Epoch in the high 32 bits, counter in the low 32; the order of the numbers is the order of the transactions. Printed <c>1.3</c>.</remarks>
public readonly record struct Zxid(long Value) : IComparable<Zxid>, IFingerprinted
{
    /// <summary>Before every transaction: what an empty history ends with.</summary>
    public static readonly Zxid Zero;

    /// <summary>The zxid of a leader's epoch and a counter in it.</summary>
    public static Zxid Of(int epoch, uint counter) => new(((long)epoch << 32) | counter);

    /// <summary>The epoch of the leader that proposed it.</summary>
    public int Epoch => (int)(Value >> 32);

    /// <summary>Its number in the epoch, from 1.</summary>
    public uint Counter => (uint)Value;

    /// <summary>Whether <paramref name="next"/> may stand right after this one in a history: the next number, or the first one of a later epoch.</summary>
    public bool IsFollowedBy(Zxid next) =>
        next.Epoch == Epoch ? Counter != uint.MaxValue && next.Counter == Counter + 1 : next.Epoch > Epoch && next.Counter == 1;

    /// <inheritdoc/>
    public int CompareTo(Zxid other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(Value);

    /// <summary>Epoch and counter: <c>1.3</c>.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Epoch}.{Counter}");

    /// <summary>The order of the transactions.</summary>
    public static bool operator <(Zxid a, Zxid b) => a.Value < b.Value;

    /// <summary>The order of the transactions.</summary>
    public static bool operator >(Zxid a, Zxid b) => a.Value > b.Value;

    /// <summary>The order of the transactions.</summary>
    public static bool operator <=(Zxid a, Zxid b) => a.Value <= b.Value;

    /// <summary>The order of the transactions.</summary>
    public static bool operator >=(Zxid a, Zxid b) => a.Value >= b.Value;
}
