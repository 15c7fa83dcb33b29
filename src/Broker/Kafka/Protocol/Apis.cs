using Reference.Broker.Kafka.Messages;

namespace Reference.Broker.Kafka.Protocol;

/// <summary>All APIs spoken here. What isn't fully served isn't in the list, and so never advertised.</summary>
public static class Apis
{
    /// <summary>0–2 only because librdkafka before 2.12 doesn't compress unless 0 is offered.</summary>
    public static readonly Api<ProduceRequest, ProduceResponse> Produce = new(ApiKey.Produce, 0, 8, Versions.Parse("9+"));

    /// <summary>From 4 on: the oldest that carries record batches as they are stored.</summary>
    public static readonly Api<FetchRequest, FetchResponse> Fetch = new(ApiKey.Fetch, 4, 11, Versions.Parse("12+"));

    /// <summary>From 1 on: one offset for a time, instead of a list.</summary>
    public static readonly Api<ListOffsetsRequest, ListOffsetsResponse> ListOffsets = new(ApiKey.ListOffsets, 1, 5, Versions.Parse("6+"));

    /// <summary><see cref="ApiKey.Metadata"/>.</summary>
    public static readonly Api<MetadataRequest, MetadataResponse> Metadata = new(ApiKey.Metadata, 0, 8, Versions.Parse("9+"));

    /// <summary><see cref="ApiKey.LeaderAndIsr"/>. Version 4 is flexible, and so has room for a tagged field of our own: the eligible leader replicas.</summary>
    public static readonly Api<LeaderAndIsrRequest, LeaderAndIsrResponse> LeaderAndIsr = new(ApiKey.LeaderAndIsr, 3, 4, Versions.Parse("4+"));

    /// <summary><see cref="ApiKey.StopReplica"/>; with the leader epoch (KIP-570).</summary>
    public static readonly Api<StopReplicaRequest, StopReplicaResponse> StopReplica = new(ApiKey.StopReplica, 3, 3, Versions.Parse("2+"));

    /// <summary><see cref="ApiKey.UpdateMetadata"/>.</summary>
    public static readonly Api<UpdateMetadataRequest, UpdateMetadataResponse> UpdateMetadata = new(ApiKey.UpdateMetadata, 5, 5, Versions.Parse("6+"));

    /// <summary><see cref="ApiKey.ControlledShutdown"/>.</summary>
    public static readonly Api<ControlledShutdownRequest, ControlledShutdownResponse> ControlledShutdown = new(ApiKey.ControlledShutdown, 2, 2, Versions.Parse("3+"));

    /// <summary><see cref="ApiKey.OffsetCommit"/>. Version 0 is kept in the ensemble.</summary>
    public static readonly Api<OffsetCommitRequest, OffsetCommitResponse> OffsetCommit = new(ApiKey.OffsetCommit, 0, 7, Versions.Parse("8+"));

    /// <summary><see cref="ApiKey.OffsetFetch"/>.</summary>
    public static readonly Api<OffsetFetchRequest, OffsetFetchResponse> OffsetFetch = new(ApiKey.OffsetFetch, 0, 5, Versions.Parse("6+"));

    /// <summary><see cref="ApiKey.FindCoordinator"/>.</summary>
    public static readonly Api<FindCoordinatorRequest, FindCoordinatorResponse> FindCoordinator = new(ApiKey.FindCoordinator, 0, 2, Versions.Parse("3+"));

    /// <summary><see cref="ApiKey.JoinGroup"/>.</summary>
    public static readonly Api<JoinGroupRequest, JoinGroupResponse> JoinGroup = new(ApiKey.JoinGroup, 0, 5, Versions.Parse("6+"));

    /// <summary><see cref="ApiKey.Heartbeat"/>.</summary>
    public static readonly Api<HeartbeatRequest, HeartbeatResponse> Heartbeat = new(ApiKey.Heartbeat, 0, 3, Versions.Parse("4+"));

    /// <summary><see cref="ApiKey.LeaveGroup"/>.</summary>
    public static readonly Api<LeaveGroupRequest, LeaveGroupResponse> LeaveGroup = new(ApiKey.LeaveGroup, 0, 3, Versions.Parse("4+"));

    /// <summary><see cref="ApiKey.SyncGroup"/>.</summary>
    public static readonly Api<SyncGroupRequest, SyncGroupResponse> SyncGroup = new(ApiKey.SyncGroup, 0, 3, Versions.Parse("4+"));

