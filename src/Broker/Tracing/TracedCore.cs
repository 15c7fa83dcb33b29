namespace Reference.Broker.Tracing;

/// <summary>What a trace needs to know of a kind of core: how to set one up, and its claims.</summary>
/// <param name="Kind">The kind's name in the file.</param>
/// <param name="Begin">The core's first state and its entry point, from what the trace's header keeps of it: settings and initial state.</param>
/// <param name="Sketch">A hash of what of a state can be looked at in little time: the whole state, but for what grows.</param>
/// <param name="OfNodes">Claims about a state.</param>
/// <param name="OfSteps">Claims about a step.</param>
public sealed record TracedCore<TState, TInput, TEffect>(
    string Kind,
    Func<IReadOnlyList<object>, (TState Initial, Func<TState, TInput, Step<TState, TEffect>> Take)> Begin,
    Func<TState, ulong> Sketch,
    IReadOnlyList<Invariant<TState>> OfNodes,
    IReadOnlyList<Invariant<(TState Before, TState After)>> OfSteps) : ITracedCore
    where TState : IFingerprinted
    where TInput : class
    where TEffect : class
{
    /// <summary>After so many steps the hash of the whole state is kept in place of the sketch, and the claims about whole states are evaluated.</summary>
    private const int WholeEvery = 256;

    /// <summary>Whether the whole state is looked at after step <paramref name="number"/>.</summary>
    internal static bool IsWhole(long number) => number % WholeEvery == 0;

    /// <summary>The hash that the trace keeps of the state after step <paramref name="number"/>.</summary>
    internal ulong HashOf(TState state, long number) => IsWhole(number) ? Fingerprint.Of(state) : Sketch(state);

    /// <summary>The hash that the trace keeps of a step's effects: of their content, or of their text where a core's effects have no fingerprint.</summary>
    internal static ulong HashOf(ImmutableArray<TEffect> effects)
    {
        var fingerprint = new Fingerprint();
        foreach (var effect in effects)
        {
            if (effect is IFingerprinted content) content.AddTo(ref fingerprint);
            else fingerprint.Add(effect.ToString());
        }
        fingerprint.Add(effects.Length);
        return fingerprint.Value;
    }

    /// <inheritdoc/>
    IReplayedCore ITracedCore.Replay(string name, IReadOnlyList<object> header) => new ReplayedCore<TState, TInput, TEffect>(this, name, header);
}

/// <summary>A kind of core, whatever its types.</summary>
public interface ITracedCore
{
    /// <summary>The kind's name in the file.</summary>
    string Kind { get; }

    /// <summary>Sets up a core to be fed what the trace keeps.</summary>
    internal IReplayedCore Replay(string name, IReadOnlyList<object> header);
}
