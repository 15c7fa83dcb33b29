using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>What is spoken here?</summary>
public sealed class ApiVersionsRequest : Message, IMessage<ApiVersionsRequest>
{
    public string ClientSoftwareName = "";
    public string ClientSoftwareVersion = "";

    /// <inheritdoc/>
    public static Layout<ApiVersionsRequest> Layout { get; } = new()
    {
        { Text, m => ref m.ClientSoftwareName, "3+" },
        { Text, m => ref m.ClientSoftwareVersion, "3+" },
    };
}

/// <summary>Each API with the versions served.</summary>
public sealed class ApiVersionsResponse : Message, IMessage<ApiVersionsResponse>
{
    public ErrorCode Error;
    public ApiVersion[] Apis = [];
    public int ThrottleTimeMs;
    public long FinalizedFeaturesEpoch = -1;

    /// <inheritdoc/>
    public static Layout<ApiVersionsResponse> Layout { get; } = new()
    {
        { Code, m => ref m.Error },
        { Array(ApiVersion.Layout), m => ref m.Apis },
        { Int, m => ref m.ThrottleTimeMs, "1+" },
        { Long, m => ref m.FinalizedFeaturesEpoch, "3+", 1 },
    };
}

/// <summary>One API and its versions.</summary>
public sealed class ApiVersion
{
    public short Key;
    public short First;
    public short Last;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ApiVersion> Layout { get; } = new()
    {
        { Short, m => ref m.Key },
        { Short, m => ref m.First },
        { Short, m => ref m.Last },
    };
}
