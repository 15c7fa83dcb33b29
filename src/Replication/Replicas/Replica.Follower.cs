using Step = Reference.Kernel.Step<Reference.Replication.Replicas.ReplicaState, Reference.Replication.Replicas.ReplicaEffect>;

namespace Reference.Replication.Replicas;

/// <summary>The follower: makes its log a prefix of its leader's, then fetches the rest.</summary>
public partial class Replica
{
    /// <summary>In every new leader epoch a follower asks where its own last epoch ends in the leader's log, and cuts nothing off before it knows.</summary>
    [Rule("REPL-TRUNC-1")]
    protected virtual Step BeginTruncation(ReplicaState s) => s.Log.Epochs.Last == LeaderEpoch.None ? Agree(s) : Ask(s);

    /// <summary>Asks where this log's last epoch ends in the leader's.</summary>
    protected Step Ask(ReplicaState s)
    {
        var last = s.Log.Epochs.Last;
        return new(s with { AskedEpoch = last }, [new AskEpochEnd(s.Partition!.Leader, s.Partition.LeaderEpoch, last)]);
    }

    /// <summary>A follower heeds the answer to what it asked in its present epoch, and no other.</summary>
    [Rule("REPL-FENCE-3")]
    protected virtual Step OnEpochEndAnswered(ReplicaState s, EpochEndAnswered i)
    {
        if (s.Phase != ReplicaPhase.Truncating || i.LeaderEpoch != s.Partition!.LeaderEpoch || i.Asked != s.AskedEpoch) return new(s, [], Ignored: "not what it asked");
        if (i.Error != ReplicaError.None) return new(s, [new SetAlarm(ReplicaAlarm.Retry)]);

        return TruncateBy(s, i.End);
    }

    /// <summary>A follower cuts its log off where the epoch answered ends in either log; if its last epoch is then another one, it asks again.</summary>
    [Rule("REPL-TRUNC-2")]
    protected virtual Step TruncateBy(ReplicaState s, EpochEnd leaders)
    {
        if (leaders == EpochEnd.Undefined) return TruncateBlindly(s);

        var mine = s.Log.Epochs.Floor(leaders.Epoch, s.Log.End);
        var cut = CutTo(s, Math.Min(leaders.EndOffset, mine.EndOffset));
        var last = cut.State.Log.Epochs.Last;
        return last == leaders.Epoch || last == LeaderEpoch.None ? cut.Then(Agree) : cut.Then(Ask);
    }

    /// <summary>A leader that knows no epoch so late leaves nothing to go by but the high watermark. A leader that keeps REPL-LEAD-1 never answers so.</summary>
    [Rule("REPL-TRUNC-5")]
    protected virtual Step TruncateBlindly(ReplicaState s) => CutTo(s, s.HighWatermark).Then(Agree);

    /// <summary>Cuts the log off at an offset. Before its start, nothing is left of it; at or after its end, only epochs without a record go.</summary>
    [Rule("REPL-TRUNC-3")]
    protected Step CutTo(ReplicaState s, long end)
    {
        if (end < s.Log.Start) return BeginAnew(s, end);

        var kept = Math.Min(end, s.Log.End);
        var epochs = s.Log.Epochs.TruncateTo(kept);
        if (kept == s.Log.End && epochs.Equals(s.Log.Epochs)) return new(s, []);

        var log = s.Log with { Epochs = epochs, End = kept, Flushed = Math.Min(kept, s.Log.Flushed), CheckpointedHighWatermark = Math.Min(kept, s.Log.CheckpointedHighWatermark) };
        return new(s with { Log = log, HighWatermark = Math.Min(kept, s.HighWatermark) }, WithCheckpoint(s, kept, new Truncate(kept)));
    }

    /// <summary>Drops the whole log and begins anew at an offset.</summary>
    [Rule("REPL-TRUNC-4")]
    protected Step BeginAnew(ReplicaState s, long start) =>
        new(s with { Log = new(LeaderEpochs.Empty, start, start, start, start), HighWatermark = start }, WithCheckpoint(s, start, new TruncateFully(start)));

    /// <summary>A checkpointed high watermark above the cut must not come back after a crash, over other records.</summary>
    private static ImmutableArray<ReplicaEffect> WithCheckpoint(ReplicaState s, long end, ReplicaEffect cut) =>
        end < s.Log.CheckpointedHighWatermark ? [new CheckpointHighWatermark(end), cut] : [cut];

    /// <summary>The log is a prefix of the leader's: fetch what follows.</summary>
    protected Step Agree(ReplicaState s) => FetchNext(s with { Phase = ReplicaPhases.After(s.Phase, ReplicaTrigger.LogsAgree), AskedEpoch = LeaderEpoch.None });

