namespace Reference.Systematic.World;

/// <summary>A world whose cores may throw, as those of a broken rule do: that the core met a state which it takes for impossible is a broken claim like any other.</summary>
public sealed record Guarded<TWorld>(TWorld World) : IWorld<Guarded<TWorld>>, ITelling<Guarded<TWorld>> where TWorld : class, IWorld<TWorld>
{
    private Broken? _thrown;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds => TWorld.Kinds;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals => TWorld.Goals;

    /// <inheritdoc/>
    public Broken? Broken => _thrown ?? World.Broken;

    /// <inheritdoc/>
    public ulong Reached => World.Reached;

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail => _thrown is null ? World.Trail : [_thrown.Facts];

    /// <inheritdoc/>
    public ImmutableArray<string> Facts => _thrown is null && World is ITelling<TWorld> teller ? teller.Facts : [];

    /// <inheritdoc/>
    public void Moves(List<Move> moves) => World.Moves(moves);

    /// <inheritdoc/>
    public Guarded<TWorld>? After(Move move)
    {
        try
        {
            return World.After(move) is { } after ? new(after) : null;
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException or ArgumentException or IndexOutOfRangeException or KeyNotFoundException or InsufficientExecutionStackException)
        {
            return this with { _thrown = new("TOTAL", "a core has an answer to every input, in every state it can get to", $"the core throws: {e.Message}") };
        }
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed) => World.Fingerprint(seed);

    /// <inheritdoc/>
    public IEnumerable<Told> Tell(Guarded<TWorld> before, Move move, int number) =>
        _thrown is null && World is ITelling<TWorld> teller ? teller.Tell(before.World, move, number) : Told.OfTrail(Trail, move.Owner + 1, number);
}
