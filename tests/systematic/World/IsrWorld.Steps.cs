using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>What moves do: the cores' steps, the store, the oracle controller, crashes.</summary>
public sealed partial record IsrWorld
{
    private (IsrStep Step, Part<IsrBroker> Next) Fetches(int i, int leader) =>
        _memory.Steps.Of(_brokers[leader].Number, _brokers[i].Number, Fetch, static at =>
        {
            var broker = at.World.Broker(at.i);
            var fetch = broker.Fetch;
            return at.World.Remember(IsrStep.Of(at.World.Setup, at.leader, at.World.Broker(at.leader), new FetchReceived(Id(at.i), fetch.Life, fetch.Epoch, fetch.From, 0), null));
        }, (World: this, i, leader));

    private (IsrStep Step, Part<IsrBroker> Next) Remember(IsrStep step) => (step, _memory.Brokers.Of(step.Next));

    private string Arrow(int from, int to) => Setup.Tells ? $"{from + 1}→{to + 1}" : "";

    private IsrWorld With(int i, IsrBroker broker, string line) => this with { _brokers = _brokers.SetItem(i, _memory.Brokers.Of(broker)), Trail = Setup.Tells ? [line] : [] };

    /// <summary>An input that the broker itself holds, or that a number says.</summary>
    private IsrWorld Takes(int i, Move key, Func<IsrBroker, IsrBroker> drop, Func<IsrBroker, ReplicaInput> input, string from) =>
        Applied(i, _memory.Steps.Of(_brokers[i].Number, -1 - key.Kind, key.Detail, static at => at.World.Remember(IsrStep.Of(at.World.Setup, at.i, at.drop(at.World.Broker(at.i)), at.input(at.World.Broker(at.i)), null)), (World: this, i, drop, input)), from);

    private IsrWorld TakesOrder(int i) =>
        Takes(i, new(Order, 0), b => b with { Orders = b.Orders.RemoveFirst(1) }, b => new StateTold(b.Orders[0], Setup.All, 0), Setup.Tells ? $"controller→{i + 1}" : "");

    /// <summary>Who is offline does nothing before it has its orders, so that it may as well have the first as soon as it is sent.</summary>
    private IsrWorld OfflineTakeOrders()
    {
        var world = this;
        for (var i = 0; i < _brokers.Length; i++)
            if (world.Broker(i) is { IsUp: true, State.Phase: ReplicaPhase.Offline, Orders.IsEmpty: false }) world = world.TakesOrder(i);
        return world;
    }

    /// <summary>A step's effects beyond its broker: producers that were told, an ISR write that the host may refuse.</summary>
    private IsrWorld Applied(int i, (IsrStep Step, Part<IsrBroker> Next) taken, string from)
    {
        var (step, next) = taken;
        var before = Broker(i);
        var world = this with { _brokers = _brokers.SetItem(i, next), Trail = Setup.Tells ? [.. Trail, $"{from} {step.Line}"] : [], Broken = Broken ?? step.Broken };
        if (step.Write is { } write)
        {
            if (write.Joiner != BrokerId.None && Broker(write.Joiner.Value - 1) is var joiner && !(joiner.IsRegistered && joiner.Life == write.JoinerEpoch.Value))
                world = world with { _brokers = world._brokers.SetItem(i, _memory.Brokers.Of(step.Next with { ToStore = step.Next.ToStore.RemoveLast(1), FromStore = step.Next.FromStore.Add(new IsrWriteFailed(write.LeaderEpoch)) })) };
            if (write.Isr.Count > before.State.Partition!.Isr.Count) world = world with { Expands = Expands - 1 };
        }
        if (step.Next.Records.Count < before.Records.Count && before.IsUp) world = world with { Reached = world.Reached | Truncated };
        foreach (var answer in step.Answered) world = world.Promised(i, answer);
        return world;
    }

    /// <summary>Whether a step would expand the ISR once more than the budget has it.</summary>
    private bool IsOneTooMany(int i, IsrStep step) => Expands == 0 && step.Write is { } write && write.Isr.Count > Broker(i).State.Partition!.Isr.Count;

