using Reference.Systematic.World;

namespace Reference.Systematic.Explorer;

/// <summary>A model as the explorer sees it: where it begins, what may happen in a state, and how to tell two states apart.</summary>
/// <typeparam name="TState">A state, immutable: a small struct for speed, or any object.</typeparam>
/// <remarks>The explorer calls it from several threads at once. <see cref="Expand"/> must offer the same successors in the same order each time, or a counterexample can't be told.</remarks>
public interface IModel<TState>
{
    /// <summary>The names of the kinds of move; a ledger counts each.</summary>
    IReadOnlyList<string> Kinds { get; }

    /// <summary>The names of what runs must get to; bit i of what <see cref="Successors{TState}.Add"/> is told is goal i.</summary>
    IReadOnlyList<string> Goals => [];

    /// <summary>The names of the budgets that may cut a run short; a ledger says how often each did.</summary>
    IReadOnlyList<string> Limits => [];

    /// <summary>The first states.</summary>
    IEnumerable<TState> Initial { get; }

    /// <summary>A canonical hash: states that are equal hash alike, in every process. Its seed is the model's own.</summary>
    ulong Fingerprint(in TState state);

    /// <summary>Hands every state that may come next to <paramref name="to"/>.</summary>
    void Expand(in TState state, Successors<TState> to);

    /// <summary>The claim that a state breaks, if any; asked once for each distinct state. What an edge breaks is told with its successor.</summary>
    Broken? Judge(in TState state) => null;
}

/// <summary>What comes next, as a model tells it.</summary>
public abstract class Successors<TState>
{
    /// <summary>A state that may come next.</summary>
    /// <param name="move">What happens.</param>
    /// <param name="next">The state after it.</param>
    /// <param name="broken">The claim that this step breaks, if any.</param>
    /// <param name="reached">The goals that this step reaches, a bit each.</param>
    public abstract void Add(Move move, in TState next, Broken? broken = null, ulong reached = 0);

    /// <summary>For the model's own use: what it remembers between calls from the same worker.</summary>
    public object? Scratch { get; set; }

    /// <summary>Something could happen here, but the budget number <paramref name="limit"/> is spent.</summary>
    public abstract void Limited(int limit);
}
