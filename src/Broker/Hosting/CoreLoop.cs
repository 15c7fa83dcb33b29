namespace Reference.Broker.Hosting;

/// <summary>One core on one thread of control: inputs in, effects out in their order, a flush after each batch.</summary>
/// <param name="core">The core.</param>
/// <param name="run">Runs one effect.</param>
/// <param name="flush">Runs after each batch of inputs: one write per link, one fdatasync for all that was appended.</param>
/// <param name="capacity">How many inputs may wait before those who bring more are made to wait.</param>
/// <param name="ignored">Told why an input was not taken.</param>
public sealed class CoreLoop<TState, TInput, TEffect>(
    Core<TState, TInput, TEffect> core,
    Action<TEffect> run,
    Action flush,
    int capacity = 4096,
    Action<TInput, string>? ignored = null)
{
    private EventLoop<TInput>? _loop;

    /// <summary>The state after the last input. Only for the loop itself.</summary>
    public TState State => core.State;

    /// <summary>What waits for the core.</summary>
    public MessageQueue<TInput> Inbox => Loop.Inbox;

    private EventLoop<TInput> Loop => _loop ??= new(capacity, Handle, flush);

    /// <summary>Runs until the inbox is closed and empty.</summary>
    public Task RunAsync() => Loop.RunAsync();

    private void Handle(TInput input)
    {
        var step = core.Take(input);
        if (step.Ignored is { } why) ignored?.Invoke(input, why);
        foreach (var effect in step.Effects) run(effect);
    }
}
