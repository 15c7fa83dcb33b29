namespace Reference.Broker.Kafka.Protocol;

/// <summary>A request or a response. What it means is in its layout; what's not in a version keeps the default of its field.</summary>
public abstract class Message : IDisposable
{
    private IDisposable? _lease;

    /// <summary>Keeps memory that records of this message point into until the message is disposed.</summary>
    public void Hold(IDisposable memory) => _lease = _lease is null ? memory : new Both(_lease, memory);

    /// <summary>Gives the memory of its records back; nobody may read them afterwards.</summary>
    public void Dispose()
    {
        var lease = _lease;
        _lease = null;
        lease?.Dispose();
    }

    private sealed class Both(IDisposable one, IDisposable other) : IDisposable
    {
        public void Dispose()
        {
            one.Dispose();
            other.Dispose();
        }
    }
}

/// <summary>A message that says how it looks on the wire.</summary>
public interface IMessage<T> where T : Message, IMessage<T>, new()
{
    /// <summary>The fields, in the order of the wire.</summary>
    static abstract Layout<T> Layout { get; }
}
