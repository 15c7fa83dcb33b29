using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>A member asks for its share; its leader brings everybody's. Versions 0 to 3.</summary>
public sealed class SyncGroupRequest : Message, IMessage<SyncGroupRequest>
{
    public string GroupId = "";
    public int GenerationId;
    public string MemberId = "";
    public string? GroupInstanceId;
    public SyncGroupAssignment[] Assignments = [];

    /// <inheritdoc/>
    public static Layout<SyncGroupRequest> Layout { get; } = new()
    {
        { Text, m => ref m.GroupId },
        { Int, m => ref m.GenerationId },
        { Text, m => ref m.MemberId },
        { NullableText, m => ref m.GroupInstanceId, "3+" },
        { Array(SyncGroupAssignment.Layout), m => ref m.Assignments },
    };
}

/// <summary>A member's share.</summary>
public sealed class SyncGroupAssignment
{
    public string MemberId = "";
    public byte[] Assignment = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<SyncGroupAssignment> Layout { get; } = new()
    {
        { Text, m => ref m.MemberId },
        { Bytes, m => ref m.Assignment },
    };
}

/// <summary>The member's share.</summary>
public sealed class SyncGroupResponse : Message, IMessage<SyncGroupResponse>
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public byte[] Assignment = [];

    /// <inheritdoc/>
    public static Layout<SyncGroupResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "1+" },
        { Code, m => ref m.Error },
        { Bytes, m => ref m.Assignment },
    };
}
