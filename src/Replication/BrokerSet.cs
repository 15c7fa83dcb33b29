using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Reference.Replication;

/// <summary>A few brokers, each once, by rising number: an ISR, an assignment. Compares and fingerprints by content; prints as the znode has it, <c>[1,2,3]</c>.</summary>
/// <remarks>A sorted array: replica sets are of three or five, and are asked on every fetch.</remarks>
[CollectionBuilder(typeof(BrokerSet), nameof(Of))]
[SuppressMessage("Naming", "CA1710", Justification = "It is a set.")]
public sealed class BrokerSet : IReadOnlyList<BrokerId>, IEquatable<BrokerSet>, IFingerprinted
{
    /// <summary>The set of nobody.</summary>
    public static readonly BrokerSet Empty = new([]);

    private readonly ImmutableArray<BrokerId> _brokers;

    private BrokerSet(ImmutableArray<BrokerId> brokers) => _brokers = brokers;

    /// <summary>The set of <paramref name="brokers"/>, in any order, repeated or not.</summary>
    public static BrokerSet Of(ReadOnlySpan<BrokerId> brokers)
    {
        var set = Empty;
        foreach (var broker in brokers) set = set.Add(broker);
        return set;
    }

    /// <summary>The set of <paramref name="brokers"/>, in any order, repeated or not.</summary>
    public static BrokerSet Of(IEnumerable<BrokerId> brokers) => brokers.Aggregate(Empty, (set, broker) => set.Add(broker));

    /// <summary>How many brokers.</summary>
    public int Count => _brokers.Length;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _brokers.IsEmpty;

    /// <summary>The broker at <paramref name="index"/>, by rising number.</summary>
    public BrokerId this[int index] => _brokers[index];

    /// <summary>Whether <paramref name="broker"/> is one of them.</summary>
    public bool Contains(BrokerId broker)
    {
        foreach (var one in _brokers) if (one == broker) return true;
        return false;
    }

    /// <summary>These and <paramref name="broker"/>.</summary>
    public BrokerSet Add(BrokerId broker)
    {
        var at = 0;
        while (at < Count && _brokers[at].CompareTo(broker) < 0) at++;
        return at < Count && _brokers[at] == broker ? this : new(_brokers.Insert(at, broker));
    }

    /// <summary>These but <paramref name="broker"/>.</summary>
    public BrokerSet Remove(BrokerId broker) => Contains(broker) ? new(_brokers.Remove(broker)) : this;

    /// <summary>These and those.</summary>
    public BrokerSet Union(BrokerSet those) => those._brokers.Aggregate(this, (set, broker) => set.Add(broker));

    /// <summary>These but those.</summary>
    public BrokerSet Except(BrokerSet those) => those._brokers.Aggregate(this, (set, broker) => set.Remove(broker));

    /// <summary>Whether each of these is one of those.</summary>
    public bool IsSubsetOf(BrokerSet those) => _brokers.All(those.Contains);

    /// <inheritdoc/>
    public bool Equals(BrokerSet? other) => other is not null && _brokers.AsSpan().SequenceEqual(other._brokers.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as BrokerSet);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Fingerprint.Of(this);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        foreach (var broker in _brokers) fingerprint.Add(broker.Value);
        fingerprint.Add(Count);
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(',', _brokers)}]";

    /// <summary>The brokers, by rising number; allocates nothing.</summary>
    public ImmutableArray<BrokerId>.Enumerator GetEnumerator() => _brokers.GetEnumerator();

    IEnumerator<BrokerId> IEnumerable<BrokerId>.GetEnumerator() => ((IEnumerable<BrokerId>)_brokers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)_brokers).GetEnumerator();
}
