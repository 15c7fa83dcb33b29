using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Groups that are to go, with their offsets. Versions 0 to 1.</summary>
public sealed class DeleteGroupsRequest : Message, IMessage<DeleteGroupsRequest>
{
    public string[] Groups = [];

    /// <inheritdoc/>
    public static Layout<DeleteGroupsRequest> Layout { get; } = new() { { Array(Text), m => ref m.Groups } };
}

/// <summary>What became of each.</summary>
public sealed class DeleteGroupsResponse : Message, IMessage<DeleteGroupsResponse>
{
    public int ThrottleTimeMs;
    public DeletedGroup[] Results = [];

    /// <inheritdoc/>
    public static Layout<DeleteGroupsResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs },
        { Array(DeletedGroup.Layout), m => ref m.Results },
    };
}

/// <summary>What became of one.</summary>
public sealed class DeletedGroup
{
    public string GroupId = "";
    public ErrorCode Error;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<DeletedGroup> Layout { get; } = new()
    {
        { Text, m => ref m.GroupId },
        { Code, m => ref m.Error },
    };
}
