using Reference.Zab;
using static Reference.Systematic.Zab.Given;

namespace Reference.Systematic.Zab;

public class PeerElectionTests
{
    [Fact, Trait("Rule", "ZAB-ELECT-1")]
    public void A_server_votes_for_itself_as_what_its_disk_makes_it()
    {
        var step = Server(1).After(Peer.Recover(Disk(7, 2, Z(1, 1), Z(2, 1))), new Started(), new Connected(Two));
        Assert.Contains(new Send(Two, new Notification(new(One, 2, Z(2, 1)), 1, Standing.Looking)), step.Effects);
    }

    [Theory, Trait("Rule", "ZAB-ELECT-2")]
    [InlineData(1, 1, 5, 2, 1, 1, false)]
    [InlineData(2, 1, 1, 1, 1, 5, true)]
    [InlineData(1, 1, 2, 1, 1, 1, true)]
    [InlineData(1, 2, 1, 1, 1, 9, true)]
    public void A_vote_is_better_by_current_epoch_then_zxid_then_id(int epoch, int zxidEpoch, uint counter, int ownEpoch, int ownZxidEpoch, uint ownCounter, bool better)
    {
        var own = Disk(9, ownEpoch) with { History = new(Z(ownZxidEpoch, ownCounter), []) };
        var step = Server(2).After(Looking(Server(2), own), One.Votes(One, epoch: epoch, last: Z(zxidEpoch, counter)));
        Assert.Equal(better ? One : Two, step.State.Vote.Candidate);
    }

    [Fact, Trait("Rule", "ZAB-ELECT-2")]
    public void Of_equal_histories_the_greater_id_wins() =>
        Assert.Equal(Two, Server(1).After(Looking(Server(1)), Two.Votes(Two)).State.Vote.Candidate);

    [Fact, Trait("Rule", "ZAB-ELECT-3")]
    public void A_vote_of_an_older_round_does_not_count()
    {
        var later = Server(3).After(Looking(Server(3)), One.Votes(One, round: 4)).State;
        Assert.Equal(4, later.Round);
        var step = Server(3).After(later, Two.Votes(Three, round: 3), new AlarmRang(Alarm.ElectionSettles));
        Assert.Equal(Phase.Election, step.State.Phase);
    }

    [Fact, Trait("Rule", "ZAB-ELECT-4")]
    public void A_looker_adopts_a_better_vote_and_tells_all()
    {
        var step = Server(1).After(Looking(Server(1)), Two.Votes(Two));
        Assert.Contains(new Send(Three, new Notification(new(Two, 0, Zxid.Zero), 1, Standing.Looking)), step.Effects);
    }

    [Fact, Trait("Rule", "ZAB-ELECT-4")]
    public void A_looker_answers_one_that_is_behind_with_its_own_vote()
    {
        var step = Server(2).After(Looking(Server(2)), One.Votes(One));
        Assert.Equal<Effect>([new Send(One, new Notification(new(Two, 0, Zxid.Zero), 1, Standing.Looking))], step.Effects);
    }

    [Fact, Trait("Rule", "ZAB-ELECT-4")]
    public void A_looker_says_its_vote_again() =>
        Assert.Equal(3, Server(1).After(Looking(Server(1)), new AlarmRang(Alarm.ElectionResend)).Effects.Length);

    [Fact, Trait("Rule", "ZAB-ELECT-5")]
    public void When_all_connected_agree_a_server_decides_at_once() => Assert.Equal(Standing.Leading, Leading(Server(3)).Standing);

    [Fact, Trait("Rule", "ZAB-ELECT-5")]
    public void With_a_quorum_but_not_all_it_waits_until_votes_have_settled()
    {
        var waiting = Server(3).After(Looking(Server(3)), One.Votes(Three));
        Assert.Equal(Phase.Election, waiting.State.Phase);
        Assert.Contains(new SetAlarm(Alarm.ElectionSettles), waiting.Effects);
        Assert.Equal(Standing.Leading, Server(3).After(waiting.State, new AlarmRang(Alarm.ElectionSettles)).State.Standing);
    }

    [Fact, Trait("Rule", "ZAB-ELECT-6")]
    public void A_looker_does_not_join_a_leader_on_followers_words_alone()
    {
        var one = new Peer(new(One, [.. Enumerable.Range(1, 5).Select(i => new NodeId(i))]));
        var looking = one.After(Peer.Recover(Durable.New), new Started(), new Connected(Two), new Connected(Three), new Connected(new(4)), new Connected(new(5))).State;
        NodeId leader = new(5);
        var called = one.After(looking, Two.Votes(leader, 3, Standing.Following), Three.Votes(leader, 3, Standing.Following), new NodeId(4).Votes(leader, 3, Standing.Following));
        Assert.Equal(Phase.Election, called.State.Phase);
        var heard = one.After(called.State, leader.Votes(leader, 3, Standing.Leading));
        Assert.Equal((leader, 3), (heard.State.Leader, heard.State.Round));
    }

    [Fact, Trait("Rule", "ZAB-ELECT-6")]
    public void A_looker_does_not_join_a_leader_without_a_quorum() =>
        Assert.Equal(Phase.Election, Server(1).After(Looking(Server(1)), Three.Votes(Three, 5, Standing.Leading)).State.Phase);

    [Fact, Trait("Rule", "ZAB-ELECT-7")]
    public void A_dead_candidate_costs_a_round()
    {
        var voted = Server(1).After(Looking(Server(1)), Three.Votes(Three), new Disconnected(Three), Two.Votes(Three)).State;
        var step = Server(1).After(voted, new AlarmRang(Alarm.ElectionSettles));
        Assert.Equal((2, One), (step.State.Round, step.State.Vote.Candidate));
    }

    [Fact, Trait("Rule", "ZAB-ELECT-8")]
    public void Who_becomes_leader_tells_everyone()
    {
        var step = Server(3).After(Looking(Server(3)), One.Votes(Three), Two.Votes(Three));
        var told = new Notification(new(Three, 0, Zxid.Zero), 1, Standing.Leading);
        Assert.Equal<Effect>([new Send(One, told), new Send(Two, told), new SetAlarm(Alarm.Discovery)], step.Effects);
    }

    [Fact, Trait("Rule", "ZAB-ELECT-8")]
    public void Who_has_a_leader_answers_those_that_look_and_nobody_else()
    {
        var following = Serving(Server(1));
        Assert.Equal<Effect>([new Send(Two, new Notification(following.Vote, 1, Standing.Following))], Server(1).After(following, Two.Votes(Two, 7)).Effects);
        Assert.NotNull(Server(1).After(following, Two.Votes(Three, 1, Standing.Following)).Ignored);
    }

    [Fact, Trait("Rule", "ZAB-ELECT-8")]
    public void A_follower_leaves_one_that_never_led()
    {
        Assert.Equal(Phase.Election, Server(1).After(Asking(Server(1)), Three.Votes(Two, 1, Standing.Following)).State.Phase);
        Assert.Equal(Phase.Election, Server(1).After(Asking(Server(1)), Three.Votes(Three, 2)).State.Phase);
        Assert.Equal(Phase.Discovery, Server(1).After(Asking(Server(1)), Three.Votes(Three)).State.Phase);
    }
}
