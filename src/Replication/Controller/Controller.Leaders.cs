using System.Globalization;
using Step = Reference.Kernel.Step<Reference.Replication.Control.ControllerState, Reference.Replication.Control.Effect>;

namespace Reference.Replication.Control;

/// <summary>Who leads a partition, and who is in sync. Each decision is one conditional write; what it says is sent once it is written.</summary>
public partial class Controller
{
    /// <summary>Decides for each partition that is due, and writes the decisions, many at a time. A partition with a write under way waits for its answer.</summary>
    private Step ElectDue(ControllerState s)
    {
        if (s.Due.IsEmpty) return Done(s);
        var changes = ImmutableArray.CreateBuilder<Change>();
        var partitions = s.Partitions.ToBuilder();
        var due = s.Due.ToBuilder();
        foreach (var id in s.Due)
        {
            if (!s.Partitions.TryGetValue(id, out var view) || s.Topics[id.Topic].Deleting)
            {
                due.Remove(id);
                continue;
            }
            if (view.Busy || !view.Known) continue;
            due.Remove(id);
            var decided = Decide(s, id, view);
            if (decided is not null) changes.Add(new(id, decided, view.Refresh, view.WantsPreferred, view.Lost));
            partitions[id] = view with { Busy = decided is not null, Refresh = false, WantsPreferred = false, Lost = BrokerSet.Empty };
        }

        var step = Done(s with { Partitions = partitions.ToImmutable(), Due = due.ToImmutable() });
        foreach (var batch in changes.Chunk(settings.PartitionsPerWrite))
        {
            step = step.Then(s => Commit(s, new ChangeLeaders([.. batch]), batch.Select(c => WriteOf(s, c))));
        }
        return step;
    }

    /// <summary>A state is written on the version that the decision was made on: who changed it meanwhile is heard first.</summary>
    [Rule("CTRL-LEAD-6")]
    protected virtual MetadataOperation WriteOf(ControllerState s, Change change) => s.Partitions[change.Partition].State is { } known
        ? new SetEntry(MetadataKey.Partition(change.Partition), new PartitionEntry(change.State), known.Version)
        : new CreateEntry(MetadataKey.Partition(change.Partition), new PartitionEntry(change.State));

    /// <summary>The state that a partition should have; null if it has it, or can't have one yet.</summary>
    private PartitionState? Decide(ControllerState s, PartitionId id, PartitionView view) => view.State is null ? FirstState(s, view) : NextState(s, id, view, view.State);

    /// <summary>A new partition: its log is empty, so that all live replicas are in sync; the first of them leads.</summary>
    [Rule("CTRL-LEAD-2")]
    protected virtual PartitionState? FirstState(ControllerState s, PartitionView view)
    {
        var live = view.Replicas.Where(r => IsLive(s, r)).ToImmutableArray();
        var staying = live.RemoveAll(s.Leaving.Contains);
        if (!staying.IsEmpty) live = staying;
        return live.IsEmpty ? null : new(live[0], LeaderEpoch.First, BrokerSet.Of(live), BrokerSet.Empty, s.Epoch, 0);
    }

    private PartitionState? NextState(ControllerState s, PartitionId id, PartitionView view, PartitionState now)
    {
        var (isr, elr) = WithoutLost(view, now);
        var leader = KeepsLeader(s, view, now, isr) ? now.Leader : ElectLeader(s, id, view, isr, elr);
        var nextIsr = IsrUnder(s, leader, isr);
        var nextElr = ElrUnder(s, id, leader, isr, elr, nextIsr);
        var same = leader == now.Leader && nextIsr.Equals(now.Isr) && nextElr.Equals(now.Elr);
        if (same && !view.Refresh && view.Lost.IsEmpty) return null;
        return new(leader, EpochAfter(now), nextIsr, nextElr, s.Epoch, now.Version + 1);
    }

    /// <summary>Who may lack what it acknowledged leaves ISR and ELR. If that would leave nobody, all copies are doubtful, and the first of them stays: the promise of min.insync.replicas is spent.</summary>
    [Rule("CTRL-REBOOT-1")]
    protected virtual (BrokerSet Isr, BrokerSet Elr) WithoutLost(PartitionView view, PartitionState now)
    {
        var isr = now.Isr.Except(view.Lost);
        var elr = now.Elr.Except(view.Lost);
        if (!isr.IsEmpty || !elr.IsEmpty || view.Lost.IsEmpty) return (isr, elr);
        var eligible = now.Isr.Union(now.Elr);
        return (BrokerSet.Of(view.Replicas.Where(eligible.Contains).Take(1)), BrokerSet.Empty);
    }