    /// <summary>A follower's fetch arrives; its answer too, unless it's lost.</summary>
    private IsrWorld? FetchHeard(int i, int leader, bool answered)
    {
        var (step, next) = Fetches(i, leader);
        if (step.Given is not { } given) return null;
        if (IsOneTooMany(leader, step)) return this with { Trail = ["one expansion too many"] };
        var asked = Broker(i);
        var world = (this with { Trail = [] }).WithoutLate(i, leader).Applied(leader, (step, next), Arrow(i, leader));
        if (!answered) return world with { Trail = Setup.Tells ? [.. world.Trail, $"{leader + 1}'s answer is lost"] : [] };

        var heard = _memory.Steps.Of(world._brokers[i].Number, _brokers[leader].Number, Hear, static at => at.world.Remember(IsrStep.Of(at.world.Setup, at.i, at.world.Broker(at.i), at.given.Answer, at.given.Records)), (world, i, given));
        return world.Applied(i, heard, Arrow(leader, i));
    }

    private IsrWorld WithoutLate(int i, int leader)
    {
        var broker = Broker(i);
        if (broker.Late.IsEmpty) return this;
        var rest = broker.Late.RemoveAll(l => l.To.Value == leader + 1);
        return rest.Length == broker.Late.Length ? this : this with { _brokers = _brokers.SetItem(i, _memory.Brokers.Of(broker with { Late = rest })) };
    }

    /// <summary>A follower asks where its last epoch ends, and is told.</summary>
    private IsrWorld? Asks(int i, int leader)
    {
        var state = Broker(i).State;
        var answer = Setup.Replicas[leader].EpochEndOffset(Broker(leader).State, state.Partition!.LeaderEpoch, state.AskedEpoch);
        if (answer.Error != ReplicaError.None) return null;
        var told = new EpochEndAnswered(state.Partition.LeaderEpoch, state.AskedEpoch, answer.Error, answer.End);
        var world = (this with { Trail = [] }).WithoutLate(i, leader);
        return world.Applied(i, world._memory.Steps.Of(world._brokers[i].Number, -1 - Ask, answer.End.Epoch.Value * 1000L + answer.End.EndOffset, static at => at.world.Remember(IsrStep.Of(at.world.Setup, at.i, at.world.Broker(at.i), at.told, null)), (world, i, told)), Arrow(leader, i));
    }

    /// <summary>Without reductions: a request arrives, and an answer leaves.</summary>
    private IsrWorld Arrives(int i, IsrBroker broker, int leader)
    {
        switch (broker.Sent)
        {
            case FetchAsked fetch:
                var step = IsrStep.Of(Setup, leader, Broker(leader), new FetchReceived(Id(i), fetch.Life, fetch.Epoch, fetch.From, 0), null);
                if (IsOneTooMany(leader, step)) return this with { Trail = ["one expansion too many"] };
                return With(i, broker with { Sent = null, Given = step.Given, Late = broker.Late.RemoveAll(l => l.To.Value == leader + 1) }, "").Applied(leader, Remember(step), Arrow(i, leader));
            case EpochEndAsked ask:
                var answer = Setup.Replicas[leader].EpochEndOffset(Broker(leader).State, ask.Epoch, ask.Asked);
                return With(i, broker with { Sent = null, Given = new EpochEndGiven(new(ask.Epoch, ask.Asked, answer.Error, answer.End)), Late = broker.Late.RemoveAll(l => l.To.Value == leader + 1) }, $"{i + 1}→{leader + 1} {ask}");
            default:
                throw new InvalidOperationException($"no broker asks {broker.Sent}");
        }
    }

    /// <summary>Without reductions: an answer arrives.</summary>
    private IsrWorld Hears(int i, IsrBroker broker)
    {
        var (input, records) = broker.Given switch
        {
            FetchGiven given => ((ReplicaInput)given.Answer, given.Records),
            EpochEndGiven given => (given.Answer, (Sequence<GhostRecord>?)null),
            _ => throw new InvalidOperationException($"no leader answers {broker.Given}"),
        };
        return (this with { Trail = [] }).Applied(i, Remember(IsrStep.Of(Setup, i, broker with { Given = null }, input, records)), $"→{i + 1}");
    }

    /// <summary>A fetch of an earlier term or life arrives after all; its answer interests nobody.</summary>
    private IsrWorld LateArrives(int i, IsrBroker broker, int late)
    {
        var (to, fetch) = broker.Late[late];
        var leader = to.Value - 1;
        var world = With(i, broker with { Late = broker.Late.RemoveAt(late) }, "");
        var step = IsrStep.Of(Setup, leader, Broker(leader), new FetchReceived(Id(i), fetch.Life, fetch.Epoch, fetch.From, 0), null);
        if (IsOneTooMany(leader, step)) return world with { Trail = ["one expansion too many"] };
        world = (world with { Trail = [] }).Applied(leader, Remember(step), $"{i + 1}→{leader + 1} late");
        return step.Given is { Answer.Error: ReplicaError.None } ? world with { Reached = world.Reached | LateCounted } : world;
    }

