using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Changes of settings (KIP-339); those not named stay.</summary>
public sealed class IncrementalAlterConfigsRequest : Message, IMessage<IncrementalAlterConfigsRequest>
{
    public ChangedResource[] Resources = [];
    public bool ValidateOnly;

    /// <inheritdoc/>
    public static Layout<IncrementalAlterConfigsRequest> Layout { get; } = new()
    {
        { Array(ChangedResource.Layout), m => ref m.Resources },
        { Bool, m => ref m.ValidateOnly },
    };
}

/// <summary>One topic or broker, and what changes.</summary>
public sealed class ChangedResource
{
    /// <summary>2: a topic; 4: a broker.</summary>
    public sbyte Type;

    public string Name = "";
    public ChangedConfig[] Configs = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ChangedResource> Layout { get; } = new()
    {
        { SignedByte, m => ref m.Type },
        { Text, m => ref m.Name },
        { Array(ChangedConfig.Layout), m => ref m.Configs },
    };
}

/// <summary>One setting, and what to do with it.</summary>
public sealed class ChangedConfig
{
    public string Name = "";

    /// <summary>0: set; 1: delete; 2: append to a list; 3: subtract from it.</summary>
    public sbyte Operation;

    public string? Value;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ChangedConfig> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { SignedByte, m => ref m.Operation },
        { NullableText, m => ref m.Value },
    };
}

/// <summary>What became of each.</summary>
public sealed class IncrementalAlterConfigsResponse : Message, IMessage<IncrementalAlterConfigsResponse>
{
    public int ThrottleTimeMs;
    public AlterConfigsResult[] Results = [];

    /// <inheritdoc/>
    public static Layout<IncrementalAlterConfigsResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs },
        { Array(AlterConfigsResult.Layout), m => ref m.Results },
    };
}
