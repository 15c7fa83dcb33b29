using System.Globalization;

namespace Reference.Zab;

/// <summary>What the host owes a server, run in the order given.</summary>
public abstract record Effect : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>Put the message on the link to <paramref name="To"/>, behind what was sent there before. Lost if the link breaks.</summary>
public sealed record Send(NodeId To, Message Message) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(To);
        fingerprint.Add(Message);
    }

    /// <inheritdoc/>
    public override string ToString() => $"→{To} {Message}";
}

/// <summary>Send <see cref="Snap"/> on the link to <paramref name="To"/>, at this place in the order: the service's state as of now, with the last delivered zxid.</summary>
public sealed record SendSnapshot(NodeId To) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(2);
        fingerprint.Add(To);
    }

    /// <inheritdoc/>
    public override string ToString() => $"→{To} SNAP";
}

/// <summary>Close the link to <paramref name="Peer"/>: nothing sent or received on it before is handed on after. Answered by <see cref="Disconnected"/>, later by <see cref="Connected"/>.</summary>
public sealed record Disconnect(NodeId Peer, string Why) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.Add(Peer);
        fingerprint.Add(Why);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Disconnect {Peer}: {Why}";
}

/// <summary>Make the write durable, after those issued before it. Any number may share one sync; answered by <see cref="Persisted"/>.</summary>
public sealed record Persist(Write Write) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Write);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Persist {Write}";
}

/// <summary>Ring this alarm once, after its usual time from now; an earlier setting of it is void.</summary>
public sealed record SetAlarm(Alarm Alarm) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.Add((int)Alarm);
    }

    /// <inheritdoc/>
    public override string ToString() => $"SetAlarm {Alarm}";
}

/// <summary>The service applies the next committed transaction.</summary>
public sealed record Deliver(Zxid Zxid, Payload Txn) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(6);
        fingerprint.Add(Zxid);
        fingerprint.Add(Txn);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Deliver {Zxid}";
}

/// <summary>The service's state becomes this snapshot of committed transactions.</summary>
public sealed record Restore(Zxid Zxid, Payload Content) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(7);
        fingerprint.Add(Zxid);
        fingerprint.Add(Content);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Restore {Zxid} {Content}";
}

/// <summary>Write a snapshot of the service as of now, which is as of <paramref name="Zxid"/>, in the background; answered by <see cref="SnapshotTaken"/>.</summary>
public sealed record TakeSnapshot(Zxid Zxid) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(8);
        fingerprint.Add(Zxid);
    }

    /// <inheritdoc/>
    public override string ToString() => $"TakeSnapshot {Zxid}";
}

/// <summary>The service may serve: <paramref name="Leader"/> leads <paramref name="Epoch"/> with a quorum, and all committed before it has been delivered here.</summary>
public sealed record Activate(int Epoch, NodeId Leader) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(9);
        fingerprint.Add(Epoch);
        fingerprint.Add(Leader);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"Activate epoch {Epoch} leader {Leader}");
}

/// <summary>The service may no longer serve; what it asked for and hasn't seen delivered has an unknown fate.</summary>
public sealed record Depose(string Why) : Effect
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(10);
        fingerprint.Add(Why);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Depose: {Why}";
}
