using Reference.Systematic.World;

namespace Reference.Systematic.Explorer;

/// <summary>How far an exploration may go, and how it goes about it.</summary>
/// <param name="MaxStates">It stops once this many distinct states are known.</param>
/// <param name="MaxDepth">It stops after this many levels.</param>
/// <param name="MaxBytes">It stops once the process holds this much managed memory.</param>
/// <param name="Workers">Threads; with one, the counterexample found is the same each time, with more its length is.</param>
/// <param name="FingerprintBits">Fewer than 64 show what collisions do.</param>
public sealed record Bounds(long MaxStates = 100_000_000, int MaxDepth = int.MaxValue, long MaxBytes = 14L << 30, int Workers = 0, int FingerprintBits = 64)
{
    /// <summary>Called now and then, and at the end of each level.</summary>
    public Action<Progress>? Watch { get; init; }
}

/// <summary>How far an exploration has come.</summary>
/// <param name="Frontier">States of this level that are still to be expanded, and those of the next found so far.</param>
public readonly record struct Progress(int Depth, long States, long Transitions, long Frontier, double Seconds);

/// <summary>The ledger of an exploration.</summary>
/// <param name="States">Distinct states.</param>
/// <param name="Transitions">Steps taken, to new states and old.</param>
/// <param name="Depth">Levels that have been expanded; at a fixpoint, the diameter.</param>
/// <param name="Fixpoint">Whether every reachable state was expanded and nothing was found.</param>
/// <param name="Stopped">Why it stopped short of a fixpoint; null at one.</param>
/// <param name="Moves">Steps by kind.</param>
/// <param name="Reached">Steps that reached each goal.</param>
/// <param name="Limited">How often each budget kept something from happening.</param>
/// <param name="CollisionOdds">About how likely it is that two distinct states shared a fingerprint, so that one was missed.</param>
/// <param name="Chain">A hash over the states of all levels: the same for the same model and seed, whatever the number of workers.</param>
/// <param name="PeakFrontier">The most states that waited in one level.</param>
/// <param name="Violation">The shortest way to a broken claim.</param>
public sealed record Exploration(
    long States, long Transitions, int Depth, bool Fixpoint, string? Stopped, double Seconds, ImmutableSortedDictionary<string, long> Moves, ImmutableSortedDictionary<string, long> Reached,
    ImmutableSortedDictionary<string, long> Limited, double CollisionOdds, ulong Chain, long PeakFrontier, Violation? Violation)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{States:N0} states, {Transitions:N0} transitions, depth {Depth}, {Seconds:F1} s ({States / Math.Max(Seconds, 1e-3):N0} states/s): ") +
        (Violation is not null ? Violation.Broken.ToString() : Fixpoint ? "fixpoint, no claim broken" : $"{Stopped}; no claim broken up to there");
}

/// <summary>A way to a broken claim: which of the first states, and the moves from there.</summary>
public sealed record Violation(int Initial, ImmutableArray<Move> Moves, Broken Broken);
