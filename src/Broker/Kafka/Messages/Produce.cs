using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Batches to append, one a partition.</summary>
public sealed class ProduceRequest : Message, IMessage<ProduceRequest>
{
    public string? TransactionalId;

    /// <summary>0: no response at all; 1: once the leader has it; −1: once every in-sync replica has it.</summary>
    public short Acks;

    public int TimeoutMs;
    public ProduceTopic[] Topics = [];

    /// <inheritdoc/>
    public static Layout<ProduceRequest> Layout { get; } = new()
    {
        { NullableText, m => ref m.TransactionalId, "3+" },
        { Short, m => ref m.Acks },
        { Int, m => ref m.TimeoutMs },
        { Array(ProduceTopic.Layout), m => ref m.Topics },
    };
}

/// <summary>The partitions of one topic.</summary>
public sealed class ProduceTopic
{
    public string Name = "";
    public ProducePartition[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ProduceTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(ProducePartition.Layout), m => ref m.Partitions },
    };
}

/// <summary>What one partition is to append.</summary>
public sealed class ProducePartition
{
    public int Index;
    public Records Records;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ProducePartition> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { RecordBatches, m => ref m.Records },
    };
}

/// <summary>Where the batches went.</summary>
public sealed class ProduceResponse : Message, IMessage<ProduceResponse>
{
    public ProduceTopicResult[] Topics = [];
    public int ThrottleTimeMs;

    /// <inheritdoc/>
    public static Layout<ProduceResponse> Layout { get; } = new()
    {
        { Array(ProduceTopicResult.Layout), m => ref m.Topics },
        { Int, m => ref m.ThrottleTimeMs, "1+" },
    };
}

/// <summary>The partitions of one topic.</summary>
public sealed class ProduceTopicResult
{
    public string Name = "";
    public ProducePartitionResult[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ProduceTopicResult> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(ProducePartitionResult.Layout), m => ref m.Partitions },
    };
}

/// <summary>What became of one partition's batch.</summary>
public sealed class ProducePartitionResult
{
    public int Index;
    public ErrorCode Error;

    /// <summary>The offset that the batch's first record was given.</summary>
    public long BaseOffset = -1;

    /// <summary>−1 unless the topic's timestamps are the broker's.</summary>
    public long LogAppendTimeMs = -1;

    public long LogStartOffset = -1;
    public ProduceRecordError[] RecordErrors = [];
    public string? ErrorMessage;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ProducePartitionResult> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Code, m => ref m.Error },
        { Long, m => ref m.BaseOffset },
        { Long, m => ref m.LogAppendTimeMs, "2+" },
        { Long, m => ref m.LogStartOffset, "5+" },
        { Array(ProduceRecordError.Layout), m => ref m.RecordErrors, "8+" },
        { NullableText, m => ref m.ErrorMessage, "8+" },
    };
}

/// <summary>A record that made its batch be refused.</summary>
public sealed class ProduceRecordError
{
    public int BatchIndex;
    public string? Message;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ProduceRecordError> Layout { get; } = new()
    {
        { Int, m => ref m.BatchIndex },
        { NullableText, m => ref m.Message },
    };
}
