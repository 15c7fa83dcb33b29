using Reference.Coordination;
using Reference.Systematic.Coordination;

namespace Reference.Systematic.World;

/// <summary>The search for an order, and the claims that do without one: where they find nothing wrong, the search finds an order.</summary>
public class LinearizabilityTests
{
    private static readonly SessionId Ann = new(1), Bob = new(2);
    private static readonly Specification First = Specification.Of(ServiceState.Initial) with { Sessions = [Ann, Bob] };

    private static readonly ServiceSetup Small = new(3, 2, [Wish.SetFirst, Wish.Set, Wish.Sync, Wish.Get, Wish.Delete]) { Asks = 10, Pipelined = 1, Connects = 3, Epochs = 2, Losses = 1, Judged = ["none"] };

    [Fact]
    public void A_read_after_an_answered_write_must_see_it() => Assert.False(Linearizability.Holds(First, [Did(Ann, Requests.Create("/b"), 1, 2, "/b"), Did(Bob, new ExistsRequest("/b", false), 3, 4, ErrorCode.NoNode)]));

    [Fact]
    public void A_read_beside_a_write_may_see_it_or_not()
    {
        Assert.True(Linearizability.Holds(First, [Did(Ann, Requests.Create("/b"), 1, 4, "/b"), Did(Bob, new ExistsRequest("/b", false), 2, 3, ErrorCode.NoNode)]));
        Assert.True(Linearizability.Holds(First, [Did(Ann, Requests.Create("/b"), 1, 4, "/b"), Did(Bob, new ExistsRequest("/b", false), 2, 3, "v0")]));
    }

    [Fact]
    public void What_was_never_answered_may_come_late_or_never_but_not_twice()
    {
        var never = new Happened(Ann, Requests.Create("/b"), 1, int.MaxValue, default);
        Assert.True(Linearizability.Holds(First, [never, Did(Bob, new ExistsRequest("/b", false), 2, 3, ErrorCode.NoNode), Did(Bob, new ExistsRequest("/b", false), 4, 5, "v0")]));
        Assert.False(Linearizability.Holds(First, [never, Did(Bob, new ExistsRequest("/b", false), 2, 3, "v0"), Did(Bob, new ExistsRequest("/b", false), 4, 5, ErrorCode.NoNode)]));
    }

    [Fact]
    public void Of_two_that_expect_one_version_one_succeeds()
    {
        var create = Did(Ann, Requests.Create("/b"), 1, 2, "/b");
        var one = Did(Ann, Requests.Set("/b", "x", 0), 3, 6, "v1");
        Assert.True(Linearizability.Holds(First, [create, one, Did(Bob, Requests.Set("/b", "y", 0), 4, 5, ErrorCode.BadVersion)]));
        Assert.False(Linearizability.Holds(First, [create, one, Did(Bob, Requests.Set("/b", "y", 0), 4, 5, "v1")]));
    }

    [Fact]
    public void The_true_rules_are_linearizable_by_both()
    {
        for (ulong seed = 0; seed < 400; seed++)
        {
            var (history, claimed, first) = Run(Rules.True, seed);
            Assert.True(claimed, $"seed {seed}");
            Assert.True(Linearizability.Holds(first, history), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData(typeof(ServiceWorldTests.SyncAnsweredFromHere))]
    [InlineData(typeof(ServiceWorldTests.RefusalAnsweredAsDone))]
    public void Where_the_claims_find_nothing_wrong_there_is_an_order_and_sometimes_there_is_none(Type mutant)
    {
        var (wrong, without) = (0, 0);
        for (ulong seed = 0; seed < 400; seed++)
        {
            var (history, claimed, first) = Run(Rules.True.With(mutant), seed);
            var holds = Linearizability.Holds(first, history);
            Assert.True(holds || !claimed, $"seed {seed}: no order, and no claim noticed");
            if (!claimed) wrong++;
            if (!holds) without++;
        }
        Assert.True(without > 0 && wrong >= without, $"{wrong} runs broke a claim, {without} have no order");
    }

    /// <summary>A run of the small world: what happened, whether all claims held, and what it began with.</summary>
    private static (List<Happened> History, bool Claimed, Specification First) Run(Rules rules, ulong seed)
    {
        var world = ServiceWorlds.Start(Small, rules, Small.Judged);
        var first = world.Chronicle.Places.Values.Last();
        var draws = new Draws(seed);
        var history = new List<Happened>();
        var open = new (Request Request, int Asked, int SyncedAt)?[Small.Clients];
        var synced = new int?[Small.Clients];
        var moves = new List<Move>();
        bool IsFromLeader(Move m) => m.Kind == 0 && m.Other == world.Broadcast.Leader;
        for (var time = 1; time <= 120; time++)
        {
            moves.Clear();
            world.Moves(moves);
            if (moves.Count == 0) break;
            if (draws.Below(8) > 0 && moves.Exists(m => !IsFromLeader(m))) moves.RemoveAll(IsFromLeader);   // followers lag
            var before = world;
            world = world.After(moves[draws.Below(moves.Count)])!;
            for (var c = 0; c < Small.Clients; c++)
            {
                var (was, now) = (before.Clients[c], world.Clients[c]);
                if (now.Connection != was.Connection && open[c] is { } cut)
                {
                    if (cut.Request is WriteRequest and not SyncRequest) history.Add(new(was.Session, cut.Request, cut.Asked, int.MaxValue, default));
                    (open[c], synced[c]) = (null, null);
                }
                if (now.Xid > was.Xid)
                {
                    var request = world.LastAsked!;
                    open[c] = (request, time, synced[c] ?? -1);
                    synced[c] = null;
                }
                foreach (var (_, reply) in world.Heard.Where(h => h.Client == c && h.Effect is Reply { Xid: > 0 }))
                {
                    var (request, asked, syncedAt) = open[c]!.Value;
                    var outcome = Outcome.Of(((Reply)reply).Result);
                    open[c] = null;
                    if (request is SyncRequest) synced[c] = asked;
                    else if (request is WriteRequest) history.Add(new(now.Session, request, asked, time, outcome));
                    else if (syncedAt >= 0) history.Add(new(now.Session, request, syncedAt, time, outcome));
                }
            }
        }
        for (var c = 0; c < Small.Clients; c++)
            if (open[c] is { Request: WriteRequest and not SyncRequest } last) history.Add(new(world.Clients[c].Session, last.Request, last.Asked, int.MaxValue, default));
        return (history, world.Chronicle.Wrong.IsEmpty, first);
    }

    private static Happened Did(SessionId session, Request request, int asked, int answered, string told) => new(session, request, asked, answered, new(ErrorCode.Ok, told));

    private static Happened Did(SessionId session, Request request, int asked, int answered, ErrorCode error) => new(session, request, asked, answered, new(error, ""));
}
