using System.Globalization;

namespace Reference.Zab;

/// <summary>What happened to a server.</summary>
public abstract record Input : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>The server begins, its state recovered from disk by <see cref="Peer.Recover"/>. Once, before all else.</summary>
public sealed record Started : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(1);

    /// <inheritdoc/>
    public override string ToString() => "Started";
}

/// <summary>A fresh link to <paramref name="Peer"/> stands; nothing of an earlier one arrives any more.</summary>
public sealed record Connected(NodeId Peer) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(2);
        fingerprint.Add(Peer);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Connected {Peer}";
}

/// <summary>The link to <paramref name="Peer"/> broke or was closed by either end.</summary>
public sealed record Disconnected(NodeId Peer) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.Add(Peer);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Disconnected {Peer}";
}

/// <summary>A message arrived.</summary>
public sealed record Received(NodeId From, Message Message) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(From);
        fingerprint.Add(Message);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Received {From}→ {Message}";
}

/// <summary>The first <paramref name="Count"/> writes under way, in the order issued, are durable.</summary>
public sealed record Persisted(int Count) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.Add(Count);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"Persisted {Count}");
}

/// <summary>An alarm that was set rings.</summary>
public sealed record AlarmRang(Alarm Alarm) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(6);
        fingerprint.Add((int)Alarm);
    }

    /// <inheritdoc/>
    public override string ToString() => $"AlarmRang {Alarm}";
}

/// <summary>The service wants a transaction broadcast. Only an established leader's service asks; at any other time it's ignored.</summary>
public sealed record Proposed(Payload Txn) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(7);
        fingerprint.Add(Txn);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Proposed {Txn}";
}

/// <summary>The log has grown enough for a snapshot.</summary>
public sealed record SnapshotWanted : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(8);

    /// <inheritdoc/>
    public override string ToString() => "SnapshotWanted";
}

/// <summary>The snapshot asked for by <see cref="TakeSnapshot"/> is durable.</summary>
public sealed record SnapshotTaken(Zxid Zxid) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(9);
        fingerprint.Add(Zxid);
    }

    /// <inheritdoc/>
    public override string ToString() => $"SnapshotTaken {Zxid}";
}
