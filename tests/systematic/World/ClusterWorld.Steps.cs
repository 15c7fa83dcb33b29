using Reference.Replication;
using Reference.Replication.Control;
using Reference.Replication.Replicas;
using ErrorCode = Reference.Replication.Control.ErrorCode;

namespace Reference.Systematic.World;

/// <summary>What moves do: the store, sessions, controllers, registrations, orders.</summary>
public sealed partial record ClusterWorld
{
    private ClusterWorld With(int i, ClusterBroker broker) => this with { _now = _now.SetItem(i, broker) };

    /// <summary>A move of the replicas; a broker that crashes takes its controller with it.</summary>
    private ClusterWorld? DataAfter(Move move)
    {
        if (_data.After(move) is not { } after) return null;
        var world = this with { _data = after, _trail = Tells ? [.. after.Trail] : [] };
        var i = move.Owner;
        if (!_data.Broker(i).IsUp || after.Broker(i).IsUp) return world;
        // What it has sent may arrive yet; what was sent to it doesn't, and who waits for the answer will hear so.
        return world.With(i, ClusterBroker.Start(Broker(i).Registration.Cluster, after.Broker(i).KeptTail)) with
        {
            _requests = [.. _requests.Where(r => r.To != i || r.IsAwaited).Select(r => r.From == i ? r with { IsAwaited = false } : r).Where(r => r.To != i || r.IsAwaited)],
        };
    }

    /// <summary>A transaction. Those that nobody makes an epoch of aren't numbered, so that they can be told apart only by what they leave.</summary>
    private (ClusterWorld World, Wrote Answer) Transact(long session, ImmutableArray<MetadataOperation> operations)
    {
        var makesEpoch = operations.Any(o => o is CreateEntry { Key.Kind: MetadataKind.Broker });
        var from = makesEpoch ? Stored with { Zxid = Stored.Zxid + 1 } : Stored;
        var (store, answer, changed) = from.Write(session, operations);
        if (answer.Error != MetadataError.None) return (this, answer);
        return (Stores(makesEpoch ? store : store with { Zxid = Stored.Zxid }, changed), answer);
    }

    /// <summary>The store is another; whoever watches what changed hears so.</summary>
    private ClusterWorld Stores(MetadataStore after, ImmutableArray<MetadataKey> changed)
    {
        var before = Stored;
        var world = this with { _stored = after, _trail = Tells ? [.. _trail, .. changed.Select(k => $"store: {k} = {after.Read(k).Node?.ToString() ?? "gone"}")] : [] };
        world = world.JudgeStore(before, after);
        foreach (var key in changed)
        {
            var folder = before.Entries.ContainsKey(key) != after.Entries.ContainsKey(key) ? MetadataStore.FolderOf(key) : null;      // only a creation or a removal shows in the folder
            for (var i = 0; i < world._brokers.Length; i++)
            {
                if (!world.HasSession(i)) continue;
                world = world.Notices(i, key);
                if (folder is { } f) world = world.Notices(i, f);
                if (key == MetadataKey.Broker(Id(i)) && world.Broker(i).WatchesItself) world = world.With(i, world.Broker(i) with { WatchesItself = false }).Registers(i, new Changed(key));
            }
        }
        return world;
    }

    private ClusterWorld Notices(int i, MetadataKey key) =>
        Broker(i).Watches.Contains(key) ? With(i, Broker(i) with { Watches = Broker(i).Watches.Remove(key) }).Commands(i, new Changed(key)) : this;

    /// <summary>A session ends, and what it owns.</summary>
    private ClusterWorld Ends(long session, string line)
    {
        var gone = Stored.Entries.Where(e => e.Value.Owner == session).Select(e => e.Key).ToImmutableArray();
        return (this with { _trail = Line(line) }).Stores(Stored.End(session) with { Zxid = Stored.Zxid }, gone);
    }

