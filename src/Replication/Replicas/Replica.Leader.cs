using Step = Reference.Kernel.Step<Reference.Replication.Replicas.ReplicaState, Reference.Replication.Replicas.ReplicaEffect>;

namespace Reference.Replication.Replicas;

/// <summary>The leader: takes records in, lets followers fetch them, says when they are committed.</summary>
public partial class Replica
{
    /// <summary>A leader appends a producer's batch at its log end, under its own epoch; with acks=all only while the ISR is large enough.</summary>
    [Rule("REPL-PRODUCE-1")]
    protected virtual Step OnProduceReceived(ReplicaState s, ProduceReceived i)
    {
        if (s.Lead is not { } lead) return RefuseProduce(s, i, ReplicaError.NotLeader);
        if (i.Acks == Acks.All && !MayAppend(s)) return RefuseProduce(s, i, ReplicaError.NotEnoughReplicas);

        var epoch = s.Partition!.LeaderEpoch;
        var batch = new Batch(epoch, s.Log.End, s.Log.End + i.Records - 1);
        var waiter = new Waiter(i.Token, batch.BaseOffset, batch.LastOffset + 1);
        var next = s with
        {
            Log = s.Log with { End = batch.LastOffset + 1, Epochs = s.Log.Epochs.Enter(epoch, batch.BaseOffset) },
            Lead = i.Acks switch
            {
                Acks.All => lead with { ForCommit = lead.ForCommit.Add(waiter) },
                Acks.Leader => lead with { ForLeader = lead.ForLeader.Add(waiter) },
                _ => lead,
            },
        };
        var step = new Step(next, next.Log.Epochs.Last == s.Log.Epochs.Last ? [new Append(i.Token, batch)] : [new WriteEpoch(epoch, batch.BaseOffset), new Append(i.Token, batch)]);
        if (AcknowledgedEnd(next) < next.Log.End) step = step.Then(new Flush(next.Log.End));
        return step.Then(Advance);
    }

    /// <summary>A batch that the log holds already is answered with the offset that it has, as soon as the first one would be; nothing is appended.</summary>
    [Rule("REPL-IDEM-2")]
    protected virtual Step OnDuplicateReceived(ReplicaState s, DuplicateReceived i)
    {
        if (s.Lead is not { } lead) return Refuse(ReplicaError.NotLeader);
        if (i.LastOffset >= s.Log.End) return Refuse(ReplicaError.OutOfOrderSequence);
        if (i.Acks == Acks.None) return new(s, [], Ignored: "there already, and nobody waits");
        if (i.Acks == Acks.All && !MayAppend(s)) return Refuse(ReplicaError.NotEnoughReplicas);

        var waiter = new Waiter(i.Token, i.BaseOffset, i.LastOffset + 1);
        if (i.Acks == Acks.All ? IsCommitted(s, waiter) : AcknowledgedEnd(s) >= waiter.RequiredOffset) return new(s, [new AnswerProduce(i.Token, ReplicaError.None, i.BaseOffset)]);
        return new(s with { Lead = i.Acks == Acks.All ? lead with { ForCommit = InOrder(lead.ForCommit, waiter) } : lead with { ForLeader = InOrder(lead.ForLeader, waiter) } }, []);

        Step Refuse(ReplicaError error) => new(s, i.Acks == Acks.None ? [] : [new AnswerProduce(i.Token, error, -1)], Ignored: $"refused: {error}");
    }

    /// <summary>Whether the ISR is large enough that a producer may hope for min.insync.replicas copies.</summary>
    [Rule("REPL-ACK-1")]
    protected virtual bool MayAppend(ReplicaState s) => s.Partition!.Isr.Count >= s.Settings.MinInSync;

    /// <summary>A follower's fetch tells what it has; it may advance the high watermark, and bring the follower into the ISR.</summary>
    [Rule("REPL-FETCH-1")]
    protected virtual Step OnFetchReceived(ReplicaState s, FetchReceived i)
    {
        var fetchable = FetchableBy(s, i.LeaderEpoch, i.Offset);
        if (fetchable.Error != ReplicaError.None) return new(s, [AnswerTo(s, i, fetchable)], Ignored: "not answered with records");

        var lead = s.Lead!;
        var at = IndexOf(lead.Followers, i.Replica);
        if (at < 0) return new(s, [AnswerTo(s, i, fetchable with { Error = ReplicaError.UnknownTopicOrPartition })], Ignored: "holds no replica of this partition");
        var before = lead.Followers[at];
        if (i.BrokerEpoch < before.BrokerEpoch) return new(s, [], Ignored: "from an earlier life of that broker");

        var after = new Follower(i.Replica, i.BrokerEpoch, i.Offset, CaughtUpMs(s, before, i), i.NowMs, s.Log.End);
        var step = Advance(s with { Lead = lead with { Followers = lead.Followers.SetItem(at, after) } });
        step = step.Then(AnswerTo(step.State, i, FetchableBy(step.State, i.LeaderEpoch, i.Offset)));
        return MayJoin(step.State, after) ? step.Then(next => ChangeIsr(next, next.Partition!.Isr.Add(i.Replica), after)) : step;
    }

    /// <summary>When a follower last had all: now, if it has all now; at its last fetch, if it has what the leader had then; else when it last did.</summary>
    [Rule("REPL-ISR-4")]
    protected virtual long CaughtUpMs(ReplicaState s, Follower before, FetchReceived i)
    {
        if (i.Offset >= s.Log.End) return i.NowMs;
        return i.Offset >= before.LeaderEndAtFetch ? Math.Max(before.CaughtUpMs, before.FetchedMs) : before.CaughtUpMs;
    }

