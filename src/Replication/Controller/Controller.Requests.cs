using Step = Reference.Kernel.Step<Reference.Replication.Control.ControllerState, Reference.Replication.Control.Effect>;

namespace Reference.Replication.Control;

/// <summary>What the controller says to brokers, and what they answer.</summary>
public partial class Controller
{
    /// <summary>Everything is read: what was left half done is gone on with, and all brokers are told all.</summary>
    [Rule("CTRL-LOAD-2")]
    protected virtual Step OnLoaded(ControllerState s)
    {
        var active = s with
        {
            Phase = ControllerPhases.After(s.Phase, ControllerTrigger.Loaded),
            Due = s.Due.Union(s.Partitions.Keys),
            Partitions = s.Partitions.ToImmutableSortedDictionary(p => p.Key, p => AsLoaded(s, p.Value)),
        };
        var step = Done(active, new Activate(s.Epoch));
        foreach (var broker in s.Brokers.Values)
        {
            step = step.Then(s => Done(s with { Outboxes = s.Outboxes.SetItem(broker.Id, FirstWords(s, broker)) }, new Reach(broker)));
        }
        return settings.AutoLeaderRebalance ? step.Then(new SetAlarm(new RebalanceLeaders(), settings.LeaderImbalanceCheckMs)) : step;
    }

    /// <summary>A new controller can't have seen which brokers came back since a state was written; the registrations tell it.</summary>
    private PartitionView AsLoaded(ControllerState s, PartitionView view)
    {
        if (view.State is not { } state) return view;
        return view with
        {
            Lost = BrokerSet.Of(view.Replicas.Where(r => s.Brokers.TryGetValue(r, out var b) && MustLeave(b))),
            Refresh = s.Brokers.TryGetValue(state.Leader, out var leader) && HasBeenAway(leader, view),
            WrittenIn = 0,
        };
    }

    /// <summary>Whether a leader was elected in an earlier life: it registered after the state that names it was written. It leads again in a new epoch only.</summary>
    [Rule("CTRL-LOAD-3")]
    protected virtual bool HasBeenAway(RegisteredBroker leader, PartitionView view) => leader.Epoch.Value > view.WrittenIn;

    /// <summary>All that a broker has to know that was told nothing yet.</summary>
    private Outbox FirstWords(ControllerState s, RegisteredBroker broker)
    {
        var outbox = new Outbox(broker.Epoch) { BrokersChanged = true };
        foreach (var (id, view) in s.Partitions)
        {
            var deleting = s.Topics[id.Topic].Deleting;
            if (deleting && view.Undeleted.Contains(broker.Id)) outbox = outbox.Stop(Deletion(id, view));
            if (deleting || view.State is null) continue;
            outbox = outbox.Tell(Order(id, view, isNew: false));
            if (view.Replicas.Contains(broker.Id) && !WasElectedBefore(broker, view)) outbox = outbox.Order(Order(id, view, isNew: false));
        }
        return outbox;
    }

    /// <summary>Whether a state that names a broker leader is about to be renewed because that was another life of it: this life isn't told, it leads in the next epoch or not at all.</summary>
    [Rule("CTRL-BROKER-4")]
    protected virtual bool WasElectedBefore(RegisteredBroker broker, PartitionView view) => view.State!.Leader == broker.Id && (view.Refresh || view.Busy);

    /// <summary>A partition's new state goes to its replicas, to be carried out, and to all, to be known. A replica that is about to stop and left the ISR just stops.</summary>
    [Rule("CTRL-SEND-1")]
    protected virtual ControllerState Announce(ControllerState s, PartitionId id)
    {
        var view = s.Partitions[id];
        if (s.Phase != ControllerPhase.Active || view.State is not { } state || s.Topics[id.Topic].Deleting) return s;
        var order = Order(id, view, isNew: state.Version == 0);
        foreach (var replica in view.Replicas)
        {
            var stops = s.Leaving.Contains(replica) && !state.Isr.Contains(replica);
            s = Post(s, replica, outbox => stops ? outbox.Stop(new(id, state.LeaderEpoch, Delete: false)) : outbox.Order(order));
        }
        return TellAll(s, order);
    }

    private static PartitionOrder Order(PartitionId id, PartitionView view, bool isNew) => new(id, view.State!, view.Replicas, isNew);

    private static ControllerState TellAll(ControllerState s, PartitionOrder order) => s.Outboxes.Keys.Aggregate(s, (s, broker) => Post(s, broker, outbox => outbox.Tell(order)));

    private static ControllerState TellBrokers(ControllerState s) => s.Outboxes.Keys.Aggregate(s, (s, broker) => Post(s, broker, outbox => outbox with { BrokersChanged = true }));

