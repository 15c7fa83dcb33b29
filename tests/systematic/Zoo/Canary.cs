using Reference.Systematic.World;

namespace Reference.Systematic.Zoo;

/// <summary>What a canary dies of.</summary>
public static class Canaries
{
    /// <summary>The claim that is false as soon as anything happens at all.</summary>
    public static readonly Broken Dead = new("CANARY", "no goal is ever reached", "one was, as it should be");
}

/// <summary>A world with one more claim: that none of its goals is ever reached. An engine that doesn't see that fall doesn't see anything.</summary>
public sealed record Canary<TWorld>(TWorld World) : IWorld<Canary<TWorld>> where TWorld : class, IWorld<TWorld>
{
    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds => TWorld.Kinds;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals => TWorld.Goals;

    /// <inheritdoc/>
    public Broken? Broken => World.Reached != 0 ? Canaries.Dead : World.Broken;

    /// <inheritdoc/>
    public ulong Reached => World.Reached;

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail => World.Trail;

    /// <inheritdoc/>
    public void Moves(List<Move> moves) => World.Moves(moves);

    /// <inheritdoc/>
    public Canary<TWorld>? After(Move move) => World.After(move) is { } next ? new(next) : null;

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed) => World.Fingerprint(seed);
}