    private IsrWorld Produces(int i, int acks)
    {
        var number = Setup.Records - Records + 1;
        return (this with { Records = Records - 1, Trail = [] }).Takes(i, new(Produce, 0, 0, 2 * number + acks), b => b, _ => new ProduceReceived(2 * number + acks, 1, acks == 0 ? Acks.All : Acks.Leader), Setup.Tells ? $"producer→{i + 1}" : "");
    }

    /// <summary>A leader looks who lags: those of <paramref name="late"/> have had their time, others not.</summary>
    private IsrWorld Lags(int i, int late)
    {
        var world = (this with { Trail = [] }).Takes(i, new(Lag, 0, 0, late),
            b => b with { State = b.State with { Lead = b.State.Lead! with { Followers = [.. b.State.Lead.Followers.Select(f => (late >> f.Broker.Value - 1 & 1) != 0 ? f with { CaughtUpMs = long.MinValue / 2 } : f)] } } },
            _ => new AlarmRang(ReplicaAlarm.LagCheck, 0), Setup.Tells ? $"{i + 1}: lagging is {string.Join(", ", Enumerable.Range(0, Setup.Brokers).Where(b => (late >> b & 1) != 0).Select(b => b + 1))};" : "");
        return world with { Shrinks = Shrinks - 1 };
    }

    /// <summary>The store takes the next thing that a broker asked; an answer that's lost leaves the asker with an unknown fate.</summary>
    private IsrWorld StoreTakes(int i, IsrBroker broker, bool loseAnswer)
    {
        var stored = Stored;
        ReplicaInput answer;
        switch (broker.ToStore[0])
        {
            case WriteIsr write when write.ExpectedVersion == Stored.Version || write.ExpectedVersion == -1:      // minus one: on whatever there is
                stored = Stored with { Isr = write.Isr, Elr = write.Elr, ControllerEpoch = write.ControllerEpoch, LeaderEpoch = write.LeaderEpoch, Version = Stored.Version + 1 };
                answer = loseAnswer ? new IsrWriteFailed(write.LeaderEpoch) : new IsrWritten(write.LeaderEpoch, stored.Version);
                break;
            case WriteIsr write:
                answer = new IsrWriteFailed(write.LeaderEpoch);
                break;
            case ReadState read:
                answer = new StateRead(read.LeaderEpoch, Stored);
                break;
            default:
                throw new InvalidOperationException($"the store knows no {broker.ToStore[0]}");
        }
        var world = With(i, broker with { ToStore = broker.ToStore.RemoveFirst(1), FromStore = broker.IsUp ? broker.FromStore.Add(answer) : broker.FromStore },
            Setup.Tells ? $"store: {broker.ToStore[0]} of {i + 1}: {(loseAnswer ? "answer lost; " : "")}{stored}" : "");
        return world.WithStored(stored) with { LostAnswers = loseAnswer ? LostAnswers - 1 : LostAnswers };
    }

    private IsrWorld WithStored(PartitionState stored)
    {
        if (ReferenceEquals(stored, Stored)) return this;
        var reached = Reached;
        if (stored.LeaderEpoch == Stored.LeaderEpoch && stored.Isr.Count < Stored.Isr.Count) reached |= Shrunk;
        if (stored.Isr.Count > Stored.Isr.Count) reached |= Expanded;
        if (!stored.Elr.IsEmpty && Stored.Elr.IsEmpty) reached |= LeftBehind;
        return this with { _stored = _memory.Stored.Of(stored), Reached = reached };
    }

    private bool HasEpochs => Stored.LeaderEpoch.Value + 1 < Setup.Epochs;

    /// <summary>Whether the controller may make broker i the leader now: ISR members before those the ELR keeps; at any time, for it may always believe the leader gone.</summary>
    private bool CanElect(int i)
    {
        if (Setup.IsControlled || !HasEpochs || !Broker(i).IsRegistered) return false;
        var anyInSync = false;
        var anyGone = false;
        foreach (var member in Stored.Isr)
        {
            anyInSync |= Broker(member.Value - 1).IsRegistered;
            anyGone |= !Broker(member.Value - 1).IsRegistered;
        }
        return (anyInSync ? Stored.Isr : Stored.Elr).Contains(Id(i)) && (Stored.Leader != Id(i) || anyGone);
    }

