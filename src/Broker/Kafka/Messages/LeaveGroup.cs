using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Members leave; before version 3, one. Versions 0 to 3.</summary>
public sealed class LeaveGroupRequest : Message, IMessage<LeaveGroupRequest>
{
    public string GroupId = "";
    public string MemberId = "";
    public LeavingMember[] Members = [];

    /// <inheritdoc/>
    public static Layout<LeaveGroupRequest> Layout { get; } = new()
    {
        { Text, m => ref m.GroupId },
        { Text, m => ref m.MemberId, "0-2" },
        { Array(LeavingMember.Layout), m => ref m.Members, "3+" },
    };
}

/// <summary>One that leaves: by its id or, if that is empty, by its instance.</summary>
public sealed class LeavingMember
{
    public string MemberId = "";
    public string? GroupInstanceId;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<LeavingMember> Layout { get; } = new()
    {
        { Text, m => ref m.MemberId },
        { NullableText, m => ref m.GroupInstanceId },
    };
}

/// <summary>What became of it.</summary>
public sealed class LeaveGroupResponse : Message, IMessage<LeaveGroupResponse>
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public LeftMember[] Members = [];

    /// <inheritdoc/>
    public static Layout<LeaveGroupResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "1+" },
        { Code, m => ref m.Error },
        { Array(LeftMember.Layout), m => ref m.Members, "3+" },
    };
}

/// <summary>What became of one.</summary>
public sealed class LeftMember
{
    public string MemberId = "";
    public string? GroupInstanceId;
    public ErrorCode Error;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<LeftMember> Layout { get; } = new()
    {
        { Text, m => ref m.MemberId },
        { NullableText, m => ref m.GroupInstanceId },
        { Code, m => ref m.Error },
    };
}
