using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>The controller's order to stop replicas, and perhaps to delete them. Version 3.</summary>
public sealed class StopReplicaRequest : Message, IMessage<StopReplicaRequest>
{
    public int ControllerId;
    public int ControllerEpoch;
    public long BrokerEpoch = -1;
    public StopReplicaTopic[] Topics = [];

    /// <inheritdoc/>
    public static Layout<StopReplicaRequest> Layout { get; } = new()
    {
        { Int, m => ref m.ControllerId },
        { Int, m => ref m.ControllerEpoch },
        { Long, m => ref m.BrokerEpoch, "1+" },
        { Array(StopReplicaTopic.Layout), m => ref m.Topics, "3+" },
    };
}

/// <summary>The partitions of one topic.</summary>
public sealed class StopReplicaTopic
{
    public string Name = "";
    public StopReplicaPartition[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<StopReplicaTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(StopReplicaPartition.Layout), m => ref m.Partitions },
    };
}

/// <summary>One replica to stop.</summary>
public sealed class StopReplicaPartition
{
    public int Index;

    /// <summary>−2: the topic is being deleted; −1: whatever the epoch.</summary>
    public int LeaderEpoch = -1;

    public bool Delete;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<StopReplicaPartition> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Int, m => ref m.LeaderEpoch },
        { Bool, m => ref m.Delete },
    };
}

/// <summary>How each partition took it.</summary>
public sealed class StopReplicaResponse : Message, IMessage<StopReplicaResponse>
{
    public ErrorCode Error;
    public PartitionError[] Partitions = [];

    /// <inheritdoc/>
    public static Layout<StopReplicaResponse> Layout { get; } = new()
    {
        { Code, m => ref m.Error },
        { Array(PartitionError.Layout), m => ref m.Partitions },
    };
}
