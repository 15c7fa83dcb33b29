using Reference.Broker.Kafka.Protocol;
using static Reference.Broker.Kafka.Protocol.Kinds;

namespace Reference.Broker.Kafka.Messages;

/// <summary>A broker that wants to leave, so that its leaderships move first. Version 2.</summary>
public sealed class ControlledShutdownRequest : Message, IMessage<ControlledShutdownRequest>
{
    public int BrokerId;
    public long BrokerEpoch = -1;

    /// <inheritdoc/>
    public static Layout<ControlledShutdownRequest> Layout { get; } = new()
    {
        { Int, m => ref m.BrokerId },
        { Long, m => ref m.BrokerEpoch, "2+" },
    };
}

/// <summary>What it still leads.</summary>
public sealed class ControlledShutdownResponse : Message, IMessage<ControlledShutdownResponse>
{
    public ErrorCode Error;
    public RemainingPartition[] Remaining = [];

    /// <inheritdoc/>
    public static Layout<ControlledShutdownResponse> Layout { get; } = new()
    {
        { Code, m => ref m.Error },
        { Array(RemainingPartition.Layout), m => ref m.Remaining },
    };
}

/// <summary>A partition that it still leads.</summary>
public sealed class RemainingPartition
{
    public string Topic = "";
    public int Index;

    /// <summary>The fields, in the order of the wire.</summary>
    public static Layout<RemainingPartition> Layout { get; } = new()
    {
        { Text, m => ref m.Topic },
        { Int, m => ref m.Index },
    };
}
