namespace Reference.Broker.Hosting;

/// <summary>Does something unless it's disposed in time: gives up a connection that says nothing, a dial that nobody answers.</summary>
public sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _met = new();

    /// <param name="clock">The host's clock.</param>
    /// <param name="ms">How long there is, in milliseconds.</param>
    /// <param name="missed">What to do then.</param>
    public Deadline(IClock clock, long ms, Action missed) => _ = WaitAsync(clock, ms, missed);

    /// <inheritdoc/>
    public void Dispose() => _met.Cancel();

    private async Task WaitAsync(IClock clock, long ms, Action missed)
    {
        try
        {
            await clock.Delay(ms, _met.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        missed();
    }
}
