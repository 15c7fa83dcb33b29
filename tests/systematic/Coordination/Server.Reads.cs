using Reference.Coordination;

namespace Reference.Systematic.Coordination;

public class ServerReadsTests
{
    private static (SmallService, SmallClient) New()
    {
        var service = new SmallService().Elect(1);
        return (service, new SmallClient(service).Join(2));
    }

    [Fact, Trait("Rule", "COORD-READ-1")]
    public void Reads_answer_what_is_committed_here()
    {
        var (service, client) = New();
        client.Create("/a", data: "d");
        client.Create("/a/b");
        client.Create("/a/b/c");
        client.Create("/a/e", CreateMode.Ephemeral);
        var node = service[2].Committed.Tree.Find("/a")!;
        Assert.Equal(new DataResult(Requests.Bytes("d"), node.Stat), client.Do(new GetDataRequest("/a", false)));
        Assert.Equal(new StatResult(node.Stat), client.Do(new ExistsRequest("/a", false)));
        var children = Assert.IsType<ChildrenResult>(client.Do(new GetChildrenRequest("/a", false, true)));
        Assert.Equal(["b", "e"], children.Names);
        Assert.Equal(node.Stat, children.Stat);
        Assert.Null(Assert.IsType<ChildrenResult>(client.Do(new GetChildrenRequest("/a", false, false))).Stat);
        Assert.Equal(new AclResult(AclList.Open, node.Stat), client.Do(new GetAclRequest("/a")));
        Assert.Equal(new CountResult(3), client.Do(new GetAllChildrenNumberRequest("/a")));
        Assert.Equal(new CountResult(7), client.Do(new GetAllChildrenNumberRequest("/")));
        Assert.Equal("/a/e", Assert.Single(Assert.IsType<PathsResult>(client.Do(new GetEphemeralsRequest("/a"))).Paths));
        Assert.Empty(Assert.IsType<PathsResult>(client.Do(new GetEphemeralsRequest("/b"))).Paths);
        Assert.Equal(new Identity("ip", "127.0.0.1"), Assert.Single(Assert.IsType<WhoAmIResult>(client.Do(new WhoAmIRequest())).Identities));
        var several = Assert.IsType<MultiResult>(client.Do(new MultiReadRequest([new GetDataRequest("/a", false), new GetDataRequest("/no", false), new GetChildrenRequest("/a/b", false, false)])));
        Assert.Collection(several.Results, r => Assert.IsType<DataResult>(r), r => Assert.Equal(new ErrorResult(ErrorCode.NoNode), r), r => Assert.IsType<ChildrenResult>(r));
    }

    [Fact, Trait("Rule", "COORD-READ-1")]
    public void What_is_not_there_is_NoNode_and_what_is_not_served_is_said_to_be_so()
    {
        var (_, client) = New();
        Request[] reads = [new GetDataRequest("/no", true), new ExistsRequest("/no", false), new GetChildrenRequest("/no", true, false), new GetAclRequest("/no"), new GetAllChildrenNumberRequest("/no")];
        Assert.All(reads, r => Assert.Equal(ErrorCode.NoNode, client.Error(r)));
        Assert.Equal(ErrorCode.Unimplemented, client.Error(new RefusedRequest(16, ErrorCode.Unimplemented)));
    }

    [Fact, Trait("Rule", "COORD-WATCH-2")]
    public void Exists_leaves_its_watch_on_what_is_not_there()
    {
        var (service, client) = New();
        client.Do(new ExistsRequest("/a", true));
        client.Do(new GetDataRequest("/b", true));
        Assert.Equal(1, service[2].Watches.Count);
        client.Create("/a");
        Assert.Equal(new Notify(client.Connection, WatchEventType.Created, "/a"), Assert.Single(client.Events));
    }

