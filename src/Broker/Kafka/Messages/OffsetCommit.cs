using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Where a group goes on. Version 0 is kept in the ensemble, 1 to 7 in the offsets topic.</summary>
public sealed class OffsetCommitRequest : Message, IMessage<OffsetCommitRequest>
{
    public string GroupId = "";
    public int GenerationId = -1;
    public string MemberId = "";
    public string? GroupInstanceId;
    public long RetentionTimeMs = -1;
    public OffsetCommitTopic[] Topics = [];

    /// <inheritdoc/>
    public static Layout<OffsetCommitRequest> Layout { get; } = new()
    {
        { Text, m => ref m.GroupId },
        { Int, m => ref m.GenerationId, "1+" },
        { Text, m => ref m.MemberId, "1+" },
        { NullableText, m => ref m.GroupInstanceId, "7+" },
        { Long, m => ref m.RetentionTimeMs, "2-4" },
        { Array(OffsetCommitTopic.Layout), m => ref m.Topics },
    };
}

/// <summary>One topic.</summary>
public sealed class OffsetCommitTopic
{
    public string Name = "";
    public OffsetCommitPartition[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<OffsetCommitTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(OffsetCommitPartition.Layout), m => ref m.Partitions },
    };
}

/// <summary>One partition.</summary>
public sealed class OffsetCommitPartition
{
    public int Index;
    public long Offset;
    public int LeaderEpoch = -1;
    public long CommitTimestamp = -1;
    public string? Metadata = "";

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<OffsetCommitPartition> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Long, m => ref m.Offset },
        { Int, m => ref m.LeaderEpoch, "6+" },
        { Long, m => ref m.CommitTimestamp, "1" },
        { NullableText, m => ref m.Metadata },
    };
}

/// <summary>What became of each.</summary>
public sealed class OffsetCommitResponse : Message, IMessage<OffsetCommitResponse>
{
    public int ThrottleTimeMs;
    public OffsetCommitTopicResult[] Topics = [];

    /// <inheritdoc/>
    public static Layout<OffsetCommitResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "3+" },
        { Array(OffsetCommitTopicResult.Layout), m => ref m.Topics },
    };
}

/// <summary>What became of one topic's.</summary>
public sealed class OffsetCommitTopicResult
{
    public string Name = "";
    public OffsetCommitPartitionResult[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<OffsetCommitTopicResult> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(OffsetCommitPartitionResult.Layout), m => ref m.Partitions },
    };
}

/// <summary>What became of one partition's.</summary>
public sealed class OffsetCommitPartitionResult
{
    public int Index;
    public ErrorCode Error;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<OffsetCommitPartitionResult> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Code, m => ref m.Error },
    };
}
