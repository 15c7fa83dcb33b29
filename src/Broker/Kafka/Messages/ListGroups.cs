using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>The groups that this broker coordinates. Versions 0 to 2.</summary>
public sealed class ListGroupsRequest : Message, IMessage<ListGroupsRequest>
{
    /// <inheritdoc/>
    public static Layout<ListGroupsRequest> Layout { get; } = [];
}

/// <summary>Their names.</summary>
public sealed class ListGroupsResponse : Message, IMessage<ListGroupsResponse>
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public ListedGroup[] Groups = [];

    /// <inheritdoc/>
    public static Layout<ListGroupsResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "1+" },
        { Code, m => ref m.Error },
        { Array(ListedGroup.Layout), m => ref m.Groups },
    };
}

/// <summary>One group.</summary>
public sealed class ListedGroup
{
    public string GroupId = "";
    public string ProtocolType = "";

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ListedGroup> Layout { get; } = new()
    {
        { Text, m => ref m.GroupId },
        { Text, m => ref m.ProtocolType },
    };
}
