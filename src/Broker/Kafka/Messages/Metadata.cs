using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Which topics; in version 0 none means all, later null does.</summary>
public sealed class MetadataRequest : Message, IMessage<MetadataRequest>
{
    public MetadataTopicName[]? Topics = [];
    public bool AllowAutoTopicCreation = true;
    public bool IncludeClusterAuthorizedOperations;
    public bool IncludeTopicAuthorizedOperations;

    /// <inheritdoc/>
    public static Layout<MetadataRequest> Layout { get; } = new()
    {
        { NullableArray(MetadataTopicName.Layout), m => ref m.Topics, "0+", NullableIn("1+") },
        { Bool, m => ref m.AllowAutoTopicCreation, "4+" },
        { Bool, m => ref m.IncludeClusterAuthorizedOperations, "8+" },
        { Bool, m => ref m.IncludeTopicAuthorizedOperations, "8+" },
    };
}

/// <summary>One topic.</summary>
public sealed class MetadataTopicName
{
    public string Name = "";

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<MetadataTopicName> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
    };
}

/// <summary>The cluster as this broker knows it.</summary>
public sealed class MetadataResponse : Message, IMessage<MetadataResponse>
{
    public int ThrottleTimeMs;
    public MetadataBroker[] Brokers = [];
    public string? ClusterId;
    public int ControllerId = -1;
    public MetadataTopic[] Topics = [];

    /// <summary>A set of bits; the least number if it wasn't asked for.</summary>
    public int ClusterAuthorizedOperations = int.MinValue;

    /// <inheritdoc/>
    public static Layout<MetadataResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "3+" },
        { Array(MetadataBroker.Layout), m => ref m.Brokers },
        { NullableText, m => ref m.ClusterId, "2+" },
        { Int, m => ref m.ControllerId, "1+" },
        { Array(MetadataTopic.Layout), m => ref m.Topics },
        { Int, m => ref m.ClusterAuthorizedOperations, "8+" },
    };
}

/// <summary>A broker and where clients reach it.</summary>
public sealed class MetadataBroker
{
    public int NodeId;
    public string Host = "";
    public int Port;
    public string? Rack;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<MetadataBroker> Layout { get; } = new()
    {
        { Int, m => ref m.NodeId },
        { Text, m => ref m.Host },
        { Int, m => ref m.Port },
        { NullableText, m => ref m.Rack, "1+" },
    };
}

/// <summary>One topic.</summary>
public sealed class MetadataTopic
{
    public ErrorCode Error;
    public string Name = "";
    public bool IsInternal;
    public MetadataPartition[] Partitions = [];
    public int TopicAuthorizedOperations = int.MinValue;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<MetadataTopic> Layout { get; } = new()
    {
        { Code, m => ref m.Error },
        { Text, m => ref m.Name },
        { Bool, m => ref m.IsInternal, "1+" },
        { Array(MetadataPartition.Layout), m => ref m.Partitions },
        { Int, m => ref m.TopicAuthorizedOperations, "8+" },
    };
}

/// <summary>One partition, who has it and who leads it.</summary>
public sealed class MetadataPartition
{
    public ErrorCode Error;
    public int Index;
    public int LeaderId = -1;
    public int LeaderEpoch = -1;
    public int[] Replicas = [];
    public int[] Isr = [];
    public int[] OfflineReplicas = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<MetadataPartition> Layout { get; } = new()
    {
        { Code, m => ref m.Error },
        { Int, m => ref m.Index },
        { Int, m => ref m.LeaderId },
        { Int, m => ref m.LeaderEpoch, "7+" },
        { Array(Int), m => ref m.Replicas },
        { Array(Int), m => ref m.Isr },
        { Array(Int), m => ref m.OfflineReplicas, "5+" },
    };
}
