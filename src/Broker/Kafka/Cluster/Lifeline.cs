using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>A connection to another broker that carries nothing: when it is closed and a new one is refused, nobody listens there any more, and that is told, again and again for as long as it is so.</summary>
/// <remarks>A network that is merely silent tells nothing: only the other machine's own word that the port is closed counts.</remarks>
internal sealed class Lifeline : IDisposable
{
    private const int RetryMs = 20;
    private const int TellMs = 200;

    private readonly Func<CancellationToken, Task<KafkaConnection>> _connect;
    private readonly Action _refused;
    private readonly IClock _clock;
    private readonly CancellationTokenSource _ended = new();

    /// <param name="connect">Connects to the broker.</param>
    /// <param name="refused">Told that nobody listens there.</param>
    /// <param name="clock">The clock.</param>
    public Lifeline(Func<CancellationToken, Task<KafkaConnection>> connect, Action refused, IClock clock)
    {
        (_connect, _refused, _clock) = (connect, refused, clock);
        _ = WatchAsync();
    }

    /// <inheritdoc/>
    public void Dispose() => _ended.Cancel();

    private async Task WatchAsync()
    {
        try
        {
            while (true) await _clock.Delay(await OnceAsync().ConfigureAwait(false), _ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // nobody wants to know any more
        }
    }

    /// <summary>Holds one connection until it breaks, or finds that there can be none; says after how long to try the next.</summary>
    private async Task<int> OnceAsync()
    {
        try
        {
            using var connection = await _connect(_ended.Token).ConfigureAwait(false);
            await connection.Closed.WaitAsync(_ended.Token).ConfigureAwait(false);
            return 0;
        }
        catch (ConnectionRefusedException)
        {
            if (!_ended.IsCancellationRequested) _refused();
            return TellMs;
        }
        catch (IOException)
        {
            return RetryMs;
        }
    }
}
