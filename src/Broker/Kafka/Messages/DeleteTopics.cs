using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Topics to delete; to the controller.</summary>
public sealed class DeleteTopicsRequest : Message, IMessage<DeleteTopicsRequest>
{
    public string[] Names = [];
    public int TimeoutMs;

    /// <inheritdoc/>
    public static Layout<DeleteTopicsRequest> Layout { get; } = new()
    {
        { Array(Text), m => ref m.Names },
        { Int, m => ref m.TimeoutMs },
    };
}

/// <summary>What became of each.</summary>
public sealed class DeleteTopicsResponse : Message, IMessage<DeleteTopicsResponse>
{
    public int ThrottleTimeMs;
    public DeletableTopicResult[] Topics = [];

    /// <inheritdoc/>
    public static Layout<DeleteTopicsResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "1+" },
        { Array(DeletableTopicResult.Layout), m => ref m.Topics },
    };
}

/// <summary>What became of one topic.</summary>
public sealed class DeletableTopicResult
{
    public string Name = "";
    public ErrorCode Error;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<DeletableTopicResult> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Code, m => ref m.Error },
    };
}
