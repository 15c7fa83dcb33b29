using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Where does an epoch of leadership end in the leader's log?</summary>
public sealed class OffsetForLeaderEpochRequest : Message, IMessage<OffsetForLeaderEpochRequest>
{
    public int ReplicaId = -2;
    public OffsetForLeaderTopic[] Topics = [];

    /// <inheritdoc/>
    public static Layout<OffsetForLeaderEpochRequest> Layout { get; } = new()
    {
        { Int, m => ref m.ReplicaId, "3+" },
        { Array(OffsetForLeaderTopic.Layout), m => ref m.Topics },
    };
}

/// <summary>The partitions of one topic.</summary>
public sealed class OffsetForLeaderTopic
{
    public string Name = "";
    public OffsetForLeaderPartition[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<OffsetForLeaderTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(OffsetForLeaderPartition.Layout), m => ref m.Partitions },
    };
}

/// <summary>The epoch asked for in one partition.</summary>
public sealed class OffsetForLeaderPartition
{
    public int Index;
    public int CurrentLeaderEpoch = -1;
    public int LeaderEpoch;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<OffsetForLeaderPartition> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Int, m => ref m.CurrentLeaderEpoch, "2+" },
        { Int, m => ref m.LeaderEpoch },
    };
}

/// <summary>The largest epoch not above the one asked for, and where it ends.</summary>
public sealed class OffsetForLeaderEpochResponse : Message, IMessage<OffsetForLeaderEpochResponse>
{
    public int ThrottleTimeMs;
    public OffsetForLeaderTopicResult[] Topics = [];

    /// <inheritdoc/>
    public static Layout<OffsetForLeaderEpochResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "2+" },
        { Array(OffsetForLeaderTopicResult.Layout), m => ref m.Topics },
    };
}

/// <summary>The partitions of one topic.</summary>
public sealed class OffsetForLeaderTopicResult
{
    public string Name = "";
    public EpochEndOffset[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<OffsetForLeaderTopicResult> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(EpochEndOffset.Layout), m => ref m.Partitions },
    };
}

/// <summary>The answer for one partition.</summary>
public sealed class EpochEndOffset
{
    public ErrorCode Error;
    public int Index;
    public int LeaderEpoch = -1;
    public long EndOffset = -1;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<EpochEndOffset> Layout { get; } = new()
    {
        { Code, m => ref m.Error },
        { Int, m => ref m.Index },
        { Int, m => ref m.LeaderEpoch, "1+" },
        { Long, m => ref m.EndOffset },
    };
}
