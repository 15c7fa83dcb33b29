namespace Reference.Broker.Kafka.Protocol;

/// <summary>A request or a response. What it means is in its layout; what's not in a version keeps the default of its field.</summary>
public abstract class Message : IDisposable
{
    private IDisposable? _lease;

    /// <summary>Keeps <paramref name="frame"/>, into which records of this message point, until the message is disposed.</summary>
    internal void Hold(IDisposable frame) => _lease = frame;

    /// <summary>Gives the memory of its records back; nobody may read them afterwards.</summary>
    public void Dispose()
    {
        _lease?.Dispose();
        _lease = null;
    }
}

/// <summary>A message that says how it looks on the wire.</summary>
public interface IMessage<T> where T : Message, IMessage<T>, new()
{
    /// <summary>The fields, in the order of the wire.</summary>
    static abstract Layout<T> Layout { get; }
}
