using Reference.Coordination;
using Reference.Systematic.Zoo;

namespace Reference.Systematic.Coordination;

/// <summary>Each rule is there for a reason: put wrong as history had it, a claim is broken; as it is, the same run breaks none.</summary>
public class MutationTests
{
    /// <summary>What a wrong rule is called, which claim it falls to, and the run that shows it.</summary>
    private sealed record Mutation(string Claim, Func<Settings, Server> Make, Action<SmallService> Run);

    private static readonly SortedDictionary<string, Mutation> All = new()
    {
        ["C8 SessionClockSurvivesLeader"] = new("COORD-INV-14", s => new SessionClockSurvivesLeader(s), service =>
        {
            var client = new SmallClient(service).Join(2);
            service.NowMs += 900;
            client.Ask(new PingRequest());
            service.Elect(2);
            service.NowMs += 10;
            service.Ring(Alarm.Heartbeat, 2);
        }),
        ["C9 SessionRevivedAfterClose"] = new("COORD-INV-1", s => new SessionRevivedAfterClose(s), service =>
        {
            var client = new SmallClient(service).Join(2);
            client.Ask(Requests.Create("/e", CreateMode.Ephemeral));
            service.NowMs += 2_000;
            service.Ring(Alarm.Heartbeat, 1);
            service.Settle();
        }),
        ["C10 EphemeralOutlivesSession"] = new("COORD-INV-10", s => new EphemeralOutlivesSession(s), service =>
        {
            var gone = new SmallClient(service).Join(2);
            gone.Create("/e", CreateMode.Ephemeral);
            service.NowMs += 2_000;
            var other = new SmallClient(service).Join(3);
            service.Ring(Alarm.Heartbeat, 1);
            other.Do(Requests.Create("/a"));
        }),
        ["C11 WatchLostOnMove"] = new("COORD-INV-15", s => new WatchLostOnMove(s), service =>
        {
            var client = new SmallClient(service).Join(2);
            client.Create("/a");
            client.Do(new GetDataRequest("/a", true));
            service.Take(2, new ConnectionClosed(client.Connection));
            new SmallClient(service).Join(1).Do(Requests.Set("/a", "x"));
            client.Join(3).Do(Requests.SetWatches(client.Seen, data: ["/a"]));
        }),
        ["C12 ReadsGoBack"] = new("COORD-INV-12", s => new ReadsGoBack(s), service =>
        {
            var client = new SmallClient(service).Join(2);
            service.Elect(2, cutOff: 1);
            client.Join(3).Create("/a");
            if (client.Come(1).IsOpen) client.Ask(new GetDataRequest("/a", false));
        }),
        ["C13 SequenceFromChildren"] = new("COORD-INV-11", s => new SequenceFromChildren(s), service =>
        {
            var client = new SmallClient(service).Join(2);
            client.Do(new DeleteRequest(client.Create("/s-", CreateMode.PersistentSequential), -1));
            client.Create("/s-", CreateMode.PersistentSequential);
        }),
        ["C14 MultiHalfApplied"] = new("COORD-INV-6", s => new MultiHalfApplied(s), service =>
        {
            var client = new SmallClient(service).Join(2);
            client.Ask(Requests.Multi(Requests.Create("/a"), new CheckRequest("/b", -1)));
            client.Ask(Requests.Create("/a"));
            service.Deliver(2, 1);
            service.Deliver(2, 1);
            service.Settle();
        }),
        ["C15 VersionCheckAtApply"] = new("COORD-INV-7", s => new VersionCheckAtApply(s), service =>
        {
            var client = new SmallClient(service).Join(2);
            client.Create("/a");
            client.Ask(Requests.Set("/a", "x", 0));
            client.Ask(Requests.Set("/a", "y", 0));
            service.Deliver(2, 1);
            service.Deliver(2, 1);
            service.Settle();
        }),
        ["C16 SnapshotReplaysTwice"] = new("COORD-INV-10", s => new SnapshotReplaysTwice(s), service =>
        {
            var client = new SmallClient(service).Join(2);
            client.Do(new DeleteRequest(client.Create("/s-", CreateMode.PersistentSequential), -1));
            service.Restart(3, replayed: 2);
            client.Create("/s-", CreateMode.PersistentSequential);
        }),
        ["ReadOvertakesWrite"] = new("COORD-INV-13", s => new ReadOvertakesWrite(s), service =>
        {
            var client = new SmallClient(service).Join(2);
            client.Ask(Requests.Create("/a"));
            client.Ask(new GetDataRequest("/a", false));
        }),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_rule_put_wrong_breaks_a_claim(string name)
    {
        var mutation = All[name];
        var service = new SmallService(make: mutation.Make, only: mutation.Claim).Elect(1);
        mutation.Run(service);
        Assert.StartsWith(mutation.Claim + ":", service.Broken, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Names))]
    public void The_rule_as_it_is_breaks_none_in_the_same_run(string name)
    {
        var service = new SmallService().Elect(1);
        All[name].Run(service);
        service.Holds();
    }

    private sealed class ReadOvertakesWrite(Settings settings) : Server(settings)
    {
        protected override bool MustWait(Connection c) => false;
    }
}
