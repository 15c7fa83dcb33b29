using Microsoft.Win32.SafeHandles;

namespace Reference.Broker.Hosting;

/// <summary>One thread that does a disk's flushes in the order asked, so that no loop waits in the kernel for the disk.</summary>
/// <remarks>Who awaits a flush goes on upon this thread: the next step of a loop that had nothing else to do costs no hand-over.</remarks>
internal sealed class Flusher : IDisposable
{
    private readonly object _gate = new();
    private readonly Queue<(SafeFileHandle File, TaskCompletionSource Done)> _waiting = [];
    private Thread? _thread;
    private bool _ended;

    public Task FlushAsync(SafeFileHandle file)
    {
        var done = new TaskCompletionSource();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            _waiting.Enqueue((file, done));
            if (_thread is null) Start();
            else Monitor.Pulse(_gate);
        }
        return done.Task;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "flusher" };
        _thread.Start();
    }

    private void Run()
    {
        while (Next() is var (file, done))
        {
            try
            {
                Posix.FlushData(file);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                done.SetException(e);
                continue;
            }
            done.SetResult();
        }
    }

    private (SafeFileHandle File, TaskCompletionSource Done)? Next()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_ended) return null;
                Monitor.Wait(_gate);
            }
            return _waiting.Dequeue();
        }
    }
}
