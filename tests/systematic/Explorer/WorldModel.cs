using Reference.Systematic.World;

namespace Reference.Systematic.Explorer;

/// <summary>Any world that can be walked can be explored: its states are the worlds themselves.</summary>
/// <remarks>Slower than a model of packed states, and a frontier of whole worlds takes memory: for small worlds.</remarks>
public sealed class WorldModel<TWorld>(Func<TWorld> make, ulong seed = 0, Func<TWorld, Broken?>? judge = null) : IModel<TWorld> where TWorld : class, IWorld<TWorld>
{
    [ThreadStatic] private static List<Move>? _moves;

    /// <inheritdoc/>
    public IReadOnlyList<string> Kinds => TWorld.Kinds;

    /// <inheritdoc/>
    public IReadOnlyList<string> Goals => TWorld.Goals;

    /// <inheritdoc/>
    public IEnumerable<TWorld> Initial => [make()];

    /// <inheritdoc/>
    public ulong Fingerprint(in TWorld state) => state.Fingerprint(seed);

    /// <inheritdoc/>
    public void Expand(in TWorld state, Successors<TWorld> to)
    {
        var moves = _moves ??= [];
        moves.Clear();
        state.Moves(moves);
        for (var i = 0; i < moves.Count; i++)
        {
            var next = state.After(moves[i]) ?? throw new InvalidOperationException($"{moves[i]} was offered, and then refused");
            to.Add(moves[i], next, next.Broken, next.Reached & ~state.Reached);
        }
    }

    /// <inheritdoc/>
    public Broken? Judge(in TWorld state) => judge?.Invoke(state);
}
