namespace Reference.Zab;

/// <summary>One delivery of the latest step, or one snapshot restored: where it stands in the log of all, and whether nobody had delivered it before.</summary>
public readonly record struct Delivery(int Position, Entry Entry, bool IsFirst);

/// <summary>All servers as an onlooker who forgets nothing sees them. Ghost history: no server reads it, checkers fill it by steps and evaluate the claims on it.</summary>
/// <remarks>What a crash takes from a server is learned when it comes back: the state that its <see cref="Started"/> is taken in holds what its disk kept.</remarks>
public sealed partial record Ensemble : IFingerprinted
{
    /// <summary>All servers.</summary>
    public required ImmutableSortedSet<NodeId> Members { get; init; }

    /// <summary>What is known to be on each server's disk: the least that a crash leaves.</summary>
    public required ImmutableSortedDictionary<NodeId, Durable> Disks { get; init; }

    /// <summary>Every transaction that any service ever applied, in order.</summary>
    public Sequence<Entry> Log { get; init; } = [];

    /// <summary>How much of the log each server's service has applied; -1 once it holds what the log doesn't.</summary>
    public ImmutableSortedDictionary<NodeId, int> Applied { get; init; } = ImmutableSortedDictionary<NodeId, int>.Empty;

    /// <summary>Who promised a leader its epoch, for as long as that leader leads or its promises are a quorum's.</summary>
    public ImmutableSortedDictionary<(int Epoch, NodeId Leader), ImmutableSortedSet<NodeId>> Promises { get; init; } =
        ImmutableSortedDictionary<(int Epoch, NodeId Leader), ImmutableSortedSet<NodeId>>.Empty;

    /// <summary>The leaders that a quorum ever promised an epoch.</summary>
    public ImmutableSortedDictionary<int, ImmutableSortedSet<NodeId>> Holders { get; init; } = ImmutableSortedDictionary<int, ImmutableSortedSet<NodeId>>.Empty;

    /// <summary>Who was ever established in an epoch.</summary>
    public ImmutableSortedDictionary<int, ImmutableSortedSet<NodeId>> Established { get; init; } = ImmutableSortedDictionary<int, ImmutableSortedSet<NodeId>>.Empty;

    /// <summary>The initial history of each epoch whose leader still leads.</summary>
    public ImmutableSortedDictionary<(int Epoch, NodeId Leader), History> InitialHistories { get; init; } = ImmutableSortedDictionary<(int Epoch, NodeId Leader), History>.Empty;

    /// <summary>
    /// What each server's own vote was worth in each election round: the least of its lives, for after a crash it begins with an early round again, with less if its disk lost something, and votes of its
    /// former life are still on their way.
    /// </summary>
    public ImmutableSortedDictionary<(NodeId Node, int Round), Vote> Stood { get; init; } = ImmutableSortedDictionary<(NodeId Node, int Round), Vote>.Empty;

    /// <summary>The latest step: whose, from where, on what. No part of the fingerprint.</summary>
    public (NodeId Node, NodeState Before, Input Input, Step Step)? Latest { get; init; }

    /// <summary>What the latest step delivered. No part of the fingerprint.</summary>
    public ImmutableArray<Delivery> Deliveries { get; init; } = [];

    /// <summary>An ensemble that never ran.</summary>
    public static Ensemble New(ImmutableSortedSet<NodeId> members) => new() { Members = members, Disks = members.ToImmutableSortedDictionary(m => m, _ => Durable.New) };

    /// <summary>The history with one more step of <paramref name="node"/>.</summary>
    public Ensemble After(NodeId node, NodeState before, Input input, Step step)
    {
        var next = this with { Latest = (node, before, input, step), Deliveries = [] };
        if (input is Started) next = next.Recovered(node, before.Durable);
        if (input is Persisted persisted) next = next.Synced(node, before.Outstanding.Writes, persisted.Count);
        if (input is SnapshotTaken taken) next = next with { Disks = next.Disks.SetItem(node, Trimmed(next.Disks[node], taken.Zxid)) };
        if (step.State.Round != before.Round) next = next.StoodFor(node, step.State);
        if (input is Started || (before.Leading is not null && step.State.Leading is null)) next = next.TermEnded(node);
        foreach (var effect in step.Effects) next = next.Saw(node, step.State, effect);
        if (step.State.Leading is { } term) next = next.Led(node, before, step.State, term);
        return next;
    }

    private Ensemble StoodFor(NodeId node, NodeState state)
    {
        var own = new Vote(node, state.Durable.CurrentEpoch, state.LastZxid);
        return Stood.TryGetValue((node, state.Round), out var stood) && (stood.CurrentEpoch, stood.LastZxid).CompareTo((own.CurrentEpoch, own.LastZxid)) <= 0 ? this : this with { Stood = Stood.SetItem((node, state.Round), own) };
    }

    private static Durable Trimmed(Durable disk, Zxid zxid) => disk with { History = disk.History.TrimmedTo(zxid) };

