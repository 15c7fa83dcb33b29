using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>The controller's word on who leads and who follows.</summary>
public sealed class LeaderAndIsrRequest : Message, IMessage<LeaderAndIsrRequest>
{
    public int ControllerId;
    public int ControllerEpoch;

    /// <summary>The registration that it's meant for: its znode's czxid.</summary>
    public long BrokerEpoch = -1;

    public LeaderAndIsrTopic[] Topics = [];
    public LiveLeader[] LiveLeaders = [];

    /// <inheritdoc/>
    public static Layout<LeaderAndIsrRequest> Layout { get; } = new()
    {
        { Int, m => ref m.ControllerId },
        { Int, m => ref m.ControllerEpoch },
        { Long, m => ref m.BrokerEpoch, "2+" },
        { Array(LeaderAndIsrTopic.Layout), m => ref m.Topics, "2+" },
        { Array(LiveLeader.Layout), m => ref m.LiveLeaders },
    };
}

/// <summary>The partitions of one topic.</summary>
public sealed class LeaderAndIsrTopic
{
    public string Name = "";
    public LeaderAndIsrPartition[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<LeaderAndIsrTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(LeaderAndIsrPartition.Layout), m => ref m.Partitions },
    };
}

/// <summary>The state of one partition, as its znode has it.</summary>
public sealed class LeaderAndIsrPartition
{
    public int Index;
    public int ControllerEpoch;
    public int Leader = -1;
    public int LeaderEpoch;
    public int[] Isr = [];

    /// <summary>The version of the partition's state znode.</summary>
    public int ZkVersion;

    public int[] Replicas = [];
    public int[] AddingReplicas = [];
    public int[] RemovingReplicas = [];
    public bool IsNew;

    /// <summary>The eligible leader replicas (KIP-966), our own addition: other implementations pass over the tag.</summary>
    public int[] Elr = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<LeaderAndIsrPartition> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Int, m => ref m.ControllerEpoch },
        { Int, m => ref m.Leader },
        { Int, m => ref m.LeaderEpoch },
        { Array(Int), m => ref m.Isr },
        { Int, m => ref m.ZkVersion },
        { Array(Int), m => ref m.Replicas },
        { Array(Int), m => ref m.AddingReplicas, "3+" },
        { Array(Int), m => ref m.RemovingReplicas, "3+" },
        { Bool, m => ref m.IsNew, "1+" },
        { Array(Int), m => ref m.Elr, "4+", 100 },
    };
}

/// <summary>Where a leader is reached by other brokers.</summary>
public sealed class LiveLeader
{
    public int BrokerId;
    public string Host = "";
    public int Port;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<LiveLeader> Layout { get; } = new()
    {
        { Int, m => ref m.BrokerId },
        { Text, m => ref m.Host },
        { Int, m => ref m.Port },
    };
}

/// <summary>How each partition took it.</summary>
public sealed class LeaderAndIsrResponse : Message, IMessage<LeaderAndIsrResponse>
{
    public ErrorCode Error;
    public PartitionError[] Partitions = [];

    /// <inheritdoc/>
    public static Layout<LeaderAndIsrResponse> Layout { get; } = new()
    {
        { Code, m => ref m.Error },
        { Array(PartitionError.Layout), m => ref m.Partitions },
    };
}

/// <summary>One partition's answer.</summary>
public sealed class PartitionError
{
    public string Topic = "";
    public int Index;
    public ErrorCode Error;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<PartitionError> Layout { get; } = new()
    {
        { Text, m => ref m.Topic },
        { Int, m => ref m.Index },
        { Code, m => ref m.Error },
    };
}
