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

/// <summary>D2. A follower takes one answer for the whole truth: where its own last epoch is later than the leader's of that answer, its tail stays. Source: KIP-279, KAFKA-6361.</summary>
public class EpochLookupWithoutTail(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override Step TruncateBy(ReplicaState s, EpochEnd leaders) => CutTo(s, leaders.EndOffset).Then(Agree);
}

/// <summary>D3. A leader that is deposed and doesn't know yet tells a follower of the next epoch where to cut. Source: KIP-320, KAFKA-7395.</summary>
public class UnfencedTruncation(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override ReplicaError QuestionEpochError(ReplicaState s, LeaderEpoch epoch) => s.Lead is null ? ReplicaError.NotLeader : ReplicaError.None;
}

/// <summary>D4. A follower's fetch of an old epoch, still on its way, counts in a later epoch of the same leader. Source: KIP-320.</summary>
public class FetchIgnoresEpoch(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override ReplicaError FetchEpochError(ReplicaState s, LeaderEpoch epoch) => s.Lead is null ? ReplicaError.NotLeader : ReplicaError.None;
}

/// <summary>D5. A follower joins the ISR at the high watermark, which may lag behind what the leader before has committed. Source: KAFKA-7128.</summary>
public class IsrJoinBeforeEpochStart(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override bool HasAllCommitted(ReplicaState s, Follower follower) => follower.EndOffset >= s.HighWatermark;
}

/// <summary>D6. The high watermark advances over the smaller ISR before the store has it. Source: KIP-497.</summary>
public class HwOverShrunkIsrFirst(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override BrokerSet MaximalIsr(ReplicaState s) => s.Lead!.Change is { } change && change.Isr.IsSubsetOf(s.Partition!.Isr) ? change.Isr : base.MaximalIsr(s);
}

/// <summary>D7. The high watermark advances over the old ISR while a larger one is being written.</summary>
public class HwIgnoresExpandingReplica(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override BrokerSet MaximalIsr(ReplicaState s) => s.Partition!.Isr;
}

/// <summary>D8. A deposed leader writes its ISR whatever the store holds by then. Source: the other side of KAFKA-2729, -3042.</summary>
public class StaleIsrWrite(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override int ExpectedVersion(ReplicaState s) => -1;
}

/// <summary>D9. min.insync.replicas is looked at when a record is appended, and no more. Source: KIP-966.</summary>
public class AckBelowMinIsr(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override bool HasMinInSync(ReplicaState s) => true;
}

/// <summary>D11. A new leader answers with its own lagging high watermark as the end. Source: KIP-207, KAFKA-2334.</summary>
public class HwGoesBack(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override bool EndIsKnown(ReplicaState s) => true;
}

/// <summary>D13, D14. A broker that came back leads whatever it may lack; what makes it a candidate is the controller's mistake. Source: KIP-903, KIP-841, KIP-966.</summary>
public class LeadsWithoutItsTail(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override bool MayLead(ReplicaState s, PartitionState state) => true;

    /// <summary>D13: it stays in the ISR.</summary>
    public sealed class RebootedReplicaStaysInIsr : Oracle
    {
        /// <inheritdoc/>
        public override (BrokerSet Isr, BrokerSet Elr) WithoutDoubtful(PartitionState stored, BrokerId doubtful) => (stored.Isr, stored.Elr);
    }

    /// <summary>D14: it leaves the ISR, unless it is the last in it, whoever else is eligible.</summary>
    public sealed class LastReplicaStanding : Oracle
    {
        /// <inheritdoc/>
        public override (BrokerSet Isr, BrokerSet Elr) WithoutDoubtful(PartitionState stored, BrokerId doubtful) => (stored.Isr.Count > 1 ? stored.Isr.Remove(doubtful) : stored.Isr, stored.Elr.Remove(doubtful));
    }
}

/// <summary>D15. A new leader's epoch enters its history with its first record: until then it knows nothing of an epoch so late, and followers cut at their high watermarks. Source: KAFKA-7415.</summary>
public class EpochKnownFromFirstRecord(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override LeaderEpochs EpochsOnElection(ReplicaState s) => s.Log.Epochs;
}

/// <summary>D16. A batch that doesn't follow the last is appended: a refused one leaves a gap, and comes after those that it should precede. Source: KIP-98.</summary>
public class OutOfOrderSequenceTaken : ProducerRules
{
    /// <inheritdoc/>
    protected override bool Continues(ProducerState state, ProducerBatch batch) => true;
}

/// <summary>D17. Who begins to lead, or comes back, knows nothing of producers: what is sent again is appended again. Source: KIP-98, KIP-360, KAFKA-7190.</summary>
public class ProducerStateForgotten : ProducerRules
{
    /// <inheritdoc/>
    public override Producers Of(IEnumerable<ProducerBatch> log) => Producers.None;
}

/// <summary>D18. A follower counts as caught up only when it has all that the leader has now: under constant load, never. Source: KAFKA-1546, KAFKA-4485.</summary>
public class LagByLogEnd(BrokerId me, long lagTimeMaxMs) : Replica(me, lagTimeMaxMs)
{
    /// <inheritdoc/>
    protected override long CaughtUpMs(ReplicaState s, Follower before, FetchReceived i) => i.Offset >= s.Log.End ? i.NowMs : before.CaughtUpMs;
}
