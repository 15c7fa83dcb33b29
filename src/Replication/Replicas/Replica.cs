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
    /// <param name="cleanly">Whether the broker had shut down in order and left its mark, or the log is new.</param>
    public ReplicaState Recover(ReplicaLog log, ReplicaSettings settings, bool cleanly)
    {
        var kept = log with { Epochs = log.Epochs.TruncateTo(log.End) };
        var highWatermark = Math.Clamp(log.CheckpointedHighWatermark, log.Start, log.End);
        return new(kept, settings, ReplicaPhase.Offline, highWatermark, null, BrokerSet.Empty, log.Epochs.Last, !cleanly, null, LeaderEpoch.None);
    }
}
