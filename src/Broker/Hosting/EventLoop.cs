namespace Reference.Broker.Hosting;

/// <summary>One thread of control: takes all that waits, handles each in order, then flushes what the batch made.</summary>
/// <param name="capacity">How many items may wait before <see cref="MessageQueue{T}.PostAsync"/> makes its caller wait.</param>
/// <param name="handle">Handles one item.</param>
/// <param name="flush">Runs after each batch: one write per link, one fdatasync for all that was appended.</param>
public sealed class EventLoop<T>(int capacity, Action<T> handle, Action flush)
{
    /// <summary>What waits for the loop.</summary>
    public MessageQueue<T> Inbox { get; } = new(capacity);

    /// <summary>Runs until the inbox is closed and empty. A fault of a handler ends the loop with it.</summary>
    public async Task RunAsync()
    {
        while (await Inbox.DrainAsync().ConfigureAwait(false) is { } batch)
        {
            foreach (var item in batch) handle(item);
            flush();

            // Whoever woke us lent us its thread for one batch; under load the loop goes on upon another.
            if (Inbox.Count > 0) await Task.Yield();
        }
    }
}
