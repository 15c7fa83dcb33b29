using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Settings of topics and brokers.</summary>
public sealed class DescribeConfigsRequest : Message, IMessage<DescribeConfigsRequest>
{
    public ConfigResource[] Resources = [];
    public bool IncludeSynonyms;

    /// <inheritdoc/>
    public static Layout<DescribeConfigsRequest> Layout { get; } = new()
    {
        { Array(ConfigResource.Layout), m => ref m.Resources },
        { Bool, m => ref m.IncludeSynonyms, "1+" },
    };
}

/// <summary>One topic or broker, and which of its settings; null: all.</summary>
public sealed class ConfigResource
{
    /// <summary>2: a topic; 4: a broker.</summary>
    public sbyte Type;

    public string Name = "";
    public string[]? Keys;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ConfigResource> Layout { get; } = new()
    {
        { SignedByte, m => ref m.Type },
        { Text, m => ref m.Name },
        { NullableArray(Text), m => ref m.Keys },
    };
}

/// <summary>The settings.</summary>
public sealed class DescribeConfigsResponse : Message, IMessage<DescribeConfigsResponse>
{
    public int ThrottleTimeMs;
    public DescribeConfigsResult[] Results = [];

    /// <inheritdoc/>
    public static Layout<DescribeConfigsResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs },
        { Array(DescribeConfigsResult.Layout), m => ref m.Results },
    };
}

/// <summary>The settings of one topic or broker.</summary>
public sealed class DescribeConfigsResult
{
    public ErrorCode Error;
    public string? ErrorMessage;
    public sbyte Type;
    public string Name = "";
    public DescribedConfig[] Configs = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<DescribeConfigsResult> Layout { get; } = new()
    {
        { Code, m => ref m.Error },
        { NullableText, m => ref m.ErrorMessage },
        { SignedByte, m => ref m.Type },
        { Text, m => ref m.Name },
        { Array(DescribedConfig.Layout), m => ref m.Configs },
    };
}

/// <summary>One setting.</summary>
public sealed class DescribedConfig
{
    public string Name = "";
    public string? Value;
    public bool ReadOnly;
    public bool IsDefault;

    /// <summary>1: the topic's own; 2: of this broker, changed; 3: of all brokers, changed; 4: from the broker's file; 5: the default.</summary>
    public sbyte Source = -1;

    public bool IsSensitive;
    public ConfigSynonym[] Synonyms = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<DescribedConfig> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { NullableText, m => ref m.Value },
        { Bool, m => ref m.ReadOnly },
        { Bool, m => ref m.IsDefault, "0" },
        { SignedByte, m => ref m.Source, "1+" },
        { Bool, m => ref m.IsSensitive },
        { Array(ConfigSynonym.Layout), m => ref m.Synonyms, "1+" },
    };
}

/// <summary>Where else the value would come from.</summary>
public sealed class ConfigSynonym
{
    public string Name = "";
    public string? Value;
    public sbyte Source;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ConfigSynonym> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { NullableText, m => ref m.Value },
        { SignedByte, m => ref m.Source },
    };
}
