using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Topics to create; to the controller.</summary>
public sealed class CreateTopicsRequest : Message, IMessage<CreateTopicsRequest>
{
    public CreatableTopic[] Topics = [];
    public int TimeoutMs = 60000;
    public bool ValidateOnly;

    /// <inheritdoc/>
    public static Layout<CreateTopicsRequest> Layout { get; } = new()
    {
        { Array(CreatableTopic.Layout), m => ref m.Topics },
        { Int, m => ref m.TimeoutMs },
        { Bool, m => ref m.ValidateOnly, "1+" },
    };
}

/// <summary>A topic, by numbers or with its replicas assigned.</summary>
public sealed class CreatableTopic
{
    public string Name = "";
    public int PartitionCount = -1;
    public short ReplicationFactor = -1;
    public ReplicaAssignment[] Assignments = [];
    public TopicSetting[] Configs = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<CreatableTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Int, m => ref m.PartitionCount },
        { Short, m => ref m.ReplicationFactor },
        { Array(ReplicaAssignment.Layout), m => ref m.Assignments },
        { Array(TopicSetting.Layout), m => ref m.Configs },
    };
}

/// <summary>The brokers of one partition; the first is preferred to lead.</summary>
public sealed class ReplicaAssignment
{
    public int Index;
    public int[] BrokerIds = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ReplicaAssignment> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Array(Int), m => ref m.BrokerIds },
    };
}

/// <summary>One setting of a topic.</summary>
public sealed class TopicSetting
{
    public string Name = "";
    public string? Value;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<TopicSetting> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { NullableText, m => ref m.Value },
    };
}

/// <summary>What became of each.</summary>
public sealed class CreateTopicsResponse : Message, IMessage<CreateTopicsResponse>
{
    public int ThrottleTimeMs;
    public CreatableTopicResult[] Topics = [];

    /// <inheritdoc/>
    public static Layout<CreateTopicsResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "2+" },
        { Array(CreatableTopicResult.Layout), m => ref m.Topics },
    };
}

/// <summary>What became of one topic.</summary>
public sealed class CreatableTopicResult
{
    public string Name = "";
    public ErrorCode Error;
    public string? ErrorMessage;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<CreatableTopicResult> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Code, m => ref m.Error },
        { NullableText, m => ref m.ErrorMessage, "1+" },
    };
}
