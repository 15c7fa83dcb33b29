namespace Reference.Replication.Control;

/// <summary>What happens to a broker's controller or registration core.</summary>
/// <remarks>
/// The metadata store is one session. The host issues a core's <see cref="Watch"/>, <see cref="Read"/>, <see cref="List"/> and <see cref="Write"/> in the order of the effects,
/// and hands it <see cref="Found"/>, <see cref="Listed"/> and <see cref="Wrote"/> in that same order, one for each; a <see cref="Changed"/> comes before the answer of any read that may show the change. After
/// <see cref="Disconnected"/> or <see cref="Expired"/> nothing of what was outstanding is answered: whether a write took effect is then unknown.
/// </remarks>
public abstract record Input : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>A session with the metadata store stands: a new one, or the same one reached again. Watches of a connection before are void; none fires any more.</summary>
public sealed record Connected(long Session) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(Session);
    }

    /// <inheritdoc/>
    public override string ToString() => $"session {Session} connected";
}

/// <summary>The store can't be reached; the session may yet be alive.</summary>
public sealed record Disconnected : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(2);

    /// <inheritdoc/>
    public override string ToString() => "store disconnected";
}

/// <summary>The store says that the session is over.</summary>
public sealed record Expired : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(3);

    /// <inheritdoc/>
    public override string ToString() => "session expired";
}

/// <summary>A watch fired: the entry was created, changed or removed, or the folder has other children. The watch is used up.</summary>
public sealed record Changed(MetadataKey Key) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Key);
    }

    /// <inheritdoc/>
    public override string ToString() => $"changed {Key}";
}

/// <summary>Answers <see cref="List"/>: the names of a folder's children, in any order; none if there is no such folder.</summary>
public sealed record Listed(MetadataKey Folder, ImmutableArray<string> Names) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.Add(Folder);
        foreach (var name in Names) fingerprint.Add(name);
        fingerprint.Add(Names.Length);
    }

    /// <inheritdoc/>
    public override string ToString() => $"listed {Folder}: {string.Join(' ', Names)}";
}

/// <summary>Answers <see cref="Read"/>: the entries asked for, in the order asked.</summary>
public sealed record Found(ImmutableArray<MetadataEntry> Entries) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(6);
        fingerprint.AddAll(Entries);
    }

    /// <inheritdoc/>
    public override string ToString() => $"found {string.Join("; ", Entries)}";
}

/// <summary>Answers <see cref="Write"/>.</summary>
/// <param name="Zxid">The transaction; the czxid of what it created.</param>
/// <param name="Error">Why nothing was written, or <see cref="MetadataError.None"/>.</param>
/// <param name="Culprit">Which operation, by index, was the reason; −1 without one.</param>
public sealed record Wrote(long Zxid, MetadataError Error = MetadataError.None, int Culprit = -1) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(7);
        fingerprint.Add(Zxid);
        fingerprint.Add((int)Error);
        fingerprint.Add(Culprit);
    }

    /// <inheritdoc/>
    public override string ToString() => Error == MetadataError.None ? $"wrote in {Zxid}" : $"refused, {Error} at {Culprit}";
}

/// <summary>A broker answered the request that it was sent last (there is never more than one under way to a broker).</summary>
/// <param name="Broker">Who.</param>
/// <param name="BrokerEpoch">The broker epoch that the request named.</param>
/// <param name="Error">The answer's error.</param>
/// <param name="Partitions">The answers for single partitions.</param>
public sealed record Answered(BrokerId Broker, BrokerEpoch BrokerEpoch, ErrorCode Error, ImmutableArray<PartitionAnswer> Partitions) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(8);
        fingerprint.Add(Broker);
        fingerprint.Add(BrokerEpoch);
        fingerprint.Add((int)Error);
        fingerprint.AddAll(Partitions);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Broker} answered {Error} {string.Join("; ", Partitions.Where(p => p.Error != ErrorCode.None))}";
}

/// <summary>The request that a broker was sent last can't be answered any more: no connection, or it broke, or it took too long. It may have been carried out, or may yet be.</summary>
public sealed record Unanswered(BrokerId Broker, BrokerEpoch BrokerEpoch) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(9);
        fingerprint.Add(Broker);
        fingerprint.Add(BrokerEpoch);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Broker} does not answer";
}

/// <summary>Nobody listens any more where a broker did: a connection to it was closed, and a new one is refused.</summary>
/// <param name="Broker">Who.</param>
/// <param name="BrokerEpoch">The life in which it was reached; unknown to a broker that isn't controller, which hears so of the holder of the seat.</param>
public sealed record ConnectionRefused(BrokerId Broker, BrokerEpoch BrokerEpoch) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(16);
        fingerprint.Add(Broker);
        fingerprint.Add(BrokerEpoch);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Broker} listens no longer";
}

/// <summary>An alarm rang, at its time or at any other.</summary>
public sealed record AlarmRang(Alarm Alarm) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(10);
        fingerprint.Add(Alarm);
    }

    /// <inheritdoc/>
    public override string ToString() => $"alarm: {Alarm}";
}

/// <summary>CreateTopics. Answered by <see cref="AnswerTopics"/>.</summary>
public sealed record CreateTopics(CallId Call, ImmutableArray<NewTopic> Topics, int TimeoutMs, bool ValidateOnly) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(11);
        fingerprint.Add(Call);
        fingerprint.AddAll(Topics);
        fingerprint.Add(TimeoutMs);
        fingerprint.Add(ValidateOnly);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Call}: create {string.Join(", ", Topics)}{(ValidateOnly ? ", validate only" : "")}";
}

/// <summary>CreatePartitions. Answered by <see cref="AnswerTopics"/>.</summary>
public sealed record CreatePartitions(CallId Call, ImmutableArray<NewPartitions> Topics, int TimeoutMs, bool ValidateOnly) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(12);
        fingerprint.Add(Call);
        fingerprint.AddAll(Topics);
        fingerprint.Add(TimeoutMs);
        fingerprint.Add(ValidateOnly);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Call}: grow {string.Join(", ", Topics)}{(ValidateOnly ? ", validate only" : "")}";
}

/// <summary>DeleteTopics. Answered by <see cref="AnswerTopics"/>.</summary>
public sealed record DeleteTopics(CallId Call, ImmutableArray<string> Topics, int TimeoutMs) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(13);
        fingerprint.Add(Call);
        foreach (var topic in Topics) fingerprint.Add(topic);
        fingerprint.Add(Topics.Length);
        fingerprint.Add(TimeoutMs);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Call}: delete {string.Join(", ", Topics)}";
}

/// <summary>ControlledShutdown: a broker wants to stop and be missed by nobody. Answered by <see cref="AnswerShutdown"/>.</summary>
public sealed record ControlledShutdown(CallId Call, BrokerId Broker, BrokerEpoch BrokerEpoch) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(14);
        fingerprint.Add(Call);
        fingerprint.Add(Broker);
        fingerprint.Add(BrokerEpoch);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Call}: {Broker} of epoch {BrokerEpoch} will stop";
}

/// <summary>Preferred replicas shall lead: those of these partitions, or of all if none is named. Not answered; a call's answer is the changed metadata.</summary>
public sealed record ElectPreferred(ImmutableArray<PartitionId> Partitions) : Input
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(15);
        fingerprint.AddAll(Partitions);
    }

    /// <inheritdoc/>
    public override string ToString() => $"elect preferred leaders of {(Partitions.IsEmpty ? "all" : string.Join(' ', Partitions))}";
}
