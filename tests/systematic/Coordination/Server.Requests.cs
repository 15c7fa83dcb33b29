using Reference.Coordination;

namespace Reference.Systematic.Coordination;

public class ServerRequestsTests
{
    [Fact, Trait("Rule", "COORD-ORDER-1")]
    public void A_read_waits_behind_its_clients_writes_and_no_one_elses()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        var other = new SmallClient(service).Join(2);
        client.Ask(Requests.Create("/a"));
        client.Ask(new GetDataRequest("/a", false));
        client.Ask(new PingRequest());
        client.Ask(Requests.Create("/b"));
        client.Ask(new ExistsRequest("/b", false));
        other.Ask(new ExistsRequest("/a", false));
        Assert.Equal((0, 1), (client.Replies.Count, other.Replies.Count));
        service.Settle();
        client.Hear();
        Assert.Equal([1, 2, -2, 3, 4], client.Replies.Select(r => r.Xid));
        Assert.DoesNotContain(client.Replies, r => r.Result is ErrorResult);
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-PREP-9")]
    public void A_refused_write_is_answered_in_its_place()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        client.Ask(Requests.Create("/a"));
        client.Ask(Requests.Create("/a"));
        client.Ask(Requests.Create("/a/x"));
        service.Settle();
        client.Hear();
        Assert.Collection(client.Replies,
            r => Assert.IsType<CreatedResult>(r.Result),
            r => Assert.Equal(new ErrorResult(ErrorCode.NodeExists), r.Result),
            r => Assert.IsType<CreatedResult>(r.Result));
        Assert.Equal([1L, 2L, 3L], client.Replies.Select(r => r.Zxid - client.Replies[0].Zxid + 1));
    }

    [Fact, Trait("Rule", "COORD-ORDER-1")]
    public void A_closed_session_is_answered_then_its_connection_is_closed_and_its_ephemerals_are_gone()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        client.Create("/e", CreateMode.Ephemeral);
        client.Ask(new CloseSessionRequest());
        client.Ask(Requests.Create("/after"));
        service.Settle();
        Assert.Collection(service.Sent[client.Connection.Value].TakeLast(2),
            e => Assert.IsType<DoneResult>(Assert.IsType<Reply>(e).Result),
            e => Assert.IsType<Close>(e));
        Assert.All([1, 2, 3], id =>
        {
            Assert.Null(service[id].Committed.Tree.Find("/e"));
            Assert.Null(service[id].Committed.Tree.Find("/after"));
            Assert.Empty(service[id].Committed.Sessions);
        });
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-ACL-3")]
    public void Auth_is_answered_at_once_and_holds_for_what_is_asked_afterwards()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        client.Ask(Requests.Create("/slow"));
        client.Ask(new AuthRequest("digest", Requests.Bytes("alice:secret")));
        Assert.Equal((-4, (Result)DoneResult.Instance), (client.Replies[0].Xid, client.Replies[0].Result));
        client.Do(Requests.Create("/mine", acl: new([new(Permissions.All, "auth", "")])));
        Assert.Equal(ErrorCode.Ok, client.Error(new GetDataRequest("/mine", false)));

        var other = new SmallClient(service).Join(2);
        Assert.Equal(ErrorCode.NoAuth, other.Error(new GetDataRequest("/mine", false)));
        Assert.Equal(ErrorCode.NoAuth, other.Error(Requests.Set("/mine", "x")));
        Assert.Equal(ErrorCode.NoAuth, other.Error(new GetAclRequest("/mine")));
        other.Ask(new AuthRequest("kerberos", Blob.None));
        Assert.Equal(new ErrorResult(ErrorCode.AuthFailed), other.Replies[^1].Result);
        Assert.False(other.IsOpen);
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-SYNC-1")]
    public void After_a_sync_a_client_sees_all_that_was_committed_before_it()
    {
        var service = new SmallService().Elect(1);
        var writer = new SmallClient(service).Join(1);
        var reader = new SmallClient(service).Join(3);
        writer.Ask(Requests.Create("/a"));
        service.Settle(except: 3);
        reader.Ask(new ExistsRequest("/a", false));
        Assert.Equal(new ErrorResult(ErrorCode.NoNode), reader.Replies[^1].Result);
        Assert.Equal(new SyncResult("/a"), reader.Do(new SyncRequest("/a")));
        Assert.IsType<StatResult>(reader.Do(new ExistsRequest("/a", false)));
    }

    [Fact, Trait("Rule", "COORD-PREP-3")]
    public void A_multi_answers_for_each_of_its_operations()
    {
        var service = new SmallService().Elect(1);
        var client = new SmallClient(service).Join(2);
        var well = Assert.IsType<MultiResult>(client.Do(Requests.Multi(
            Requests.Create("/a"), Requests.Set("/a", "x", 0), Requests.Create("/a/s-", CreateMode.PersistentSequential, stat: true), new CheckRequest("/a", 1), new DeleteRequest("/a/s-0000000000", 0))));
        Assert.Collection(well.Results,
            r => Assert.Equal(new CreatedResult("/a", null), r),
            r => Assert.Equal((1, 0), (Assert.IsType<StatResult>(r).Stat.Version, ((StatResult)r).Stat.NumChildren)),
            r => Assert.Equal(("/a/s-0000000000", 0), (Assert.IsType<CreatedResult>(r).Path, ((CreatedResult)r).Stat!.Value.Version)),
            r => Assert.IsType<DoneResult>(r),
            r => Assert.IsType<DoneResult>(r));

        var badly = Assert.IsType<MultiResult>(client.Do(Requests.Multi(Requests.Create("/b"), new CheckRequest("/a", 9), new DeleteRequest("/b", -1))));
        Assert.Equal([ErrorCode.Ok, ErrorCode.BadVersion, ErrorCode.RuntimeInconsistency], badly.Results.Select(r => ((ErrorResult)r).Error));
        Assert.Null(service[1].Committed.Tree.Find("/b"));
        Assert.Empty(Assert.IsType<MultiResult>(client.Do(Requests.Multi())).Results);
        service.Holds();
    }
}