    /// <summary>The store serves the oldest request of a broker's controller. A watch rides on the read after it.</summary>
    private ClusterWorld Serves(int i)
    {
        var broker = Broker(i);
        var request = broker.Requests[0];
        if (request is Watch watch)
        {
            var watching = With(i, broker with { Requests = broker.Requests.RemoveFirst(1), Watches = broker.Watches.Union(watch.Keys) });
            return watching.Broker(i).Requests is [Read read, ..] && read.Keys.Intersect(watch.Keys).Any() || watching.Broker(i).Requests is [List list, ..] && watch.Keys.Contains(list.Folder) ? watching.Serves(i) : watching;
        }
        if (request is Read { Keys: var keys } && _setup.ReadsOneByOne && broker.HalfRead.Length + 1 < keys.Length)
            return With(i, broker with { HalfRead = broker.HalfRead.Add(Stored.Read(keys[broker.HalfRead.Length])) });
        var served = With(i, broker with { Requests = broker.Requests.RemoveFirst(1), HalfRead = [] });
        switch (request)
        {
            case Read read:
                return served.Commands(i, new Found([.. broker.HalfRead, .. read.Keys.Skip(broker.HalfRead.Length).Select(Stored.Read)]));
            case List list:
                return served.Commands(i, new Listed(list.Folder, Stored.List(list.Folder)));
            case Write write:
                var (written, answer) = served.Transact(broker.Session, write.Operations);
                return written.Commands(i, answer);
            default:
                throw new InvalidOperationException($"the store knows no {request}");
        }
    }

    /// <summary>The store takes the next thing that a broker's replica asked.</summary>
    private ClusterWorld StoreTakes(int i)
    {
        switch (_data.Broker(i).ToStore[0])
        {
            case WriteIsr write:
                var state = new PartitionState(Id(i), write.LeaderEpoch, write.Isr, write.Elr, write.ControllerEpoch, write.ExpectedVersion + 1);
                var (world, answer) = Transact(0, [new SetEntry(MetadataKey.Partition(Partition), new PartitionEntry(state), write.ExpectedVersion)]);
                if (answer.Error != MetadataError.None) return world with { _data = world._data.Answered(i, new IsrWriteFailed(write.LeaderEpoch)), _trail = Line($"store: refuses {write} of {i + 1}") };
                world = world with { _data = world._data.Answered(i, new IsrWritten(write.LeaderEpoch, Stored.Read(MetadataKey.Partition(Partition)).Node!.Version + 1)) };
                var notes = _setup.LeavesNotes && Stored.List(MetadataKey.IsrChanges).IsEmpty;
                return notes ? world.Transact(0, [new CreateEntry(MetadataKey.IsrChange("isr_change_1"), new PartitionList([Partition]))]).World : world;
            case ReadState read:
                return this with { _data = _data.Answered(i, new StateRead(read.LeaderEpoch, StateOf(Stored))), _trail = Line($"store: {i + 1} reads {StateOf(Stored)}") };
            default:
                throw new InvalidOperationException($"the store knows no {_data.Broker(i).ToStore[0]}");
        }
    }

    private static PartitionState? StateOf(MetadataStore store) => store.Read(MetadataKey.Partition(Partition)).Node is { Value: PartitionEntry entry } node ? entry.State with { Version = node.Version } : null;

    /// <summary>A broker opens a session, registers, and looks who is controller.</summary>
    private ClusterWorld Connects(int i)
    {
        var store = Stored.Open();
        var world = (this with { _stored = store }).With(i, Broker(i) with { Session = store.Zxid });
        var connected = new Connected(store.Zxid);
        return world.Commands(i, connected).Registers(i, connected);
    }

    /// <summary>A broker hears that its session is over, and opens another.</summary>
    private ClusterWorld Hears(int i)
    {
        var world = With(i, Broker(i) with { Requests = [], HalfRead = [], Watches = [], WatchesItself = false });
        return world.Commands(i, new Expired()).Registers(i, new Expired()).Connects(i);
    }

    private ClusterWorld Returns(int i) => (this with { _data = _data.Started(i), _trail = Line($"{i + 1} starts{(_data.Broker(i).KeptTail ? "" : ", not sure of its tail")}") })
        .With(i, ClusterBroker.Start(Broker(i).Registration.Cluster, _data.Broker(i).KeptTail)).Connects(i);

