using Step = Reference.Kernel.Step<Reference.Replication.Control.ControllerState, Reference.Replication.Control.Effect>;

namespace Reference.Replication.Control;

/// <summary>Which brokers there are. A broker is one life of it: a registration by its czxid.</summary>
public partial class Controller
{
    private Step OnBrokersListed(ControllerState s, ImmutableArray<string> names)
    {
        if (!s.IsController) return Ignore(s, "not controller");
        var ids = Ids(names);
        var step = Done(s);
        foreach (var gone in s.Brokers.Keys.Except(ids)) step = step.Then(s => OnBrokerGone(s, gone));
        return step.Then(s => Read(s, ids.Select(MetadataKey.Broker)));
    }

    private Step OnBrokersRead(ControllerState s, ImmutableArray<MetadataEntry> entries)
    {
        if (!s.IsController) return Ignore(s, "not controller");
        return entries.Aggregate(Done(s), (step, entry) => step.Then(s => OnBrokerRead(s, new(entry.Key.Number), entry.Node)));
    }

    private Step OnBrokerRead(ControllerState s, BrokerId id, MetadataNode? node)
    {
        var known = s.Brokers.GetValueOrDefault(id);
        if (node is null) return known is null ? Done(s) : OnBrokerGone(s, id);
        var found = new RegisteredBroker(id, new(node.Czxid), node.Version, (BrokerRegistration)node.Value);
        if (known is not null && IsSameLife(known, found)) return Done(s with { Brokers = s.Brokers.SetItem(id, known with { Version = found.Version, Registration = found.Registration }) });
        return (known is null ? Done(s) : OnBrokerGone(s, id)).Then(s => OnBrokerCame(s, found));
    }

    /// <summary>Whether a broker has been there all the time: its registration is the same node, not a namesake.</summary>
    [Rule("CTRL-BROKER-1")]
    protected virtual bool IsSameLife(RegisteredBroker known, RegisteredBroker found) => known.Epoch == found.Epoch;

    /// <summary>A broker's life ended: what it led needs a leader, what it followed an ISR without it.</summary>
    [Rule("CTRL-BROKER-2")]
    protected virtual Step OnBrokerGone(ControllerState s, BrokerId id)
    {
        var without = s with { Brokers = s.Brokers.Remove(id), Leaving = s.Leaving.Remove(id), Doubted = s.Doubted.Remove(id), Outboxes = s.Outboxes.Remove(id) };
        if (s.Phase != ControllerPhase.Active) return Done(without);
        var concerned = ForReplicas(without, id, view => view with { Lost = view.Lost.Remove(id), Refresh = view.Refresh || view.State?.Leader == id });
        return Done(TellBrokers(concerned), new Forget(id));
    }

    /// <summary>A broker's life began: it is told all that there is; what has no leader may have one now; where it may lack what it had acknowledged, it leaves the ISR first.</summary>
    [Rule("CTRL-BROKER-3")]
    protected virtual Step OnBrokerCame(ControllerState s, RegisteredBroker broker)
    {
        var with = s with { Brokers = s.Brokers.SetItem(broker.Id, broker) };
        if (s.Phase != ControllerPhase.Active) return Done(with);
        var told = TellBrokers(ForReplicas(with, broker.Id, view => MustLeave(broker) ? view with { Lost = view.Lost.Add(broker.Id) } : view));
        return Done(told with { Outboxes = told.Outboxes.SetItem(broker.Id, FirstWords(told, broker)) }, new Reach(broker));
    }

    /// <summary>Whether a broker may lack records that it acknowledged in a life before, and so must leave ISR and ELR of each of its partitions before it may lead any.</summary>
    [Rule("CTRL-REBOOT-1")]
    protected virtual bool MustLeave(RegisteredBroker broker) => !broker.Registration.TailKept;

    /// <summary>Once no ISR relies on what a broker may have lost, that is put on record; only then is it told to lead or follow.</summary>
    [Rule("CTRL-REBOOT-2")]
    protected virtual Step SettleTails(ControllerState s) => s.Brokers.Values.Where(b => MustLeave(b) && IsSettled(s, b.Id)).Aggregate(
        Done(s), (step, b) => step.Then(s => Commit(
            s, new SettleTail(b.Id, b.Epoch), [new SetEntry(MetadataKey.Broker(b.Id), b.Registration with { TailKept = true }, b.Version)])));

