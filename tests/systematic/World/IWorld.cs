namespace Reference.Systematic.World;

/// <summary>One thing that may happen in a world: a delivery, a write that reaches the disk, an alarm, a crash. Its numbers mean what its world says.</summary>
/// <param name="Kind">An index into <see cref="IWorld{TSelf}.Kinds"/>.</param>
/// <param name="Owner">The node where it happens; under Coyote, the operation that does it.</param>
public readonly record struct Move(int Kind, int Owner, int Other = 0, int Detail = 0);

/// <summary>A claim that turned out false, and the facts that contradict it.</summary>
public sealed record Broken(string Invariant, string Claim, string Facts)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Invariant}: {Claim} ({Facts})";
}

/// <summary>A simulated world around real cores: immutable, so that any number of futures start from the same one.</summary>
public interface IWorld<TSelf> where TSelf : class, IWorld<TSelf>
{
    /// <summary>The names of the kinds of move; those that are faults begin with '!'.</summary>
    static abstract IReadOnlyList<string> Kinds { get; }

    /// <summary>The names of the goals; bit i of <see cref="Reached"/> is goal i.</summary>
    static abstract IReadOnlyList<string> Goals { get; }

    /// <summary>Adds every move that can happen now.</summary>
    void Moves(List<Move> moves);

    /// <summary>The world after <paramref name="move"/>; null if it can't happen now (as in a run that is being shrunk).</summary>
    TSelf? After(Move move);

    /// <summary>The claim that the last move broke, if any.</summary>
    Broken? Broken { get; }

    /// <summary>Goals reached by this run so far.</summary>
    ulong Reached { get; }

    /// <summary>What the last move did, a line an event: <c>1→2 PROPOSE 1.3</c>.</summary>
    IReadOnlyList<string> Trail { get; }

    /// <summary>A hash of the whole world, ghosts included.</summary>
    ulong Fingerprint(ulong seed);
}

/// <summary>Draws that are the same for the same seed, on every machine: splitmix64.</summary>
public struct Draws(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next word.</summary>
    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to <paramref name="bound"/> − 1.</summary>
    public int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);
}
