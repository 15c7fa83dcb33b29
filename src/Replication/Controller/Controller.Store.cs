using System.Globalization;
using Step = Reference.Kernel.Step<Reference.Replication.Control.ControllerState, Reference.Replication.Control.Effect>;

namespace Reference.Replication.Control;

/// <summary>What the metadata store says: changes, lists, entries, and how writes ended.</summary>
public partial class Controller
{
    private Step OnChanged(ControllerState s, MetadataKey key)
    {
        if (key.Kind == MetadataKind.Controller) return OnSeatChanged(s);
        if (!s.IsController) return Ignore(s, "not controller");
        return key.Kind switch
        {
            MetadataKind.Brokers or MetadataKind.Topics or MetadataKind.Deletions or MetadataKind.IsrChanges or MetadataKind.PreferredElection => Look(s, key),
            MetadataKind.Topic or MetadataKind.TopicSettings when s.Topics.ContainsKey(key.Name) => Look(s, key),
            _ => Ignore(s, "not watched any more"),
        };
    }

    private Step OnListed(ControllerState s, Listed m)
    {
        if (s.Stale > 0) return Ignore(s with { Stale = s.Stale - 1 }, "asked in a term that is over");
        var heard = s with { Awaited = s.Awaited - 1 };
        return m.Folder.Kind switch
        {
            MetadataKind.Brokers => OnBrokersListed(heard, m.Names),
            MetadataKind.Topics => OnTopicsListed(heard, m.Names),
            MetadataKind.Deletions => Done(heard with { Deletions = heard.Deletions.Clear().Union(m.Names) }),
            MetadataKind.IsrChanges => Read(heard, m.Names.Order(StringComparer.Ordinal).Select(MetadataKey.IsrChange)),
            _ => Ignore(heard, "not a folder of this core's"),
        };
    }

    private Step OnFound(ControllerState s, Found m)
    {
        if (s.Stale > 0) return Ignore(s with { Stale = s.Stale - 1 }, "asked in a term that is over");
        var heard = s with { Awaited = s.Awaited - 1 };
        return m.Entries[0].Key.Kind switch
        {
            MetadataKind.ControllerEpoch => OnSeatRead(heard, m.Entries[0].Node, m.Entries[1].Node, m.Entries[2].Node),
            MetadataKind.Broker => OnBrokersRead(heard, m.Entries),
            MetadataKind.Topic or MetadataKind.TopicSettings => OnTopicsRead(heard, m.Entries),
            MetadataKind.Partition => OnStatesRead(heard, m.Entries),
            MetadataKind.IsrChange => OnIsrChangesRead(heard, m.Entries),
            MetadataKind.PreferredElection => OnPreferredElectionRead(heard, m.Entries[0].Node),
            _ => Ignore(heard, "not an entry of this core's"),
        };
    }

    private Step OnWrote(ControllerState s, Wrote m)
    {
        var purpose = s.Writes[0];
        var heard = s with { Writes = s.Writes.RemoveFirst(1) };
        if (purpose is Bygone) return Ignore(heard, "written in a term that is over");
        if (heard.IsController && m.Error != MetadataError.None && m.Culprit < Fence(heard).Length) return Depose(heard, "a later controller was elected");
        return m.Error == MetadataError.None ? OnWritten(heard, purpose) : OnRefused(heard, purpose, m);
    }

    private Step OnWritten(ControllerState s, Purpose purpose) => purpose switch
    {
        TakeSeat m => OnElected(s, m.Epoch, m.EpochVersion),
        ClearSeat => LookAtSeat(s),
        ChangeLeaders m => OnLeadersChanged(s, m),
        RemoveTopic m => DropTopic(s, m.Topic),
        SettleTail m => OnTailSettled(s, m),
        _ => Done(s),           // the watch tells the rest
    };

    private Step OnRefused(ControllerState s, Purpose purpose, Wrote m) => purpose switch
    {
        TakeSeat or ClearSeat => LookAtSeat(s),
        ChangeLeaders p => OnLeadersRefused(s, p, m.Culprit - Fence(s).Length),
        CreateTopic p => OnTopicRefused(s, p, m),
        GrowTopic p => EndTopic(s, p.Call, new(p.Topic, ErrorCode.InvalidRequest, "The topic was changed at the same time; try again.")),
        WishDeletion p => m.Error == MetadataError.NodeExists ? Done(s) : EndTopic(s, p.Call, new(p.Topic, ErrorCode.UnknownTopicOrPartition)),
        RemoveTopic p => OnRemovalRefused(s, p, m.Culprit - Fence(s).Length),
        TakeDown p => Look(s, p.From),
        SettleTail => Look(s, MetadataKey.Brokers),
        _ => Done(s),
    };

    /// <summary>Leaders changed their ISRs: the states are read, and the notes taken down.</summary>
    [Rule("CTRL-ISR-1")]
    protected virtual Step OnIsrChangesRead(ControllerState s, ImmutableArray<MetadataEntry> notes)
    {
        if (!s.IsController) return Ignore(s, "not controller");
        var there = notes.Where(n => n.Node is not null).ToImmutableArray();
        if (there.IsEmpty) return Done(s);
        var partitions = there.SelectMany(n => ((PartitionList)n.Node!.Value).Partitions).Where(s.Partitions.ContainsKey).Distinct().Order();
        return Read(s, partitions.Select(MetadataKey.Partition))
            .Then(s => Commit(s, new TakeDown(MetadataKey.IsrChanges), there.Select(n => new RemoveEntry(n.Key))));
    }

    private Step OnPreferredElectionRead(ControllerState s, MetadataNode? wish)
    {
        if (!s.IsController || wish is null) return Done(s);
        var wanted = Want(s, ((PartitionList)wish.Value).Partitions);
        return Commit(wanted, new TakeDown(MetadataKey.PreferredElection), [new RemoveEntry(MetadataKey.PreferredElection)]);
    }

    private static ImmutableArray<BrokerId> Ids(ImmutableArray<string> names) =>
        [.. names.Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : -1).Where(id => id >= 0).Order().Select(id => new BrokerId(id))];
}
