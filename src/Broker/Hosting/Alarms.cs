namespace Reference.Broker.Hosting;

/// <summary>Named alarms: setting one again moves it, and it rings once.</summary>
/// <remarks>
/// One wait is under way at a time, for the earliest that was set; moving an alarm further off only notes when, which is what most of them have done to them all the time. A ring
/// may come for an alarm that is moved at the same moment: the cores allow for that.
/// </remarks>
/// <param name="clock">The host's clock.</param>
/// <param name="ring">Called when one is due; it hands the ring to a loop as an input.</param>
public sealed class Alarms<TName>(IClock clock, Action<TName> ring) : IDisposable where TName : notnull
{
    private readonly object _gate = new();
    private readonly Dictionary<TName, long> _due = [];
    private readonly PriorityQueue<TName, long> _looks = new();     // when to look at each: never later than it is due
    private CancellationTokenSource? _wait;
    private long _waitsFor;
    private bool _ended;

    /// <summary>Lets <paramref name="name"/> ring in <paramref name="ms"/> milliseconds, and not when it was to ring before.</summary>
    public void Set(TName name, long ms)
    {
        var due = clock.NowMs + ms;
        lock (_gate)
        {
            if (_ended) return;
            var isLookedAtInTime = _due.TryGetValue(name, out var before) && before <= due;
            _due[name] = due;
            if (isLookedAtInTime) return;
            _looks.Enqueue(name, due);
            if (_wait is null || due < _waitsFor) StartWait(due);
        }
    }

    /// <summary>The alarm doesn't ring, unless it just did.</summary>
    public void Cancel(TName name)
    {
        lock (_gate) _due.Remove(name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            _wait?.Cancel();
            _wait = null;
        }
    }

    // A source without a timer holds nothing to dispose of; disposed when its wait is over, it would throw at whoever moves or ends the alarms just then.
    private void StartWait(long due)
    {
        _wait?.Cancel();
        _wait = new CancellationTokenSource();
        _waitsFor = due;
        _ = WaitAsync(due - clock.NowMs, _wait);
    }

    private async Task WaitAsync(long ms, CancellationTokenSource wait)
    {
        try
        {
            await clock.Delay(ms, wait.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        foreach (var name in TakeDue(wait)) ring(name);
    }

    private List<TName> TakeDue(CancellationTokenSource wait)
    {
        lock (_gate)
        {
            if (_wait != wait) return [];
            _wait = null;
            List<TName> rings = [];
            var now = clock.NowMs;
            while (_looks.TryPeek(out var name, out var look))
            {
                var isSet = _due.TryGetValue(name, out var due);
                if (isSet && look > now) break;
                _looks.Dequeue();
                if (!isSet) continue;
                if (due > now)
                {
                    _looks.Enqueue(name, due);
                    continue;
                }
                _due.Remove(name);
                rings.Add(name);
            }
            if (_looks.TryPeek(out _, out var next)) StartWait(next);
            return rings;
        }
    }
}
