namespace Reference.Broker.Hosting;

/// <summary>All that a host knows of time.</summary>
public interface IClock
{
    /// <summary>Milliseconds on a clock that never goes back. For time-outs.</summary>
    long NowMs { get; }

    /// <summary>Microseconds on the same clock. For measuring.</summary>
    long NowUs { get; }

    /// <summary>Milliseconds since the epoch of Unix, as people's clocks have it. For ctime, mtime and record timestamps only.</summary>
    long WallMs { get; }

    /// <summary>Completes after <paramref name="ms"/> milliseconds.</summary>
    Task Delay(long ms, CancellationToken cancellation);
}
