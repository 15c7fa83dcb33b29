using Step = Reference.Kernel.Step<Reference.Replication.Control.ControllerState, Reference.Replication.Control.Effect>;

namespace Reference.Replication.Control;

/// <summary>How a topic goes: wished for in the store, stopped and deleted on every replica, then removed from the store.</summary>
public partial class Controller
{
    /// <summary>Begins the deletions that are wished for, and ends those that all replicas have carried out.</summary>
    private Step RunDeletions(ControllerState s)
    {
        var step = Done(s);
        foreach (var name in s.Deletions)
        {
            var topic = s.Topics.GetValueOrDefault(name);
            if (topic is null || !settings.DeleteTopics) step = step.Then(s => DropWish(s, name));
            else if (topic is { Deleting: false, Assignment: not null } && PartitionsOf(s, name).All(p => p.View.Known)) step = step.Then(s => Done(StartDeletion(s, name)));
            else if (topic.Deleting && IsDeleted(s, name)) step = step.Then(s => Remove(s, name, [MetadataKey.Topic(name), MetadataKey.TopicSettings(name), MetadataKey.Deletion(name)]));
        }
        return step;
    }

    /// <summary>A wish for a topic that isn't there, or that this cluster doesn't grant.</summary>
    private Step DropWish(ControllerState s, string name) =>
        Commit(s with { Deletions = s.Deletions.Remove(name) }, new TakeDown(MetadataKey.Deletions), [new RemoveEntry(MetadataKey.Deletion(name))]);

    /// <summary>Nobody leads the topic any more, all forget it, and its replicas are deleted.</summary>
    [Rule("CTRL-DELETE-1")]
    protected virtual ControllerState StartDeletion(ControllerState s, string name)
    {
        s = s with { Topics = s.Topics.SetItem(name, s.Topics[name] with { Deleting = true }) };
        foreach (var (id, view) in PartitionsOf(s, name))
        {
            s = TellDeleted(s with { Partitions = s.Partitions.SetItem(id, view with { Undeleted = BrokerSet.Of(view.Replicas) }) }, id, view);
            foreach (var replica in view.Replicas) s = Post(s, replica, outbox => outbox.Stop(Deletion(id, view)));
        }
        return s;
    }

    private static ControllerState TellDeleted(ControllerState s, PartitionId id, PartitionView view)
    {
        var epoch = view.State?.LeaderEpoch ?? LeaderEpoch.None;
        return TellAll(s, new(id, new(PartitionOrder.DeletedLeader, epoch, BrokerSet.Empty, BrokerSet.Empty, s.Epoch, view.State?.Version ?? 0), view.Replicas, IsNew: false));
    }

    private static StopOrder Deletion(PartitionId id, PartitionView view) => new(id, view.State?.LeaderEpoch ?? LeaderEpoch.None, Delete: true);

    private static ControllerState OnStopped(ControllerState s, Answered m, StopReplica request)
    {
        var refused = m.Partitions.Where(p => p.Error is not (ErrorCode.None or ErrorCode.UnknownTopicOrPartition)).Select(p => p.Partition).ToImmutableSortedSet();
        foreach (var stop in request.Partitions)
        {
            if (!stop.Delete || refused.Contains(stop.Partition) || !s.Partitions.TryGetValue(stop.Partition, out var view)) continue;
            s = s with { Partitions = s.Partitions.SetItem(stop.Partition, view with { Undeleted = view.Undeleted.Remove(m.Broker) }) };
        }
        return s;
    }

    /// <summary>Every replica has said that it deleted its data, also those that were away when the deletion began; and all live brokers that they forgot the topic, for a later controller won't know that there was one.</summary>
    [Rule("CTRL-DELETE-2")]
    protected virtual bool IsDeleted(ControllerState s, string name) =>
        PartitionsOf(s, name).All(p => p.View.Undeleted.IsEmpty && !p.View.Busy) && !s.Outboxes.Values.Any(o => o.Concerns(name)) && !s.Writes.Any(w => w is RemoveTopic m && m.Topic == name);

    private Step Remove(ControllerState s, string name, ImmutableArray<MetadataKey> entries) =>
        Commit(s, new RemoveTopic(name, entries), entries.Select(e => new RemoveEntry(e)));

    /// <summary>One of the topic's entries wasn't there: the others are removed without it.</summary>
    private Step OnRemovalRefused(ControllerState s, RemoveTopic m, int culprit) =>
        m.Entries.Length == 1 ? DropTopic(s, m.Topic) : Remove(s, m.Topic, m.Entries.RemoveAt(culprit));

    /// <summary>A topic is gone from the store.</summary>
    private static Step DropTopic(ControllerState s, string name)
    {
        if (!s.Topics.TryGetValue(name, out var topic)) return Done(s);
        foreach (var (id, view) in PartitionsOf(s, name))
        {
            if (!topic.Deleting) s = TellDeleted(s, id, view);
            s = s with { Partitions = s.Partitions.Remove(id), Due = s.Due.Remove(id) };
        }
        return Done(s with { Topics = s.Topics.Remove(name), Deletions = s.Deletions.Remove(name) });
    }

    private static ImmutableArray<(PartitionId Id, PartitionView View)> PartitionsOf(ControllerState s, string topic) =>
        [.. Enumerable.Range(0, s.Topics.TryGetValue(topic, out var view) ? view.Assignment?.Partitions.Length ?? 0 : 0)
            .Select(p => new PartitionId(topic, p)).Where(s.Partitions.ContainsKey).Select(id => (id, s.Partitions[id]))];
}
