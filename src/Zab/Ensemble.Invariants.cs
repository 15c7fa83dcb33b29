namespace Reference.Zab;

public sealed partial record Ensemble
{
    /// <summary>Total order and agreement: every service applies the same transactions in the same order.</summary>
    [Rule("ZAB-INV-7")]
    public static readonly Invariant<Ensemble> AllDeliverTheSameLog = new("ZAB-INV-7",
        "what a service applies is what stands at that place in the log of all services", e => e.Deliveries.All(d => d.Position >= 0 && d.Position < e.Log.Count && e.Log[d.Position] == d.Entry));

    /// <summary>Nothing is applied that could still be lost.</summary>
    [Rule("ZAB-INV-8")]
    public static readonly Invariant<Ensemble> DeliveredWasCommitted = new("ZAB-INV-8",
        "what a service applies first, a quorum has on disk, and has entered the epoch in which it was committed",
        e => !e.Deliveries.Any(d => d.IsFirst) || e.Quorum(disk => disk.CurrentEpoch >= e.Latest!.Value.Step.State.Epoch && Has(disk, e.Deliveries.Last(d => d.IsFirst).Entry.Zxid)));

    /// <summary>Committed is never lost, seen from those who are established.</summary>
    [Rule("ZAB-INV-9")]
    public static readonly Invariant<Ensemble> LeadersHaveAllThatWasCommitted = new("ZAB-INV-9",
        "a leader that is established has in its history all that was committed up to its epoch", e =>
            e.NewlyEstablished is not { } leader || e.Log.All(entry => entry.Zxid.Epoch > leader.Epoch || entry.Zxid <= leader.Durable.History.Base || Lists(leader.Durable.History, entry)));

    /// <summary>Committed is never lost, seen from those who could yet be elected.</summary>
    [Rule("ZAB-INV-10")]
    public static readonly Invariant<Ensemble> WhoLacksTheCommittedCannotWin = new("ZAB-INV-10",
        "no server whose disk lacks a committed transaction is worth as much as a quorum's disks, by current epoch and last zxid", e =>
        {
            if (e.Log.IsEmpty) return true;
            var last = e.Log[e.Log.Count - 1].Zxid;
            return e.Disks.Values.All(disk => Has(disk, last) || !e.Quorum(other => Worth(other).CompareTo(Worth(disk)) <= 0));
        });

    /// <summary>One leader an epoch.</summary>
    [Rule("ZAB-INV-11")]
    public static readonly Invariant<Ensemble> OneLeaderAnEpoch = new("ZAB-INV-11",
        "at most one leader is ever established in an epoch", e => e.NewlyEstablished is not { } leader || e.Established[leader.Epoch].Count == 1);

    /// <summary>One holder an epoch: a promise is to one.</summary>
    [Rule("ZAB-INV-12")]
    public static readonly Invariant<Ensemble> OneHolderAnEpoch = new("ZAB-INV-12",
        "no two leaders have been promised the same epoch by a quorum each", e =>
            e.Latest is not { } latest || !e.Holders.TryGetValue(latest.Step.State.Epoch, out var holders) || holders.Count == 1);

    /// <summary>A leader is established by disks.</summary>
    [Rule("ZAB-INV-13")]
    public static readonly Invariant<Ensemble> EstablishedByAQuorumsDisks = new("ZAB-INV-13",
        "when a leader is established, a quorum has its initial history and its epoch on disk", e =>
            e.NewlyEstablished is not { Leading: { } term } || e.Quorum(disk => disk.CurrentEpoch >= term.Epoch && Has(disk, term.Initial)));

    /// <summary>An acknowledgement of NEWLEADER is true.</summary>
    [Rule("ZAB-INV-14")]
    public static readonly Invariant<Ensemble> WhoAcknowledgedHasTheInitialHistory = new("ZAB-INV-14",
        "who acknowledges NEWLEADER to a leader that still leads has on disk its epoch and exactly its initial history, up to that one's end", e =>
            e.Latest is not { } latest || !latest.Step.Effects.Any(x => x is Send { Message: AckNewLeader }) || e.HasInitialHistory(latest.Node, latest.Step.State));

