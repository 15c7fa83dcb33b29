using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Groups, with their members. Versions 0 to 4.</summary>
public sealed class DescribeGroupsRequest : Message, IMessage<DescribeGroupsRequest>
{
    public string[] Groups = [];
    public bool IncludeAuthorizedOperations;

    /// <inheritdoc/>
    public static Layout<DescribeGroupsRequest> Layout { get; } = new()
    {
        { Array(Text), m => ref m.Groups },
        { Bool, m => ref m.IncludeAuthorizedOperations, "3+" },
    };
}

/// <summary>What each is doing.</summary>
public sealed class DescribeGroupsResponse : Message, IMessage<DescribeGroupsResponse>
{
    public int ThrottleTimeMs;
    public DescribedGroup[] Groups = [];

    /// <inheritdoc/>
    public static Layout<DescribeGroupsResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "1+" },
        { Array(DescribedGroup.Layout), m => ref m.Groups },
    };
}

/// <summary>One group.</summary>
public sealed class DescribedGroup
{
    public ErrorCode Error;
    public string GroupId = "";

    /// <summary>Empty, PreparingRebalance, CompletingRebalance, Stable; Dead: there's no such group.</summary>
    public string State = "";

    public string ProtocolType = "";

    /// <summary>The protocol that was elected.</summary>
    public string ProtocolData = "";

    public DescribedMember[] Members = [];

    /// <summary>Bits; the least number: not asked for, or not known.</summary>
    public int AuthorizedOperations = int.MinValue;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<DescribedGroup> Layout { get; } = new()
    {
        { Code, m => ref m.Error },
        { Text, m => ref m.GroupId },
        { Text, m => ref m.State },
        { Text, m => ref m.ProtocolType },
        { Text, m => ref m.ProtocolData },
        { Array(DescribedMember.Layout), m => ref m.Members },
        { Int, m => ref m.AuthorizedOperations, "3+" },
    };
}

/// <summary>One member.</summary>
public sealed class DescribedMember
{
    public string MemberId = "";
    public string? GroupInstanceId;
    public string ClientId = "";
    public string ClientHost = "";
    public byte[] Metadata = [];
    public byte[] Assignment = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<DescribedMember> Layout { get; } = new()
    {
        { Text, m => ref m.MemberId },
        { NullableText, m => ref m.GroupInstanceId, "4+" },
        { Text, m => ref m.ClientId },
        { Text, m => ref m.ClientHost },
        { Bytes, m => ref m.Metadata },
        { Bytes, m => ref m.Assignment },
    };
}
