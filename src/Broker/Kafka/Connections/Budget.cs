namespace Reference.Broker.Kafka.Connections;

/// <summary>How much one connection may have under way: requests, and bytes of their frames. Beyond it nothing more is read, and TCP makes the client wait.</summary>
internal sealed class Budget(int requests, long bytes)
{
    private readonly object _gate = new();
    private int _requests;
    private long _bytes;
    private TaskCompletionSource? _room;

    /// <summary>Waits until there's room for one request more.</summary>
    public ValueTask RoomAsync()
    {
        lock (_gate)
        {
            if (_requests < requests && _bytes < bytes) return ValueTask.CompletedTask;
            _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new(_room.Task);
        }
    }

    /// <summary>A request of a size is under way.</summary>
    public void Take(int size)
    {
        lock (_gate)
        {
            _requests++;
            _bytes += size;
        }
    }

    /// <summary>It's done.</summary>
    public void Give(int size)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            _requests--;
            _bytes -= size;
            if (_requests < requests && _bytes < bytes) (room, _room) = (_room, null);
        }
        room?.SetResult();
    }
}
