using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>Where to read on, within a session or whole.</summary>
public sealed class FetchRequest : Message, IMessage<FetchRequest>
{
    /// <summary>The follower that asks; −1: a consumer.</summary>
    public int ReplicaId = -1;

    public int MaxWaitMs;
    public int MinBytes;
    public int MaxBytes = int.MaxValue;
    public sbyte IsolationLevel;

    /// <summary>0 with epoch −1: without a session; with epoch 0: open one.</summary>
    public int SessionId;

    public int SessionEpoch = -1;
    public FetchTopic[] Topics = [];
    public ForgottenTopic[] ForgottenTopics = [];
    public string RackId = "";

    /// <inheritdoc/>
    public static Layout<FetchRequest> Layout { get; } = new()
    {
        { Int, m => ref m.ReplicaId },
        { Int, m => ref m.MaxWaitMs },
        { Int, m => ref m.MinBytes },
        { Int, m => ref m.MaxBytes, "3+" },
        { SignedByte, m => ref m.IsolationLevel, "4+" },
        { Int, m => ref m.SessionId, "7+" },
        { Int, m => ref m.SessionEpoch, "7+" },
        { Array(FetchTopic.Layout), m => ref m.Topics },
        { Array(ForgottenTopic.Layout), m => ref m.ForgottenTopics, "7+" },
        { Text, m => ref m.RackId, "11+" },
    };
}

/// <summary>The partitions of one topic.</summary>
public sealed class FetchTopic
{
    public string Name = "";
    public FetchPartition[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<FetchTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(FetchPartition.Layout), m => ref m.Partitions },
    };
}

/// <summary>Where to read one partition from, and how much at most.</summary>
public sealed class FetchPartition
{
    public int Index;
    public int CurrentLeaderEpoch = -1;
    public long FetchOffset;

    /// <summary>The follower's own; −1 from consumers.</summary>
    public long LogStartOffset = -1;

    public int MaxBytes;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<FetchPartition> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Int, m => ref m.CurrentLeaderEpoch, "9+" },
        { Long, m => ref m.FetchOffset },
        { Long, m => ref m.LogStartOffset, "5+" },
        { Int, m => ref m.MaxBytes },
    };
}

/// <summary>Partitions that leave the session.</summary>
public sealed class ForgottenTopic
{
    public string Name = "";
    public int[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<ForgottenTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(Int), m => ref m.Partitions },
    };
}

/// <summary>Batches, as they are stored.</summary>
public sealed class FetchResponse : Message, IMessage<FetchResponse>
{
    public int ThrottleTimeMs;
    public ErrorCode Error;
    public int SessionId;
    public FetchTopicResult[] Topics = [];

    /// <inheritdoc/>
    public static Layout<FetchResponse> Layout { get; } = new()
    {
        { Int, m => ref m.ThrottleTimeMs, "1+" },
        { Code, m => ref m.Error, "7+" },
        { Int, m => ref m.SessionId, "7+" },
        { Array(FetchTopicResult.Layout), m => ref m.Topics },
    };
}

/// <summary>The partitions of one topic.</summary>
public sealed class FetchTopicResult
{
    public string Name = "";
    public FetchPartitionResult[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<FetchTopicResult> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(FetchPartitionResult.Layout), m => ref m.Partitions },
    };
}

/// <summary>What one partition has there.</summary>
public sealed class FetchPartitionResult
{
    public int Index;
    public ErrorCode Error;
    public long HighWatermark = -1;
    public long LastStableOffset = -1;
    public long LogStartOffset = -1;
    public AbortedTransaction[]? AbortedTransactions;
    public int PreferredReadReplica = -1;
    public Records Records = Records.Empty;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<FetchPartitionResult> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Code, m => ref m.Error },
        { Long, m => ref m.HighWatermark },
        { Long, m => ref m.LastStableOffset, "4+" },
        { Long, m => ref m.LogStartOffset, "5+" },
        { NullableArray(AbortedTransaction.Layout), m => ref m.AbortedTransactions, "4+" },
        { Int, m => ref m.PreferredReadReplica, "11+" },
        { RecordBatches, m => ref m.Records },
    };
}

/// <summary>A transaction whose records are not to be shown.</summary>
public sealed class AbortedTransaction
{
    public long ProducerId;
    public long FirstOffset;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<AbortedTransaction> Layout { get; } = new()
    {
        { Long, m => ref m.ProducerId },
        { Long, m => ref m.FirstOffset },
    };
}
