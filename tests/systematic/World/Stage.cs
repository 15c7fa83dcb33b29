using Microsoft.Coyote.SystematicTesting;

namespace Reference.Systematic.World;

/// <summary>A world with its rules chosen, for whoever needn't know its type: engines run it, files name it, people are told what happened in it.</summary>
public abstract class Stage
{
    /// <summary>The world's name.</summary>
    public required string World { get; init; }

    /// <summary>Whose rules differ from the true ones: an animal's number, or a rule and the form it's broken in; null if nobody's.</summary>
    public string? Mutant { get; init; }

    /// <summary>How many nodes own moves.</summary>
    public required int Nodes { get; init; }

    /// <summary>The names of the kinds of move.</summary>
    public abstract IReadOnlyList<string> Kinds { get; }

    /// <summary>A seeded walk.</summary>
    public abstract WalkResult Walk(ulong seed, long runs = long.MaxValue, TimeSpan? budget = null, int stepsPerRun = 250);

    /// <summary>A 1-minimal run that breaks the same claim.</summary>
    public abstract Finding Shrink(Finding finding);

    /// <summary>What breaks when these moves are done, those that can't happen left out; null if nothing does.</summary>
    public abstract (Broken? Broken, ImmutableArray<Move> Done) Do(IEnumerable<Move> moves);

    /// <summary>The same under Coyote.</summary>
    public abstract TestReport ReplayUnderCoyote(Finding finding);

    /// <summary>Coyote draws so many schedules from a seed.</summary>
    public abstract TestReport ExploreUnderCoyote(uint schedules, uint seed);

    /// <summary>What each move did, and what it came to.</summary>
    public abstract Telling Tell(IEnumerable<Move> moves);
}

/// <summary>A run as a person is told it.</summary>
/// <param name="Facts">The facts that contradict the broken claim, one a line.</param>
public sealed record Telling(ImmutableArray<Told> Events, Broken? Broken, ImmutableArray<string> Facts);

/// <summary>A stage of one type of world.</summary>
public sealed class Stage<TWorld>(Func<TWorld> make) : Stage where TWorld : class, IWorld<TWorld>
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Kinds => TWorld.Kinds;

    /// <summary>The world at its start.</summary>
    public TWorld Start() => make();

    /// <inheritdoc/>
    public override WalkResult Walk(ulong seed, long runs, TimeSpan? budget, int stepsPerRun) => Systematic.World.Walk.Run(World, make, seed, runs, budget, stepsPerRun);

    /// <inheritdoc/>
    public override Finding Shrink(Finding finding) => Systematic.World.Walk.Shrink(make, finding);

    /// <inheritdoc/>
    public override (Broken? Broken, ImmutableArray<Move> Done) Do(IEnumerable<Move> moves)
    {
        var (world, done) = Systematic.World.Walk.Do(make, moves);
        return (world.Broken, done);
    }

    /// <inheritdoc/>
    public override TestReport ReplayUnderCoyote(Finding finding) => CoyoteWalk.Replay(make, finding, Nodes);

    /// <inheritdoc/>
    public override TestReport ExploreUnderCoyote(uint schedules, uint seed) => CoyoteWalk.ExploreDraws(make, Coyote.CoyoteStrategies.Of("random", schedules, seed), stepsPerRun: 120);

    /// <inheritdoc/>
    public override Telling Tell(IEnumerable<Move> moves)
    {
        var told = ImmutableArray.CreateBuilder<Told>();
        var world = make();
        var number = 0;
        foreach (var move in moves)
        {
            if (world.After(move) is not { } after) continue;
            number++;
            told.AddRange(after is ITelling<TWorld> teller ? teller.Tell(world, move, number) : Told.OfTrail(after.Trail, move.Owner + 1, number));
            world = after;
            if (after.Broken is not null) break;
        }
        var facts = world is ITelling<TWorld> { Facts: { IsEmpty: false } some } ? some : world.Broken is { } broken ? [broken.Facts] : [];
        return new(told.ToImmutable(), world.Broken, facts);
    }
}