    private static bool IsSettled(ControllerState s, BrokerId id) =>
        !s.Writes.Any(w => w is SettleTail m && m.Broker == id) && s.Partitions.Values.All(v => !v.Replicas.Contains(id) || (v.Known && !v.Busy && !v.Lost.Contains(id)));

    private static Step OnTailSettled(ControllerState s, SettleTail m)
    {
        if (!s.Brokers.TryGetValue(m.Broker, out var broker) || broker.Epoch != m.Epoch) return Ignore(s, "a later life of that broker is known");
        return Done(s with { Brokers = s.Brokers.SetItem(m.Broker, broker with { Version = broker.Version + 1, Registration = broker.Registration with { TailKept = true } }) });
    }

    /// <summary>Those that can be led by, now: registered, and not known to listen no longer.</summary>
    [Rule("CTRL-LEAD-1")]
    protected virtual bool IsLive(ControllerState s, BrokerId broker) => s.Brokers.ContainsKey(broker) && !s.Doubted.Contains(broker);

    /// <summary>A broker whose port refuses connections is dead, or as good as: others lead in its place at once, without waiting for its session. Whatever it still does is fenced by the new leader epochs.</summary>
    [Rule("CTRL-DOUBT-1")]
    protected virtual Step OnConnectionRefused(ControllerState s, ConnectionRefused m)
    {
        if (s.Phase == ControllerPhase.Standby) return LookAtSeat(s with { Doubted = [m.Broker] });
        if (s.Phase != ControllerPhase.Active || !s.Brokers.TryGetValue(m.Broker, out var broker) || broker.Epoch != m.BrokerEpoch) return Ignore(s, "not a life that is known here");
        if (s.Doubted.Contains(m.Broker)) return Ignore(s, "known");
        var asked = Post(s with { Doubted = s.Doubted.Add(m.Broker) }, m.Broker, outbox => outbox with { BrokersChanged = true });
        return Done(ForReplicas(asked, m.Broker, view => view));
    }

    /// <summary>A broker that answers is there after all. It is asked for that: something is always to be said to one that is doubted.</summary>
    [Rule("CTRL-DOUBT-2")]
    protected virtual ControllerState Trust(ControllerState s, BrokerId broker) =>
        s.Doubted.Contains(broker) ? ForReplicas(s with { Doubted = s.Doubted.Remove(broker) }, broker, view => view) : s;

    /// <summary>A broker wants to stop: leadership moves away from it and it leaves the ISRs, where others remain.</summary>
    [Rule("CTRL-SHUTDOWN-1")]
    protected virtual Step OnControlledShutdown(ControllerState s, ControlledShutdown m)
    {
        if (s.Phase != ControllerPhase.Active) return Done(s, new AnswerShutdown(m.Call, ErrorCode.NotController, []));
        if (!s.Brokers.TryGetValue(m.Broker, out var broker) || broker.Epoch != m.BrokerEpoch) return Done(s, new AnswerShutdown(m.Call, ErrorCode.StaleBrokerEpoch, []));
        var leaving = s with { Leaving = s.Leaving.Add(m.Broker), Calls = s.Calls.SetItem(m.Call, new ShutdownCall(m.Broker)) };
        return Done(ForReplicas(StopFollowing(leaving, m.Broker), m.Broker, view => view));
    }

    /// <summary>Where a leaving broker isn't in the ISR it stops fetching, so that it won't come in.</summary>
    private static ControllerState StopFollowing(ControllerState s, BrokerId id) => s.Partitions
        .Where(p => p.Value.State is { } state && p.Value.Replicas.Contains(id) && !state.Isr.Contains(id) && !s.Topics[p.Key.Topic].Deleting)
        .Aggregate(s, (s, p) => Post(s, id, outbox => outbox.Stop(new(p.Key, p.Value.State!.LeaderEpoch, Delete: false))));

    /// <summary>Changes what is known of a broker's partitions, and looks at them.</summary>
    private static ControllerState ForReplicas(ControllerState s, BrokerId id, Func<PartitionView, PartitionView> change)
    {
        var partitions = s.Partitions.ToBuilder();
        var due = s.Due.ToBuilder();
        foreach (var (partition, view) in s.Partitions)
        {
            if (!view.Replicas.Contains(id)) continue;
            partitions[partition] = change(view);
            due.Add(partition);
        }
        return s with { Partitions = partitions.ToImmutable(), Due = due.ToImmutable() };
    }
}
