using Reference.Broker.Kafka.Messages;
using Reference.Replication;
using Reference.Replication.Control;
using ControlError = Reference.Replication.Control.ErrorCode;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>The controller's requests between the core's words and the wire's.</summary>
internal static class ControllerMessages
{
    private const short Plaintext = 0;

    public static LeaderAndIsrRequest Of(LeaderAndIsr order) => new()
    {
        ControllerId = order.Controller.Value,
        ControllerEpoch = order.ControllerEpoch,
        BrokerEpoch = order.BrokerEpoch.Value,
        Topics = [.. order.Partitions.GroupBy(p => p.Partition.Topic).Select(topic => new LeaderAndIsrTopic
        {
            Name = topic.Key,
            Partitions = [.. topic.Select(p => new LeaderAndIsrPartition
            {
                Index = p.Partition.Partition,
                ControllerEpoch = p.State.ControllerEpoch,
                Leader = p.State.Leader.Value,
                LeaderEpoch = p.State.LeaderEpoch.Value,
                Isr = Numbers(p.State.Isr),
                Elr = Numbers(p.State.Elr),
                ZkVersion = p.State.Version,
                Replicas = Numbers(p.Replicas),
                IsNew = p.IsNew,
            })],
        })],
        LiveLeaders = [.. order.Leaders.Select(b => new LiveLeader { BrokerId = b.Id.Value, Host = b.Registration.Endpoints[0].Host, Port = b.Registration.Endpoints[0].Port })],
    };

    public static UpdateMetadataRequest Of(UpdateMetadata update) => new()
    {
        ControllerId = update.Controller.Value,
        ControllerEpoch = update.ControllerEpoch,
        BrokerEpoch = update.BrokerEpoch.Value,
        Topics = [.. update.Partitions.GroupBy(p => p.Partition.Topic).Select(topic => new UpdateMetadataTopic
        {
            Name = topic.Key,
            Partitions = [.. topic.Select(p => new UpdateMetadataPartition
            {
                Index = p.Partition.Partition,
                ControllerEpoch = p.State.ControllerEpoch,
                Leader = p.State.Leader.Value,
                LeaderEpoch = p.State.LeaderEpoch.Value,
                Isr = Numbers(p.State.Isr),
                ZkVersion = p.State.Version,
                Replicas = Numbers(p.Replicas),
                OfflineReplicas = Numbers(p.Replicas.Where(r => update.Brokers.All(b => b.Id != r))),
            })],
        })],
        LiveBrokers = [.. update.Brokers.Select(b => new UpdateMetadataBroker
        {
            Id = b.Id.Value,
            Endpoints = [.. b.Registration.Endpoints.Select(e => new UpdateMetadataEndpoint { Host = e.Host, Port = e.Port, Listener = e.Listener, SecurityProtocol = Plaintext })],
        })],
    };

    public static StopReplicaRequest Of(StopReplica stop) => new()
    {
        ControllerId = stop.Controller.Value,
        ControllerEpoch = stop.ControllerEpoch,
        BrokerEpoch = stop.BrokerEpoch.Value,
        Topics = [.. stop.Partitions.GroupBy(p => p.Partition.Topic).Select(topic => new StopReplicaTopic
        {
            Name = topic.Key,
            Partitions = [.. topic.Select(p => new StopReplicaPartition { Index = p.Partition.Partition, LeaderEpoch = p.LeaderEpoch.Value, Delete = p.Delete })],
        })],
    };

    /// <summary>What the fence looks at: who sent it, in which term, to which life.</summary>
    public static LeaderAndIsr Head(LeaderAndIsrRequest request) => new(new(request.ControllerId), request.ControllerEpoch, new(request.BrokerEpoch), [], []);

    /// <inheritdoc cref="Head(LeaderAndIsrRequest)"/>
    public static UpdateMetadata Head(UpdateMetadataRequest request) => new(new(request.ControllerId), request.ControllerEpoch, new(request.BrokerEpoch), [], []);

    /// <inheritdoc cref="Head(LeaderAndIsrRequest)"/>
    public static StopReplica Head(StopReplicaRequest request) => new(new(request.ControllerId), request.ControllerEpoch, new(request.BrokerEpoch), []);

    public static PartitionAnswer Of(PartitionError answer) => new(new(answer.Topic, answer.Index), (ControlError)answer.Error);

    private static int[] Numbers(IEnumerable<BrokerId> brokers) => [.. brokers.Select(b => b.Value)];
}
