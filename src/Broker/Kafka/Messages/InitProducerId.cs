using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>A producer wants an id. Versions 0 to 1.</summary>
public sealed class InitProducerIdRequest : Message, IMessage<InitProducerIdRequest>
{
    public string? TransactionalId;
    public int TransactionTimeoutMs;

    /// <inheritdoc/>
    public static Layout<InitProducerIdRequest> Layout { get; } = new()
    {
        { NullableText, m => ref m.TransactionalId },
        { Int, m => ref m.TransactionTimeoutMs },
    };
}

/// <summary>An id that no other producer has, and the epoch with which to begin.</summary>
public sealed class InitProducerIdResponse : Message, IMessage<InitProducerIdResponse>
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public long ProducerId = -1;
    public short ProducerEpoch = -1;

    /// <inheritdoc/>
    public static Layout<InitProducerIdResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs },
        { Code, m => ref m.Error },
        { Long, m => ref m.ProducerId },
        { Short, m => ref m.ProducerEpoch },
    };
}