    private IsrWorld ElectLeader(int i)
    {
        var isr = BrokerSet.Of(Stored.Isr.Where(b => Broker(b.Value - 1).IsRegistered));
        if (isr.IsEmpty) isr = BrokerSet.Of([Id(i)]);
        var elr = isr.Count >= Setup.MinInSync ? BrokerSet.Empty : Stored.Isr.Union(Stored.Elr).Except(isr);
        return Written(new(Id(i), Stored.LeaderEpoch.Next, isr, elr, 1, Stored.Version + 1), "elects");
    }

    /// <summary>The controller has written a state, and tells every registered broker.</summary>
    private IsrWorld Written(PartitionState state, string what) => (this with
    {
        _brokers = [.. _brokers.Select(p => p.Value is { IsRegistered: true, IsUp: true } b ? _memory.Brokers.Of(b with { Orders = b.Orders.Add(state) }) : p)],
        Trail = Setup.Tells ? [$"controller {what}: {state}"] : [],
    }).WithStored(state);

    private bool NeedsEpoch(IsrBroker broker) => !broker.KeptTail || Stored.Leader == Id(broker.Place);

    /// <summary>Whether a broker's return is within the budget of epochs.</summary>
    private bool CanRegister(int i) => HasEpochs || !NeedsEpoch(Broker(i));

    /// <summary>A broker that was down starts, and registers.</summary>
    private IsrWorld Returns(int i, IsrBroker broker)
    {
        var started = With(i, broker with { IsUp = true, IsRegistered = false }, Setup.Tells ? $"{i + 1} starts with {broker.State.Log}{(broker.KeptTail ? "" : ", not sure of its tail")}" : "");
        return Setup.Reduced ? started.Registers(i, started.Broker(i)) : started;
    }

    /// <summary>A broker registers anew: a leader that came back needs a new epoch; who may lack records is taken out of ISR and ELR first, where others remain.</summary>
    private IsrWorld Registers(int i, IsrBroker broker)
    {
        var life = _brokers.Max(b => b.Value.Life) + 1;
        var world = With(i, broker with { IsRegistered = true, Life = life, KeptTail = true, Orders = [] }, $"{i + 1} registers as {life}");
        var (isr, elr) = broker.KeptTail ? (Stored.Isr, Stored.Elr) : Setup.Oracle.WithoutDoubtful(Stored, Id(i));
        if (!NeedsEpoch(broker)) return world.With(i, world.Broker(i) with { Orders = [Stored] }, $"{i + 1} registers as {life}");
        if (isr.IsEmpty) (isr, elr) = (elr, BrokerSet.Empty);
        var state = Stored with { Leader = Stored.Leader == Id(i) ? BrokerId.None : Stored.Leader, LeaderEpoch = Stored.LeaderEpoch.Next, Isr = isr, Elr = elr, Version = Stored.Version + 1 };
        return world.Written(state, $"takes {i + 1} back{(broker.KeptTail ? "" : ", which may lack records")}");
    }

    /// <summary>A broker is killed (<paramref name="kept"/> is −1) or loses power, keeping so many records; the high watermark that it last wrote down is its last one, or none.</summary>
    private IsrWorld Crashed(int i, IsrBroker broker, long checkpoint, int kept)
    {
        var power = kept >= 0;
        var log = broker.State.Log;
        var end = power ? kept : log.End;
        var state = Setup.Replicas[i].Recover(log with { End = end, CheckpointedHighWatermark = checkpoint }, broker.State.Settings, cleanly: !power && broker.KeptTail);
        state = state with { Log = state.Log with { CheckpointedHighWatermark = 0 } };
        var down = broker with
        {
            State = state, Records = broker.Records.RemoveLast((int)(log.End - end)), Lost = [.. broker.Records.Skip((int)end)], LostFrom = end < log.End ? end : 0, IsUp = false, KeptTail = !power && broker.KeptTail,
            Orders = [], FromStore = [], Late = IsrStep.Delayed(Setup, broker), Sent = null, Given = null,
        };
        return With(i, down, Setup.Tells ? $"{i + 1} {(power ? $"loses power, keeping [0,{end}) of {log.End}" : "is killed")}, with {checkpoint} as the high watermark on disk" : "") with
        {
            Crashes = Crashes - 1, Reached = Reached | (end < log.End ? LostRecords : 0),
        };
    }
}
