namespace Reference.Systematic.World;

/// <summary>An ensemble to which everything may happen, and at any moment the question whether it would heal if all faults stopped: the move answers it and changes nothing.</summary>
/// <param name="Schedules">How many fair schedules are asked: the fixed one, and others drawn from the numbers 1, 2, …</param>
public sealed record HealWorld(ZabWorld Ensemble, int Schedules) : IWorld<HealWorld>, ITelling<HealWorld>
{
    private static readonly int FaultsStop = ZabWorld.Kinds.Count;

    private static readonly ImmutableArray<string> OwnGoals = ["healed", "healed while it stood", "healed by a new election", "healed by a time-out"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } = [.. ZabWorld.Kinds, "faults stop"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = [.. ZabWorld.Goals, .. OwnGoals];

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    /// <summary>Rounds that the last healing took.</summary>
    public int Rounds { get; private init; }

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        Ensemble.Moves(moves);
        for (var schedule = 0; schedule < Schedules; schedule++) moves.Add(new(FaultsStop, 0, 0, schedule));
    }

    /// <inheritdoc/>
    public HealWorld? After(Move move)
    {
        if (move.Kind != FaultsStop) return Ensemble.After(move) is { } after ? this with { Ensemble = after, Broken = after.Broken, Reached = Reached | after.Reached, Trail = after.Trail } : null;
        var healed = Healing.Heal(Ensemble, move.Detail == 0 ? null : (ulong)move.Detail);
        if (healed.Broken is not null) healed = Healing.Heal(Ensemble, move.Detail == 0 ? null : (ulong)move.Detail, tell: true);
        var goals = healed.Broken is not null ? 0ul : 1ul | (IsNewEpoch(healed.World) ? 4ul : 2ul) | (healed.TimeOuts > 0 ? 8ul : 0ul);
        return this with { Broken = healed.Broken, Reached = Reached | goals << ZabWorld.Goals.Count, Trail = ["faults stop", .. healed.Story], Rounds = healed.Rounds };
    }

    /// <inheritdoc/>
    public ImmutableArray<string> Facts => Ensemble.Facts;

    /// <inheritdoc/>
    public IEnumerable<Told> Tell(HealWorld before, Move move, int number) => move.Kind == FaultsStop ? Told.OfTrail(Trail, move.Owner + 1, number) : Ensemble.Tell(before.Ensemble, move, number);

    private bool IsNewEpoch(ZabWorld healed) => healed.Servers[0].State!.Epoch > Ensemble.Servers.Max(s => s.State?.Epoch ?? 0);

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed) => Ensemble.Fingerprint(seed);
}
