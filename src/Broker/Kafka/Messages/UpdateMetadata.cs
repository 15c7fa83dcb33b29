using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>What brokers are to answer when asked for metadata. Version 5.</summary>
public sealed class UpdateMetadataRequest : Message, IMessage<UpdateMetadataRequest>
{
    public int ControllerId;
    public int ControllerEpoch;
    public long BrokerEpoch = -1;
    public UpdateMetadataTopic[] Topics = [];
    public UpdateMetadataBroker[] LiveBrokers = [];

    /// <inheritdoc/>
    public static Layout<UpdateMetadataRequest> Layout { get; } = new()
    {
        { Int, m => ref m.ControllerId },
        { Int, m => ref m.ControllerEpoch },
        { Long, m => ref m.BrokerEpoch, "5+" },
        { Array(UpdateMetadataTopic.Layout), m => ref m.Topics, "5+" },
        { Array(UpdateMetadataBroker.Layout), m => ref m.LiveBrokers },
    };
}

/// <summary>The partitions of one topic.</summary>
public sealed class UpdateMetadataTopic
{
    public string Name = "";
    public UpdateMetadataPartition[] Partitions = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<UpdateMetadataTopic> Layout { get; } = new()
    {
        { Text, m => ref m.Name },
        { Array(UpdateMetadataPartition.Layout), m => ref m.Partitions },
    };
}

/// <summary>The state of one partition.</summary>
public sealed class UpdateMetadataPartition
{
    public int Index;
    public int ControllerEpoch;

    /// <summary>−1: none; −2: the topic is being deleted.</summary>
    public int Leader = -1;

    public int LeaderEpoch;
    public int[] Isr = [];
    public int ZkVersion;
    public int[] Replicas = [];
    public int[] OfflineReplicas = [];

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<UpdateMetadataPartition> Layout { get; } = new()
    {
        { Int, m => ref m.Index },
        { Int, m => ref m.ControllerEpoch },
        { Int, m => ref m.Leader },
        { Int, m => ref m.LeaderEpoch },
        { Array(Int), m => ref m.Isr },
        { Int, m => ref m.ZkVersion },
        { Array(Int), m => ref m.Replicas },
        { Array(Int), m => ref m.OfflineReplicas, "4+" },
    };
}

/// <summary>A live broker.</summary>
public sealed class UpdateMetadataBroker
{
    public int Id;
    public UpdateMetadataEndpoint[] Endpoints = [];
    public string? Rack;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<UpdateMetadataBroker> Layout { get; } = new()
    {
        { Int, m => ref m.Id },
        { Array(UpdateMetadataEndpoint.Layout), m => ref m.Endpoints, "1+" },
        { NullableText, m => ref m.Rack, "2+" },
    };
}

/// <summary>One of its listeners.</summary>
public sealed class UpdateMetadataEndpoint
{
    public int Port;
    public string Host = "";
    public string Listener = "";
    public short SecurityProtocol;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<UpdateMetadataEndpoint> Layout { get; } = new()
    {
        { Int, m => ref m.Port },
        { Text, m => ref m.Host },
        { Text, m => ref m.Listener, "3+" },
        { Short, m => ref m.SecurityProtocol },
    };
}

/// <summary>Whether it was taken.</summary>
public sealed class UpdateMetadataResponse : Message, IMessage<UpdateMetadataResponse>
{
    public ErrorCode Error;

    /// <inheritdoc/>
    public static Layout<UpdateMetadataResponse> Layout { get; } = new()
    {
        { Code, m => ref m.Error },
    };
}
