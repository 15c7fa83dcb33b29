namespace Reference.Broker.Partitions;

/// <summary>Something to do on the partitions' loop, the only place where replicas and their logs are touched.</summary>
internal abstract class Work
{
    public abstract void Run();

    /// <summary>A piece of work that is a few lines.</summary>
    public static Work Of(Action run) => new Once(run);

    /// <summary>A piece of work that gives a result; the task completes on another thread than the loop's.</summary>
    public static (Work Work, Task<T> Result) Asking<T>(Func<T> ask)
    {
        var answered = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        return (new Once(() => answered.SetResult(ask())), answered.Task);
    }

    private sealed class Once(Action run) : Work
    {
        public override void Run() => run();
    }
}

/// <summary>Something that waits no longer than it was told to.</summary>
internal interface IWaiting
{
    /// <summary>Whether it doesn't wait any more.</summary>
    bool IsOver { get; }

    /// <summary>Its time is up.</summary>
    void Expire();
}

/// <summary>Who waits until when. Those who wait for equally long queue behind each other, so that nothing is ever sorted; those who are over leave when they come to the front.</summary>
internal sealed class Waits
{
    private readonly Dictionary<int, Queue<(IWaiting Who, long DueMs)>> _queues = [];

    /// <summary>When the first is due; null if nobody waits.</summary>
    public long? FirstDueMs
    {
        get
        {
            long? first = null;
            foreach (var queue in _queues.Values)
            {
                while (queue.TryPeek(out var front) && front.Who.IsOver) queue.Dequeue();
                if (queue.TryPeek(out var next) && (first is null || next.DueMs < first)) first = next.DueMs;
            }
            return first;
        }
    }

    public void Add(IWaiting who, int ms, long nowMs)
    {
        if (!_queues.TryGetValue(ms, out var queue)) _queues[ms] = queue = [];
        while (queue.TryPeek(out var front) && front.Who.IsOver) queue.Dequeue();
        queue.Enqueue((who, nowMs + ms));
    }

    /// <summary>Expires those whose time is up.</summary>
    public void Expire(long nowMs)
    {
        foreach (var (ms, queue) in _queues.ToArray())
        {
            while (queue.TryPeek(out var front) && (front.Who.IsOver || front.DueMs <= nowMs))
            {
                queue.Dequeue();
                if (!front.Who.IsOver) front.Who.Expire();
            }
            if (queue.Count == 0) _queues.Remove(ms);
        }
    }
}
