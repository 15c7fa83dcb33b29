namespace Reference.Broker.Hosting;

/// <summary>The inbox of a loop: many put in, one takes out all that waits.</summary>
/// <remarks>
/// The taker, when it waits, goes on upon the thread of whoever wakes it: an idle loop answers without a hand-over between threads. Who has
/// several items therefore adds them all and wakes once.
/// </remarks>
/// <param name="capacity">How many items may wait before <see cref="PostAsync"/> makes its caller wait.</param>
public sealed class MessageQueue<T>(int capacity)
{
    private readonly object _gate = new();
    private List<T> _waiting = [];
    private List<T> _taken = [];
    private TaskCompletionSource? _taker;
    private TaskCompletionSource? _room;
    private bool _closed;

    /// <summary>How many items wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _waiting.Count;
        }
    }

    /// <summary>Adds an item without waking the taker; never waits. An item added after <see cref="Close"/> is dropped.</summary>
    public void Add(T item)
    {
        lock (_gate)
        {
            if (!_closed) _waiting.Add(item);
        }
    }

    /// <summary>Wakes the taker if it waits and there is something to take.</summary>
    public void Wake()
    {
        TaskCompletionSource? taker;
        lock (_gate)
        {
            if (_taker is null || _waiting.Count == 0) return;
            (taker, _taker) = (_taker, null);
        }
        taker.SetResult();
    }

    /// <summary>Adds an item, wakes the taker, never waits: for what the host itself owes its core (a completion, an alarm).</summary>
    public void Post(T item)
    {
        Add(item);
        Wake();
    }

    /// <summary>Waits until there is room: for what comes from outside. Add what you have afterwards; a little too much does no harm.</summary>
    public ValueTask RoomAsync()
    {
        lock (_gate)
        {
            if (_waiting.Count < capacity || _closed) return ValueTask.CompletedTask;
            _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new(_room.Task);
        }
    }

    /// <summary>Waits for room, adds an item and wakes the taker.</summary>
    public async ValueTask PostAsync(T item)
    {
        await RoomAsync().ConfigureAwait(false);
        Post(item);
    }

    /// <summary>All that waits, at least one item; null once the queue is closed and empty. The list is the caller's until the next call.</summary>
    public async ValueTask<List<T>?> DrainAsync()
    {
        while (true)
        {
            TaskCompletionSource? room;
            Task wait;
            lock (_gate)
            {
                _taken.Clear();
                if (_waiting.Count == 0 && _closed) return null;
                if (_waiting.Count > 0) (_taken, _waiting) = (_waiting, _taken);
                else _taker = new();
                wait = _taker?.Task ?? Task.CompletedTask;
                (room, _room) = (_room, null);
            }

            room?.SetResult();
            if (_taken.Count > 0) return _taken;
            await wait.ConfigureAwait(false);
        }
    }

    /// <summary>No more items are taken in; the taker gets what waits, then null.</summary>
    public void Close()
    {
        TaskCompletionSource? taker, room;
        lock (_gate)
        {
            _closed = true;
            (taker, _taker) = (_taker, null);
            (room, _room) = (_room, null);
        }
        room?.SetResult();
        taker?.SetResult();
    }
}
