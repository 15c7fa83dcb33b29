using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Systematic.Replication;

/// <summary>Each turns off one rule; the walks that find nothing in the rules as they are must notice. What they meet too seldom has a script of its own beside the rule's test.</summary>
public class ControllerMutantTests
{
    private const int MostWalks = 100;

    /// <summary>E4: the watch is set after the read.</summary>
    private sealed class WatchAfterRead(ControllerSettings settings) : Controller(settings)
    {
        protected override ImmutableArray<Effect> WatchAndRead(Watch watch, Effect read) => [read, watch];
    }

    /// <summary>D13: who lost its tail stays in the ISR.</summary>
    private sealed class RebootedReplicaStaysInIsr(ControllerSettings settings) : Controller(settings)
    {
        protected override (BrokerSet Isr, BrokerSet Elr) WithoutLost(PartitionView view, PartitionState now) => (now.Isr, now.Elr);
    }

    /// <summary>A doubtful broker is told to serve before that is on record.</summary>
    private sealed class ServesTooEarly(ControllerSettings settings) : Controller(settings)
    {
        protected override bool MayServe(RegisteredBroker broker) => true;
    }

    /// <summary>A new leader in the old leader epoch.</summary>
    private sealed class SameEpochAgain(ControllerSettings settings) : Controller(settings)
    {
        protected override LeaderEpoch EpochAfter(PartitionState now) => now.LeaderEpoch;
    }

    /// <summary>Deletions don't wait for the dead.</summary>
    private sealed class DeletionWithoutTheDead(ControllerSettings settings) : Controller(settings)
    {
        protected override bool IsDeleted(ControllerState s, string name) => !s.Writes.Any(w => w is RemoveTopic m && m.Topic == name);
    }

    [Fact, Trait("Rule", "CTRL-STORE-1")]
    public void A_watch_set_after_the_read_is_noticed() => Noticed(s => new WatchAfterRead(s));

    [Fact, Trait("Rule", "CTRL-REBOOT-1")]
    public void A_rebooted_replica_left_in_the_isr_is_noticed() => Noticed(s => new RebootedReplicaStaysInIsr(s));

    [Fact, Trait("Rule", "CTRL-REBOOT-2")]
    public void A_doubtful_broker_told_too_early_is_noticed() => Noticed(s => new ServesTooEarly(s));

    [Fact, Trait("Rule", "CTRL-LEAD-7")]
    public void Another_leader_in_the_same_epoch_is_noticed() => Noticed(s => new SameEpochAgain(s));

    [Fact, Trait("Rule", "CTRL-DELETE-2")]
    public void A_deletion_that_does_not_wait_is_noticed() => Noticed(s => new DeletionWithoutTheDead(s));

    private static void Noticed(Func<ControllerSettings, Controller> controller) =>
        Assert.Contains(Enumerable.Range(1, MostWalks), seed => Fails(seed, controller));

    private static bool Fails(int seed, Func<ControllerSettings, Controller> controller)
    {
        try
        {
            ControllerWalkTests.Walk(seed, controller);
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