    private Ensemble Recovered(NodeId node, Durable disk) => (this with { Disks = Disks.SetItem(node, disk) }).Restored(node, disk.History.Base);

    private Ensemble Synced(NodeId node, Sequence<Write> writes, int count)
    {
        var disk = Disks[node];
        for (var i = 0; i < count; i++) disk = disk.After(writes[i]);
        return this with { Disks = Disks.SetItem(node, disk) };
    }

    private Ensemble Saw(NodeId node, NodeState after, Effect effect) => effect switch
    {
        Deliver e => Delivered(node, new(e.Zxid, e.Txn)),
        Restore e => Restored(node, e.Zxid),
        Send { Message: AckEpoch { Promised: true } } e when Promises.ContainsKey((after.Epoch, e.To)) => Promised(after.Epoch, e.To, node),
        Send { Message: NewEpoch m } => Promised(m.Epoch, node, node),
        _ => this,
    };

    private Ensemble Promised(int epoch, NodeId leader, NodeId who)
    {
        if (Holders.TryGetValue(epoch, out var holders) && holders.Contains(leader)) return this;
        var promises = Promises.GetValueOrDefault((epoch, leader), []).Add(who);
        return Kernel.Quorum.Holds(promises, Members)
            ? this with { Promises = Promises.Remove((epoch, leader)), Holders = Holders.SetItem(epoch, Holders.GetValueOrDefault(epoch, []).Add(leader)) }
            : this with { Promises = Promises.SetItem((epoch, leader), promises) };
    }

    /// <summary>What only a leader's present term makes use of: promises short of a quorum, its initial history.</summary>
    private Ensemble TermEnded(NodeId node) => this with
    {
        Promises = Promises.RemoveRange(Promises.Keys.Where(p => p.Leader == node)),
        InitialHistories = InitialHistories.RemoveRange(InitialHistories.Keys.Where(h => h.Leader == node)),
    };

    private Ensemble Delivered(NodeId node, Entry entry)
    {
        var at = Applied[node];
        var next = this with { Deliveries = Deliveries.Add(new(at, entry, at == Log.Count)) };
        if (at < 0 || at > Log.Count) return next;
        return next with { Log = at == Log.Count ? Log.Add(entry) : Log, Applied = Applied.SetItem(node, at + 1) };
    }

    private Ensemble Restored(NodeId node, Zxid zxid)
    {
        var at = PositionAfter(zxid);
        return this with { Applied = Applied.SetItem(node, at), Deliveries = at < 0 ? Deliveries.Add(new(at, new(zxid, Payload.Empty), false)) : Deliveries };
    }

    /// <summary>How much of the log a service has applied that stands at <paramref name="zxid"/>; -1 if the log doesn't have it.</summary>
    private int PositionAfter(Zxid zxid)
    {
        if (zxid == Zxid.Zero) return 0;
        for (var i = Log.Count - 1; i >= 0; i--)
        {
            if (Log[i].Zxid == zxid) return i + 1;
        }

        return -1;
    }

    private Ensemble Led(NodeId node, NodeState before, NodeState after, Leading term)
    {
        var next = this;
        if (before.Phase < Phase.Synchronization && after.Phase >= Phase.Synchronization)
            next = next with { InitialHistories = next.InitialHistories.SetItem((term.Epoch, node), after.Durable.History) };
        if (!before.IsEstablished && after.IsEstablished)
            next = next with { Established = next.Established.SetItem(term.Epoch, next.Established.GetValueOrDefault(term.Epoch, []).Add(node)) };
        return next;
    }

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        foreach (var (node, disk) in Disks)
        {
            fingerprint.Add(node);
            fingerprint.Add(disk);
            fingerprint.Add(Applied.GetValueOrDefault(node));
        }

        foreach (var ((node, round), vote) in Stood)
        {
            fingerprint.Add(node);
            fingerprint.Add(round);
            fingerprint.Add(vote);
        }

        fingerprint.Add(Stood.Count);
        fingerprint.AddAll(Log);
        foreach (var ((epoch, leader), who) in Promises)
        {
            fingerprint.Add(epoch);
            fingerprint.Add(leader);
            fingerprint.AddAll(who);
        }

        fingerprint.Add(Promises.Count);
        foreach (var (epoch, leaders) in Holders)
        {
            fingerprint.Add(epoch);
            fingerprint.AddAll(leaders);
        }

        fingerprint.Add(Holders.Count);
        foreach (var (epoch, leaders) in Established)
        {
            fingerprint.Add(epoch);
            fingerprint.AddAll(leaders);
        }

        fingerprint.Add(Established.Count);
        foreach (var ((epoch, leader), history) in InitialHistories)
        {
            fingerprint.Add(epoch);
            fingerprint.Add(leader);
            fingerprint.Add(history);
        }

        fingerprint.Add(InitialHistories.Count);
    }
}
