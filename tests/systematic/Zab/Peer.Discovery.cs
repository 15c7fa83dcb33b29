using Reference.Zab;
using static Reference.Systematic.Zab.Given;

namespace Reference.Systematic.Zab;

public class PeerDiscoveryTests
{
    private static readonly AckEpoch Promise = new(true, 0, Zxid.Zero, [Zxid.Zero]);

    [Fact, Trait("Rule", "ZAB-DISC-1")]
    public void A_follower_tells_its_accepted_epoch_and_again_when_its_leader_leads()
    {
        var asking = Asking(Server(1), Disk(4, 2));
        var again = Server(1).After(asking, Three.Votes(Three, 1, Standing.Leading));
        Assert.Equal<Effect>([new Send(Three, new CEpoch(4))], again.Effects);
    }

    [Fact, Trait("Rule", "ZAB-DISC-2")]
    public void The_new_epoch_is_above_all_that_a_quorum_accepted()
    {
        var step = Server(3).After(Leading(Server(3), Disk(2, 2)), One.Says(new CEpoch(6)));
        Assert.Equal<Effect>([new Persist(new AcceptEpoch(7))], step.Effects);
    }

    [Fact, Trait("Rule", "ZAB-DISC-3")]
    public void A_leader_that_meets_a_later_promise_steps_down_above_it()
    {
        var step = Server(3).After(Established(Server(3)), Two.Says(new CEpoch(8)));
        Assert.Contains(new Persist(new AcceptEpoch(8)), step.Effects);
        Assert.Equal((Phase.Election, 8), (step.State.Phase, step.State.Durable.AcceptedEpoch));
    }

    [Fact, Trait("Rule", "ZAB-DISC-4")]
    public void NEWEPOCH_waits_for_the_leaders_own_disk()
    {
        var chosen = Server(3).After(Leading(Server(3)), One.Says(new CEpoch(0)));
        Assert.DoesNotContain(chosen.Effects, e => e is Send);
        var more = Server(3).After(chosen.State, Two.Says(new CEpoch(0)));
        Assert.Empty(more.Effects);
        Assert.Equal<Effect>([new Send(One, new NewEpoch(1)), new Send(Two, new NewEpoch(1))], Server(3).After(more.State, new Persisted(1)).Effects);
    }

    [Fact, Trait("Rule", "ZAB-DISC-5")]
    public void A_promise_waits_for_the_disk()
    {
        var told = Server(1).After(Asking(Server(1)), Three.Says(new NewEpoch(9)));
        Assert.Equal<Effect>([new Persist(new AcceptEpoch(9))], told.Effects);
        Assert.Contains(new Send(Three, Promise), Server(1).After(told.State, new Persisted(1)).Effects);
    }

    [Fact, Trait("Rule", "ZAB-DISC-5")]
    public void An_equal_epoch_is_followed_and_not_promised_again()
    {
        var step = Server(1).After(Asking(Server(1), Disk(9, 0)), Three.Says(new NewEpoch(9)));
        Assert.Contains(new Send(Three, Promise with { Promised = false }), step.Effects);
    }

    [Fact, Trait("Rule", "ZAB-DISC-5")]
    public void An_older_epoch_is_left()
    {
        var step = Server(1).After(Asking(Server(1), Disk(10, 0)), Three.Says(new NewEpoch(9)));
        Assert.Equal(Phase.Election, step.State.Phase);
        Assert.Contains(step.Effects, e => e is Disconnect { Peer.Value: 3 });
    }

    [Fact, Trait("Rule", "ZAB-DISC-6")]
    public void ACKEPOCH_tells_where_each_epoch_ends()
    {
        var step = Server(1).After(Asking(Server(1), Disk(9, 4, Z(1, 1), Z(1, 2), Z(4, 1))), Three.Says(new NewEpoch(9)));
        Assert.Contains(new Send(Three, new AckEpoch(false, 4, Z(4, 1), [Zxid.Zero, Z(1, 2), Z(4, 1)])), step.Effects);
    }

    [Theory, Trait("Rule", "ZAB-DISC-7")]
    [InlineData(2, 1, 1, true)]
    [InlineData(1, 1, 3, true)]
    [InlineData(1, 1, 2, false)]
    [InlineData(0, 1, 9, false)]
    public void A_leader_steps_down_for_a_follower_that_is_worth_more(int current, int epoch, uint counter, bool leaves)
    {
        var asked = Server(3).After(Leading(Server(3), Disk(1, 1, Z(1, 1), Z(1, 2))), One.Says(new CEpoch(1)), new Persisted(1)).State;
        var step = Server(3).After(asked, One.Says(new AckEpoch(true, current, Z(epoch, counter), [Zxid.Zero, Z(epoch, counter)])));
        Assert.Equal(leaves, step.State.Leading is null);
    }

    [Fact, Trait("Rule", "ZAB-DISC-8")]
    public void Synchronisation_begins_with_a_quorum_of_promises_and_not_of_those_who_only_follow()
    {
        var asked = Server(3).After(Leading(Server(3)), One.Says(new CEpoch(0)), Two.Says(new CEpoch(0)), new Persisted(1)).State;
        var followed = Server(3).After(asked, One.Says(Promise with { Promised = false })).State;
        Assert.Equal(Phase.Discovery, followed.Phase);
        Assert.Equal(Phase.Synchronization, Server(3).After(followed, Two.Says(Promise)).State.Phase);
    }

    [Fact, Trait("Rule", "ZAB-QUORUM-1")]
    public void A_promise_repeated_after_a_reconnect_counts_once()
    {
        var five = new Peer(new(new(5), [.. Enumerable.Range(1, 5).Select(i => new NodeId(i))]));
        var leading = five.After(Peer.Recover(Durable.New), new Started(), new Connected(One), new Connected(Two), One.Votes(new(5)), Two.Votes(new(5))).State;
        var asked = five.After(leading, One.Says(new CEpoch(0)), Two.Says(new CEpoch(0)), new Persisted(1), One.Says(Promise)).State;
        var again = five.After(asked, new Disconnected(One), new Connected(One), One.Says(new CEpoch(1)), One.Says(Promise)).State;
        Assert.Equal(Phase.Discovery, again.Phase);
    }
}
