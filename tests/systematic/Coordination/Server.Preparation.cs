using CsCheck;
using Reference.Coordination;

namespace Reference.Systematic.Coordination;

public class ServerPreparationTests
{
    private static readonly AclList Nobody = new([new(Permissions.Read, "digest", "x:y")]);

    private static (SmallService, SmallClient) New()
    {
        var service = new SmallService().Elect(1);
        return (service, new SmallClient(service).Join(2));
    }

    [Fact, Trait("Rule", "COORD-PREP-4")]
    public void A_creation_is_refused_for_the_first_reason_that_applies()
    {
        var (service, client) = New();
        client.Create("/a");
        client.Create("/e", CreateMode.Ephemeral);
        client.Do(Requests.Create("/locked", acl: Nobody));
        Assert.Equal(ErrorCode.BadArguments, client.Error(Requests.Create("a", acl: AclList.Empty)));
        Assert.Equal(ErrorCode.BadArguments, client.Error(Requests.Create("/b", (CreateMode)9)));
        Assert.Equal(ErrorCode.InvalidAcl, client.Error(Requests.Create("/no/b", acl: AclList.Empty)));
        Assert.Equal(ErrorCode.NoNode, client.Error(Requests.Create("/no/b")));
        Assert.Equal(ErrorCode.NoAuth, client.Error(Requests.Create("/locked/..")));
        Assert.Equal(ErrorCode.BadArguments, client.Error(Requests.Create("/a/..")));
        Assert.Equal(ErrorCode.NodeExists, client.Error(Requests.Create("/a")));
        Assert.Equal(ErrorCode.NodeExists, client.Error(Requests.Create("/")));
        Assert.Equal(ErrorCode.NoChildrenForEphemerals, client.Error(Requests.Create("/e/b")));
        Assert.Equal("/a/0000000000", client.Create("/a/", CreateMode.PersistentSequential));
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-PREP-6")]
    public void A_deletion_is_refused_for_the_first_reason_that_applies()
    {
        var (service, client) = New();
        client.Create("/a");
        client.Create("/a/b");
        client.Do(Requests.Create("/locked", acl: Nobody));
        Assert.Equal(ErrorCode.BadArguments, client.Error(new DeleteRequest("a", -1)));
        Assert.All(["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"], path => Assert.Equal(ErrorCode.BadArguments, client.Error(new DeleteRequest(path, -1))));
        Assert.Equal(ErrorCode.NoNode, client.Error(new DeleteRequest("/no/b", -1)));
        Assert.Equal(ErrorCode.NoAuth, client.Error(new DeleteRequest("/locked/b", -1)));
        Assert.Equal(ErrorCode.NoNode, client.Error(new DeleteRequest("/a/c", -1)));
        Assert.Equal(ErrorCode.BadVersion, client.Error(new DeleteRequest("/a", 3)));
        Assert.Equal(ErrorCode.NotEmpty, client.Error(new DeleteRequest("/a", 0)));
        Assert.Equal(ErrorCode.Ok, client.Error(new DeleteRequest("/a/b", 0)));
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-PREP-7")]
    public void Setting_is_refused_for_the_first_reason_that_applies()
    {
        var (service, client) = New();
        client.Create("/a");
        client.Do(Requests.Create("/locked", acl: Nobody));
        Assert.Equal(ErrorCode.BadArguments, client.Error(Requests.Set("/a/", "x")));
        Assert.Equal(ErrorCode.NoNode, client.Error(Requests.Set("/no", "x", 5)));
        Assert.Equal(ErrorCode.NoAuth, client.Error(Requests.Set("/locked", "x", 5)));
        Assert.Equal(ErrorCode.BadVersion, client.Error(Requests.Set("/a", "x", 1)));
        Assert.Equal(1, Assert.IsType<StatResult>(client.Do(Requests.Set("/a", "x", 0))).Stat.Version);
        Assert.Equal(ErrorCode.InvalidAcl, client.Error(new SetAclRequest("/no", AclList.Empty, 0)));
        Assert.Equal(ErrorCode.NoNode, client.Error(new SetAclRequest("/no", AclList.Open, 0)));
        Assert.Equal(ErrorCode.NoAuth, client.Error(new SetAclRequest("/locked", AclList.Open, 0)));
        Assert.Equal(ErrorCode.BadVersion, client.Error(new SetAclRequest("/a", AclList.Open, 1)));
        Assert.Equal(1, Assert.IsType<StatResult>(client.Do(new SetAclRequest("/a", AclList.ReadOnly, 0))).Stat.Aversion);
        Assert.Equal(ErrorCode.NoAuth, client.Error(Requests.Set("/a", "y")));
        Assert.Equal(ErrorCode.BadVersion, client.Error(new CheckRequest("/a", 0)));
        Assert.Equal(1, Assert.IsType<StatResult>(client.Do(new CheckRequest("/a", 1))).Stat.Version);
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-PREP-5")]
    public void A_sequential_name_counts_all_children_there_ever_were()
    {
        var (service, client) = New();
        client.Create("/a");
        client.Create("/a/plain");
        Assert.Equal("/a/s-0000000001", client.Create("/a/s-", CreateMode.EphemeralSequential));
        client.Do(new DeleteRequest("/a/s-0000000001", -1));
        Assert.Equal("/a/s-0000000002", client.Create("/a/s-", CreateMode.PersistentSequential));
        service.Holds();
    }

    [Fact, Trait("Rule", "COORD-PREP-8")]
    public void A_container_goes_some_time_after_its_last_child()
    {
        var (service, client) = New();
        client.Create("/c", CreateMode.Container);
        Check(isThere: true);
        client.Create("/c/x");
        Check(isThere: true);
        client.Do(new DeleteRequest("/c/x", -1));
        Check(isThere: false);
        client.Create("/d", CreateMode.Container);
        client.Create("/plain");
        Assert.Equal(ErrorCode.BadVersion, client.Error(new DeleteContainerRequest("/plain")));
        Assert.Equal(ErrorCode.NoNode, client.Error(new DeleteContainerRequest("/c")));
        Assert.Equal(ErrorCode.Ok, client.Error(new DeleteContainerRequest("/d")));
        service.Holds();

        void Check(bool isThere)
        {
            service.Ring(Alarm.Containers, 1);
            service.Settle();
            Assert.Equal(isThere, service[3].Committed.Tree.Find("/c") is not null);
        }
    }

    [Fact, Trait("Rule", "COORD-APPLY-1"), Trait("Rule", "COORD-PREP-2")]
    public void What_was_prepared_on_what_is_proposed_applies_as_if_one_after_the_other() =>
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 3], Gen.Int[-1, 2]).Array[1, 40].Sample(draws =>
        {
            Request[] requests = [.. draws.Select(d => Draw(d.Item1, d.Item2, d.Item3))];
            var (pipelined, hasty) = New();
            foreach (var request in requests) hasty.Ask(request);
            pipelined.Settle().Holds();
            hasty.Hear();

            var (stepwise, patient) = New();
            foreach (var request in requests) patient.Do(request);
            stepwise.Holds();

            Assert.Equal(patient.Replies.Select(r => Fingerprint.Of(r.Result)), hasty.Replies.Select(r => Fingerprint.Of(r.Result)));
            Assert.All([1, 2, 3], id => Assert.Equal(stepwise[id].Committed.Hash, pipelined[id].Committed.Hash));
        }, iter: 200);

    private static WriteRequest Draw(int kind, int place, int version)
    {
        string[] paths = ["/a", "/b", "/a/x", "/a/y"];
        var path = paths[place];
        return kind switch
        {
            0 or 1 => Requests.Create(path, (CreateMode)(version + 1)),
            2 => new DeleteRequest(path, version),
            3 => Requests.Set(path, "x", version),
            4 => Requests.Multi(Requests.Create(path), Requests.Set("/a", "m", version), new DeleteRequest(path, -1)),
            5 => Requests.Multi(new DeleteRequest(path, -1), Requests.Create(path, CreateMode.PersistentSequential), new CheckRequest("/b", version)),
            6 => new SetAclRequest(path, AclList.Open, version),
            _ => new CheckRequest(path, version),
        };
    }
}