    /// <summary><see cref="ApiKey.DescribeGroups"/>.</summary>
    public static readonly Api<DescribeGroupsRequest, DescribeGroupsResponse> DescribeGroups = new(ApiKey.DescribeGroups, 0, 4, Versions.Parse("5+"));

    /// <summary><see cref="ApiKey.ListGroups"/>.</summary>
    public static readonly Api<ListGroupsRequest, ListGroupsResponse> ListGroups = new(ApiKey.ListGroups, 0, 2, Versions.Parse("3+"));

    /// <summary><see cref="ApiKey.ApiVersions"/>.</summary>
    public static readonly Api<ApiVersionsRequest, ApiVersionsResponse> ApiVersions = new(ApiKey.ApiVersions, 0, 3, Versions.Parse("3+"));

    /// <summary><see cref="ApiKey.CreateTopics"/>.</summary>
    public static readonly Api<CreateTopicsRequest, CreateTopicsResponse> CreateTopics = new(ApiKey.CreateTopics, 0, 4, Versions.Parse("5+"));

    /// <summary><see cref="ApiKey.DeleteTopics"/>.</summary>
    public static readonly Api<DeleteTopicsRequest, DeleteTopicsResponse> DeleteTopics = new(ApiKey.DeleteTopics, 0, 3, Versions.Parse("4+"));

    /// <summary><see cref="ApiKey.DeleteRecords"/>.</summary>
    public static readonly Api<DeleteRecordsRequest, DeleteRecordsResponse> DeleteRecords = new(ApiKey.DeleteRecords, 0, 1, Versions.Parse("2+"));

    /// <summary><see cref="ApiKey.InitProducerId"/>.</summary>
    public static readonly Api<InitProducerIdRequest, InitProducerIdResponse> InitProducerId = new(ApiKey.InitProducerId, 0, 1, Versions.Parse("2+"));

    /// <summary><see cref="ApiKey.OffsetForLeaderEpoch"/>.</summary>
    public static readonly Api<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> OffsetForLeaderEpoch = new(ApiKey.OffsetForLeaderEpoch, 0, 3, Versions.Parse("4+"));

    /// <summary><see cref="ApiKey.DescribeConfigs"/>.</summary>
    public static readonly Api<DescribeConfigsRequest, DescribeConfigsResponse> DescribeConfigs = new(ApiKey.DescribeConfigs, 0, 2, Versions.Parse("4+"));

    /// <summary><see cref="ApiKey.AlterConfigs"/>.</summary>
    public static readonly Api<AlterConfigsRequest, AlterConfigsResponse> AlterConfigs = new(ApiKey.AlterConfigs, 0, 1, Versions.Parse("2+"));

    /// <summary><see cref="ApiKey.CreatePartitions"/>.</summary>
    public static readonly Api<CreatePartitionsRequest, CreatePartitionsResponse> CreatePartitions = new(ApiKey.CreatePartitions, 0, 1, Versions.Parse("2+"));

    /// <summary><see cref="ApiKey.DeleteGroups"/>.</summary>
    public static readonly Api<DeleteGroupsRequest, DeleteGroupsResponse> DeleteGroups = new(ApiKey.DeleteGroups, 0, 1, Versions.Parse("2+"));

    /// <summary><see cref="ApiKey.IncrementalAlterConfigs"/>.</summary>
    public static readonly Api<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse> IncrementalAlterConfigs = new(ApiKey.IncrementalAlterConfigs, 0, 0, Versions.Parse("1+"));

    /// <summary>All of them, by number.</summary>
    public static readonly ImmutableArray<Api> All =
    [
        Produce, Fetch, ListOffsets, Metadata, LeaderAndIsr, StopReplica, UpdateMetadata, ControlledShutdown,
        OffsetCommit, OffsetFetch, FindCoordinator, JoinGroup, Heartbeat, LeaveGroup, SyncGroup, DescribeGroups, ListGroups,
        ApiVersions, CreateTopics, DeleteTopics, DeleteRecords, InitProducerId, OffsetForLeaderEpoch, DescribeConfigs, AlterConfigs, CreatePartitions, DeleteGroups, IncrementalAlterConfigs,
    ];

    private static readonly ImmutableDictionary<ApiKey, Api> ByKey = All.ToImmutableDictionary(api => api.Key);

    /// <summary>The API with a number; null if it isn't spoken here.</summary>
    public static Api? Of(ApiKey key) => ByKey.GetValueOrDefault(key);
}
