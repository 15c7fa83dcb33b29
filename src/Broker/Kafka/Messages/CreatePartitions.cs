using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Topics that are to have more partitions; to the controller.</summary>
public sealed class CreatePartitionsRequest : Message, IMessage<CreatePartitionsRequest>
{
    public CreatePartitionsTopic[] Topics = [];
    public int TimeoutMs;
    public bool ValidateOnly;

    /// <inheritdoc/>
    public static Layout<CreatePartitionsRequest> Layout { get; } = new()
    {
        { Array(CreatePartitionsTopic.Layout), m => ref m.Topics },
        { Int, m => ref m.TimeoutMs },
        { Bool, m => ref m.ValidateOnly },
    };
}

/// <summary>One topic, and how many partitions it is to have.</summary>
public sealed class CreatePartitionsTopic
{
    public string Name = "";
    public int Count;
    public NewPartitionAssignment[]? Assignments;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<CreatePartitionsTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Int, m => ref m.Count },
        { NullableArray(NewPartitionAssignment.Layout), m => ref m.Assignments },
    };
}

/// <summary>The brokers of one new partition.</summary>
public sealed class NewPartitionAssignment
{
    public int[] BrokerIds = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<NewPartitionAssignment> Layout { get; } = new()
    {
        { Array(Int), m => ref m.BrokerIds },
    };
}

/// <summary>What became of each.</summary>
public sealed class CreatePartitionsResponse : Message, IMessage<CreatePartitionsResponse>
{
    public int ThrottleTimeMs;
    public CreatePartitionsResult[] Results = [];

    /// <inheritdoc/>
    public static Layout<CreatePartitionsResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs },
        { Array(CreatePartitionsResult.Layout), m => ref m.Results },
    };
}

/// <summary>What became of one topic.</summary>
public sealed class CreatePartitionsResult
{
    public string Name = "";
    public ErrorCode Error;
    public string? ErrorMessage;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<CreatePartitionsResult> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Code, m => ref m.Error },
        { NullableText, m => ref m.ErrorMessage },
    };
}
