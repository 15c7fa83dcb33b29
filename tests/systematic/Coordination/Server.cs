using Reference.Coordination;

namespace Reference.Systematic.Coordination;

public class ServerTests
{
    private static readonly Moment Now = new(1_000, 2_000);

    [Fact, Trait("Rule", "COORD-ROLE-1")]
    public void A_server_in_no_epoch_turns_clients_away()
    {
        var server = new Server(new(new(1)));
        var step = server.Take(server.Begin(ServiceState.Initial), new ConnectRequested(new(1), "127.0.0.1", 0, 1_000, SessionId.None, Blob.None, 1, 2, Now));
        Assert.IsType<Close>(Assert.Single(step.Effects));
        Assert.Empty(step.State.Connections);
    }

    [Fact, Trait("Rule", "COORD-PREP-1")]
    public void A_leader_prepares_nothing_before_it_is_established()
    {
        var server = new Server(new(new(1)));
        var step = server.Take(server.Begin(ServiceState.Initial), new Received(new(2), new Forward(new(5), new(1), 1, [], new SyncRequest("/")), Now));
        Assert.NotNull(step.Ignored);
        Assert.Empty(step.Effects);
    }

    [Fact, Trait("Rule", "COORD-ROLE-2")]
    public void A_deposed_server_lets_its_clients_go()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        client.Ask(Requests.Create("/a"));
        var effects = service.Take(2, new Deposed());
        Assert.Equal(new Close(client.Connection, "this server left the epoch"), Assert.Single(effects));
        Assert.Equal((0, Role.Inactive), (service[2].Connections.Count, service[2].Role));
        Assert.NotNull(service.Core(2).Take(service[2], new Deposed()).Ignored);
    }

    [Fact, Trait("Rule", "COORD-ROLE-2")]
    public void A_server_in_an_epoch_takes_no_snapshot_in() =>
        Assert.Throws<InvalidOperationException>(() => new SmallService().Elect(1).Take(2, new Restored(ServiceState.Initial)));

    [Fact, Trait("Rule", "COORD-APPLY-2")]
    public void What_a_snapshot_holds_is_not_applied_again()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        client.Create("/a");
        client.Create("/a/s-", CreateMode.PersistentSequential);
        service.Restart(3, replayed: 3);
        Assert.Equal(service[1].Committed.Hash, service[3].Committed.Hash);
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-ORDER-2")]
    public void Events_go_out_before_the_answer_and_that_before_the_reads_behind()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        client.Create("/a");
        client.Do(new GetDataRequest("/a", true));
        client.Ask(Requests.Set("/a", "x"));
        client.Ask(new GetDataRequest("/a", false));
        service.Settle();
        Assert.Collection(service.Sent[client.Connection.Value].TakeLast(3),
            e => Assert.Equal(new Notify(client.Connection, WatchEventType.DataChanged, "/a"), e),
            e => Assert.IsType<StatResult>(Assert.IsType<Reply>(e).Result),
            e => Assert.Equal("x", Requests.Text(Assert.IsType<DataResult>(Assert.IsType<Reply>(e).Result).Data)));
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-APPLY-1")]
    public void A_transaction_delivered_under_another_zxid_than_its_leader_thought_is_applied_anew()
    {
        var server = new Server(new(new(1)));
        var s = server.Take(server.Begin(ServiceState.Initial), new Activated(1, new(1), Now)).State;
        var step = server.Take(s, new ConnectRequested(new(1), "127.0.0.1", 0, 1_000, SessionId.None, Blob.None, 1, 2, Now));
        var transaction = step.Effects.OfType<Propose>().Single().Transaction;
        s = server.Take(step.State, new Delivered((1L << 32) + 9, transaction)).State;
        Assert.Equal((1L << 32) + 9, s.Committed.LastZxid);
        Assert.Same(s.Committed, s.Leadership!.Proposed);
        Assert.True(s.Leadership.Outstanding.IsEmpty);
    }
}
