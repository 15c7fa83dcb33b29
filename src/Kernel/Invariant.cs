namespace Reference.Kernel;

/// <summary>A claim that holds in every reachable <typeparamref name="T"/>: a node's state, a step (before, after), or all nodes with ghost history.</summary>
/// <param name="rule">The id of the claim in spec/invariants.md.</param>
/// <param name="claim">The claim in words; what a failing run prints.</param>
/// <param name="holds">The claim as a predicate. Pure, and total on every value the core can produce.</param>
public sealed class Invariant<T>(string rule, string claim, Func<T, bool> holds)
{
    /// <summary>The id of the claim in spec/invariants.md.</summary>
    public string Rule { get; } = rule;

    /// <summary>The claim in words.</summary>
    public string Claim { get; } = claim;

    /// <summary>Whether the claim holds of <paramref name="value"/>.</summary>
    public bool Holds(T value) => holds(value);

    /// <inheritdoc/>
    public override string ToString() => $"{Rule}: {Claim}";
}

/// <summary>A goal that some run must reach: someone is elected, something commits. A check that never gets there proves nothing.</summary>
/// <param name="name">The goal in a word or two; the key under which a run reports how often it was reached.</param>
/// <param name="reached">Whether a <typeparamref name="T"/> is there.</param>
public sealed class Reachable<T>(string name, Func<T, bool> reached)
{
    /// <summary>The goal's name.</summary>
    public string Name { get; } = name;

    /// <summary>Whether <paramref name="value"/> is at the goal.</summary>
    public bool Reached(T value) => reached(value);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
