using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>A member joins its group's next generation. Versions 0 to 5.</summary>
public sealed class JoinGroupRequest : Message, IMessage<JoinGroupRequest>
{
    public string GroupId = "";
    public int SessionTimeoutMs;

    /// <summary>max.poll.interval.ms of a consumer; before version 1 the session's time-out serves for both (KIP-62).</summary>
    public int RebalanceTimeoutMs = -1;

    public string MemberId = "";
    public string? GroupInstanceId;
    public string ProtocolType = "";
    public JoinGroupProtocol[] Protocols = [];

    /// <inheritdoc/>
    public static Layout<JoinGroupRequest> Layout { get; } = new()
    {
        { Text, m => ref m.GroupId },
        { Int, m => ref m.SessionTimeoutMs },
        { Int, m => ref m.RebalanceTimeoutMs, "1+" },
        { Text, m => ref m.MemberId },
        { NullableText, m => ref m.GroupInstanceId, "5+" },
        { Text, m => ref m.ProtocolType },
        { Array(JoinGroupProtocol.Layout), m => ref m.Protocols },
    };
}

/// <summary>A way to share out that the member knows, and what it says for it.</summary>
public sealed class JoinGroupProtocol
{
    public string Name = "";
    public byte[] Metadata = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<JoinGroupProtocol> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Bytes, m => ref m.Metadata },
    };
}

/// <summary>The generation; its members, to the leader alone.</summary>
public sealed class JoinGroupResponse : Message, IMessage<JoinGroupResponse>
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public int GenerationId = -1;
    public string ProtocolName = "";
    public string Leader = "";
    public string MemberId = "";
    public JoinGroupMember[] Members = [];

    /// <inheritdoc/>
    public static Layout<JoinGroupResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "2+" },
        { Code, m => ref m.Error },
        { Int, m => ref m.GenerationId },
        { Text, m => ref m.ProtocolName },
        { Text, m => ref m.Leader },
        { Text, m => ref m.MemberId },
        { Array(JoinGroupMember.Layout), m => ref m.Members },
    };
}

/// <summary>A member, and what it says for the protocol that was elected.</summary>
public sealed class JoinGroupMember
{
    public string MemberId = "";
    public string? GroupInstanceId;
    public byte[] Metadata = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<JoinGroupMember> Layout { get; } = new()
    {
        { Text, m => ref m.MemberId },
        { NullableText, m => ref m.GroupInstanceId, "5+" },
        { Bytes, m => ref m.Metadata },
    };
}
