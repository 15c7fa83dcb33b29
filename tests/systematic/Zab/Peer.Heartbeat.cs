using Reference.Zab;
using static Reference.Systematic.Zab.Given;

namespace Reference.Systematic.Zab;

public class PeerHeartbeatTests
{
    [Fact, Trait("Rule", "ZAB-BEAT-1")]
    public void A_follower_leaves_when_its_link_breaks_and_reads_nothing_more_from_it()
    {
        var left = Server(1).After(Serving(Server(1)), new Disconnected(Three));
        Assert.Equal((Phase.Election, 2), (left.State.Phase, left.State.Round));
        Assert.NotNull(Server(1).After(left.State, Three.Says(new Propose(Z(9, 1), Text))).Ignored);
    }

    [Fact, Trait("Rule", "ZAB-BEAT-1")]
    public void A_promise_outlives_its_link()
    {
        var broken = Server(3).After(Leading(Server(3)), One.Says(new CEpoch(0)), new Persisted(1), new Disconnected(One));
        Assert.Empty(broken.State.Leading!.Learners);
        var back = Server(3).After(broken.State, new Connected(One), One.Says(new CEpoch(1)));
        Assert.Equal<Effect>([new Send(One, new NewEpoch(1))], back.Effects);
    }

    [Fact, Trait("Rule", "ZAB-BEAT-2")]
    public void A_ping_of_another_is_not_answered()
    {
        var serving = Serving(Server(1));
        Assert.Equal<Effect>([new Send(Three, new Pong()), new SetAlarm(Alarm.LeaderSilent)], Server(1).After(serving, Three.Says(new Ping())).Effects);
        Assert.NotNull(Server(1).After(serving, Two.Says(new Ping())).Ignored);
    }

    [Fact, Trait("Rule", "ZAB-BEAT-2")]
    public void A_follower_leaves_a_silent_leader()
    {
        var step = Server(1).After(Serving(Server(1)), new AlarmRang(Alarm.LeaderSilent));
        Assert.Equal(Phase.Election, step.State.Phase);
        Assert.NotNull(Server(1).After(Asking(Server(1)), new AlarmRang(Alarm.LeaderSilent)).Ignored);
    }

    [Fact, Trait("Rule", "ZAB-BEAT-2")]
    public void An_established_leader_pings_its_followers() =>
        Assert.Equal<Effect>([new Send(One, new Ping()), new SetAlarm(Alarm.Heartbeat)], Server(3).After(Established(Server(3)), new AlarmRang(Alarm.Heartbeat)).Effects);

    [Fact, Trait("Rule", "ZAB-BEAT-3")]
    public void A_leader_that_hears_no_quorum_steps_down()
    {
        var looked = Server(3).After(Established(Server(3)), new AlarmRang(Alarm.QuorumCheck));
        Assert.True(looked.State.IsEstablished);
        Assert.True(Server(3).After(looked.State, One.Says(new Pong()), new AlarmRang(Alarm.QuorumCheck)).State.IsEstablished);
        var silent = Server(3).After(looked.State, Two.Votes(Two, 5), new AlarmRang(Alarm.QuorumCheck));
        Assert.Equal(Phase.Election, silent.State.Phase);
    }

    [Fact, Trait("Rule", "ZAB-BEAT-4")]
    public void Who_finds_no_common_epoch_or_history_in_time_looks_again()
    {
        Assert.Equal(Phase.Election, Server(3).After(Leading(Server(3)), new AlarmRang(Alarm.Discovery)).State.Phase);
        Assert.Equal(Phase.Election, Server(1).After(Asking(Server(1)), new AlarmRang(Alarm.Discovery)).State.Phase);
        Assert.Equal(Phase.Election, Server(1).After(Awaiting(Server(1)), new AlarmRang(Alarm.Synchronization)).State.Phase);
        Assert.NotNull(Server(1).After(Serving(Server(1)), new AlarmRang(Alarm.Synchronization)).Ignored);
    }

    [Fact, Trait("Rule", "ZAB-BEAT-5")]
    public void The_end_of_a_term_deposes_the_service_and_closes_the_links_that_carried_it()
    {
        var step = Server(3).After(Established(Server(3)), new AlarmRang(Alarm.QuorumCheck), new AlarmRang(Alarm.QuorumCheck));
        const string Why = "no quorum was heard in time";
        Assert.Equal<Effect>([new Depose(Why), new Disconnect(One, Why)], step.Effects.Take(2));
        Assert.Equal([Two], step.State.Connected);
    }
}
