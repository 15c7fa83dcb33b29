namespace Reference.Broker.Hosting;

/// <summary>Named alarms: setting one again moves it, and it rings once.</summary>
/// <remarks>One wait is under way at a time, for the earliest; moving an alarm further off costs no timer. A ring may come for an alarm that is moved at the same moment: the cores allow for that.</remarks>
/// <param name="clock">The host's clock.</param>
/// <param name="ring">Called when one is due; it hands the ring to a loop as an input.</param>
public sealed class Alarms<TName>(IClock clock, Action<TName> ring) : IDisposable where TName : notnull
{
    private readonly object _gate = new();
    private readonly SortedDictionary<(long Due, int Order), TName> _byDue = [];
    private readonly Dictionary<TName, (long Due, int Order)> _due = [];
    private CancellationTokenSource? _wait;
    private long _waitsFor;
    private int _order;
    private bool _ended;

    /// <summary>Lets <paramref name="name"/> ring in <paramref name="ms"/> milliseconds, and not when it was to ring before.</summary>
    public void Set(TName name, long ms)
    {
        var due = clock.NowMs + ms;
        lock (_gate)
        {
            if (_ended) return;
            if (_due.TryGetValue(name, out var old)) _byDue.Remove(old);
            var key = (due, _order++);
            _due[name] = key;
            _byDue[key] = name;
            if (_wait is not null && due >= _waitsFor) return;
            StartWait(due);
        }
    }

    /// <summary>The alarm doesn't ring, unless it just did.</summary>
    public void Cancel(TName name)
    {
        lock (_gate)
        {
            if (_due.Remove(name, out var key)) _byDue.Remove(key);
        }
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
        finally
        {
            wait.Dispose();
        }

        List<TName> due = [];
        lock (_gate)
        {
            if (_wait != wait) return;
            _wait = null;
            var now = clock.NowMs;
            while (_byDue.Count > 0 && _byDue.First() is var (key, name) && key.Due <= now)
            {
                _byDue.Remove(key);
                _due.Remove(name);
                due.Add(name);
            }
            if (_byDue.Count > 0) StartWait(_byDue.First().Key.Due);
        }

        foreach (var name in due) ring(name);
    }
}
