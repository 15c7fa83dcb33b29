namespace Reference.Zab;

/// <summary>A transaction in its place.</summary>
public readonly record struct Entry(Zxid Zxid, Payload Txn) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Zxid);
        fingerprint.Add(Txn);
    }

    /// <summary>The zxid.</summary>
    public override string ToString() => Zxid.ToString();
}

/// <summary>The transactions that a server has accepted, in order: those up to <paramref name="Base"/> are in its snapshot, the others are listed.</summary>
/// <remarks>Immutable; growing it costs O(1), finding a zxid O(log n).</remarks>
public sealed record History(Zxid Base, Sequence<Entry> Entries) : IFingerprinted
{
    /// <summary>No transactions, no snapshot.</summary>
    public static readonly History Empty = new(Zxid.Zero, []);

    /// <summary>The zxid of the last transaction, listed or in the snapshot.</summary>
    public Zxid Last => Entries.Count == 0 ? Base : Entries[Entries.Count - 1].Zxid;

    /// <summary>This history and one more transaction.</summary>
    public History Add(Zxid zxid, Payload txn) => new(Base, Entries.Add(new(zxid, txn)));

    /// <summary>This history without what's behind <paramref name="zxid"/>.</summary>
    public History TruncatedTo(Zxid zxid) => new(Base, Entries.RemoveLast(Entries.Count - IndexAfter(zxid)));

    /// <summary>This history with everything up to <paramref name="zxid"/> left to a snapshot.</summary>
    public History TrimmedTo(Zxid zxid) => zxid <= Base ? this : new(zxid, Entries.RemoveFirst(IndexAfter(zxid)));

    /// <summary>Whether a history that ends with <paramref name="zxid"/> may be a prefix of this one: it is the base or listed.</summary>
    public bool Contains(Zxid zxid)
    {
        if (zxid == Base) return true;
        var index = IndexAfter(zxid) - 1;
        return index >= 0 && Entries[index].Zxid == zxid;
    }

    /// <summary>The index of the first listed transaction behind <paramref name="zxid"/>; their number if there is none.</summary>
    public int IndexAfter(Zxid zxid)
    {
        var count = Entries.Count;
        if (count == 0) return 0;
        var last = Entries[count - 1].Zxid;
        if (zxid >= last) return count;
        // Within an epoch numbers follow each other, so most places can be counted; the others are searched for.
        if (zxid.Epoch == last.Epoch && last.Counter - zxid.Counter is var back && back < count && Entries[count - 1 - (int)back].Zxid == zxid) return count - (int)back;
        int low = 0, high = count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Entries[middle].Zxid <= zxid) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>The last zxid of each epoch in this history, ascending; the base is the first of them unless its epoch goes on behind it.</summary>
    public ImmutableArray<Zxid> EpochEnds()
    {
        var ends = ImmutableArray.CreateBuilder<Zxid>();
        for (var end = Last; ; end = Before(end))
        {
            ends.Insert(0, end);
            if (end.Epoch == Base.Epoch) return ends.ToImmutable();
        }
    }

    /// <summary>The last zxid of this history in an epoch before that of <paramref name="end"/>.</summary>
    private Zxid Before(Zxid end)
    {
        var index = IndexAfter(Zxid.Of(end.Epoch, 0));
        return index == 0 ? Base : Entries[index - 1].Zxid;
    }

    /// <inheritdoc/>
    public bool Equals(History? other) => other is not null && Base == other.Base && Entries.Count == other.Entries.Count && Entries.SequenceEqual(other.Entries);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Base, Last);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Base);
        for (var i = 0; i < Entries.Count; i++) fingerprint.Add(Entries[i]);
        fingerprint.Add(Entries.Count);
    }

    /// <summary>Base and listed zxids: <c>1.2| 1.3 2.1</c>.</summary>
    public override string ToString() => $"{Base}|{string.Concat(Entries.Select(e => $" {e.Zxid}"))}";
}