    private static ControllerState Post(ControllerState s, BrokerId to, Func<Outbox, Outbox> change) =>
        s.Outboxes.TryGetValue(to, out var outbox) ? s with { Outboxes = s.Outboxes.SetItem(to, change(outbox)) } : s;

    /// <summary>Sends each broker the next request, if none is under way to it: first what to stop, then what to lead and follow, then what to know.</summary>
    private Step Speak(ControllerState s)
    {
        var step = Done(s);
        foreach (var (id, outbox) in s.Outboxes)
        {
            if (outbox.UnderWay is not null || outbox.Resting || Next(s, s.Brokers[id], outbox) is not { } next) continue;
            step = step.Then(s => Done(s with { Outboxes = s.Outboxes.SetItem(id, next) }, new Send(id, next.UnderWay!)));
        }
        return step;
    }

    private Outbox? Next(ControllerState s, RegisteredBroker to, Outbox outbox)
    {
        if (!outbox.Stops.IsEmpty)
        {
            return outbox with { Stops = outbox.Stops.Clear(), UnderWay = new StopReplica(settings.Me, s.Epoch, to.Epoch, [.. outbox.Stops.Values]) };
        }
        if (!outbox.Orders.IsEmpty && MayServe(to))
        {
            var leaders = outbox.Orders.Values.Select(o => o.State.Leader).Distinct().Order().Where(s.Brokers.ContainsKey).Select(l => s.Brokers[l]);
            return outbox with { Orders = outbox.Orders.Clear(), UnderWay = new LeaderAndIsr(settings.Me, s.Epoch, to.Epoch, [.. outbox.Orders.Values], [.. leaders]) };
        }
        if (!outbox.Metadata.IsEmpty || outbox.BrokersChanged)
        {
            var update = new UpdateMetadata(settings.Me, s.Epoch, to.Epoch, [.. outbox.Metadata.Values], [.. s.Brokers.Values]);
            return outbox with { Metadata = outbox.Metadata.Clear(), BrokersChanged = false, UnderWay = update };
        }
        return null;
    }

    /// <summary>Whether a broker may be told to lead or follow: not before it has left every ISR that relied on what it may have lost.</summary>
    [Rule("CTRL-REBOOT-2")]
    protected virtual bool MayServe(RegisteredBroker broker) => !MustLeave(broker);

    private Step OnAnswered(ControllerState s, Answered m)
    {
        if (!s.Outboxes.TryGetValue(m.Broker, out var outbox) || outbox.Epoch != m.BrokerEpoch || outbox.UnderWay is not { } request) return Ignore(s, "nothing is under way to that life of the broker");
        s = Trust(s, m.Broker);
        if (m.Error == ErrorCode.StaleControllerEpoch) return Depose(s, $"broker {m.Broker} knows of a later controller");
        if (m.Error != ErrorCode.None) return Rest(s, m.Broker, outbox);

        var heard = Post(s, m.Broker, outbox => outbox with { UnderWay = null });
        return request switch
        {
            StopReplica stop => Done(OnStopped(heard, m, stop)),
            LeaderAndIsr => Done(OnServed(heard, m)),
            _ => Done(heard),
        };
    }

    private Step OnUnanswered(ControllerState s, Unanswered m)
    {
        if (!s.Outboxes.TryGetValue(m.Broker, out var outbox) || outbox.Epoch != m.BrokerEpoch || outbox.UnderWay is null) return Ignore(s, "nothing is under way to that life of the broker");
        return Rest(s, m.Broker, outbox);
    }

    /// <summary>What a broker didn't answer is said again, after a while, and for as long as it is registered.</summary>
    [Rule("CTRL-SEND-2")]
    protected virtual Step Rest(ControllerState s, BrokerId broker, Outbox outbox) =>
        Done(s with { Outboxes = s.Outboxes.SetItem(broker, outbox.Unsaid() with { Resting = true }) }, new SetAlarm(new RetryBroker(broker), settings.RetryMs));

    private static Step OnRetryBroker(ControllerState s, BrokerId broker) => Done(Post(s, broker, outbox => outbox with { Resting = false }));

    /// <summary>A replica that refuses to serve, because its log isn't what it should be, leaves the ISR if others are eligible.</summary>
    [Rule("CTRL-REBOOT-3")]
    protected virtual ControllerState OnServed(ControllerState s, Answered m)
    {
        foreach (var (id, error) in m.Partitions)
        {
            if (error != ErrorCode.KafkaStorageError || !s.Partitions.TryGetValue(id, out var view) || view.State is not { } state) continue;
            var eligible = state.Isr.Union(state.Elr);
            if (!eligible.Contains(m.Broker) || eligible.Count == 1) continue;
            s = s with { Partitions = s.Partitions.SetItem(id, view with { Lost = view.Lost.Add(m.Broker) }), Due = s.Due.Add(id) };
        }
        return s;
    }
}
