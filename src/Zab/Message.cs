using System.Globalization;

namespace Reference.Zab;

/// <summary>What servers tell each other, named as in the protocol's papers. One FIFO link per pair of servers carries them.</summary>
public abstract record Message : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>Election: the sender's vote, in which of its rounds, and what the sender is doing.</summary>
public sealed record Notification(Vote Vote, int Round, Standing Standing) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(Vote);
        fingerprint.Add(Round);
        fingerprint.Add((int)Standing);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"NOTIFICATION {Standing} round {Round} vote {Vote}");
}

/// <summary>Discovery, follower to leader: the last epoch that the follower has promised.</summary>
public sealed record CEpoch(int AcceptedEpoch) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(2);
        fingerprint.Add(AcceptedEpoch);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"CEPOCH {AcceptedEpoch}");
}

/// <summary>Discovery, leader to follower: the epoch that the leader means to begin.</summary>
public sealed record NewEpoch(int Epoch) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.Add(Epoch);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"NEWEPOCH {Epoch}");
}

/// <summary>Discovery, follower to leader: what the follower's history is worth and where it can meet the leader's.</summary>
/// <param name="Promised">Whether this is a promise never to take part in an earlier epoch; false if the follower promised this epoch before, perhaps to another.</param>
/// <param name="CurrentEpoch">The follower's current epoch.</param>
/// <param name="LastZxid">The last zxid of the follower's history.</param>
/// <param name="EpochEnds">The last zxid of each epoch in the follower's history, ascending, its snapshot's zxid included.</param>
public sealed record AckEpoch(bool Promised, int CurrentEpoch, Zxid LastZxid, ImmutableArray<Zxid> EpochEnds) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Promised);
        fingerprint.Add(CurrentEpoch);
        fingerprint.Add(LastZxid);
        fingerprint.AddAll(EpochEnds);
    }

    /// <inheritdoc/>
    public bool Equals(AckEpoch? other) => other is not null && Promised == other.Promised && CurrentEpoch == other.CurrentEpoch
        && LastZxid == other.LastZxid && EpochEnds.AsSpan().SequenceEqual(other.EpochEnds.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Promised, CurrentEpoch, LastZxid, EpochEnds.Length);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"ACKEPOCH {(Promised ? "promised" : "already promised")} ({CurrentEpoch}, {LastZxid}) ends {string.Join(' ', EpochEnds)}");
}

/// <summary>Synchronisation: the follower's history is a prefix of the leader's and ends at <paramref name="From"/>; what follows is the rest.</summary>
public sealed record Diff(Zxid From) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.Add(From);
    }

    /// <inheritdoc/>
    public override string ToString() => $"DIFF {From}";
}

/// <summary>Synchronisation: the histories part after <paramref name="To"/>; the follower forgets what's behind it, then the rest follows.</summary>
public sealed record Trunc(Zxid To) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(6);
        fingerprint.Add(To);
    }

    /// <inheritdoc/>
    public override string ToString() => $"TRUNC {To}";
}

/// <summary>Synchronisation: the leader's service as of its last delivered transaction, in place of the follower's whole history.</summary>
public sealed record Snap(Zxid Zxid, Payload Content) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(7);
        fingerprint.Add(Zxid);
        fingerprint.Add(Content);
    }

    /// <inheritdoc/>
    public override string ToString() => $"SNAP {Zxid} {Content}";
}

/// <summary>Synchronisation, leader to follower: this was the leader's history; acknowledge when it and the epoch are on disk.</summary>
public sealed record NewLeader(int Epoch, Zxid LastZxid) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(8);
        fingerprint.Add(Epoch);
        fingerprint.Add(LastZxid);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"NEWLEADER {Epoch} to {LastZxid}");
}

/// <summary>Synchronisation, follower to leader: its history up to <paramref name="LastZxid"/>, and then the epoch, are on its disk.</summary>
public sealed record AckNewLeader(int Epoch, Zxid LastZxid) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(9);
        fingerprint.Add(Epoch);
        fingerprint.Add(LastZxid);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"ACKNEWLEADER {Epoch} to {LastZxid}");
}

/// <summary>Synchronisation, leader to follower: the leader is established; all up to <paramref name="Committed"/> may be delivered, and clients served.</summary>
public sealed record UpToDate(Zxid Committed) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(10);
        fingerprint.Add(Committed);
    }

    /// <inheritdoc/>
    public override string ToString() => $"UPTODATE {Committed}";
}

/// <summary>Leader to follower: the next transaction of the leader's history, in synchronisation as in broadcast.</summary>
public sealed record Propose(Zxid Zxid, Payload Txn) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(11);
        fingerprint.Add(Zxid);
        fingerprint.Add(Txn);
    }

    /// <inheritdoc/>
    public override string ToString() => $"PROPOSE {Zxid}";
}

/// <summary>Broadcast, follower to leader: everything up to <paramref name="Zxid"/> is on the follower's disk.</summary>
public sealed record Ack(Zxid Zxid) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(12);
        fingerprint.Add(Zxid);
    }

    /// <inheritdoc/>
    public override string ToString() => $"ACK {Zxid}";
}

/// <summary>Broadcast, leader to follower: everything up to <paramref name="Zxid"/> is committed.</summary>
public sealed record Commit(Zxid Zxid) : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(13);
        fingerprint.Add(Zxid);
    }

    /// <inheritdoc/>
    public override string ToString() => $"COMMIT {Zxid}";
}

/// <summary>Leader to follower: I'm here.</summary>
public sealed record Ping : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(14);

    /// <inheritdoc/>
    public override string ToString() => "PING";
}

/// <summary>Follower to leader: so am I.</summary>
public sealed record Pong : Message
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(15);

    /// <inheritdoc/>
    public override string ToString() => "PONG";
}