    /// <summary>A leader that lives, stays and is in sync goes on; unless the preferred replica is wanted and can lead.</summary>
    [Rule("CTRL-LEAD-3")]
    protected virtual bool KeepsLeader(ControllerState s, PartitionView view, PartitionState now, BrokerSet isr)
    {
        var can = IsLive(s, now.Leader) && isr.Contains(now.Leader) && !s.Leaving.Contains(now.Leader);
        return can && !(view.WantsPreferred && PreferredCanLead(s, view, isr) && now.Leader != view.Replicas[0]);
    }

    private bool PreferredCanLead(ControllerState s, PartitionView view, BrokerSet isr) =>
        view.Replicas is [var preferred, ..] && isr.Contains(preferred) && IsLive(s, preferred) && !s.Leaving.Contains(preferred);

    /// <summary>
    /// The first live replica in the order of the assignment: of the ISR, if possible one that isn't about to stop; else of the ELR; else, where the topic's owner prefers lost records to
    /// waiting, of any; else nobody.
    /// </summary>
    [Rule("CTRL-LEAD-4")]
    protected virtual BrokerId ElectLeader(ControllerState s, PartitionId id, PartitionView view, BrokerSet isr, BrokerSet elr)
    {
        var live = view.Replicas.Where(r => IsLive(s, r)).ToImmutableArray();
        var staying = live.RemoveAll(s.Leaving.Contains);
        return First(staying, isr) ?? First(live, isr) ?? First(staying, elr) ?? First(live, elr)
            ?? (AllowsUnclean(s, id.Topic) && !live.IsEmpty ? live[0] : BrokerId.None);
    }

    private static BrokerId? First(ImmutableArray<BrokerId> replicas, BrokerSet among)
    {
        foreach (var replica in replicas) if (among.Contains(replica)) return replica;
        return null;
    }

    /// <summary>Under a leader the ISR is made of the live, without those about to stop; one from outside the ISR begins it alone. Without a leader it stays as it was: it says who may lead next.</summary>
    [Rule("CTRL-LEAD-5")]
    protected virtual BrokerSet IsrUnder(ControllerState s, BrokerId leader, BrokerSet isr)
    {
        if (leader == BrokerId.None) return isr;
        if (!isr.Contains(leader)) return [leader];
        return BrokerSet.Of(isr.Where(r => r == leader || (IsLive(s, r) && !s.Leaving.Contains(r))));
    }

    /// <summary>Whom an ISR below min.insync.replicas leaves behind stays eligible: nothing is committed without them until it has grown again.</summary>
    [Rule("CTRL-ELR-1")]
    protected virtual BrokerSet ElrUnder(ControllerState s, PartitionId id, BrokerId leader, BrokerSet isr, BrokerSet elr, BrokerSet nextIsr)
    {
        if (leader == BrokerId.None) return elr;
        var unclean = !isr.Contains(leader) && !elr.Contains(leader);
        return unclean || nextIsr.Count >= MinInsyncReplicas(s, id.Topic) ? BrokerSet.Empty : isr.Union(elr).Except(nextIsr);
    }

    /// <summary>Each write of the controller begins a new leader epoch: what is under way of the one before, a fetch or a leader's change of the ISR, counts no longer.</summary>
    [Rule("CTRL-LEAD-7")]
    protected virtual LeaderEpoch EpochAfter(PartitionState now) => now.LeaderEpoch.Next;

    private int MinInsyncReplicas(ControllerState s, string topic) =>
        s.Topics[topic].Settings.Values.TryGetValue(TopicConfigs.MinInsyncReplicas, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var min)
            ? min : settings.MinInsyncReplicas;

    private bool AllowsUnclean(ControllerState s, string topic) =>
        s.Topics[topic].Settings.Values.TryGetValue(TopicConfigs.UncleanLeaderElection, out var text) ? text == "true" : settings.UncleanLeaderElection;

