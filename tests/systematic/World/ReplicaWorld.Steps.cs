using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.World;

/// <summary>What moves do: the cores' steps and their effects, the store, the oracle controller, crashes.</summary>
public sealed partial record ReplicaWorld
{
    /// <summary>One input: the real core's step and its effects on the world.</summary>
    private ReplicaWorld Step(int i, ReplicaInput input, string line, Sequence<GhostRecord>? fetched = null)
    {
        var before = Brokers[i].State;
        var step = Setup.Replicas[i].Take(before, input);
        var world = With(i, Brokers[i] with { State = step.State }) with { Trail = [step.Ignored is null ? line : $"{line} (ignored: {step.Ignored})"] };
        foreach (var effect in step.Effects) world = world.Do(i, effect, input, fetched);

        if (before.Lead is null && step.State is { Lead: not null, Partition: { } partition } || before.Partition?.LeaderEpoch != step.State.Partition?.LeaderEpoch && step.State.Lead is not null)
            world = world with { Leaders = world.Leaders.SetItem(step.State.Partition!.LeaderEpoch, world.Leaders.GetValueOrDefault(step.State.Partition.LeaderEpoch, BrokerSet.Empty).Add(Id(i))) };

        var broken = world.Broken;
        foreach (var invariant in ReplicaInvariants.OfState)
            if (broken is null && Setup.Judges(invariant.Rule) && !invariant.Holds(step.State)) broken = new(invariant.Rule, invariant.Claim, $"broker {i + 1}: {step.State}");
        foreach (var invariant in ReplicaInvariants.OfStep)
            if (broken is null && Setup.Judges(invariant.Rule) && !invariant.Holds((before, step.State))) broken = new(invariant.Rule, invariant.Claim, $"broker {i + 1}: {before} became {step.State}");
        return world with { Broken = broken };
    }

    private ReplicaWorld Do(int i, ReplicaEffect effect, ReplicaInput input, Sequence<GhostRecord>? fetched)
    {
        var broker = Brokers[i];
        switch (effect)
        {
            case Append append:
                return With(i, broker with { Records = broker.Records.Add(new(append.Batch.Epoch, (int)append.Token)) });
            case AppendFetched appended:
                var records = broker.Records;
                for (var r = 0; r < appended.End - appended.From; r++) records = records.Add(fetched![r]);
                return With(i, broker with { Records = records });
            case Truncate truncate:
                return With(i, broker with { Records = broker.Records.RemoveLast(broker.Records.Count - (int)(truncate.End - broker.State.Log.Start)), FlushTo = -1 });
            case TruncateFully:
                return With(i, broker with { Records = [], FlushTo = -1 });
            case Flush flush:
                return With(i, broker with { FlushTo = flush.End });
            case AnswerProduce { Error: ReplicaError.None } answer:
                return Promised(i, answer);
            case AnswerFetch answer:
                return this with { Links = Links.Send(i, answer.Replica.Value - 1, Given(i, answer)) };
            case Fetch fetch:
                return Asked(i, fetch.Leader, fetch.LeaderEpoch, new FetchAsked(fetch.LeaderEpoch, fetch.From, new(broker.Life)));
            case AskEpochEnd ask:
                return Asked(i, ask.Leader, ask.LeaderEpoch, new EpochEndAsked(ask.LeaderEpoch, ask.Epoch));
            case StopFetching:
                return With(i, broker with { Asking = null });
            case WriteIsr write:
                // The host looks at the joiner's registration once it has the order; the write itself comes later, and is conditional.
                var stale = write.Joiner != BrokerId.None && Brokers[write.Joiner.Value - 1] is var joiner && !(joiner.IsRegistered && joiner.Life == write.JoinerEpoch.Value);
                return With(i, stale ? broker with { FromStore = broker.FromStore.Add(new IsrWriteFailed(write.LeaderEpoch)) } : broker with { ToStore = broker.ToStore.Add(write) });
            case ReadState:
                return With(i, broker with { ToStore = broker.ToStore.Add(effect) });
            case SetAlarm alarm:
                return With(i, broker with { Alarms = broker.Alarms | 1 << (int)alarm.Alarm });
            default:
                return this;    // what the state already says: checkpoints, epochs, watermarks; answers that promise nothing
        }
    }

