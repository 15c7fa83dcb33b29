using Reference.Zab;
using static Reference.Systematic.Zab.Given;

namespace Reference.Systematic.Zab;

public class PeerBroadcastTests
{
    [Fact, Trait("Rule", "ZAB-BCAST-1")]
    public void A_leader_sends_a_proposal_to_its_disk_and_its_followers() =>
        Assert.Equal<Effect>([new Persist(new Append(Z(1, 1), Text)), new Send(One, new Propose(Z(1, 1), Text))], Server(3).After(Established(Server(3)), new Proposed(Text)).Effects);

    [Fact, Trait("Rule", "ZAB-BCAST-1")]
    public void A_leader_that_is_not_established_proposes_nothing() =>
        Assert.NotNull(Server(3).After(Leading(Server(3)), new Proposed(Text)).Ignored);

    [Fact, Trait("Rule", "ZAB-BCAST-2")]
    public void When_its_numbers_are_used_up_a_leader_steps_down()
    {
        var full = Server(3, lastCounter: 2).After(Established(Server(3, lastCounter: 2)), new Proposed(Text), new Proposed(Text)).State;
        var step = Server(3, lastCounter: 2).After(full, new Proposed(Text));
        Assert.Equal(Phase.Election, step.State.Phase);
        Assert.Contains(step.Effects, e => e is Depose);
    }

    [Fact, Trait("Rule", "ZAB-BCAST-3")]
    public void A_follower_appends_a_proposal_and_leaves_over_a_gap()
    {
        var serving = Serving(Server(1));
        Assert.Equal<Effect>([new Persist(new Append(Z(9, 1), Text)), new SetAlarm(Alarm.LeaderSilent)], Server(1).After(serving, Three.Says(new Propose(Z(9, 1), Text))).Effects);
        Assert.Equal(Phase.Election, Server(1).After(serving, Three.Says(new Propose(Z(9, 2), Text))).State.Phase);
        Assert.NotNull(Server(1).After(serving, Two.Says(new Propose(Z(9, 1), Text))).Ignored);
    }

    [Fact, Trait("Rule", "ZAB-BCAST-4")]
    public void A_follower_acknowledges_once_what_got_to_its_disk_together()
    {
        var proposed = Server(1).After(Serving(Server(1)), Three.Says(new Propose(Z(9, 1), Text)), Three.Says(new Propose(Z(9, 2), Text)), Three.Says(new Propose(Z(9, 3), Text)));
        Assert.DoesNotContain(proposed.Effects, e => e is Send);
        Assert.Equal<Effect>([new Send(Three, new Ack(Z(9, 2)))], Server(1).After(proposed.State, new Persisted(2)).Effects);
    }

    [Fact, Trait("Rule", "ZAB-BCAST-4")]
    public void Nothing_is_acknowledged_before_NEWLEADER_is()
    {
        var received = Server(1).After(Awaiting(Server(1)), Three.Says(new Diff(Zxid.Zero)), Three.Says(new Propose(Z(8, 1), Text)), Three.Says(new NewLeader(9, Z(8, 1))), Three.Says(new Propose(Z(9, 1), Text)));
        var half = Server(1).After(received.State, new Persisted(1));
        Assert.Empty(half.Effects);
        Assert.Equal<Effect>([new Send(Three, new AckNewLeader(9, Z(8, 1))), new Send(Three, new Ack(Z(9, 1)))], Server(1).After(half.State, new Persisted(2)).Effects);
    }

    [Fact, Trait("Rule", "ZAB-BCAST-5")]
    public void The_leaders_own_disk_counts_like_a_followers()
    {
        var proposed = Server(3).After(Established(Server(3)), new Proposed(Text), new Proposed(Text), One.Says(new Ack(Z(1, 2))));
        Assert.Empty(proposed.Effects);
        var step = Server(3).After(proposed.State, new Persisted(1));
        Assert.Equal<Effect>([new Send(One, new Commit(Z(1, 1))), new Deliver(Z(1, 1), Text)], step.Effects);
        Assert.Equal<Effect>([new Send(One, new Commit(Z(1, 2))), new Deliver(Z(1, 2), Text)], Server(3).After(step.State, new Persisted(1)).Effects);
    }

    [Fact, Trait("Rule", "ZAB-BCAST-5")]
    public void A_latecomer_that_has_the_end_from_its_synchronisation_counts_for_all_before()
    {
        var proposed = Server(3).After(Established(Server(3)), new Proposed(Text), new Proposed(Text), new Persisted(2)).State;
        var step = Server(3).After(proposed, Two.Says(new CEpoch(0)), Two.Says(new AckEpoch(true, 0, Zxid.Zero, [Zxid.Zero])), Two.Says(new AckNewLeader(1, Z(1, 2))));
        Assert.Equal<Effect>(
            [new Send(Two, new UpToDate(Zxid.Zero)), new Send(One, new Commit(Z(1, 2))), new Send(Two, new Commit(Z(1, 2))), new Deliver(Z(1, 1), Text), new Deliver(Z(1, 2), Text)], step.Effects);
    }

    [Fact, Trait("Rule", "ZAB-BCAST-6")]
    public void Copies_of_older_epochs_commit_nothing_before_the_leader_is_established()
    {
        var led = Disk(3, 3, Z(3, 1));
        var step = Server(3).After(Leading(Server(3), led), One.Says(new CEpoch(3)), Two.Says(new CEpoch(3)), new Persisted(1), One.Says(new AckEpoch(true, 3, Z(3, 1), [Zxid.Zero, Z(3, 1)])), new Persisted(1), Two.Says(new AckEpoch(true, 3, Z(3, 1), [Zxid.Zero, Z(3, 1)])));
        Assert.Equal(Zxid.Zero, step.State.Committed);
    }

    [Fact, Trait("Rule", "ZAB-BCAST-7")]
    public void A_follower_delivers_all_up_to_what_is_committed_in_order()
    {
        var proposed = Server(1).After(Serving(Server(1)), Three.Says(new Propose(Z(9, 1), Text)), Three.Says(new Propose(Z(9, 2), Text)), Three.Says(new Propose(Z(9, 3), Text))).State;
        var step = Server(1).After(proposed, Three.Says(new Commit(Z(9, 2))));
        Assert.Equal<Effect>([new Deliver(Z(9, 1), Text), new Deliver(Z(9, 2), Text), new SetAlarm(Alarm.LeaderSilent)], step.Effects);
        Assert.NotNull(Server(1).After(step.State, Three.Says(new Commit(Z(9, 1)))).Ignored);
    }
}
