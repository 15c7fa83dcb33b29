using Step = Reference.Kernel.Step<Reference.Replication.Replicas.ReplicaState, Reference.Replication.Replicas.ReplicaEffect>;

namespace Reference.Replication.Replicas;

/// <summary>One partition's replica on one broker, leader or follower: the rules. It has no state of its own; one object serves all partitions of a broker.</summary>
/// <param name="me">The broker that it is on.</param>
/// <param name="lagTimeMaxMs">How long a follower may lag and stay in the ISR: replica.lag.time.max.ms.</param>
public partial class Replica(BrokerId me, long lagTimeMaxMs)
{
    /// <summary>The broker that it is on.</summary>
    public BrokerId Me => me;

    /// <summary>How long a follower may lag and stay in the ISR.</summary>
    public long LagTimeMaxMs => lagTimeMaxMs;

    /// <summary>A replica as its broker comes back: its role is not known until the controller tells.</summary>
    /// <param name="log">What is on disk: a prefix of what was appended, and at least what was flushed. Its epochs are those of the checkpoint, also such that start at the log's end or later.</param>
    /// <param name="settings">The topic's settings.</param>
    /// <param name="cleanly">Whether the broker had shut down in order and left its mark, or the partition has just been created.</param>
    [Rule("REPL-LEAD-2")]
    public ReplicaState Recover(ReplicaLog log, ReplicaSettings settings, bool cleanly)
    {
        var kept = log with { Epochs = log.Epochs.TruncateTo(log.End) };
        var highWatermark = Math.Clamp(log.CheckpointedHighWatermark, log.Start, log.End);
        return new(kept, settings, ReplicaPhase.Offline, highWatermark, null, BrokerSet.Empty, log.Epochs.Last, !cleanly, null, LeaderEpoch.None);
    }

    /// <summary>What an input changes, and what the world must do.</summary>
    public Step Take(ReplicaState s, ReplicaInput input) => input switch
    {
        ProduceReceived i => OnProduceReceived(s, i),
        DuplicateReceived i => OnDuplicateReceived(s, i),
        FetchReceived i => OnFetchReceived(s, i),
        FetchAnswered i => OnFetchAnswered(s, i),
        Flushed i => OnFlushed(s, i),
        StateTold i => OnStateTold(s, i),
        EpochEndAnswered i => OnEpochEndAnswered(s, i),
        IsrWritten i => OnIsrWritten(s, i),
        IsrWriteFailed i => OnIsrWriteFailed(s, i),
        StateRead i => OnStateRead(s, i),
        LeaderUnreachable i => OnLeaderUnreachable(s, i),
        ProduceExpired i => OnProduceExpired(s, i),
        LogStartMoved i => OnLogStartMoved(s, i),
        SettingsChanged i => OnSettingsChanged(s, i),
        StopTold i => OnStopTold(s, i),
        AlarmRang { Alarm: ReplicaAlarm.LagCheck } i => OnLagCheck(s, i.NowMs),
        AlarmRang { Alarm: ReplicaAlarm.Retry } => OnRetry(s),
        AlarmRang { Alarm: ReplicaAlarm.Checkpoint } => OnCheckpoint(s),
        _ => throw new ArgumentException($"A replica knows no input {input}.", nameof(input)),
    };

    /// <summary>The end of what this replica says it has: what it appended or, with flush.messages=1, what is on disk.</summary>
    [Rule("REPL-ACK-4")]
    protected virtual long AcknowledgedEnd(ReplicaState s) => s.Settings.Acknowledges == AcknowledgementPoint.Flushed ? s.Log.Flushed : s.Log.End;

    /// <summary>What reached the disk is acknowledged: by the leader to its producers, by a follower with its next fetch.</summary>
    [Rule("REPL-ACK-4")]
    protected virtual Step OnFlushed(ReplicaState s, Flushed i)
    {
        var flushed = Math.Min(i.Offset, s.Log.End);
        if (flushed <= s.Log.Flushed) return new(s, [], Ignored: "known to be on disk");

        var next = s with { Log = s.Log with { Flushed = flushed } };
        if (next.Lead is not null) return Advance(next);
        return next.Phase == ReplicaPhase.Fetching && AcknowledgedEnd(s) < s.Log.End && AcknowledgedEnd(next) == s.Log.End ? FetchNext(next) : new(next, []);
    }

    /// <summary>The high watermark is written down now and then, so that a broker that comes back can let consumers read.</summary>
    [Rule("REPL-HW-5")]
    protected virtual Step OnCheckpoint(ReplicaState s)
    {
        if (s.Phase == ReplicaPhase.Offline && s.HighWatermark == s.Log.CheckpointedHighWatermark) return new(s, [], Ignored: "nothing to write down");
        if (s.HighWatermark == s.Log.CheckpointedHighWatermark) return new(s, [new SetAlarm(ReplicaAlarm.Checkpoint)]);

        return new(s with { Log = s.Log with { CheckpointedHighWatermark = s.HighWatermark } },
            s.Phase == ReplicaPhase.Offline ? [new CheckpointHighWatermark(s.HighWatermark)] : [new CheckpointHighWatermark(s.HighWatermark), new SetAlarm(ReplicaAlarm.Checkpoint)]);
    }

    /// <summary>A leader's records below an offset are gone; its epochs begin no earlier now.</summary>
    [Rule("REPL-READ-3")]
    protected virtual Step OnLogStartMoved(ReplicaState s, LogStartMoved i)
    {
        var start = Math.Min(i.Offset, DeletableUpTo(s));
        return start <= s.Log.Start ? new(s, [], Ignored: "already gone") : new(StartLogAt(s, start), []);
    }

    /// <summary>New settings bind what follows; a lower min.insync.replicas may let the high watermark go on.</summary>
    [Rule("REPL-HW-2")]
    protected virtual Step OnSettingsChanged(ReplicaState s, SettingsChanged i)
    {
        var next = s with { Settings = i.Settings };
        if (next.Phase == ReplicaPhase.Fetching) return FetchNext(next);
        if (next.Lead is null) return new(next, []);

        var step = new Step(next, AcknowledgedEnd(next) < next.Log.End ? [new Flush(next.Log.End)] : []);
        return step.Then(ForgetEligible).Then(Advance);
    }

    private static ReplicaState StartLogAt(ReplicaState s, long start) => s with { Log = s.Log with { Start = start, Epochs = s.Log.Epochs.StartAt(start) } };
}
