using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Settings that are to be the only ones of their topics.</summary>
public sealed class AlterConfigsRequest : Message, IMessage<AlterConfigsRequest>
{
    public AlteredResource[] Resources = [];
    public bool ValidateOnly;

    /// <inheritdoc/>
    public static Layout<AlterConfigsRequest> Layout { get; } = new()
    {
        { Array(AlteredResource.Layout), m => ref m.Resources },
        { Bool, m => ref m.ValidateOnly },
    };
}

/// <summary>One topic or broker, and its settings.</summary>
public sealed class AlteredResource
{
    /// <summary>2: a topic; 4: a broker.</summary>
    public sbyte Type;

    public string Name = "";
    public AlteredConfig[] Configs = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<AlteredResource> Layout { get; } = new()
    {
        { SignedByte, m => ref m.Type },
        { Text, m => ref m.Name },
        { Array(AlteredConfig.Layout), m => ref m.Configs },
    };
}

/// <summary>One setting and its value.</summary>
public sealed class AlteredConfig
{
    public string Name = "";
    public string? Value;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<AlteredConfig> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { NullableText, m => ref m.Value },
    };
}

/// <summary>What became of each.</summary>
public sealed class AlterConfigsResponse : Message, IMessage<AlterConfigsResponse>
{
    public int ThrottleTimeMs;
    public AlterConfigsResult[] Results = [];

    /// <inheritdoc/>
    public static Layout<AlterConfigsResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs },
        { Array(AlterConfigsResult.Layout), m => ref m.Results },
    };
}

/// <summary>What became of one topic or broker.</summary>
public sealed class AlterConfigsResult
{
    public ErrorCode Error;
    public string? ErrorMessage;
    public sbyte Type;
    public string Name = "";

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<AlterConfigsResult> Layout { get; } = new()
    {
        { Code, m => ref m.Error },
        { NullableText, m => ref m.ErrorMessage },
        { SignedByte, m => ref m.Type },
        { Text, m => ref m.Name },
    };
}