    private ReplicaWorld Asked(int i, BrokerId leader, LeaderEpoch epoch, object request) =>
        With(i, Brokers[i] with { Asking = (leader, epoch) }) with { Links = Links.Send(i, leader.Value - 1, request) };

    /// <summary>The answer as the host gives it: the records that lie there, as one batch an epoch.</summary>
    private FetchGiven Given(int i, AnswerFetch answer)
    {
        var records = Sequence<GhostRecord>.Empty;
        var batches = ImmutableArray.CreateBuilder<Batch>();
        if (answer.Error == ReplicaError.None)
            for (var offset = answer.From; offset < answer.UpTo; offset++)
            {
                var record = Brokers[i].Records[(int)(offset - Brokers[i].State.Log.Start)];
                records = records.Add(record);
                if (batches.Count > 0 && batches[^1].Epoch == record.Epoch) batches[^1] = batches[^1] with { LastOffset = offset };
                else batches.Add(new(record.Epoch, offset, offset));
            }
        return new(new(answer.LeaderEpoch, answer.From, answer.Error, answer.HighWatermark, answer.LogStart, batches.ToImmutable()), records);
    }

    private ReplicaWorld Delivered(int i, int other)
    {
        var (links, packet) = Links.Take(other, i);
        var world = this with { Links = links, Trail = [$"{i + 1}—{other + 1} {(packet is Packet.Up ? "link up" : "link gone")}"] };
        if (packet is not Packet.Carries { Message: var message }) return world;
        var line = $"{other + 1}→{i + 1} {message}";
        var broker = Brokers[i];
        switch (message)
        {
            case FetchAsked fetch:
                return world.Step(i, new FetchReceived(Id(other), fetch.Life, fetch.Epoch, fetch.From, NowMs), line);
            case EpochEndAsked ask:
                var answer = Setup.Replicas[i].EpochEndOffset(broker.State, ask.Epoch, ask.Asked);
                return world with { Links = links.Send(i, other, new EpochEndGiven(new(ask.Epoch, ask.Asked, answer.Error, answer.End))), Trail = [line] };
            case FetchGiven given:
                return world.Heard(i, given.Answer.LeaderEpoch).Step(i, given.Answer, line, given.Records);
            case EpochEndGiven given:
                return world.Heard(i, given.Answer.LeaderEpoch).Step(i, given.Answer, line);
            default:
                throw new InvalidOperationException($"no broker knows {message}");
        }
    }

    private ReplicaWorld Heard(int i, LeaderEpoch epoch) => Brokers[i].Asking?.Epoch == epoch ? With(i, Brokers[i] with { Asking = null }) : this;

    /// <summary>A producer was told that its record is there.</summary>
    private ReplicaWorld Promised(int i, AnswerProduce answer)
    {
        var broker = Brokers[i];
        var record = broker.Records[(int)(answer.BaseOffset - broker.State.Log.Start)];
        if (!WaitsForAll(record.Value)) return this;
        var copies = Brokers.Count(b => b.Held(answer.BaseOffset, record));
        return this with { Acknowledged = Acknowledged.Add(new(answer.BaseOffset, record, broker.State.Partition!.LeaderEpoch, copies, Math.Min(Setup.MinInSync, Setup.Brokers))) };
    }

