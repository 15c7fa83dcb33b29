using Microsoft.Coyote;
using Reference.Coordination;
using Reference.Systematic.Explorer;

namespace Reference.Systematic.World;

/// <summary>The true rules in the worlds of the service: no claim breaks, and every goal is reached.</summary>
public class ServiceWorldTests
{
    public static TheoryData<string> Names => [.. ServiceWorlds.All.Keys];

    [Theory, MemberData(nameof(Names))]
    public void No_claim_breaks_in_a_walk_of_any_world(string name) => NoBug(Walk.Run(name, () => ServiceWorlds.Start(ServiceWorlds.All[name], Rules.True), seed: 5, runs: 400));

    [Fact]
    public void In_the_large_world_every_goal_is_reached()
    {
        var result = Walk.Run("service", () => ServiceWorlds.Start(ServiceWorlds.Large, Rules.True), seed: 1, runs: 500);
        NoBug(result);
        Assert.Empty(result.Reached.Where(goal => goal.Value == 0).Select(goal => goal.Key));
    }

    [Fact]
    public void One_seed_gives_one_chain_of_state_hashes()
    {
        static ulong Chain(ulong seed) => Walk.Run("service", () => ServiceWorlds.Start(ServiceWorlds.Large, Rules.True), seed, runs: 10, chain: true).Chain;
        Assert.Equal(Chain(11), Chain(11));
        Assert.NotEqual(Chain(11), Chain(12));
    }

    [Fact]
    public void The_service_is_clean_as_operations_of_Coyote()
    {
        var report = CoyoteWalk.Explore(() => ServiceWorlds.Start(ServiceWorlds.Large, Rules.True), Configuration.Create().WithTestingIterations(40).WithPrioritizationStrategy(false, 10).WithRandomGeneratorSeed(2), nodes: 6);
        Assert.Empty(report.BugReports);
        Assert.Empty(report.UncontrolledInvocations);
    }

    /// <summary>Every state of a small world: how many there are is pinned, so that a changed model shows. The two larger ones are left to <c>explore service3m</c> and <c>explore service2t</c>.</summary>
    [Theory]
    [InlineData("service1", 46_624, "requests were judged by what was outstanding", "a multi failed", "a multi went well", "a sequential name was given", "a request waited behind a write", "transactions were replayed")]
    [InlineData("service1r", 58_770, "transactions were replayed", "a proposal was lost", "a proposal outlived its leader", "a multi went well")]
    [InlineData("service2", 156_572, "a client was ahead", "a missed event told", "a watch fired", "a session closed", "a session moved", "a server caught up by a snapshot", "clients were let go")]
    [InlineData("service3", 170_197, "a server was left behind", "a sync was answered", "requests were judged by what was outstanding", "a proposal was lost")]
    public void No_claim_breaks_in_any_state_of_a_small_world(string name, long states, params string[] goals)
    {
        var found = Explorer.Explorer.Run(new WorldModel<ServiceWorld>(() => ServiceWorlds.Start(ServiceWorlds.All[name], Rules.True)));
        Assert.True(found is { Fixpoint: true, Violation: null }, found.ToString());
        Assert.Equal(states, found.States);
        foreach (var goal in goals) Assert.True(found.Reached[goal] > 0, $"'{goal}' wasn't reached");
    }

    /// <summary>The claims that are new with this world notice their own mutants: none of them is named by an animal.</summary>
    [Theory]
    [InlineData(typeof(SyncAnsweredFromHere), "COORD-INV-18")]
    [InlineData(typeof(RefusalAnsweredAsDone), "COORD-INV-18")]
    [InlineData(typeof(ReadsWhatIsProposed), "COORD-INV-19")]
    [InlineData(typeof(ReportsAreForgotten), "COORD-INV-22")]
    public void A_claim_notices_what_it_is_there_for(Type mutant, string claim)
    {
        var setup = claim == "COORD-INV-22" ? ServiceWorlds.TwoTimed with { Asks = 6, Ticks = 8, Epochs = 0, Wishes = [Wish.Ping] } : ServiceWorlds.Large;
        var result = Walk.Run("service", () => ServiceWorlds.Start(setup, Rules.True.With(mutant), [claim]), seed: 1, runs: 3_000);
        Assert.Equal(claim, result.Found?.Broken.Invariant);
        NoBug(Walk.Run("service", () => ServiceWorlds.Start(setup, Rules.True, [claim]), seed: 1, runs: result.Runs));
    }

    /// <summary>A server answers a sync by itself, of what it has.</summary>
    public sealed class SyncAnsweredFromHere(Settings settings) : Server(settings)
    {
        /// <inheritdoc/>
        protected override Step<ServerState, Effect> OnRequested(ServerState s, Requested i) =>
            i.Request is SyncRequest r && s.Connections.TryGetValue(i.Connection, out var c) && c.Phase == ConnectionPhase.Open && c.Waiting.IsEmpty
                ? new(s, [new Reply(i.Connection, i.Xid, s.Committed.LastZxid, new SyncResult(r.Path))])
                : base.OnRequested(s, i);
    }

    /// <summary>A refused write is answered as if it had been done.</summary>
    public sealed class RefusalAnsweredAsDone(Settings settings) : Server(settings)
    {
        /// <inheritdoc/>
        protected override ServerState Answer(ServerState s, Transaction transaction, Applied applied, ImmutableArray<Effect>.Builder effects) =>
            base.Answer(s, transaction.Operation is Fail { Error: ErrorCode.BadVersion } ? transaction with { Operation = new SetData("/a", Blob.None, 0) } : transaction, applied, effects);
    }

    /// <summary>A leader's clients read what isn't committed yet.</summary>
    public sealed class ReadsWhatIsProposed(Settings settings) : Server(settings)
    {
        /// <inheritdoc/>
        protected override ServerState AnswerRead(ServerState s, Connection c, Pending read, ImmutableArray<Effect>.Builder effects)
        {
            var first = effects.Count;
            var after = base.AnswerRead(s.Leadership is { } l ? s with { Committed = l.Proposed } : s, c, read, effects) with { Committed = s.Committed };
            for (var i = first; i < effects.Count; i++)
                if (effects[i] is Reply reply) effects[i] = reply with { Zxid = s.Committed.LastZxid };
            return after;
        }
    }

    /// <summary>A leader passes over what followers report.</summary>
    public sealed class ReportsAreForgotten(Settings settings) : Server(settings)
    {
        /// <inheritdoc/>
        protected override Step<ServerState, Effect> OnTouched(ServerState s, Touched m, Moment at) => new(s, []);
    }

    private static void NoBug(WalkResult result) => Assert.True(result.Found is null, result.ToString());
}
