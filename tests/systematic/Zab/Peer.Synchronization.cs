using Reference.Zab;
using static Reference.Systematic.Zab.Given;

namespace Reference.Systematic.Zab;

public class PeerSynchronizationTests
{
    private static readonly Durable Led = Disk(3, 3, Z(1, 1), Z(1, 2), Z(3, 1));

    /// <summary>What server 3, with the history 1.1 1.2 3.1, sends to a follower with these epoch ends.</summary>
    private static ImmutableArray<Effect> SentTo(int current, params Zxid[] ends) => Server(3).After(
        Leading(Server(3), Led), One.Says(new CEpoch(3)), new Persisted(1), One.Says(new AckEpoch(true, current, ends[^1], [.. ends]))).Effects;

    [Fact, Trait("Rule", "ZAB-SYNC-1")]
    public void The_leader_writes_its_epoch_and_sends_its_history_and_NEWLEADER()
    {
        var effects = SentTo(3, Zxid.Zero, Z(1, 2), Z(3, 1));
        Assert.Equal<Effect>([new Persist(new EnterEpoch(4)), new SetAlarm(Alarm.Synchronization), new Send(One, new Diff(Z(3, 1))), new Send(One, new NewLeader(4, Z(3, 1)))], effects);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-2")]
    public void A_follower_whose_history_is_a_prefix_gets_DIFF_and_the_rest()
    {
        var effects = SentTo(1, Zxid.Zero, Z(1, 1));
        Assert.Equal<Effect>([new Send(One, new Diff(Z(1, 1))), new Send(One, new Propose(Z(1, 2), Text)), new Send(One, new Propose(Z(3, 1), Text))], effects.Skip(2).Take(3));
    }

    [Fact, Trait("Rule", "ZAB-SYNC-2")]
    public void A_follower_with_another_tail_gets_TRUNC_to_the_last_epoch_that_both_know()
    {
        Assert.Contains(new Send(One, new Trunc(Z(1, 2))), SentTo(2, Zxid.Zero, Z(1, 2), Z(2, 7)));
        Assert.Contains(new Send(One, new Trunc(Z(1, 1))), SentTo(2, Zxid.Zero, Z(1, 1), Z(2, 7)));
        Assert.Contains(new Send(One, new Trunc(Z(1, 2))), SentTo(1, Zxid.Zero, Z(1, 5)));
    }

    [Fact, Trait("Rule", "ZAB-SYNC-2")]
    public void A_follower_from_before_the_leaders_snapshot_gets_SNAP_and_what_is_behind_it()
    {
        var trimmed = Led with { History = Led.History.TrimmedTo(Z(1, 2)) };
        var effects = Server(3).After(Leading(Server(3), trimmed), One.Says(new CEpoch(3)), new Persisted(1), One.Says(new AckEpoch(true, 1, Z(1, 1), [Zxid.Zero, Z(1, 1)]))).Effects;
        Assert.Equal<Effect>([new SendSnapshot(One), new Send(One, new Propose(Z(3, 1), Text)), new Send(One, new NewLeader(4, Z(3, 1)))], effects.Skip(2));
    }

    [Fact, Trait("Rule", "ZAB-SYNC-3")]
    public void A_proposal_goes_to_a_follower_that_is_being_synchronised()
    {
        var late = Server(3).After(Established(Server(3)), Two.Says(new CEpoch(0)), Two.Says(new AckEpoch(true, 0, Zxid.Zero, [Zxid.Zero]))).State;
        Assert.Contains(new Send(Two, new Propose(Z(1, 1), Text)), Server(3).After(late, new Proposed(Text)).Effects);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-4")]
    public void DIFF_must_begin_where_the_history_ends() =>
        Assert.Equal(Phase.Election, Server(1).After(Awaiting(Server(1), Disk(1, 1, Z(1, 1))), Three.Says(new Diff(Z(1, 2)))).State.Phase);

    [Fact, Trait("Rule", "ZAB-SYNC-5")]
    public void TRUNC_goes_to_disk_before_the_rest()
    {
        var step = Server(1).After(Awaiting(Server(1), Disk(1, 1, Z(1, 1), Z(1, 2))), Three.Says(new Trunc(Z(1, 1))));
        Assert.Contains(new Persist(new Truncate(Z(1, 1))), step.Effects);
        Assert.Equal(Z(1, 1), step.State.LastZxid);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-5")]
    public void TRUNC_of_what_was_applied_is_refused()
    {
        var disk = Disk(1, 1) with { History = new(Z(1, 5), []) };
        Assert.Equal(Phase.Election, Server(1).After(Awaiting(Server(1), disk), Three.Says(new Trunc(Z(1, 4)))).State.Phase);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-6"), Trait("Rule", "ZAB-SYNC-7")]
    public void SNAP_replaces_history_and_service_in_one_write()
    {
        var step = Server(1).After(Awaiting(Server(1), Disk(1, 1, Z(1, 1), Z(1, 2))), Three.Says(new Snap(Z(3, 4), Text)));
        Assert.Equal<Effect>([new Persist(new InstallSnapshot(Z(3, 4), Text)), new Restore(Z(3, 4), Text)], step.Effects);
        Assert.Equal(new(Z(3, 4), []), step.State.Durable.History);
        Assert.Equal(Z(3, 4), step.State.Delivered);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-8"), Trait("Rule", "ZAB-SYNC-9")]
    public void The_epoch_goes_to_disk_behind_the_history_and_is_acknowledged_from_there()
    {
        var received = Server(1).After(Awaiting(Server(1)), Three.Says(new Diff(Zxid.Zero)), Three.Says(new Propose(Z(8, 1), Text)));
        Assert.Equal(0, received.State.Durable.CurrentEpoch);
        var entering = Server(1).After(received.State, Three.Says(new NewLeader(9, Z(8, 1))));
        Assert.Equal<Effect>([new Persist(new EnterEpoch(9))], entering.Effects);
        var half = Server(1).After(entering.State, new Persisted(1));
        Assert.Empty(half.Effects);
        Assert.Equal<Effect>([new Send(Three, new AckNewLeader(9, Z(8, 1)))], Server(1).After(half.State, new Persisted(1)).Effects);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-8")]
    public void NEWLEADER_for_another_history_is_left() =>
        Assert.Equal(Phase.Election, Server(1).After(Awaiting(Server(1)), Three.Says(new Diff(Zxid.Zero)), Three.Says(new NewLeader(9, Z(1, 1)))).State.Phase);

    [Fact, Trait("Rule", "ZAB-SYNC-10")]
    public void The_leader_counts_itself_only_from_its_disk()
    {
        var synchronizing = Server(3).After(Leading(Server(3)), One.Says(new CEpoch(0)), new Persisted(1), One.Says(new AckEpoch(true, 0, Zxid.Zero, [Zxid.Zero])), One.Says(new AckNewLeader(1, Zxid.Zero))).State;
        Assert.False(synchronizing.IsEstablished);
        Assert.True(Server(3).After(synchronizing, new Persisted(1)).State.IsEstablished);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-10")]
    public void An_acknowledgement_of_another_epoch_does_not_count()
    {
        var synchronizing = Server(3).After(Leading(Server(3), Disk(4, 4)), One.Says(new CEpoch(4)), new Persisted(1), One.Says(new AckEpoch(true, 0, Zxid.Zero, [Zxid.Zero])), new Persisted(1)).State;
        Assert.NotNull(Server(3).After(synchronizing, One.Says(new AckNewLeader(4, Zxid.Zero))).Ignored);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-11")]
    public void An_established_leader_delivers_its_initial_history_and_then_serves()
    {
        var step = Server(3).After(
            Leading(Server(3), Led), One.Says(new CEpoch(3)), new Persisted(1), One.Says(new AckEpoch(true, 3, Z(3, 1), [Zxid.Zero, Z(1, 2), Z(3, 1)])), new Persisted(1), One.Says(new AckNewLeader(4, Z(3, 1))));
        Assert.Equal<Effect>(
            [new Deliver(Z(1, 1), Text), new Deliver(Z(1, 2), Text), new Deliver(Z(3, 1), Text), new Send(One, new UpToDate(Z(3, 1))), new Activate(4, Three), new SetAlarm(Alarm.Heartbeat), new SetAlarm(Alarm.QuorumCheck)],
            step.Effects);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-12")]
    public void A_latecomer_gets_UPTODATE_with_what_is_committed_so_far()
    {
        var proposed = Server(3).After(Established(Server(3)), new Proposed(Text), One.Says(new Ack(Z(1, 1))), new Persisted(1), new Proposed(Text)).State;
        var step = Server(3).After(proposed, Two.Says(new CEpoch(0)), Two.Says(new AckEpoch(true, 0, Zxid.Zero, [Zxid.Zero])), Two.Says(new AckNewLeader(1, Z(1, 2))));
        Assert.Equal<Effect>([new Send(Two, new UpToDate(Z(1, 1)))], step.Effects);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-13")]
    public void A_follower_delivers_nothing_before_UPTODATE()
    {
        var entered = Server(1).After(Awaiting(Server(1)), Three.Says(new Diff(Zxid.Zero)), Three.Says(new Propose(Z(8, 1), Text)), Three.Says(new Propose(Z(8, 2), Text)), Three.Says(new NewLeader(9, Z(8, 2))), new Persisted(3));
        Assert.Equal(Zxid.Zero, entered.State.Delivered);
        var step = Server(1).After(entered.State, Three.Says(new UpToDate(Z(8, 1))));
        Assert.Equal<Effect>([new Deliver(Z(8, 1), Text), new Activate(9, Three), new SetAlarm(Alarm.LeaderSilent)], step.Effects);
    }
}
