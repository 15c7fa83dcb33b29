namespace Reference.Broker.Hosting;

/// <summary>Evaluates a core's invariants after every step (<c>--check-invariants</c>); a false one stops the process with its words.</summary>
public sealed class InvariantCheck<TState, TInput, TEffect>(
    string core,
    IReadOnlyList<Invariant<TState>> ofNodes,
    IReadOnlyList<Invariant<(TState Before, TState After)>> ofSteps) : IStepObserver<TState, TInput, TEffect>
{
    /// <inheritdoc/>
    /// <exception cref="InvariantBrokenException">One is false.</exception>
    public void Stepped(TState before, TInput input, in Step<TState, TEffect> step)
    {
        foreach (var invariant in ofNodes)
            if (!invariant.Holds(step.State)) throw new InvariantBrokenException(core, invariant.ToString(), $"{input}");
        foreach (var invariant in ofSteps)
            if (!invariant.Holds((before, step.State))) throw new InvariantBrokenException(core, invariant.ToString(), $"{input}");
    }
}

/// <summary>A claim of spec/invariants.md that turned out false in a running process.</summary>
public sealed class InvariantBrokenException(string core, string claim, string input)
    : Exception($"invariant broken in {core} by {input}: {claim}");
