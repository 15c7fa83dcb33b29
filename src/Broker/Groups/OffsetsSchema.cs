using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Groups;

/// <summary>The key of a committed offset. Versions 0 and 1, which look the same.</summary>
internal sealed class OffsetKey
{
    public string Group = "";
    public string Topic = "";
    public int Partition;

    /// <summary>The fields, in their order.</summary>
    public static Layout<OffsetKey> Layout { get; } = new()
    {
        { Text, m => ref m.Group },
        { Text, m => ref m.Topic },
        { Int, m => ref m.Partition },
    };
}

/// <summary>A committed offset. Versions 0 to 3.</summary>
internal sealed class OffsetValue
{
    public long Offset;
    public int LeaderEpoch = -1;
    public string Metadata = "";
    public long CommitTimestamp;
    public long ExpireTimestamp = -1;

    /// <summary>The fields, in their order.</summary>
    public static Layout<OffsetValue> Layout { get; } = new()
    {
        { Long, m => ref m.Offset },
        { Int, m => ref m.LeaderEpoch, "3+" },
        { Text, m => ref m.Metadata },
        { Long, m => ref m.CommitTimestamp },
        { Long, m => ref m.ExpireTimestamp, "1" },
    };
}

/// <summary>The key of a group. Version 2.</summary>
internal sealed class GroupKey
{
    public string Group = "";

    /// <summary>The fields, in their order.</summary>
    public static Layout<GroupKey> Layout { get; } = new() { { Text, m => ref m.Group } };
}

/// <summary>A group's generation. Versions 0 to 3.</summary>
internal sealed class GroupValue
{
    public string ProtocolType = "";
    public int Generation;
    public string? Protocol;
    public string? Leader;
    public long CurrentStateTimestamp = -1;
    public MemberValue[] Members = [];

    /// <summary>The fields, in their order.</summary>
    public static Layout<GroupValue> Layout { get; } = new()
    {
        { Text, m => ref m.ProtocolType },
        { Int, m => ref m.Generation },
        { NullableText, m => ref m.Protocol },
        { NullableText, m => ref m.Leader },
        { Long, m => ref m.CurrentStateTimestamp, "2+" },
        { Array(MemberValue.Layout), m => ref m.Members },
    };
}

/// <summary>A member, with its share.</summary>
internal sealed class MemberValue
{
    public string MemberId = "";
    public string? GroupInstanceId;
    public string ClientId = "";
    public string ClientHost = "";
    public int RebalanceTimeoutMs = -1;
    public int SessionTimeoutMs;
    public byte[] Subscription = [];
    public byte[] Assignment = [];

    /// <summary>The fields, in their order.</summary>
    public static Layout<MemberValue> Layout { get; } = new()
    {
        { Text, m => ref m.MemberId },
        { NullableText, m => ref m.GroupInstanceId, "3+" },
        { Text, m => ref m.ClientId },
        { Text, m => ref m.ClientHost },
        { Int, m => ref m.RebalanceTimeoutMs, "1+" },
        { Int, m => ref m.SessionTimeoutMs },
        { Bytes, m => ref m.Subscription },
        { Bytes, m => ref m.Assignment },
    };
}
