using Step = Reference.Kernel.Step<Reference.Replication.Control.ControllerState, Reference.Replication.Control.Effect>;

namespace Reference.Replication.Control;

/// <summary>Which topics there are: by calls, or by whoever writes the store.</summary>
public partial class Controller
{
    private Step OnTopicsListed(ControllerState s, ImmutableArray<string> names)
    {
        if (!s.IsController) return Ignore(s, "not controller");
        var there = names.ToImmutableSortedSet(StringComparer.Ordinal);
        var step = Done(s);
        foreach (var gone in s.Topics.Keys.Where(t => !there.Contains(t))) step = step.Then(s => DropTopic(s, gone));
        var added = there.Where(t => !s.Topics.ContainsKey(t)).ToImmutableArray();
        step = step.Then(s => Done(s with { Topics = s.Topics.AddRange(added.Select(t => KeyValuePair.Create(t, new TopicView(null, -1, TopicSettings.None, Deleting: false)))) }));
        return step.Then(s => Look(s, [.. added.SelectMany(t => new[] { MetadataKey.Topic(t), MetadataKey.TopicSettings(t) })]));
    }

    private Step OnTopicsRead(ControllerState s, ImmutableArray<MetadataEntry> entries)
    {
        if (!s.IsController) return Ignore(s, "not controller");
        var step = Done(s);
        foreach (var entry in entries)
        {
            step = step.Then(s => entry.Key.Kind == MetadataKind.Topic ? OnTopicRead(s, entry.Key.Name, entry.Node) : Done(SettingsRead(s, entry.Key.Name, entry.Node)));
        }
        var unread = step.State.Partitions.Where(p => p.Value is { Known: false, Busy: false } && !s.Partitions.ContainsKey(p.Key)).Select(p => MetadataKey.Partition(p.Key));
        return step.Then(s => Read(s, unread));
    }

    /// <summary>A topic is new, or has grown, by whosever hand.</summary>
    [Rule("CTRL-TOPIC-3")]
    protected virtual Step OnTopicRead(ControllerState s, string name, MetadataNode? node)
    {
        if (!s.Topics.TryGetValue(name, out var topic)) return Done(s);
        if (node is null) return DropTopic(s, name);
        var assignment = (TopicAssignment)node.Value;
        var partitions = s.Partitions.ToBuilder();
        for (var p = 0; p < assignment.Partitions.Length; p++)
        {
            var id = new PartitionId(name, p);
            if (!partitions.ContainsKey(id)) partitions[id] = new(assignment.Partitions[p]);
        }
        var read = s with { Topics = s.Topics.SetItem(name, topic with { Assignment = assignment, Version = node.Version }), Partitions = partitions.ToImmutable() };
        return Done(topic.Deleting ? StartDeletion(read, name) : read);
    }

    private static ControllerState SettingsRead(ControllerState s, string name, MetadataNode? node)
    {
        if (!s.Topics.TryGetValue(name, out var topic)) return s;
        var with = s with { Topics = s.Topics.SetItem(name, topic with { Settings = node is null ? TopicSettings.None : (TopicSettings)node.Value }) };
        return with with { Due = with.Due.Union(PartitionsOf(with, name).Select(p => p.Id)) };
    }

    /// <summary>Topics are created one by one: each alone can fail. Whether all of it is there is seen by the watch.</summary>
    [Rule("CTRL-TOPIC-2")]
    protected virtual Step OnCreateTopics(ControllerState s, CreateTopics m)
    {
        var call = TopicsCall.Of(TopicWish.Present, m.Topics.Select(t => t.Name));
        if (s.Phase != ControllerPhase.Active) return Done(s, NotController(m.Call, call));
        var step = Done(s);
        foreach (var name in call.Order)
        {
            var asked = m.Topics.Where(t => t.Name == name).ToImmutableArray();
            var refused = asked.Length > 1 ? new(name, ErrorCode.InvalidRequest, "The request names the topic more than once.") : TopicRules.Refuse(asked[0], Names(step.State), s.Brokers.Keys, settings);
            if (refused is not null || m.ValidateOnly)
            {
                call = call.End(refused ?? new(name, ErrorCode.None));
                continue;
            }
            var assignment = TopicRules.AssignmentOf(asked[0], s.Brokers.Keys, settings);
            var values = TopicSettings.None.Values.AddRange(asked[0].Settings.Select(v => KeyValuePair.Create(v.Key, v.Value!)));
            call = call.Await(name, assignment.Partitions.Length);
            step = step.Then(s => Create(s, new(m.Call, name, assignment, new(values)), settingsThere: false));
        }
        return step.Then(s => Await(s, m.Call, call, m.TimeoutMs));
    }

