using Reference.Coordination;

namespace Reference.Systematic.Coordination;

/// <summary>Seeded walks: clients that write, read, watch, come and go, over servers that lag, fall and lead in turn.</summary>
internal static class Walks
{
    private static readonly string[] Names = ["/a", "/b", "/a/x", "/a/y", "/c"];

    /// <summary>The world after a walk of so many moves; it stops where a claim breaks.</summary>
    public static SmallService Walk(ulong seed, int moves = 400, Func<Settings, Server>? make = null, int servers = 3)
    {
        var draws = new World.Draws(seed);
        var service = new SmallService(servers, make).Elect(1 + draws.Below(servers));
        SmallClient[] clients = [.. Enumerable.Range(0, 3).Select(_ => new SmallClient(service))];
        for (var i = 0; i < moves && service.Broken is null; i++)
        {
            var client = clients[draws.Below(clients.Length)].Hear();
            switch (draws.Below(24))
            {
                case 0 when draws.Below(6) == 0:
                    var leader = 1 + draws.Below(servers);
                    service.Elect(leader, leader != service.Leader && draws.Below(2) == 0 ? [service.Leader] : []);
                    break;
                case 0 when draws.Below(3) == 0 && servers > 1: service.Rejoin(1 + (service.Leader + draws.Below(servers - 1)) % servers); break;
                case 0 when draws.Below(2) == 0 && servers > 1: service.Restart(1 + (service.Leader + draws.Below(servers - 1)) % servers, draws.Below(5)); break;
                case 1: service.NowMs += draws.Below(120); service.Ring(Alarm.Heartbeat, 1 + draws.Below(servers)); break;
                case 2 when draws.Below(4) == 0: service.NowMs += 300; break;
                case 2: service.Ring(Alarm.Containers, service.Leader); break;
                case 3 when !client.IsOpen || draws.Below(4) == 0: client.Come(1 + draws.Below(servers), 200); break;
                case 4 when !client.IsOpen: client.Come(1 + draws.Below(servers), 200); break;
                case < 12:
                    for (var k = draws.Below(4); k >= 0 && service.Busy.ToList() is { Count: > 0 } busy; k--)
                    {
                        var (from, to) = busy[draws.Below(busy.Count)];
                        service.Deliver(from, to);
                    }
                    break;
                default:
                    if (client.IsOpen) client.Ask(Draw(ref draws, client));
                    break;
            }
        }
        return service;
    }

    private static Request Draw(ref World.Draws draws, SmallClient client)
    {
        var path = Names[draws.Below(Names.Length)];
        return draws.Below(22) switch
        {
            0 or 1 or 2 => Requests.Create(path, (CreateMode)draws.Below(5), "d"),
            3 => Requests.Create(path + "-", draws.Below(2) == 0 ? CreateMode.PersistentSequential : CreateMode.EphemeralSequential),
            4 or 5 => new DeleteRequest(path, draws.Below(3) - 1),
            6 => new DeleteRequest($"{path}-{draws.Below(4):D10}", -1),
            7 or 8 => Requests.Set(path, "e", draws.Below(3) - 1),
            9 or 10 => Requests.Multi(Requests.Create(path), Requests.Set(path, "f", draws.Below(2)), new CheckRequest(Names[draws.Below(Names.Length)], draws.Below(2))),
            11 => new SetAclRequest(path, AclList.Open, draws.Below(3) - 1),
            12 => new SyncRequest(path),
            13 or 14 => new GetDataRequest(path, true),
            15 => new ExistsRequest(path, true),
            16 => new GetChildrenRequest(path, true, false),
            17 => Requests.SetWatches(client.Seen - draws.Below(2), [path], [Names[draws.Below(Names.Length)]], [Names[draws.Below(Names.Length)]]),
            18 => new AddWatchRequest(path, (WatchMode)draws.Below(2)),
            19 => new RemoveWatchesRequest(path, (WatcherType)(1 + draws.Below(3))),
            20 when draws.Below(4) == 0 => new CloseSessionRequest(),
            _ => new PingRequest(),
        };
    }
}

public class WalkTests
{
    [Fact]
    public void Whatever_clients_and_servers_do_every_claim_holds_and_every_goal_is_reached()
    {
        var reached = new SortedSet<string>();
        for (ulong seed = 1; seed <= 150; seed++)
        {
            var service = Walks.Walk(seed);
            Assert.True(service.Broken is null, $"seed {seed}: {service.Broken}");
            reached.UnionWith(service.Reached.Keys);
        }
        Assert.Equal(Witness.Goals.Select(g => g.Name).Order(StringComparer.Ordinal), reached.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_same_seed_gives_the_same_states()
    {
        static IEnumerable<ulong> Hashes(SmallService s) => Enumerable.Range(1, s.Count).Select(i => Fingerprint.Of(s[i])).Append(Fingerprint.Of(s.Witness));
        Assert.Equal(Hashes(Walks.Walk(7)), Hashes(Walks.Walk(7)));
        Assert.NotEqual(Hashes(Walks.Walk(7)), Hashes(Walks.Walk(8)));
    }
}
