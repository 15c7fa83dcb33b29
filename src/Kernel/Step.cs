using System.Collections.Immutable;

namespace Reference.Kernel;

/// <summary>What a core answers to one input: the state after it, what the world must do, in this order, and, if the input was not taken, why.</summary>
/// <param name="State">The state after the input.</param>
/// <param name="Effects">Orders to the host, run in the order given.</param>
/// <param name="Ignored">Why nothing was done, in words for a log; null when something was.</param>
public readonly record struct Step<TState, TEffect>(TState State, ImmutableArray<TEffect> Effects, string? Ignored = null)
{
    /// <summary>The same step with <paramref name="effects"/> after its own.</summary>
    public Step<TState, TEffect> Then(params ReadOnlySpan<TEffect> effects) => this with { Effects = Effects.AddRange(effects) };

    /// <summary>This step, then <paramref name="next"/> from the state it leaves; the effects of both, in order.</summary>
    public Step<TState, TEffect> Then(Func<TState, Step<TState, TEffect>> next)
    {
        var after = next(State);
        return after with { Effects = Effects.AddRange(after.Effects) };
    }
}