    private Step OnLeadersChanged(ControllerState s, ChangeLeaders m) => m.Changes.Aggregate(Done(s), (step, change) => step.Then(s =>
    {
        if (!s.Partitions.TryGetValue(change.Partition, out var view)) return Done(s);
        return Done(Announce(s with { Partitions = s.Partitions.SetItem(change.Partition, view with { State = change.State, Busy = false }) }, change.Partition));
    }));

    /// <summary>A write of states was refused as a whole: one of them had changed. That one is read, all are decided anew.</summary>
    private static Step OnLeadersRefused(ControllerState s, ChangeLeaders m, int culprit)
    {
        var partitions = s.Partitions.ToBuilder();
        var due = s.Due.ToBuilder();
        for (var i = 0; i < m.Changes.Length; i++)
        {
            var change = m.Changes[i];
            if (!partitions.TryGetValue(change.Partition, out var view)) continue;
            partitions[change.Partition] = view with
            {
                Busy = false,
                Known = i != culprit,
                Refresh = view.Refresh || change.Refresh,
                WantsPreferred = view.WantsPreferred || change.WantsPreferred,
                Lost = view.Lost.Union(BrokerSet.Of(change.Lost.Where(s.Brokers.ContainsKey))),
            };
            due.Add(change.Partition);
        }
        var again = s with { Partitions = partitions.ToImmutable(), Due = due.ToImmutable() };
        return Read(again, m.Changes.Skip(culprit).Take(1).Select(c => MetadataKey.Partition(c.Partition)));
    }

    private Step OnStatesRead(ControllerState s, ImmutableArray<MetadataEntry> entries)
    {
        if (!s.IsController) return Ignore(s, "not controller");
        return entries.Aggregate(Done(s), (step, entry) => step.Then(s => Done(StateRead(s, entry.Key.PartitionId, entry.Node))));
    }

    /// <summary>A state as the store has it: the leader changed the ISR, or this controller hadn't seen it yet.</summary>
    private ControllerState StateRead(ControllerState s, PartitionId id, MetadataNode? node)
    {
        if (!s.Partitions.TryGetValue(id, out var view)) return s;
        var state = node is null ? null : ((PartitionEntry)node.Value).State with { Version = node.Version };
        var first = view.State is null && state is not null;
        var lost = first ? view.Lost.Union(BrokerSet.Of(view.Replicas.Where(r => s.Brokers.TryGetValue(r, out var b) && MustLeave(b)))) : view.Lost;
        var read = s with { Partitions = s.Partitions.SetItem(id, view with { State = state, Known = true, Lost = lost, WrittenIn = s.Phase == ControllerPhase.Loading ? node?.Mzxid ?? 0 : 0 }), Due = s.Due.Add(id) };
        if (s.Phase != ControllerPhase.Active || state is null || s.Topics[id.Topic].Deleting) return read;
        return first ? Announce(read, id) : TellAll(read, Order(id, read.Partitions[id], isNew: false));
    }

    private Step OnElectPreferred(ControllerState s, ImmutableArray<PartitionId> partitions)
    {
        if (s.Phase != ControllerPhase.Active) return Ignore(s, "not controller");
        return Done(Want(s, partitions.IsEmpty ? s.Partitions.Keys : partitions));
    }

    /// <summary>Where too many of a broker's preferred partitions are led by others, it gets them back.</summary>
    [Rule("CTRL-LEAD-8")]
    protected virtual Step OnRebalance(ControllerState s)
    {
        if (s.Phase != ControllerPhase.Active) return Ignore(s, "not controller");
        var wanted = s.Partitions
            .Where(p => p.Value.State is not null && !p.Value.Replicas.IsEmpty)
            .GroupBy(p => p.Value.Replicas[0])
            .Select(preferred => (All: preferred.Count(), Away: preferred.Where(p => p.Value.State!.Leader != preferred.Key).Select(p => p.Key).ToImmutableArray()))
            .Where(p => p.Away.Length * 100 > settings.LeaderImbalancePercent * p.All)
            .SelectMany(p => p.Away);
        return Done(Want(s, wanted), new SetAlarm(new RebalanceLeaders(), settings.LeaderImbalanceCheckMs));
    }

    private static ControllerState Want(ControllerState s, IEnumerable<PartitionId> partitions) => partitions.Where(s.Partitions.ContainsKey).Aggregate(
        s, (s, id) => s with { Partitions = s.Partitions.SetItem(id, s.Partitions[id] with { WantsPreferred = true }), Due = s.Due.Add(id) });
}
