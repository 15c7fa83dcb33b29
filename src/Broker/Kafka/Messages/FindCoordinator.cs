using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Who coordinates a group. Versions 0 to 2.</summary>
public sealed class FindCoordinatorRequest : Message, IMessage<FindCoordinatorRequest>
{
    public string Key = "";

    /// <summary>0: a group; 1: a transaction.</summary>
    public sbyte KeyType;

    /// <inheritdoc/>
    public static Layout<FindCoordinatorRequest> Layout { get; } = new()
    {
        { Text, m => ref m.Key },
        { SignedByte, m => ref m.KeyType, "1+" },
    };
}

/// <summary>The broker that does.</summary>
public sealed class FindCoordinatorResponse : Message, IMessage<FindCoordinatorResponse>
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public string? ErrorMessage;
    public int NodeId = -1;
    public string Host = "";
    public int Port = -1;

    /// <inheritdoc/>
    public static Layout<FindCoordinatorResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "1+" },
        { Code, m => ref m.Error },
        { NullableText, m => ref m.ErrorMessage, "1+" },
        { Int, m => ref m.NodeId },
        { Text, m => ref m.Host },
        { Int, m => ref m.Port },
    };
}
