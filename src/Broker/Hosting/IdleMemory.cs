namespace Reference.Broker.Hosting;

/// <summary>Gives memory back to the machine once a load is over: a collector that has nothing to do keeps what the load needed.</summary>
/// <param name="clock">For the looks.</param>
public sealed class IdleMemory(IClock clock)
{
    private const long LookMs = 5_000;
    private const long IdleBytes = 4L << 20;        // allocated between two looks by a process that does nothing but beat
    private const long WorthwhileBytes = 64L << 20; // allocated since the last return

    private const long MostBytes = 512L << 20;      // a larger heap would stand still for too long

    /// <summary>Looks every few seconds until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var (returned, before) = (0L, 0L);
        while (!cancellation.IsCancellationRequested)
        {
            var now = GC.GetTotalAllocatedBytes();
            if (now - before < IdleBytes && now - returned > WorthwhileBytes && GC.GetTotalMemory(forceFullCollection: false) < MostBytes)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                returned = now;
            }
            before = now;
            try
            {
                await clock.Delay(LookMs, cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