    /// <summary>What follows from what the replicas have: the high watermark, and the answers that waited for it.</summary>
    [Rule("REPL-HW-2")]
    protected Step Advance(ReplicaState s)
    {
        var enough = HasMinInSync(s);
        var highWatermark = enough ? Math.Max(s.HighWatermark, HighWatermarkOf(s)) : s.HighWatermark;
        var next = highWatermark == s.HighWatermark ? s : s with { HighWatermark = highWatermark };
        var lead = next.Lead!;

        var acknowledged = AcknowledgedEnd(next);
        var local = 0;
        while (local < lead.ForLeader.Count && lead.ForLeader[local].RequiredOffset <= acknowledged) local++;
        var committed = 0;
        while (committed < lead.ForCommit.Count && IsCommitted(next, lead.ForCommit[committed])) committed++;
        var failed = enough || MayAppend(next) ? 0 : lead.ForCommit.Count - committed;
        if (next == (object)s && local + committed + failed == 0) return new(s, []);

        var effects = ImmutableArray.CreateBuilder<ReplicaEffect>(local + committed + failed + 1);
        if (next != (object)s) effects.Add(new HighWatermarkAdvanced(highWatermark));
        for (var n = 0; n < local; n++) effects.Add(new AnswerProduce(lead.ForLeader[n].Token, ReplicaError.None, lead.ForLeader[n].BaseOffset));
        for (var n = 0; n < committed; n++) effects.Add(new AnswerProduce(lead.ForCommit[n].Token, ReplicaError.None, lead.ForCommit[n].BaseOffset));
        for (var n = 0; n < failed; n++) effects.Add(new AnswerProduce(lead.ForCommit[committed + n].Token, ReplicaError.NotEnoughReplicasAfterAppend, -1));
        if (local + committed + failed == 0) return new(next, effects.DrainToImmutable());
        return new(next with { Lead = lead with { ForLeader = lead.ForLeader.RemoveFirst(local), ForCommit = lead.ForCommit.RemoveFirst(committed + failed) } }, effects.DrainToImmutable());
    }

    /// <summary>The least that the leader and every member of the maximal ISR have.</summary>
    [Rule("REPL-HW-1")]
    protected virtual long HighWatermarkOf(ReplicaState s) => HighWatermark.Of(AcknowledgedEnd(s), me, MaximalIsr(s), s.Lead!.Followers);

    /// <summary>Everyone who may be in the ISR, whatever becomes of the change under way.</summary>
    [Rule("REPL-HW-3")]
    protected virtual BrokerSet MaximalIsr(ReplicaState s) => s.Lead!.Change is { } change ? s.Partition!.Isr.Union(change.Isr) : s.Partition!.Isr;

    /// <summary>Whether the ISR is large enough to commit anything, and nobody outside it is held eligible for having all that is committed.</summary>
    [Rule("REPL-ACK-2")]
    protected virtual bool HasMinInSync(ReplicaState s) => s.Partition!.Isr.Count >= EffectiveMinInSync(s) && s.Partition.Elr.IsEmpty;

    /// <summary>min.insync.replicas, or all replicas if there are fewer.</summary>
    protected static int EffectiveMinInSync(ReplicaState s) => Math.Min(s.Settings.MinInSync, s.Replicas.Count);

    /// <summary>Whether a producer that waits for the ISR may be told that it has its records.</summary>
    [Rule("REPL-ACK-3")]
    protected virtual bool IsCommitted(ReplicaState s, Waiter waiter) => s.HighWatermark >= waiter.RequiredOffset;

    /// <summary>A producer that waited too long is told so; its records stay.</summary>
    [Rule("REPL-ACK-5")]
    protected virtual Step OnProduceExpired(ReplicaState s, ProduceExpired i)
    {
        if (s.Lead is not { } lead) return new(s, [], Ignored: "answered when it ceased to lead");
        Sequence<Waiter> forCommit = Without(lead.ForCommit, i.Token), forLeader = Without(lead.ForLeader, i.Token);
        if (forCommit.Count + forLeader.Count == lead.ForCommit.Count + lead.ForLeader.Count) return new(s, [], Ignored: "answered");

        return new(s with { Lead = lead with { ForCommit = forCommit, ForLeader = forLeader } }, [new AnswerProduce(i.Token, ReplicaError.RequestTimedOut, -1)]);
    }

    private static Step RefuseProduce(ReplicaState s, ProduceReceived i, ReplicaError error) =>
        new(s, i.Acks == Acks.None ? [] : [new AnswerProduce(i.Token, error, -1)], Ignored: $"refused: {error}");

    private static AnswerFetch AnswerTo(ReplicaState s, FetchReceived i, Fetchable f) => new(i.Replica, i.LeaderEpoch, f.Error, i.Offset, f.UpTo, f.HighWatermark, f.LogStart);

    private static int IndexOf(ImmutableArray<Follower> followers, BrokerId broker)
    {
        for (var at = 0; at < followers.Length; at++) if (followers[at].Broker == broker) return at;
        return -1;
    }

    /// <summary>The waiters and one more, in the order of the log.</summary>
    private static Sequence<Waiter> InOrder(Sequence<Waiter> waiters, Waiter waiter) => [.. waiters.Append(waiter).OrderBy(w => w.RequiredOffset)];

    private static Sequence<Waiter> Without(Sequence<Waiter> waiters, long token)
    {
        if (!waiters.Any(w => w.Token == token)) return waiters;
        var rest = Sequence<Waiter>.Empty;
        foreach (var waiter in waiters) if (waiter.Token != token) rest = rest.Add(waiter);
        return rest;
    }
}
