namespace Reference.Replication.Control;

/// <summary>What a write under way is for, so that its answer can be understood.</summary>
public abstract record Purpose : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>To take the seat, and with it the next term.</summary>
public sealed record TakeSeat(int Epoch, int EpochVersion) : Purpose
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(Epoch);
        fingerprint.Add(EpochVersion);
    }
}

/// <summary>To clear the seat of a former session of this very broker, or of one that is dead.</summary>
public sealed record ClearSeat : Purpose
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(2);
}

/// <summary>One partition of <see cref="ChangeLeaders"/>: the state to be, with the version that it has after the write, and the reasons to write it, which come back if it fails.</summary>
public readonly record struct Change(PartitionId Partition, PartitionState State, bool Refresh, bool WantsPreferred, BrokerSet Lost) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Partition);
        fingerprint.Add(State);
        fingerprint.Add(Refresh);
        fingerprint.Add(WantsPreferred);
        fingerprint.Add(Lost);
    }
}

/// <summary>To change who leads, and who is in sync.</summary>
/// <param name="Changes">In the order of the write's operations after the check of the term.</param>
public sealed record ChangeLeaders(ImmutableArray<Change> Changes) : Purpose
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(3);
        fingerprint.AddAll(Changes);
    }
}

/// <summary>To create a topic.</summary>
public sealed record CreateTopic(CallId Call, string Topic, TopicAssignment Assignment, TopicSettings Settings) : Purpose
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(4);
        fingerprint.Add(Call);
        fingerprint.Add(Topic);
        fingerprint.Add(Assignment);
        fingerprint.Add(Settings);
    }
}

/// <summary>To give a topic more partitions.</summary>
public sealed record GrowTopic(CallId Call, string Topic) : Purpose
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(5);
        fingerprint.Add(Call);
        fingerprint.Add(Topic);
    }
}

/// <summary>To have it on record that a topic is to be deleted.</summary>
public sealed record WishDeletion(CallId Call, string Topic) : Purpose
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(6);
        fingerprint.Add(Call);
        fingerprint.Add(Topic);
    }
}

/// <summary>To remove a topic that no replica holds any more.</summary>
/// <param name="Topic">Which.</param>
/// <param name="Entries">Its entries, in the order of the write's operations after the check of the term.</param>
public sealed record RemoveTopic(string Topic, ImmutableArray<MetadataKey> Entries) : Purpose
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(7);
        fingerprint.Add(Topic);
        fingerprint.AddAll(Entries);
    }
}

/// <summary>To take down notes that were taken to heart, or can't be. If they aren't there as expected, where they hung is looked at again.</summary>
public sealed record TakeDown(MetadataKey From) : Purpose
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(8);
        fingerprint.Add(From);
    }
}

/// <summary>To say of a broker that no ISR relies on what it may have lost.</summary>
public sealed record SettleTail(BrokerId Broker, BrokerEpoch Epoch) : Purpose
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(9);
        fingerprint.Add(Broker);
        fingerprint.Add(Epoch);
    }
}

/// <summary>Of a term that is over: the answer matters no longer.</summary>
public sealed record Bygone : Purpose
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(10);
}