    /// <summary>A fetch says what the follower has, so it waits until the follower may say so.</summary>
    [Rule("REPL-ACK-4")]
    protected virtual Step FetchNext(ReplicaState s) =>
        new(s, [AcknowledgedEnd(s) < s.Log.End ? new Flush(s.Log.End) : new Fetch(s.Partition!.Leader, s.Partition.LeaderEpoch, s.Log.End)]);

    /// <summary>A follower appends what continues its log, under the epochs that the records carry, and learns the leader's high watermark and log start.</summary>
    [Rule("REPL-FETCH-2")]
    protected virtual Step OnFetchAnswered(ReplicaState s, FetchAnswered i)
    {
        if (s.Phase != ReplicaPhase.Fetching || i.LeaderEpoch != s.Partition!.LeaderEpoch || i.Offset != s.Log.End) return new(s, [], Ignored: "not what it asked");
        if (i.Error == ReplicaError.OffsetOutOfRange) return OnOutOfRange(s, i.LogStart);
        if (i.Error != ReplicaError.None) return new(s, [new SetAlarm(ReplicaAlarm.Retry)]);
        if (!Continue(s, i.Batches)) return PartFromLeader(s);

        return Receive(s, i.Batches).Then(next => Learn(next, i.HighWatermark, i.LogStart)).Then(FetchNext);
    }

    /// <summary>A follower whose log ends before the leader's starts begins anew there; one whose log ends after the leader's finds out where they part.</summary>
    [Rule("REPL-TRUNC-4")]
    protected virtual Step OnOutOfRange(ReplicaState s, long leaderStart) => leaderStart > s.Log.End ? BeginAnew(s, leaderStart).Then(FetchNext) : PartFromLeader(s);

    /// <summary>A log that isn't a prefix of the leader's after all is compared again.</summary>
    private Step PartFromLeader(ReplicaState s) => BeginTruncation(s with { Phase = ReplicaPhases.After(s.Phase, ReplicaTrigger.LogsPart) });

    /// <summary>Whether batches come in order, from the log end on, under epochs that don't go back or ahead of the leader's.</summary>
    private static bool Continue(ReplicaState s, ImmutableArray<Batch> batches)
    {
        var end = s.Log.End;
        var epoch = s.Log.Epochs.Last;
        foreach (var batch in batches)
        {
            if (batch.BaseOffset < end || batch.LastOffset < batch.BaseOffset || batch.Epoch < epoch || batch.Epoch > s.Partition!.LeaderEpoch) return false;
            end = batch.LastOffset + 1;
            epoch = batch.Epoch;
        }
        return true;
    }

    private static Step Receive(ReplicaState s, ImmutableArray<Batch> batches)
    {
        if (batches.IsEmpty) return new(s, []);

        var epochs = s.Log.Epochs;
        var effects = ImmutableArray.CreateBuilder<ReplicaEffect>();
        foreach (var batch in batches)
        {
            if (batch.Epoch == epochs.Last) continue;
            epochs = epochs.Enter(batch.Epoch, batch.BaseOffset);
            effects.Add(new WriteEpoch(batch.Epoch, batch.BaseOffset));
        }
        var end = batches[^1].LastOffset + 1;
        effects.Add(new AppendFetched(s.Log.End, end));
        return new(s with { Log = s.Log with { Epochs = epochs, End = end } }, effects.DrainToImmutable());
    }

    /// <summary>A follower's high watermark is the leader's, as far as its own log goes, and never goes back; below it, it drops what the leader dropped.</summary>
    [Rule("REPL-HW-4")]
    protected virtual Step Learn(ReplicaState s, long leaderHighWatermark, long leaderStart)
    {
        var highWatermark = Math.Max(s.HighWatermark, Math.Min(leaderHighWatermark, s.Log.End));
        var next = highWatermark == s.HighWatermark ? s : s with { HighWatermark = highWatermark };
        return leaderStart > s.Log.Start && leaderStart <= highWatermark ? new(StartLogAt(next, leaderStart), [new MoveLogStart(leaderStart)]) : new(next, []);
    }

    /// <summary>A follower that got no answer asks again later.</summary>
    [Rule("REPL-FETCH-3")]
    protected virtual Step OnLeaderUnreachable(ReplicaState s, LeaderUnreachable i) =>
        s.Phase is ReplicaPhase.Truncating or ReplicaPhase.Fetching && i.LeaderEpoch == s.Partition!.LeaderEpoch
            ? new(s, [new SetAlarm(ReplicaAlarm.Retry)])
            : new(s, [], Ignored: "not its leader any more");

    /// <summary>A follower asks again what wasn't answered.</summary>
    [Rule("REPL-FETCH-3")]
    protected virtual Step OnRetry(ReplicaState s) => s.Phase switch
    {
        ReplicaPhase.Truncating => Ask(s),
        ReplicaPhase.Fetching => FetchNext(s),
        _ => new(s, [], Ignored: "not a follower"),
    };
}
