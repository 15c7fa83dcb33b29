using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Which offset has a time; −1: the end, −2: the start.</summary>
public sealed class ListOffsetsRequest : Message, IMessage<ListOffsetsRequest>
{
    public int ReplicaId = -1;
    public sbyte IsolationLevel;
    public ListOffsetsTopic[] Topics = [];

    /// <inheritdoc/>
    public static Layout<ListOffsetsRequest> Layout { get; } = new()
    {
        { Int, m => ref m.ReplicaId },
        { SignedByte, m => ref m.IsolationLevel, "2+" },
        { Array(ListOffsetsTopic.Layout), m => ref m.Topics },
    };
}

/// <summary>The partitions of one topic.</summary>
public sealed class ListOffsetsTopic
{
    public string Name = "";
    public ListOffsetsPartition[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ListOffsetsTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(ListOffsetsPartition.Layout), m => ref m.Partitions },
    };
}

/// <summary>The time to look for in one partition.</summary>
public sealed class ListOffsetsPartition
{
    public int Index;
    public int CurrentLeaderEpoch = -1;
    public long Timestamp;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ListOffsetsPartition> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Int, m => ref m.CurrentLeaderEpoch, "4+" },
        { Long, m => ref m.Timestamp },
    };
}

/// <summary>The first offset at or after each time.</summary>
public sealed class ListOffsetsResponse : Message, IMessage<ListOffsetsResponse>
{
    public int ThrottleTimeMs;
    public ListOffsetsTopicResult[] Topics = [];

    /// <inheritdoc/>
    public static Layout<ListOffsetsResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "2+" },
        { Array(ListOffsetsTopicResult.Layout), m => ref m.Topics },
    };
}

/// <summary>The partitions of one topic.</summary>
public sealed class ListOffsetsTopicResult
{
    public string Name = "";
    public ListOffsetsPartitionResult[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ListOffsetsTopicResult> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(ListOffsetsPartitionResult.Layout), m => ref m.Partitions },
    };
}

/// <summary>What was found in one partition.</summary>
public sealed class ListOffsetsPartitionResult
{
    public int Index;
    public ErrorCode Error;
    public long Timestamp = -1;
    public long Offset = -1;
    public int LeaderEpoch = -1;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ListOffsetsPartitionResult> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Code, m => ref m.Error },
        { Long, m => ref m.Timestamp },
        { Long, m => ref m.Offset },
        { Int, m => ref m.LeaderEpoch, "4+" },
    };
}