    /// <summary>A consumer reads on, and asks for the end.</summary>
    private ReplicaWorld ConsumeFrom(int i, ReplicaState state)
    {
        var world = this with { Trail = [$"consumer reads from {i + 1} up to {Setup.Replicas[i].ReadableUpTo(state)}"] };
        for (var offset = (long)Consumed.Count; offset < Setup.Replicas[i].ReadableUpTo(state); offset++)
            world = world with { Consumed = world.Consumed.Add(new(offset, Brokers[i].Records[(int)(offset - state.Log.Start)], state.Partition!.LeaderEpoch, 1, 1)) };
        if (!CanTellEnd(i)) return world;
        var end = Setup.Replicas[i].LatestOffset(state, LeaderEpoch.None).Offset;
        return world with { LastEndTold = end, FarthestEndTold = Math.Max(FarthestEndTold, end) };
    }

    /// <summary>Whether this broker may tell a consumer the end: it is the leader that the store names, and knows.</summary>
    private bool CanTellEnd(int i) =>
        Brokers[i].State is { Lead: not null, Partition: { } partition } state && partition.LeaderEpoch == Stored.LeaderEpoch
        && Setup.Replicas[i].LatestOffset(state, LeaderEpoch.None) is { Error: ReplicaError.None } answer && answer.Offset != LastEndTold;

    /// <summary>The store takes the next thing that a broker asked; an answer that's lost leaves the asker with an unknown fate.</summary>
    private ReplicaWorld StoreTakes(int i, ReplicaBroker broker, bool loseAnswer)
    {
        var asked = broker.ToStore[0];
        var stored = Stored;
        ReplicaInput answer;
        switch (asked)
        {
            case WriteIsr write when write.ExpectedVersion == Stored.Version || write.ExpectedVersion == -1:      // minus one: on whatever there is
                stored = Stored with { Isr = write.Isr, Elr = write.Elr, ControllerEpoch = write.ControllerEpoch, LeaderEpoch = write.LeaderEpoch, Version = Stored.Version + 1 };
                answer = new IsrWritten(write.LeaderEpoch, stored.Version);
                break;
            case WriteIsr write:
                answer = new IsrWriteFailed(write.LeaderEpoch);
                break;
            case ReadState read:
                answer = new StateRead(read.LeaderEpoch, Stored);
                break;
            default:
                throw new InvalidOperationException($"the store knows no {asked}");
        }
        if (loseAnswer) answer = asked is WriteIsr w ? new IsrWriteFailed(w.LeaderEpoch) : answer;
        var next = broker with { ToStore = broker.ToStore.RemoveFirst(1), FromStore = broker.IsUp ? broker.FromStore.Add(answer) : broker.FromStore };
        return With(i, next) with { Stored = stored, Breaks = loseAnswer ? Breaks - 1 : Breaks, Trail = [$"store: {asked} of {i + 1}: {(loseAnswer ? "answer lost; " : "")}{stored}"] };
    }

    /// <summary>Whether the controller may make broker i the leader now: it must when the leader is gone, it may within the budget; ISR members before those the ELR keeps.</summary>
    private bool CanElect(int i)
    {
        if (!Brokers[i].IsRegistered) return false;
        var anyInSync = Stored.Isr.Any(b => Brokers[b.Value - 1].IsRegistered);
        if (!(anyInSync ? Stored.Isr : Stored.Elr).Contains(Id(i))) return false;
        var leaderIsGone = Stored.Leader == BrokerId.None || !Brokers[Stored.Leader.Value - 1].IsRegistered;
        var memberIsGone = Stored.Isr.Any(b => !Brokers[b.Value - 1].IsRegistered);
        return leaderIsGone || memberIsGone && Stored.Leader == Id(i) || Elections > 0 && Stored.Leader != Id(i);
    }

    private ReplicaWorld ElectLeader(int i)
    {
        var isr = BrokerSet.Of(Stored.Isr.Where(b => Brokers[b.Value - 1].IsRegistered));
        if (isr.IsEmpty) isr = BrokerSet.Of([Id(i)]);
        var elr = isr.Count >= Setup.MinInSync ? BrokerSet.Empty : Stored.Isr.Union(Stored.Elr).Except(isr);
        var forced = Stored.Leader == BrokerId.None || !Brokers[Stored.Leader.Value - 1].IsRegistered || Stored.Leader == Id(i);
        return (this with { Elections = forced ? Elections : Elections - 1 }).Written(new(Id(i), Stored.LeaderEpoch.Next, isr, elr, 1, Stored.Version + 1), "elects");
    }