    /// <summary>Something happens to a broker's controller, if it has one.</summary>
    private ClusterWorld Commands(int i, Input input)
    {
        if (i >= _setup.Controllers) return this;
        var before = Broker(i).Control;
        var step = Bared(_setup.Control[i].Take(before, input));
        var world = With(i, Broker(i) with { Control = step.State }) with { _trail = Line($"{i + 1} controller: {input}{(step.Ignored is { } why ? $" (ignored: {why})" : "")}") };
        world = world.JudgeControl(i, before, step.State);
        foreach (var effect in step.Effects) world = world.Run(i, effect);
        return world;
    }

    private ClusterWorld Run(int i, Effect effect) => effect switch
    {
        Watch or Read or List or Write => With(i, Broker(i) with { Requests = Broker(i).Requests.Add(effect) }),
        Send send => this with { _requests = Sorted(_requests.Add(new(i, send.To.Value - 1, send.Request, NextNumber(send.To.Value - 1, send.Request.ControllerEpoch), true, Reference.Kernel.Fingerprint.Of(send.Request, _memory.Seed)))), _trail = Line($"{i + 1}→{send.To} {send.Request}") },
        Reach reach => Unawaited(r => r.From == i && r.To == reach.Broker.Id.Value - 1),
        Forget forget => Unawaited(r => r.From == i && r.To == forget.Broker.Value - 1),
        Resign => Unawaited(r => r.From == i),
        _ => this,      // alarms may ring at any time, nobody calls, the rest is for logs
    };

    private ClusterWorld Unawaited(Func<RequestUnderWay, bool> which) => _requests.Any(which) ? this with { _requests = Sorted([.. _requests.Select(r => which(r) ? r with { IsAwaited = false } : r)]) } : this;

    private static ImmutableArray<RequestUnderWay> Sorted(ImmutableArray<RequestUnderWay> requests) =>
        requests.Length < 2 ? requests : [.. requests.OrderBy(r => r.To).ThenBy(r => r.From).ThenBy(r => r.Request.ControllerEpoch).ThenBy(r => r.Correlation)];

    private int NextNumber(int to, int term)
    {
        var seen = Broker(to).Seen;
        var last = seen.ControllerEpoch == term ? seen.Correlation : 0;
        foreach (var r in _requests) if (r.To == to && r.Request.ControllerEpoch == term) last = Math.Max(last, r.Correlation);
        return last + 1;
    }

    /// <summary>A broker's registration goes on, to where it waits for something.</summary>
    private ClusterWorld Registers(int i, Input input)
    {
        var world = this;
        var inputs = new Queue<Input>([input]);
        while (inputs.TryDequeue(out var next))
        {
            var step = _setup.Registrars[i].Take(world.Broker(i).Registration, next);
            world = world.With(i, world.Broker(i) with { Registration = step.State });
            foreach (var effect in step.Effects)
            {
                switch (effect)
                {
                    case Watch:
                        world = world.With(i, world.Broker(i) with { WatchesItself = true });
                        break;
                    case Read read:
                        var stored = world.Stored;
                        inputs.Enqueue(new Found([.. read.Keys.Select(stored.Read)]));
                        break;
                    case Write write:
                        (world, var answer) = world.Transact(world.Broker(i).Session, write.Operations);
                        inputs.Enqueue(answer);
                        break;
                    case MarkTailKept:
                        world = world with { _data = world._data.WithTailKept(i) };
                        break;
                    case Registered registered:
                        world = world with { _trail = world.Line($"{i + 1} {registered}"), _reached = world._reached | Goal(4) };
                        break;
                    default:
                        break;      // what is for people, and the patience with a namesake: there is none here
                }
            }
        }
        return world;
    }

    private static ulong Goal(int more) => 1ul << (First + more);

    /// <summary>A request of a controller arrives; its sender hears the answer, if it waits for it.</summary>
    private ClusterWorld Arrives(int r)
    {
        var (from, to, request, correlation, isAwaited, _) = _requests[r];
        var world = this with { _requests = _requests.RemoveAt(r) };
        if (!IsUp(to)) return isAwaited ? world.Commands(from, new Unanswered(Id(to), request.BrokerEpoch)) : world;
        (world, var answer) = world.Obeys(to, request, correlation);
        return isAwaited ? world.Commands(from, answer) : world;
    }

