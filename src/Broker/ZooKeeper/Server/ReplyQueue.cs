using Reference.Broker.Hosting;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Server;

/// <summary>What the server's loop has for one client, in order. It's encoded only when it can be sent: what a slow reader leaves waiting are references to the service's state, not copies of it.</summary>
/// <param name="connection">Where it goes. Not disposed here.</param>
/// <param name="encode">Writes one effect's frame.</param>
/// <param name="broken">Told once, with the error, when the connection broke; from then on effects are dropped.</param>
internal sealed class ReplyQueue(IConnection connection, Action<FrameBuffer, Effect> encode, Action<IOException> broken)
{
    private const int WriteBytes = 128 * 1024;

    private readonly object _gate = new();
    private readonly FrameBuffer _frames = new();
    private List<Effect> _waiting = [], _encoding = [];
    private TaskCompletionSource? _drained;
    private bool _busy, _broken;

    /// <summary>How many effects wait to be encoded.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _waiting.Count;
        }
    }

    /// <summary>Adds an effect.</summary>
    public void Add(Effect effect)
    {
        lock (_gate)
        {
            if (!_broken) _waiting.Add(effect);
        }
    }

    /// <summary>Sends what was added, unless a write is under way: that one goes on with it. Never waits.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_busy || _waiting.Count == 0) return;
            _busy = true;
        }

        _ = WriteAllAsync();
    }

    /// <summary>Completes when all that was flushed has been taken by the network, or the connection broke.</summary>
    public Task DrainedAsync()
    {
        lock (_gate)
        {
            if (!_busy) return Task.CompletedTask;
            _drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    private async Task WriteAllAsync()
    {
        try
        {
            while (TakeWaiting())
            {
                foreach (var effect in _encoding)
                {
                    encode(_frames, effect);
                    if (_frames.Length >= WriteBytes) await WriteAsync().ConfigureAwait(false);
                }

                if (_frames.Length > 0) await WriteAsync().ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            Break();
            broken(e);
        }
    }

    private async ValueTask WriteAsync()
    {
        await connection.WriteAsync(_frames.Written, default).ConfigureAwait(false);
        _frames.Clear();
    }

    private bool TakeWaiting()
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            _encoding.Clear();
            if (_waiting.Count > 0)
            {
                (_encoding, _waiting) = (_waiting, _encoding);
                return true;
            }

            _frames.Dispose();
            _busy = false;
            (drained, _drained) = (_drained, null);
        }

        drained?.SetResult();
        return false;
    }

    private void Break()
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            _frames.Dispose();
            (_broken, _busy) = (true, false);
            _waiting.Clear();
            _encoding.Clear();
            (drained, _drained) = (_drained, null);
        }

        drained?.SetResult();
    }
}
