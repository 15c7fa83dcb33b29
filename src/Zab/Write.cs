using System.Globalization;

namespace Reference.Zab;

/// <summary>What goes to disk. Writes become durable in the order issued: what a crash leaves is what some prefix of them makes.</summary>
public abstract record Write : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>The promise never to take part in an epoch before <paramref name="Epoch"/>.</summary>
public sealed record AcceptEpoch(int Epoch) : Write
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(Epoch);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"ACCEPTEPOCH {Epoch}");
}

/// <summary>The history is now that of <paramref name="Epoch"/>'s leader: the current epoch.</summary>
public sealed record EnterEpoch(int Epoch) : Write
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(2);
        fingerprint.Add(Epoch);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"ENTEREPOCH {Epoch}");
}

/// <summary>One more transaction at the history's end.</summary>
public sealed record Append(Zxid Zxid, Payload Txn) : Write
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.Add(Zxid);
        fingerprint.Add(Txn);
    }

    /// <inheritdoc/>
    public override string ToString() => $"APPEND {Zxid}";
}

/// <summary>Everything behind <paramref name="Zxid"/> leaves the history, for good: after a crash it doesn't come back.</summary>
public sealed record Truncate(Zxid Zxid) : Write
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Zxid);
    }

    /// <inheritdoc/>
    public override string ToString() => $"TRUNCATE {Zxid}";
}

/// <summary>The history is now this snapshot alone: at once, so that a crash finds either the old history or the snapshot, never a part of each.</summary>
/// <remarks>
/// A host writes and syncs the snapshot beside the others, then renames it into place: that's the instant. Log entries up to the snapshot are
/// void from then on, and none is ever above it (ZAB-SYNC-7), so their files may go later.
/// </remarks>
public sealed record InstallSnapshot(Zxid Zxid, Payload Content) : Write
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.Add(Zxid);
        fingerprint.Add(Content);
    }

    /// <inheritdoc/>
    public override string ToString() => $"INSTALLSNAPSHOT {Zxid} {Content}";
}