    /// <summary>The topics that there are, and those about to be.</summary>
    private static IEnumerable<string> Names(ControllerState s) => s.Topics.Keys.Concat(s.Writes.OfType<CreateTopic>().Select(w => w.Topic));

    private Step Create(ControllerState s, CreateTopic topic, bool settingsThere) => Commit(s, topic, [
        new CreateEntry(MetadataKey.Topic(topic.Topic), topic.Assignment),
        settingsThere
            ? new SetEntry(MetadataKey.TopicSettings(topic.Topic), topic.Settings, MetadataOperation.AnyVersion)
            : new CreateEntry(MetadataKey.TopicSettings(topic.Topic), topic.Settings),
    ]);

    /// <summary>Settings may be left of a namesake: they are written over.</summary>
    private Step OnTopicRefused(ControllerState s, CreateTopic m, Wrote answer)
    {
        var aboutSettings = answer.Culprit == Fence(s).Length + 1;
        return aboutSettings ? Create(s, m, settingsThere: answer.Error == MetadataError.NodeExists)
            : EndTopic(s, m.Call, new(m.Topic, ErrorCode.TopicAlreadyExists, $"Topic '{m.Topic}' already exists."));
    }

    /// <summary>More partitions are written into the topic's entry, on the version read; the watch brings them in.</summary>
    [Rule("CTRL-TOPIC-4")]
    protected virtual Step OnCreatePartitions(ControllerState s, CreatePartitions m)
    {
        var call = TopicsCall.Of(TopicWish.Present, m.Topics.Select(t => t.Name));
        if (s.Phase != ControllerPhase.Active) return Done(s, NotController(m.Call, call));
        var step = Done(s);
        foreach (var name in call.Order)
        {
            var asked = m.Topics.Where(t => t.Name == name).ToImmutableArray();
            var topic = s.Topics.GetValueOrDefault(name);
            var refused = asked.Length > 1 ? new(name, ErrorCode.InvalidRequest, "The request names the topic more than once.") : TopicRules.Refuse(asked[0], topic, s.Brokers.Keys);
            if (refused is not null || m.ValidateOnly)
            {
                call = call.End(refused ?? new(name, ErrorCode.None));
                continue;
            }
            var grown = TopicRules.AssignmentOf(asked[0], topic!.Assignment!, s.Brokers.Keys);
            call = call.Await(name, grown.Partitions.Length);
            step = step.Then(s => Commit(s, new GrowTopic(m.Call, name), [new SetEntry(MetadataKey.Topic(name), grown, topic.Version)]));
        }
        return step.Then(s => Await(s, m.Call, call, m.TimeoutMs));
    }

    /// <summary>A deletion is wished for in the store, so that whichever controller comes next carries it on.</summary>
    [Rule("CTRL-DELETE-3")]
    protected virtual Step OnDeleteTopics(ControllerState s, DeleteTopics m)
    {
        var call = TopicsCall.Of(TopicWish.Absent, m.Topics);
        if (s.Phase != ControllerPhase.Active) return Done(s, NotController(m.Call, call));
        var step = Done(s);
        foreach (var name in call.Order)
        {
            if (!settings.DeleteTopics) call = call.End(new(name, ErrorCode.TopicDeletionDisabled, "delete.topic.enable is false on the controller."));
            else if (!s.Topics.ContainsKey(name)) call = call.End(new(name, ErrorCode.UnknownTopicOrPartition));
            else
            {
                call = call.Await(name, 0);
                step = step.Then(s => Commit(s, new WishDeletion(m.Call, name), [new CreateEntry(MetadataKey.Deletion(name), EmptyEntry.Instance)]));
            }
        }
        return step.Then(s => Await(s, m.Call, call, m.TimeoutMs));
    }