    [Fact, Trait("Rule", "COORD-WATCH-3")]
    public void Watches_set_again_fire_for_what_was_missed_and_wait_for_the_rest()
    {
        var (service, client) = New();
        foreach (var path in new[] { "/same", "/set", "/gone", "/parent", "/quiet" }) client.Create(path);
        service.Take(2, new ConnectionClosed(client.Connection));
        var other = new SmallClient(service).Join(1);
        other.Do(Requests.Set("/set", "x"));
        other.Do(new DeleteRequest("/gone", -1));
        other.Create("/new");
        other.Create("/parent/child");
        client.Join(3);
        client.Do(Requests.SetWatches(client.Seen, ["/same", "/set", "/gone"], ["/new", "/never"], ["/parent", "/quiet", "/gone"]));
        Assert.Equal(
            [(WatchEventType.DataChanged, "/set"), (WatchEventType.Deleted, "/gone"), (WatchEventType.Created, "/new"), (WatchEventType.ChildrenChanged, "/parent"), (WatchEventType.Deleted, "/gone")],
            client.Events.Select(e => (e.Type, e.Path)));
        Assert.Equal(3, service[3].Watches.Count);
        other.Create("/never");
        other.Do(Requests.Set("/same", "y"));
        client.Hear();
        Assert.Equal([(WatchEventType.Created, "/never"), (WatchEventType.DataChanged, "/same")], client.Events.TakeLast(2).Select(e => (e.Type, e.Path)));
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-WATCH-4")]
    public void Watches_are_checked_and_removed_by_type()
    {
        var (service, client) = New();
        client.Create("/a");
        client.Do(new GetDataRequest("/a", true));
        client.Do(new GetChildrenRequest("/a", true, false));
        Assert.Equal(ErrorCode.Ok, client.Error(new CheckWatchesRequest("/a", WatcherType.Data)));
        Assert.Equal(ErrorCode.Ok, client.Error(new RemoveWatchesRequest("/a", WatcherType.Data)));
        Assert.Equal(ErrorCode.NoWatcher, client.Error(new RemoveWatchesRequest("/a", WatcherType.Data)));
        Assert.Equal(ErrorCode.NoWatcher, client.Error(new CheckWatchesRequest("/a", WatcherType.Persistent)));
        Assert.Equal(ErrorCode.Ok, client.Error(new RemoveWatchesRequest("/a", WatcherType.Any)));
        Assert.Equal(0, service[2].Watches.Count);
        Assert.IsType<WatchAddedResult>(client.Do(new AddWatchRequest("/a", WatchMode.PersistentRecursive)));
        Assert.Equal(ErrorCode.MarshallingError, client.Error(new AddWatchRequest("/a", (WatchMode)2)));
        Assert.Equal(ErrorCode.Ok, client.Error(new CheckWatchesRequest("/a", WatcherType.Data)));
        Assert.Equal(ErrorCode.MarshallingError, client.Error(new CheckWatchesRequest("/a", (WatcherType)9)));
        Assert.Equal(ErrorCode.Ok, client.Error(new RemoveWatchesRequest("/a", WatcherType.PersistentRecursive)));
        Assert.Equal(0, service[2].Watches.Count);
    }

    [Fact, Trait("Rule", "COORD-ACL-4")]
    public void An_ACL_is_shown_whole_to_who_may_administer()
    {
        var (_, client) = New();
        client.Ask(new AuthRequest("digest", Requests.Bytes("alice:secret")));
        var alice = Reference.Coordination.Access.Digest("alice:secret");
        var acl = new AclList([new(Permissions.All, "digest", alice), new(Permissions.Read, "world", "anyone")]);
        client.Do(Requests.Create("/a", acl: acl));
        Assert.Equal(acl, Assert.IsType<AclResult>(client.Do(new GetAclRequest("/a"))).Acl);
        var (service2, other) = New();
        other.Do(Requests.Create("/a", acl: acl));
        Assert.Equal("alice:x", Assert.IsType<AclResult>(other.Do(new GetAclRequest("/a"))).Acl.Entries[0].Id);
        service2.Holds();
    }
}
