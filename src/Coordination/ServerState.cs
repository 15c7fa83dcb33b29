namespace Reference.Coordination;

/// <summary>A server of the service. All of it is volatile: what is durable is ZAB's history, of which <see cref="Committed"/> is made.</summary>
public sealed record ServerState : IFingerprinted
{
    /// <summary>What ZAB has it for.</summary>
    public Role Role { get; init; }

    /// <summary>The epoch it is active in; of no meaning while it isn't.</summary>
    public int Epoch { get; init; }

    /// <summary>That epoch's leader.</summary>
    public ServerId Leader { get; init; }

    /// <summary>The service after all that was delivered: what reads see.</summary>
    public required ServiceState Committed { get; init; }

    /// <summary>The clients' connections.</summary>
    public ImmutableSortedDictionary<ConnectionId, Connection> Connections { get; init; } = ImmutableSortedDictionary<ConnectionId, Connection>.Empty;

    /// <summary>The connection that carries each session which is confirmed here.</summary>
    public ImmutableSortedDictionary<SessionId, ConnectionId> Attached { get; init; } = ImmutableSortedDictionary<SessionId, ConnectionId>.Empty;

    /// <summary>What those clients watch.</summary>
    public Watches Watches { get; init; } = Watches.None;

    /// <summary>The sessions heard of since the last report to the leader.</summary>
    public ImmutableSortedSet<SessionId> Heard { get; init; } = [];

    /// <summary>What a leader knows beside; null while it isn't one.</summary>
    public Leadership? Leadership { get; init; }

    /// <summary>What came of the last transaction delivered: for invariants to look at what changed. Follows from the rest, so it is in no fingerprint.</summary>
    public Applied? LastApplied { get; init; }

    /// <summary>Requests not answered yet.</summary>
    public int OutstandingCount => Connections.Sum(c => c.Value.Waiting.Count);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add((int)Role);
        fingerprint.Add(Epoch);
        fingerprint.Add(Leader);
        fingerprint.Add(Committed);
        fingerprint.AddAll(Connections.Values);
        fingerprint.Add(Attached.Count);
        foreach (var (session, connection) in Attached)
        {
            fingerprint.Add(session);
            fingerprint.Add(connection);
        }
        fingerprint.Add(Watches);
        fingerprint.AddAll(Heard);
        fingerprint.Add(Leadership);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Role}, {Committed}, {Connections.Count} connections";
}

/// <summary>A transaction that a leader has proposed and not seen delivered.</summary>
/// <param name="Transaction">The transaction.</param>
/// <param name="Applied">What comes of it after all that was proposed before.</param>
public sealed record Proposal(Transaction Transaction, Applied Applied) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Transaction);
        fingerprint.Add(Applied.State);
    }
}

/// <summary>What a server keeps while it leads.</summary>
/// <param name="Proposed">The service as it will be once all that is proposed is delivered: what requests are judged by.</param>
/// <param name="Outstanding">What is proposed and not delivered, in order.</param>
/// <param name="Due">When each session is expired unless it's heard of, on the clock of <see cref="Moment.NowMs"/>.</param>
/// <param name="Looks">When each session's deadline is looked at next: never later than it is due, so that a session that's heard of need not be moved.</param>
/// <param name="Owners">The server that each session is attached to.</param>
public sealed record Leadership(
    ServiceState Proposed,
    Sequence<Proposal> Outstanding,
    ImmutableSortedDictionary<SessionId, long> Due,
    ImmutableSortedSet<(long AtMs, SessionId Session)> Looks,
    ImmutableSortedDictionary<SessionId, ServerId> Owners) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Proposed);
        fingerprint.AddAll(Outstanding);
        fingerprint.Add(Due.Count);
        foreach (var (session, dueMs) in Due)
        {
            fingerprint.Add(session);
            fingerprint.Add(dueMs);
        }
        fingerprint.Add(Looks.Count);
        foreach (var (atMs, session) in Looks)
        {
            fingerprint.Add(atMs);
            fingerprint.Add(session);
        }
        fingerprint.Add(Owners.Count);
        foreach (var (session, owner) in Owners)
        {
            fingerprint.Add(session);
            fingerprint.Add(owner);
        }
    }
}