    /// <summary>The controller has written a state, and tells every registered broker.</summary>
    private ReplicaWorld Written(PartitionState state, string what) => this with
    {
        Stored = state,
        Brokers = [.. Brokers.Select(b => b.IsRegistered && b.IsUp ? b with { Orders = b.Orders.Add(state) } : b)],
        Trail = [$"controller {what}: {state}"],
    };

    /// <summary>A broker registers anew: a leader that came back needs a new epoch; who may lack records is taken out of ISR and ELR first, where others remain.</summary>
    private ReplicaWorld RegisterOf(int i, ReplicaBroker broker)
    {
        var world = With(i, broker with { IsRegistered = true, Life = LastLife + 1, KeptTail = true, Orders = [] }) with { LastLife = LastLife + 1 };
        var isr = Stored.Isr;
        var elr = Stored.Elr;
        if (!broker.KeptTail && isr.Union(elr).Count > 1)
        {
            elr = elr.Remove(Id(i));
            if (isr.Count > 1 || !elr.IsEmpty) isr = isr.Remove(Id(i));
        }
        var changes = !broker.KeptTail || Stored.Leader == Id(i);
        if (!changes) return (world with { Trail = [$"{i + 1} registers as {world.LastLife}"] }).Tell(i);
        if (isr.IsEmpty) (isr, elr) = (elr, BrokerSet.Empty);
        var state = Stored.Leader == Id(i)
            ? new PartitionState(BrokerId.None, Stored.LeaderEpoch.Next, isr, elr, 1, Stored.Version + 1)
            : Stored with { LeaderEpoch = Stored.LeaderEpoch.Next, Isr = isr, Elr = elr, Version = Stored.Version + 1 };
        return world.Written(state, $"takes {i + 1} back{(broker.KeptTail ? "" : ", which may lack records")}");
    }

    private ReplicaWorld Tell(int i) => With(i, Brokers[i] with { Orders = Brokers[i].Orders.Add(Stored) });

    private ReplicaWorld RestartOf(int i, ReplicaBroker broker)
    {
        var log = broker.State.Log;
        var state = Setup.Replicas[i].Recover(log, broker.State.Settings, broker.KeptTail);
        return With(i, broker with { State = state, IsUp = true, IsRegistered = false }) with { Trail = [$"{i + 1} starts with {state.Log}{(broker.KeptTail ? "" : ", not sure of its tail")}"] };
    }

    private ReplicaWorld Down(int i, ReplicaBroker broker, int kept, bool keepSent, bool power)
    {
        var log = broker.State.Log;
        var state = broker.State with { Log = log with { End = kept, CheckpointedHighWatermark = Math.Min(kept, log.CheckpointedHighWatermark) }, HighWatermark = Math.Min(kept, broker.State.HighWatermark) };
        var records = broker.Records.RemoveLast((int)(log.End - kept));
        // What was on disk at all is so after a kill too; the flush that was under way is not heard of.
        var down = broker with { State = state with { Log = state.Log with { Epochs = log.Epochs } }, Records = records, IsUp = false, KeptTail = !power && broker.KeptTail, Orders = [], FromStore = [], Alarms = 0, FlushTo = -1, Asking = null };
        if (kept < log.End) down = down with { Lost = (kept - log.Start, [.. broker.Records.Skip((int)(kept - log.Start))]) };
        return With(i, down) with
        {
            Links = Links.Crash(i, keepSent),
            Kills = power ? Kills : Kills - 1,
            PowerLosses = power ? PowerLosses - 1 : PowerLosses,
            Reached = Reached | (kept < log.End ? 1ul << Partition.Goals.Length : 0),
            Trail = [$"{i + 1} {(power ? $"loses power, keeping [0,{kept}) of {log.End}" : "is killed")}"],
        };
    }
}