    private static Step Await(ControllerState s, CallId id, TopicsCall call, int timeoutMs)
    {
        var waiting = s with { Calls = s.Calls.SetItem(id, call) };
        if (call.Waiting.IsEmpty) return Done(waiting);
        return timeoutMs <= 0 ? OnCallDue(waiting, id) : Done(waiting, new SetAlarm(new CallDue(id), timeoutMs));
    }

    private static Step EndTopic(ControllerState s, CallId id, TopicResult result) =>
        s.Calls.GetValueOrDefault(id) is TopicsCall call && call.Waiting.ContainsKey(result.Topic) ? Done(s with { Calls = s.Calls.SetItem(id, call.End(result)) }) : Done(s);

    /// <summary>The caller's patience is at its end: it hears what is known. What was begun goes on.</summary>
    private static Step OnCallDue(ControllerState s, CallId id)
    {
        if (s.Calls.GetValueOrDefault(id) is not TopicsCall call) return Ignore(s, "answered already");
        var ended = call.Waiting.Keys.Aggregate(call, (call, topic) => call.End(new(topic, ErrorCode.RequestTimedOut, "Not done yet; it goes on.")));
        return Done(s with { Calls = s.Calls.Remove(id) }, Answer(id, ended));
    }

    private static AnswerTopics Answer(CallId id, TopicsCall call) => new(id, [.. call.Order.Select(t => call.Done[t])]);

    /// <summary>Answers the calls whose wish has come true.</summary>
    private Step AnswerCalls(ControllerState s)
    {
        var step = Done(s);
        foreach (var (id, call) in s.Calls)
        {
            step = step.Then(s => call switch
            {
                TopicsCall topics => AnswerIfDone(s, id, topics),
                ShutdownCall shutdown => AnswerIfMoved(s, id, shutdown.Broker),
                _ => Done(s),
            });
        }
        return step;
    }

    private Step AnswerIfDone(ControllerState s, CallId id, TopicsCall call)
    {
        foreach (var (topic, partitions) in call.Waiting)
        {
            var done = call.Wish == TopicWish.Absent ? !s.Topics.ContainsKey(topic) : IsPresent(s, topic, partitions);
            if (done) call = call.End(new(topic, ErrorCode.None));
        }
        return call.Waiting.IsEmpty ? Done(s with { Calls = s.Calls.Remove(id) }, Answer(id, call)) : Done(s with { Calls = s.Calls.SetItem(id, call) });
    }

    /// <summary>A topic is there once each of its partitions has a leader in the store, and all live brokers have answered what they were told of it.</summary>
    [Rule("CTRL-TOPIC-5")]
    protected virtual bool IsPresent(ControllerState s, string topic, int partitions)
    {
        var there = PartitionsOf(s, topic);
        return there.Length >= partitions && there.All(p => p.View is { State: not null, Busy: false }) && !s.Outboxes.Values.Any(o => !o.Resting && o.Concerns(topic));
    }

    private static Step AnswerIfMoved(ControllerState s, CallId id, BrokerId broker)
    {
        if (s.Partitions.Any(p => p.Value.Replicas.Contains(broker) && (p.Value.Busy || s.Due.Contains(p.Key)))) return Done(s);
        return Done(s with { Calls = s.Calls.Remove(id) }, new AnswerShutdown(id, ErrorCode.None, [.. s.Partitions.Where(p => p.Value.State?.Leader == broker).Select(p => p.Key)]));
    }
}
