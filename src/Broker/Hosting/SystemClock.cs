using System.Diagnostics;

namespace Reference.Broker.Hosting;

/// <summary>The machine's clocks.</summary>
public sealed class SystemClock : IClock
{
    /// <summary>The one clock of a process.</summary>
    public static readonly SystemClock Instance = new();

    private readonly long _start = Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    public long NowMs => NowUs / 1000;

    /// <inheritdoc/>
    public long NowUs => (long)Stopwatch.GetElapsedTime(_start).TotalMicroseconds;

    /// <inheritdoc/>
    public long WallMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public Task Delay(long ms, CancellationToken cancellation) => Task.Delay(TimeSpan.FromMilliseconds(Math.Max(ms, 0)), cancellation);
}
