namespace Reference.Broker.Hosting;

/// <summary>Sees every step of a core, before its effects are run: checks its invariants, keeps its trace.</summary>
public interface IStepObserver<TState, TInput, TEffect>
{
    /// <summary>The core took <paramref name="input"/> in the state <paramref name="before"/> and answered <paramref name="step"/>.</summary>
    void Stepped(TState before, TInput input, in Step<TState, TEffect> step);
}
