using Reference.Broker.Hosting;

namespace Reference.Hosts;

/// <summary>A clock that rings when the schedule decides: the time is that of the latest ring.</summary>
internal sealed class SimClock(Life life, long nowMs) : IClock
{
    private const long UnixMs = 1_700_000_000_000;

    private readonly List<Wait> _waits = [];

    /// <inheritdoc/>
    public long NowMs { get; private set; } = nowMs;

    /// <inheritdoc/>
    public long NowUs => NowMs * 1000;

    /// <inheritdoc/>
    public long WallMs => UnixMs + NowMs;

    /// <summary>How many milliseconds remain until the next is due; null if nothing waits.</summary>
    public long? NextInMs => _waits.Count == 0 ? null : Math.Max(0, _waits.Min(w => w.DueMs) - NowMs);

    /// <inheritdoc/>
    public Task Delay(long ms, CancellationToken cancellation)
    {
        life.World.Stirred();
        if (life.IsDead) return Life.Never<bool>();
        var wait = new Wait(NowMs + Math.Max(ms, 0), new());
        _waits.Add(wait);
        cancellation.Register(() =>
        {
            if (_waits.Remove(wait)) life.World.Debts.Owe(life, () => wait.Done.SetCanceled(cancellation));
        });
        return wait.Done.Task;
    }

    /// <summary>Time passes.</summary>
    public void Pass(long ms) => NowMs += ms;

    /// <summary>The next that is due rings, now.</summary>
    public void Ring()
    {
        var next = _waits.MinBy(w => w.DueMs)!;
        NowMs = Math.Max(NowMs, next.DueMs);
        _waits.Remove(next);
        life.World.Debts.Owe(life, next.Done.SetResult);
    }

    private sealed record Wait(long DueMs, TaskCompletionSource Done);
}
