namespace Reference.Zab;

/// <summary>What a server has on disk: all that it remembers after a crash.</summary>
/// <param name="AcceptedEpoch">The last epoch it promised (<c>f.p</c> in the paper).</param>
/// <param name="CurrentEpoch">The last epoch whose history it took over whole (<c>f.a</c>).</param>
/// <param name="History">The transactions it accepted (<c>h_f</c>), its snapshot's zxid as the base.</param>
public sealed record Durable(int AcceptedEpoch, int CurrentEpoch, History History) : IFingerprinted
{
    /// <summary>The disk of a server that never ran.</summary>
    public static readonly Durable New = new(0, 0, History.Empty);

    /// <summary>What this is once <paramref name="write"/> is done. A log entry that a snapshot already covers is void: the snapshot may be on disk first.</summary>
    [Rule("ZAB-DISK-3")]
    public Durable After(Write write) => write switch
    {
        AcceptEpoch w => this with { AcceptedEpoch = w.Epoch },
        EnterEpoch w => this with { CurrentEpoch = w.Epoch },
        Append w => w.Zxid <= History.Base ? this : this with { History = History.Add(w.Zxid, w.Txn) },
        Truncate w => this with { History = History.TruncatedTo(w.Zxid) },
        InstallSnapshot w => this with { History = new(w.Zxid, []) },
        _ => throw new ArgumentOutOfRangeException(nameof(write), write, "a write that no disk knows"),
    };

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(AcceptedEpoch);
        fingerprint.Add(CurrentEpoch);
        fingerprint.Add(History);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"accepted {AcceptedEpoch} current {CurrentEpoch} history {History}");
}

/// <summary>Writes issued and not yet known durable, in order. What the first <paramref name="Abandoned"/> were for is over; they reach the disk all the same.</summary>
public sealed record Outstanding(Sequence<Write> Writes, int Abandoned) : IFingerprinted
{
    /// <summary>Everything issued is durable.</summary>
    public static readonly Outstanding None = new([], 0);

    /// <inheritdoc/>
    public bool Equals(Outstanding? other) => other is not null && Abandoned == other.Abandoned && Writes.SequenceEqual(other.Writes);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Abandoned, Writes.Count);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Abandoned);
        fingerprint.AddAll(Writes);
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", Writes)}]";
}
