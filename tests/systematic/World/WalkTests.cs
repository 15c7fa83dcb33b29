using Microsoft.Coyote;

namespace Reference.Systematic.World;

/// <summary>The engines themselves, on a world of two counters that must not both reach 3.</summary>
public class WalkTests
{
    private sealed record Counters(int Left, int Right, int Limit) : IWorld<Counters>
    {
        public static IReadOnlyList<string> Kinds => ["count", "!reset"];
        public static IReadOnlyList<string> Goals => ["left at 3"];
        public Broken? Broken => Left >= Limit && Right >= Limit ? new("TEST-1", "not both counters are at the limit", $"{Left} and {Right}") : null;
        public ulong Reached => Left >= 3 ? 1ul : 0;
        public IReadOnlyList<string> Trail => [];

        public void Moves(List<Move> moves)
        {
            for (var owner = 0; owner < 2; owner++)
            {
                moves.Add(new(0, owner));
                if ((owner == 0 ? Left : Right) > 0) moves.Add(new(1, owner));
            }
        }

        public Counters? After(Move move) => (move.Kind, move.Owner) switch
        {
            (0, 0) => this with { Left = Left + 1 },
            (0, _) => this with { Right = Right + 1 },
            (_, 0) => Left == 0 ? null : this with { Left = 0 },
            _ => Right == 0 ? null : this with { Right = 0 },
        };

        public ulong Fingerprint(ulong seed)
        {
            var f = new Fingerprint(seed);
            f.Add(Left);
            f.Add(Right);
            return f.Value;
        }
    }

    [Fact]
    public void A_walk_finds_a_broken_claim_and_shrinks_it_to_the_moves_that_matter()
    {
        var result = Walk.Run("counters", () => new Counters(0, 0, 3), seed: 1, runs: 1000);
        Assert.NotNull(result.Found);
        var shrunk = Walk.Shrink(() => new Counters(0, 0, 3), result.Found);
        Assert.Equal(6, shrunk.Moves.Length);
        Assert.Equal("TEST-1", shrunk.Broken.Invariant);
    }

    [Fact]
    public void The_same_seed_gives_the_same_chain_of_state_hashes_and_another_seed_another()
    {
        ulong Chain(ulong seed) => Walk.Run("counters", () => new Counters(0, 0, 1000), seed, runs: 20, chain: true).Chain;
        Assert.Equal(Chain(7), Chain(7));
        Assert.NotEqual(Chain(7), Chain(8));
    }

    [Fact]
    public void Coyote_explores_the_same_world_with_its_own_strategies()
    {
        var clean = CoyoteWalk.Explore(() => new Counters(0, 0, 1000), Configuration.Create().WithTestingIterations(50), nodes: 2, stepsPerRun: 30);
        Assert.Empty(clean.BugReports);
        Assert.Empty(clean.UncontrolledInvocations);
        var broken = CoyoteWalk.Explore(() => new Counters(0, 0, 3), Configuration.Create().WithTestingIterations(200), nodes: 2, stepsPerRun: 60);
        Assert.Equal(1, broken.NumOfFoundBugs);
        Assert.Contains("TEST-1", broken.BugReports.Single());
    }

    [Fact]
    public void Coyote_replays_a_counterexample_move_by_move()
    {
        var found = Walk.Shrink(() => new Counters(0, 0, 3), Walk.Run("counters", () => new Counters(0, 0, 3), seed: 1, runs: 1000).Found!);
        var report = CoyoteWalk.Replay(() => new Counters(0, 0, 3), found, nodes: 2);
        Assert.Equal(1, report.NumOfFoundBugs);
        Assert.Contains("TEST-1", report.BugReports.Single());
    }
}