    /// <summary>The election's postcondition.</summary>
    [Rule("ZAB-INV-15")]
    public static readonly Invariant<Ensemble> ElectedByVotersNotNewer = new("ZAB-INV-15",
        "a server becomes leader by a quorum's votes of its round, and none of these voters' histories was worth more", e => e.NewlyElected is not { } leader || e.WasElected(leader));

    /// <summary>The claims about all servers.</summary>
    public static readonly ImmutableArray<Invariant<Ensemble>> Invariants =
    [
        AllDeliverTheSameLog, DeliveredWasCommitted, LeadersHaveAllThatWasCommitted, WhoLacksTheCommittedCannotWin, OneLeaderAnEpoch,
        OneHolderAnEpoch, EstablishedByAQuorumsDisks, WhoAcknowledgedHasTheInitialHistory, ElectedByVotersNotNewer,
    ];

    /// <summary>What runs must get to.</summary>
    public static readonly ImmutableArray<Reachable<Ensemble>> Goals =
    [
        new("elected", e => e.NewlyElected is not null),
        new("joined an established leader", e => e.Latest is { } l && l.Before.Phase == Phase.Election && l.Step.State.Following is not null && l.Input is Received { Message: Notification { Standing: not Standing.Looking } }),
        new("established", e => e.NewlyEstablished is not null),
        new("committed", e => e.Deliveries.Any(d => d.IsFirst)),
        new("diffed", e => Took<Diff>(e)),
        new("truncated", e => Took<Trunc>(e)),
        new("snapshotted", e => Took<Snap>(e)),
        new("trimmed by a snapshot", e => e.Latest is { Input: SnapshotTaken, Step.Ignored: null }),
        new("leader stepped down", e => e.Latest is { Before.Leading: not null, Step.State.Leading: null }),
        new("follower left", e => e.Latest is { Before.Following: not null, Step.State.Following: null }),
    ];

    private NodeState? NewlyEstablished => Latest is { } l && !l.Before.IsEstablished && l.Step.State.IsEstablished ? l.Step.State : null;

    private NodeState? NewlyElected => Latest is { } l && l.Before.Leading is null && l.Step.State.Leading is not null ? l.Step.State : null;

    private static bool Took<T>(Ensemble e) where T : Message =>
        e.Latest is { Input: Received { Message: T }, Step: { Ignored: null, State.Following: not null } };

    private static (int, Zxid) Worth(Durable disk) => (disk.CurrentEpoch, disk.History.Last);

    private static bool Has(Durable disk, Zxid zxid) => disk.History.Base >= zxid || disk.History.Contains(zxid);

    private static bool Lists(History history, Entry entry)
    {
        var index = history.IndexAfter(entry.Zxid) - 1;
        return index >= 0 && history.Entries[index] == entry;
    }

    private bool Quorum(Func<Durable, bool> holds) => Kernel.Quorum.Holds(Disks.Where(d => holds(d.Value)).Select(d => d.Key), Members);

    private bool HasInitialHistory(NodeId node, NodeState state)
    {
        var disk = Disks[node];
        if (!InitialHistories.TryGetValue((state.Epoch, state.Vote.Candidate), out var initial)) return true;
        if (disk.CurrentEpoch != state.Epoch) return false;
        var known = disk.History.Base > initial.Base ? disk.History.Base : initial.Base;
        return Has(disk, initial.Last) && Between(disk.History, known, initial.Last).SequenceEqual(Between(initial, known, initial.Last));
    }

    private static IEnumerable<Entry> Between(History history, Zxid after, Zxid upTo) => history.Entries.Where(e => e.Zxid > after && e.Zxid <= upTo);

    private bool WasElected(NodeState leader)
    {
        var (node, before, input, _) = Latest!.Value;
        var ballots = input is Received { From: var from, Message: Notification m } ? before.Ballots.SetItem(from, m) : before.Ballots;
        var voters = ballots.Where(b => b.Value.Round == leader.Round && b.Value.Vote.Candidate == node).Select(b => b.Key).ToImmutableArray();
        if (!Kernel.Quorum.Holds(voters.Add(node), Members)) return false;
        var worth = (leader.Durable.CurrentEpoch, leader.LastZxid);
        return voters.All(v => !Stood.TryGetValue((v, leader.Round), out var stood) || (stood.CurrentEpoch, stood.LastZxid).CompareTo(worth) <= 0);
    }
}
