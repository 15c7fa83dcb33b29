using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Where a group goes on. Version 0 is read from the ensemble, 1 to 5 from the offsets topic.</summary>
public sealed class OffsetFetchRequest : Message, IMessage<OffsetFetchRequest>
{
    public string GroupId = "";

    /// <summary>Null: all that the group has committed.</summary>
    public OffsetFetchTopic[]? Topics = [];

    /// <inheritdoc/>
    public static Layout<OffsetFetchRequest> Layout { get; } = new()
    {
        { Text, m => ref m.GroupId },
        { NullableArray(OffsetFetchTopic.Layout), m => ref m.Topics, "0+", NullableIn("2+") },
    };
}

/// <summary>One topic.</summary>
public sealed class OffsetFetchTopic
{
    public string Name = "";
    public int[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<OffsetFetchTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(Int), m => ref m.Partitions },
    };
}

/// <summary>The offsets.</summary>
public sealed class OffsetFetchResponse : Message, IMessage<OffsetFetchResponse>
{
    public int ThrottleTimeMs;
    public OffsetFetchTopicResult[] Topics = [];
    public ErrorCode Error;

    /// <inheritdoc/>
    public static Layout<OffsetFetchResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "3+" },
        { Array(OffsetFetchTopicResult.Layout), m => ref m.Topics },
        { Code, m => ref m.Error, "2+" },
    };
}

/// <summary>Those of one topic.</summary>
public sealed class OffsetFetchTopicResult
{
    public string Name = "";
    public OffsetFetchPartitionResult[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<OffsetFetchTopicResult> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(OffsetFetchPartitionResult.Layout), m => ref m.Partitions },
    };
}

/// <summary>That of one partition; −1 if there is none.</summary>
public sealed class OffsetFetchPartitionResult
{
    public int Index;
    public long Offset = -1;
    public int LeaderEpoch = -1;
    public string? Metadata = "";
    public ErrorCode Error;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<OffsetFetchPartitionResult> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Long, m => ref m.Offset },
        { Int, m => ref m.LeaderEpoch, "5+" },
        { NullableText, m => ref m.Metadata },
        { Code, m => ref m.Error },
    };
}
