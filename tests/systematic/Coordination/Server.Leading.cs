using Reference.Coordination;

namespace Reference.Systematic.Coordination;

public class ServerLeadingTests
{
    [Fact, Trait("Rule", "COORD-SESSION-6")]
    public void A_session_that_is_heard_of_lives_on()
    {
        var service = new SmallService().Elect(1);
        var pings = new SmallClient(service).Join(2);
        var silent = new SmallClient(service).Join(3);
        pings.Create("/pings", CreateMode.Ephemeral);
        silent.Create("/silent", CreateMode.Ephemeral);
        for (var i = 0; i < 20; i++)
        {
            service.NowMs += 100;
            pings.Ask(new PingRequest());
            service.Ring(Alarm.Heartbeat, 2, 3);
            service.Settle();
            service.Ring(Alarm.Heartbeat, 1);
            service.Settle();
        }
        Assert.Equal([pings.Session], service[1].Committed.Sessions.Keys);
        Assert.NotNull(service[1].Committed.Tree.Find("/pings"));
        Assert.Null(service[2].Committed.Tree.Find("/silent"));
        Assert.IsType<Close>(service.Sent[silent.Connection.Value][^1]);
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-SESSION-3")]
    public void A_new_leader_grants_every_session_its_whole_time_out()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2, timeoutMs: 1_000);
        service.NowMs += 5_000;
        service.Elect(3);
        service.NowMs += 1_000;
        service.Ring(Alarm.Heartbeat, 3);
        Assert.Equal(client.Session, Assert.Single(service[3].Leadership!.Proposed.Sessions).Key);
        service.NowMs += 51;
        service.Ring(Alarm.Heartbeat, 3);
        Assert.Empty(service[3].Leadership!.Proposed.Sessions);
        service.Settle().Holds();
    }

    [Fact, Trait("Rule", "COORD-SESSION-2")]
    public void Nothing_that_a_session_asks_after_its_end_is_carried_out()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        client.Ask(Requests.Create("/e", CreateMode.Ephemeral));
        service.NowMs += 2_000;
        service.Ring(Alarm.Heartbeat, 1);
        service.Settle();
        Assert.All([1, 2, 3], id => Assert.Null(service[id].Committed.Tree.Find("/e")));
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-SESSION-4")]
    public void A_sessions_end_takes_its_ephemerals_at_one_zxid()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        client.Create("/p");
        client.Create("/p/1", CreateMode.Ephemeral);
        client.Create("/p/2", CreateMode.Ephemeral);
        var watcher = new SmallClient(service).Join(3);
        watcher.Do(new AddWatchRequest("/p", WatchMode.PersistentRecursive));
        client.Do(new CloseSessionRequest());
        watcher.Hear();
        Assert.Equal(["/p/1", "/p/2"], watcher.Events.Select(e => e.Path));
        Assert.Equal(service[3].Committed.LastZxid, service[3].Committed.Tree.Find("/p")!.Pzxid);
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-SESSION-5")]
    public void Only_a_leader_expires()
    {
        var service = new SmallService().Elect(1);
        new SmallClient(service).Join(2);
        service.NowMs += 60_000;
        service.Ring(Alarm.Heartbeat, 2, 3);
        Assert.DoesNotContain(service.LastEffects, e => e is Propose);
        Assert.Single(service[2].Committed.Sessions);
    }
}
