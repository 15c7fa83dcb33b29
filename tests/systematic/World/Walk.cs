using System.Diagnostics;

namespace Reference.Systematic.World;

/// <summary>A run that broke a claim: enough to do it again.</summary>
public sealed record Finding(string World, ulong Seed, ImmutableArray<Move> Moves, Broken Broken);

/// <summary>What a walk saw.</summary>
/// <param name="Chain">A hash over the hashes of all worlds in order; 0 unless it was asked for.</param>
public sealed record WalkResult(long Runs, long Steps, double Seconds, ImmutableSortedDictionary<string, long> Reached, ulong Chain, Finding? Found)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Runs:N0} runs, {Steps:N0} steps in {Seconds:F1} s ({Steps / Math.Max(Seconds, 1e-9):N0}/s); reached {string.Join(", ", Reached.Select(r => $"{r.Key} {r.Value:N0}"))}{(Found is null ? "; no bug found" : $"; {Found.Broken}")}";
}

/// <summary>A seeded walk: run after run, each a random path through a world, all invariants after every step.</summary>
/// <remarks>
/// Each run draws its own weights for the kinds of moves (swarm testing: Groce et al., ISSTA 2012), so that some runs are all faults, some have none,
/// and some let one kind of thing wait for long.
/// </remarks>
public static class Walk
{
    /// <summary>Walks until a claim breaks, <paramref name="runs"/> are over, or <paramref name="budget"/> is spent.</summary>
    public static WalkResult Run<TWorld>(string name, Func<TWorld> make, ulong seed, long runs = long.MaxValue, TimeSpan? budget = null, int stepsPerRun = 250, bool chain = false)
        where TWorld : class, IWorld<TWorld>
    {
        var clock = Stopwatch.StartNew();
        var limit = budget ?? TimeSpan.MaxValue;
        var reached = new long[TWorld.Goals.Count];
        var moves = new List<Move>();
        var path = new List<Move>(stepsPerRun);
        var weights = new int[TWorld.Kinds.Count];
        long run = 0, steps = 0;
        var hash = new Fingerprint(seed);
        Finding? found = null;

        for (; run < runs && found is null && clock.Elapsed < limit; run++)
        {
            var runSeed = RunSeed(seed, run);
            var draws = new Draws(runSeed);
            DrawWeights<TWorld>(ref draws, weights);
            var world = make();
            path.Clear();
            for (var step = 0; step < stepsPerRun; step++)
            {
                moves.Clear();
                world.Moves(moves);
                if (moves.Count == 0) break;
                var move = Pick(ref draws, moves, weights);
                path.Add(move);
                world = world.After(move) ?? throw new InvalidOperationException($"{name}: {move} was offered, and then refused");
                steps++;
                if (chain) hash.Add(world.Fingerprint(0));
                if (world.Broken is not { } broken) continue;
                found = new(name, runSeed, [.. path], broken);
                break;
            }
            for (var goal = 0; goal < reached.Length; goal++)
                if ((world.Reached >> goal & 1) != 0) reached[goal]++;
        }
        return new(run, steps, clock.Elapsed.TotalSeconds, TWorld.Goals.Select((g, i) => (g, reached[i])).ToImmutableSortedDictionary(p => p.g, p => p.Item2, StringComparer.Ordinal), chain ? hash.Value : 0, found);
    }

    /// <summary>Does <paramref name="moves"/> from the start, leaving out those that can't happen; stops where a claim breaks.</summary>
    public static (TWorld World, ImmutableArray<Move> Done) Do<TWorld>(Func<TWorld> make, IEnumerable<Move> moves, Action<Move, TWorld>? see = null) where TWorld : class, IWorld<TWorld>
    {
        var world = make();
        var done = ImmutableArray.CreateBuilder<Move>();
        foreach (var move in moves)
        {
            if (world.After(move) is not { } after) continue;
            world = after;
            done.Add(move);
            see?.Invoke(move, world);
            if (world.Broken is not null) break;
        }
        return (world, done.ToImmutable());
    }

    /// <summary>A shorter run that breaks the same invariant; 1-minimal: without any one of its moves, it doesn't; nor, if it's short, without any two.</summary>
    public static Finding Shrink<TWorld>(Func<TWorld> make, Finding finding) where TWorld : class, IWorld<TWorld>
    {
        var best = Shorten(make, finding.Moves, world => world.Broken?.Invariant == finding.Broken.Invariant);
        return finding with { Moves = best, Broken = Do(make, best).World.Broken! };
    }

    /// <summary>A shorter run that still ends as <paramref name="holds"/> asks.</summary>
    public static ImmutableArray<Move> Shorten<TWorld>(Func<TWorld> make, ImmutableArray<Move> moves, Func<TWorld, bool> holds) where TWorld : class, IWorld<TWorld>
    {
        var best = moves;
        for (var before = int.MaxValue; best.Length < before;)
        {
            before = best.Length;
            for (var chunk = Math.Max(1, best.Length / 2); chunk > 0; chunk /= 2)
                for (var from = best.Length - chunk; from > -chunk; from -= chunk)
                    if (from < best.Length) Try(best.RemoveRange(Math.Max(0, from), Math.Min(chunk, best.Length - Math.Max(0, from))));
            if (best.Length > LongestForPairs) continue;
            for (var first = best.Length - 1; first > 0 && best.Length == before; first--)
                for (var second = first - 1; second >= 0 && best.Length == before; second--) Try(best.RemoveAt(first).RemoveAt(second));
        }
        return best;

        void Try(ImmutableArray<Move> fewer)
        {
            var (world, done) = Do(make, fewer);
            if (done.Length < best.Length && holds(world)) best = done;
        }
    }

    private const int LongestForPairs = 60;

    internal static ulong RunSeed(ulong seed, long run)
    {
        var draws = new Draws(seed ^ ((ulong)run * 0xD1342543DE82EF95));
        return draws.Next();
    }

    internal static void DrawWeights<TWorld>(ref Draws draws, int[] weights) where TWorld : class, IWorld<TWorld>
    {
        for (var kind = 0; kind < weights.Length; kind++)
            weights[kind] = TWorld.Kinds[kind][0] == '!' ? FaultWeights[draws.Below(FaultWeights.Length)] : LiveWeights[draws.Below(LiveWeights.Length)];
    }

    internal static int Total(List<Move> moves, int[] weights)
    {
        var total = 0;
        foreach (var move in moves) total += weights[move.Kind];
        return total;
    }

    internal static Move At(List<Move> moves, int[] weights, int at)
    {
        foreach (var move in moves)
            if ((at -= weights[move.Kind]) < 0) return move;
        throw new ArgumentOutOfRangeException(nameof(at), "beyond the sum of the weights");
    }

    private static Move Pick(ref Draws draws, List<Move> moves, int[] weights) =>
        Total(moves, weights) is > 0 and var total ? At(moves, weights, draws.Below(total)) : moves[draws.Below(moves.Count)];

    private static readonly int[] LiveWeights = [4, 16, 16, 64];
    private static readonly int[] FaultWeights = [0, 1, 1, 4, 8];
}
