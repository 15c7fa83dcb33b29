using Reference.Replication;
using Reference.Replication.Replicas;
using Reference.Systematic.World;
using Step = Reference.Kernel.Step<Reference.Replication.Replicas.ReplicaState, Reference.Replication.Replicas.ReplicaEffect>;

namespace Reference.Systematic.Zoo;

/// <summary>D1. A follower cuts its log off at its high watermark, which lags behind what it helped to commit; if it is then elected, the commit is gone. Source: KIP-101.</summary>
public class TruncateToHighWatermark(BrokerId me) : Replica(me, ReplicaSetup.LagMs)
{
    /// <inheritdoc/>
    protected override Step BeginTruncation(ReplicaState s) => CutTo(s, s.HighWatermark).Then(Agree);
}

/// <summary>D10. acks=all is answered when the leader has appended, whoever else has.</summary>
public class AckBeforeHw(BrokerId me) : Replica(me, ReplicaSetup.LagMs)
{
    /// <inheritdoc/>
    protected override bool IsCommitted(ReplicaState s, Waiter waiter) => true;
}

/// <summary>D12. Consumers read up to the log's end, and so what the next leader may not have.</summary>
public class ReadsAboveHw(BrokerId me) : Replica(me, ReplicaSetup.LagMs)
{
    /// <inheritdoc/>
    public override long ReadableUpTo(ReplicaState s) => s.Log.End;
}
