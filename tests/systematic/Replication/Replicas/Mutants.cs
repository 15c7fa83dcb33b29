using Reference.Replication;
using Reference.Replication.Replicas;
using Step = Reference.Kernel.Step<Reference.Replication.Replicas.ReplicaState, Reference.Replication.Replicas.ReplicaEffect>;

namespace Reference.Systematic.Replication.Replicas;

/// <summary>A rule earns trust when turning it off is noticed.</summary>
public class MutantTests
{
    public static TheoryData<string> Names => [.. Mutants.Keys];

    private static readonly SortedDictionary<string, Func<BrokerId, Replica>> Mutants = new(StringComparer.Ordinal)
    {
        ["truncates to its high watermark"] = me => new TruncatesToHighWatermark(me),
        ["looks an epoch up once"] = me => new LooksUpOnce(me),
        ["answers questions of any epoch"] = me => new AnswersAnyQuestion(me),
        ["commits over the shrunk ISR first"] = me => new CommitsOverShrunkIsr(me),
        ["writes the ISR on any version"] = me => new WritesOnAnyVersion(me),
        ["commits below min.insync.replicas"] = me => new CommitsBelowMinInSync(me),
        ["answers on append"] = me => new AnswersOnAppend(me),
        ["tells an end it doesn't know"] = me => new TellsUnknownEnd(me),
        ["lets read to the end"] = me => new ReadsToTheEnd(me),
        ["enters its epoch with its first record"] = me => new EntersEpochLate(me),
    };

    [Theory, MemberData(nameof(Names))]
    public void A_rule_switched_off_is_noticed(string name)
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            if (new SmallWorld(seed, minInSync: 2, AcknowledgementPoint.Appended, Mutants[name]).Run(400) is not null) return;
        }
        Assert.Fail($"a replica that {name} wasn't noticed");
    }

    private sealed class TruncatesToHighWatermark(BrokerId me) : Replica(me, 50)
    {
        protected override Step BeginTruncation(ReplicaState s) => CutTo(s, s.HighWatermark).Then(Agree);
    }

    private sealed class LooksUpOnce(BrokerId me) : Replica(me, 50)
    {
        protected override Step TruncateBy(ReplicaState s, EpochEnd leaders) => CutTo(s, leaders.EndOffset).Then(Agree);
    }

    private sealed class AnswersAnyQuestion(BrokerId me) : Replica(me, 50)
    {
        protected override ReplicaError QuestionEpochError(ReplicaState s, LeaderEpoch epoch) => s.Lead is null ? ReplicaError.NotLeader : ReplicaError.None;
    }

    private sealed class CommitsOverShrunkIsr(BrokerId me) : Replica(me, 50)
    {
        protected override BrokerSet MaximalIsr(ReplicaState s) => s.Lead!.Change is { } change && change.Isr.IsSubsetOf(s.Partition!.Isr) ? change.Isr : base.MaximalIsr(s);
    }

    private sealed class WritesOnAnyVersion(BrokerId me) : Replica(me, 50)
    {
        protected override int ExpectedVersion(ReplicaState s) => -1;
    }

    private sealed class CommitsBelowMinInSync(BrokerId me) : Replica(me, 50)
    {
        protected override bool HasMinInSync(ReplicaState s) => true;
    }

    private sealed class AnswersOnAppend(BrokerId me) : Replica(me, 50)
    {
        protected override bool IsCommitted(ReplicaState s, Waiter waiter) => true;
    }

    private sealed class TellsUnknownEnd(BrokerId me) : Replica(me, 50)
    {
        protected override bool EndIsKnown(ReplicaState s) => true;
    }

    private sealed class ReadsToTheEnd(BrokerId me) : Replica(me, 50)
    {
        public override long ReadableUpTo(ReplicaState s) => s.Log.End;
    }

    private sealed class EntersEpochLate(BrokerId me) : Replica(me, 50)
    {
        protected override LeaderEpochs EpochsOnElection(ReplicaState s) => s.Log.Epochs;
    }
}