    /// <summary>A connection breaks; what was under way on it may arrive yet.</summary>
    private ClusterWorld Breaks(int r)
    {
        var request = _requests[r];
        return (this with { _breaks = _breaks - 1, _requests = Sorted(_requests.SetItem(r, request with { IsAwaited = false })), _trail = Line($"the connection of {request.From + 1} to {request.To + 1} breaks") })
            .Commands(request.From, new Unanswered(Id(request.To), request.Request.BrokerEpoch));
    }

    /// <summary>A broker judges a request, and carries it out or not.</summary>
    private (ClusterWorld World, Answered Answer) Obeys(int i, ControllerRequest request, int correlation)
    {
        var broker = Broker(i);
        var (error, seen) = _setup.Fence.Judge(broker.Seen, request, correlation, broker.Registration.Epoch);
        var world = With(i, broker with { Seen = seen with { ToldInTerm = 0, ToldInLife = default } }) with { _trail = Line($"→{i + 1} {(error == ErrorCode.None ? "" : $"{error}: ")}{request}") };
        if (error == ErrorCode.StaleControllerEpoch) world = world with { _reached = world._reached | Goal(2) };
        if (error == ErrorCode.StaleBrokerEpoch) world = world with { _reached = world._reached | Goal(3) };
        if (error != ErrorCode.None) return (world, new(Id(i), request.BrokerEpoch, error, []));
        var answers = ImmutableArray.CreateBuilder<PartitionAnswer>();
        switch (request)
        {
            case LeaderAndIsr m:
                foreach (var order in m.Partitions) answers.Add(new(order.Partition, world.Takes(i, new StateTold(order.State, BrokerSet.Of(order.Replicas), 0), out world)));
                break;
            case StopReplica m:
                foreach (var stop in m.Partitions) answers.Add(new(stop.Partition, world.Takes(i, new StopTold(stop.LeaderEpoch, stop.Delete), out world)));
                break;
        }
        return (world, new(Id(i), request.BrokerEpoch, ErrorCode.None, answers.ToImmutable()));
    }

    private ErrorCode Takes(int i, ReplicaInput order, out ClusterWorld world)
    {
        var (data, refused, isDeleted) = _data.Obeys(i, order);
        world = this with { _data = data, _trail = Tells ? [.. _trail, .. data.Trail] : [] };
        if (isDeleted) world = world.JudgeDeletion(i) with { _reached = world._reached | Goal(6) };
        return (ErrorCode)refused;
    }

    /// <summary>Requests that nobody waits for, and that would be refused now and ever after, might as well be lost; the numbers of the others are made small.</summary>
    private ClusterWorld WithoutVainRequests()
    {
        if (_requests.IsEmpty) return Renumbered();
        var left = _requests.RemoveAll(IsVain);
        return (left.Length == _requests.Length ? this : this with { _requests = left }).Renumbered();
    }

    private bool IsVain(RequestUnderWay r)
    {
        if (r.IsAwaited) return false;
        var broker = Broker(r.To);
        return !IsUp(r.To) || _setup.Fence.Judge(broker.Seen, r.Request, r.Correlation, new(Math.Max(r.Request.BrokerEpoch.Value, broker.Registration.Epoch.Value))).Error != ErrorCode.None;
    }

    /// <summary>Only the order of the numbers that a broker compares counts.</summary>
    private ClusterWorld Renumbered()
    {
        var world = this;
        for (var to = 0; to < _brokers.Length; to++)
        {
            var seen = world.Broker(to).Seen;
            var least = seen.ControllerEpoch == 0 ? 0 : 1;
            if (seen.Correlation > least) world = world.With(to, world.Broker(to) with { Seen = seen with { Correlation = least } });
            var (term, next) = (-1, 0);
            for (var r = 0; r < world._requests.Length; r++)
            {
                var request = world._requests[r];
                if (request.To != to) continue;
                if (request.Request.ControllerEpoch != term) (term, next) = (request.Request.ControllerEpoch, term == seen.ControllerEpoch ? 1 : 0);
                if (request.Request.ControllerEpoch == seen.ControllerEpoch && request.Correlation <= seen.Correlation) next = 0;
                next++;
                var number = request.Request.ControllerEpoch == seen.ControllerEpoch ? request.Correlation <= seen.Correlation ? least : least + next : next;
                if (number != request.Correlation) world = world with { _requests = world._requests.SetItem(r, request with { Correlation = number }) };
            }
        }
        return world;
    }
}
