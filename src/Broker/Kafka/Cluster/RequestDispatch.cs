using Microsoft.Extensions.Logging;
using Reference.Broker.Groups;
using Reference.Broker.Kafka.Connections;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Replication.Control;
using ErrorCode = Reference.Broker.Kafka.Protocol.ErrorCode;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>Brings each request to whom it concerns: the partitions, the controller, or what this broker was told of the cluster.</summary>
internal sealed class RequestDispatch(BrokerCluster cluster, IPartitions partitions, ControllerHost controller, TopicCreation creation, ConfigDescription configs, ConfigAlteration alteration, ProducerIds producers,
    GroupApis groups, ConsumerZnodes znodes, ILogger log) : IRequestHandler
{
    private readonly object _gate = new();
    private readonly ControllerFence _fence = new();
    private ControllerSeen _seen = ControllerSeen.Nobody;
    private Task _lastOrder = Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask<Message?> Handle(Api api, Message request, Caller caller) => request switch
    {
        ProduceRequest r => Answer(r, await partitions.Produce(r, caller).ConfigureAwait(false)),
        FetchRequest r => await partitions.Fetch(r, caller).ConfigureAwait(false),
        ListOffsetsRequest r => await partitions.ListOffsets(r, caller).ConfigureAwait(false),
        OffsetForLeaderEpochRequest r => await partitions.OffsetForLeaderEpoch(r, caller).ConfigureAwait(false),
        DeleteRecordsRequest r => await partitions.DeleteRecords(r).ConfigureAwait(false),
        MetadataRequest r => await creation.MetadataAsync(r, caller.Version).ConfigureAwait(false),
        ApiVersionsRequest => ApiVersionsAnswer.All(),
        CreateTopicsRequest r => await controller.CreateTopicsAsync(r).ConfigureAwait(false),
        DeleteTopicsRequest r => await controller.DeleteTopicsAsync(r).ConfigureAwait(false),
        CreatePartitionsRequest r => await controller.CreatePartitionsAsync(r).ConfigureAwait(false),
        ControlledShutdownRequest r => await controller.ControlledShutdownAsync(r).ConfigureAwait(false),
        InitProducerIdRequest r => await producers.AnswerAsync(r).ConfigureAwait(false),
        DescribeConfigsRequest r => await configs.DescribeAsync(r).ConfigureAwait(false),
        AlterConfigsRequest r => await alteration.ReplaceAsync(r).ConfigureAwait(false),
        IncrementalAlterConfigsRequest r => await alteration.ApplyAsync(r).ConfigureAwait(false),
        FindCoordinatorRequest r => await groups.FindAsync(r).ConfigureAwait(false),
        JoinGroupRequest r => await groups.JoinAsync(r, caller).ConfigureAwait(false),
        SyncGroupRequest r => await groups.SyncAsync(r).ConfigureAwait(false),
        HeartbeatRequest r => await groups.HeartbeatAsync(r).ConfigureAwait(false),
        LeaveGroupRequest r => await groups.LeaveAsync(r, caller.Version).ConfigureAwait(false),
        OffsetCommitRequest r => await (caller.Version == 0 ? znodes.CommitAsync(r) : groups.CommitAsync(r)).ConfigureAwait(false),
        OffsetFetchRequest r => await (caller.Version == 0 ? znodes.FetchAsync(r) : groups.FetchAsync(r)).ConfigureAwait(false),
        DescribeGroupsRequest r => await groups.DescribeAsync(r).ConfigureAwait(false),
        ListGroupsRequest => await groups.ListAsync().ConfigureAwait(false),
        DeleteGroupsRequest r => await groups.DeleteAsync(r).ConfigureAwait(false),
        LeaderAndIsrRequest r => await InOrder(() => LeaderAndIsr(r, caller)).ConfigureAwait(false),
        StopReplicaRequest r => await InOrder(() => StopReplica(r, caller)).ConfigureAwait(false),
        UpdateMetadataRequest r => await InOrder(() => UpdateMetadata(r, caller)).ConfigureAwait(false),
        _ => throw new MalformedRequestException($"{api.Key} isn't served"),
    };

    /// <summary>A producer that wants no answer learns of an error by the end of its connection.</summary>
    private static ProduceResponse? Answer(ProduceRequest request, ProduceResponse response)
    {
        if (request.Acks != 0) return response;
        foreach (var topic in response.Topics)
            foreach (var partition in topic.Partitions)
                if (partition.Error != ErrorCode.None) throw new MalformedRequestException($"{topic.Name}-{partition.Index}: {partition.Error}, and with acks 0 that can't be said");
        return null;
    }

    /// <summary>Orders of controllers are carried out one after the other, whichever connections they take.</summary>
    private Task<T> InOrder<T>(Func<Task<T>> order)
    {
        lock (_gate)
        {
            var mine = After(_lastOrder, order);
            _lastOrder = mine;
            return mine;
        }
    }

    private static async Task<T> After<T>(Task before, Func<Task<T>> order)
    {
        // Whoever asked for the order before has been told how it failed.
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await order().ConfigureAwait(false);
    }

    private async Task<LeaderAndIsrResponse> LeaderAndIsr(LeaderAndIsrRequest request, Caller caller)
    {
        if (Judge(ControllerMessages.Head(request), caller) is var error && error != ErrorCode.None) return new() { Error = error };
        cluster.Told(request);
        await cluster.Configs.ReadUnknown(request.Topics.Select(t => t.Name)).ConfigureAwait(false);
        return await partitions.LeaderAndIsr(request).ConfigureAwait(false);
    }

    private async Task<StopReplicaResponse> StopReplica(StopReplicaRequest request, Caller caller)
    {
        if (Judge(ControllerMessages.Head(request), caller) is var error && error != ErrorCode.None) return new() { Error = error };
        return await partitions.StopReplica(request).ConfigureAwait(false);
    }

    private Task<UpdateMetadataResponse> UpdateMetadata(UpdateMetadataRequest request, Caller caller)
    {
        var (head, before) = (ControllerMessages.Head(request), _seen);
        var error = Judge(head, caller);
        if (error == ErrorCode.None)
        {
            cluster.Told(request, _fence.ReplacesAll(before, head));
            controller.Follow(cluster.View.Controller);
            partitions.OnClusterChanged();
        }
        return Task.FromResult(new UpdateMetadataResponse { Error = error });
    }

    private ErrorCode Judge(ControllerRequest head, Caller caller)
    {
        var (error, seen) = _fence.Judge(_seen, head, caller.Correlation, cluster.SelfEpoch);
        _seen = seen;
        if (error != Replication.Control.ErrorCode.None) log.LogInformation("{Request} of controller {Controller} refused: {Error}", head.GetType().Name, head.Controller, error);
        return (ErrorCode)error;
    }
}
