namespace Reference.Broker.Hosting;

/// <summary>A pure core at work in a host: its present state, and the observers of its steps.</summary>
/// <param name="initial">The state it starts from.</param>
/// <param name="take">The core's one entry point.</param>
/// <param name="observers">See each step before its effects are run.</param>
public sealed class Core<TState, TInput, TEffect>(
    TState initial,
    Func<TState, TInput, Step<TState, TEffect>> take,
    params IReadOnlyList<IStepObserver<TState, TInput, TEffect>> observers)
{
    /// <summary>The state after the last input.</summary>
    public TState State { get; private set; } = initial;

    /// <summary>Takes one input. The caller runs the effects, in their order.</summary>
    public Step<TState, TEffect> Take(TInput input)
    {
        var before = State;
        var step = take(before, input);
        foreach (var observer in observers) observer.Stepped(before, input, step);
        State = step.State;
        return step;
    }
}
