using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Records to delete, from the start of their partitions; to the partitions' leaders.</summary>
public sealed class DeleteRecordsRequest : Message, IMessage<DeleteRecordsRequest>
{
    public DeleteRecordsTopic[] Topics = [];
    public int TimeoutMs;

    /// <inheritdoc/>
    public static Layout<DeleteRecordsRequest> Layout { get; } = new()
    {
        { Array(DeleteRecordsTopic.Layout), m => ref m.Topics },
        { Int, m => ref m.TimeoutMs },
    };
}

/// <summary>One topic's partitions.</summary>
public sealed class DeleteRecordsTopic
{
    public string Name = "";
    public DeleteRecordsPartition[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<DeleteRecordsTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(DeleteRecordsPartition.Layout), m => ref m.Partitions },
    };
}

/// <summary>One partition.</summary>
public sealed class DeleteRecordsPartition
{
    public int Index;

    /// <summary>The first offset to keep; −1: the high watermark.</summary>
    public long Offset;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<DeleteRecordsPartition> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Long, m => ref m.Offset },
    };
}

/// <summary>What became of each.</summary>
public sealed class DeleteRecordsResponse : Message, IMessage<DeleteRecordsResponse>
{
    public int ThrottleTimeMs;
    public DeleteRecordsTopicResult[] Topics = [];

    /// <inheritdoc/>
    public static Layout<DeleteRecordsResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs },
        { Array(DeleteRecordsTopicResult.Layout), m => ref m.Topics },
    };
}

/// <summary>What became of one topic's partitions.</summary>
public sealed class DeleteRecordsTopicResult
{
    public string Name = "";
    public DeleteRecordsPartitionResult[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<DeleteRecordsTopicResult> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(DeleteRecordsPartitionResult.Layout), m => ref m.Partitions },
    };
}

/// <summary>What became of one partition.</summary>
public sealed class DeleteRecordsPartitionResult
{
    public int Index;

    /// <summary>The first offset that an in-sync replica may still have; −1 with an error.</summary>
    public long LowWatermark = -1;

    public ErrorCode Error;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<DeleteRecordsPartitionResult> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Long, m => ref m.LowWatermark },
        { Code, m => ref m.Error },
    };
}
