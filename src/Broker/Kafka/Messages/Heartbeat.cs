using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>A member is alive. Versions 0 to 3.</summary>
public sealed class HeartbeatRequest : Message, IMessage<HeartbeatRequest>
{
    public string GroupId = "";
    public int GenerationId;
    public string MemberId = "";
    public string? GroupInstanceId;

    /// <inheritdoc/>
    public static Layout<HeartbeatRequest> Layout { get; } = new()
    {
        { Text, m => ref m.GroupId },
        { Int, m => ref m.GenerationId },
        { Text, m => ref m.MemberId },
        { NullableText, m => ref m.GroupInstanceId, "3+" },
    };
}

/// <summary>Whether its generation still stands.</summary>
public sealed class HeartbeatResponse : Message, IMessage<HeartbeatResponse>
{
    public int ThrottleTimeMs;
    public ErrorCode Error;

    /// <inheritdoc/>
    public static Layout<HeartbeatResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "1+" },
        { Code, m => ref m.Error },
    };
}
