using Reference.Broker.Configuration;
using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Cluster;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Replication.Groups;

namespace Reference.Broker.Groups;

/// <summary>Consumer groups on the wire: what clients ask becomes an input of the group's coordinator, and its answer what they are told.</summary>
internal sealed class GroupApis(BrokerSettings settings, BrokerCluster cluster, GroupHost groups, TopicCreation topics)
{
    private const sbyte OfGroup = 0;
    private const short FirstVersionThatTellsTheId = 4;
    private const short FirstVersionWithMembersThatLeave = 3;

    /// <summary>FindCoordinator; the first to ask has the offsets topic made.</summary>
    public async Task<FindCoordinatorResponse> FindAsync(FindCoordinatorRequest request)
    {
        if (request.KeyType != OfGroup) return new() { Error = ErrorCode.InvalidRequest, ErrorMessage = "Only groups have coordinators here: transactions aren't served." };
        if (request.Key.Length == 0) return new() { Error = ErrorCode.InvalidGroupId, ErrorMessage = "A group's id can't be empty." };
        if (!cluster.View.Topics.TryGetValue(InternalTopics.ConsumerOffsets, out var partitions))
        {
            await topics.CreateAsync(InternalTopics.ConsumerOffsets).ConfigureAwait(false);
            return Unavailable("The offsets topic is being made.");
        }
        var view = cluster.View;
        var leader = partitions.GetValueOrDefault(OffsetsTopic.PartitionOf(request.Key, partitions.Count))?.Leader ?? -1;
        return view.Brokers.TryGetValue(leader, out var address)
            ? new() { NodeId = leader, Host = address.Host, Port = address.Port }
            : Unavailable("The group's partition of the offsets topic has no leader at present.");

        static FindCoordinatorResponse Unavailable(string why) => new() { Error = ErrorCode.CoordinatorNotAvailable, ErrorMessage = why };
    }

    /// <summary>JoinGroup. Answered when the generation stands.</summary>
    public async Task<JoinGroupResponse> JoinAsync(JoinGroupRequest r, Caller caller)
    {
        var client = caller.ClientId ?? "";
        var id = $"{r.GroupInstanceId ?? client}-{Guid.NewGuid()}";
        var protocols = r.Protocols.Select(p => new GroupProtocol(p.Name, OffsetsRecords.Wrap(p.Metadata))).ToImmutableArray();
        var rebalanceMs = r.RebalanceTimeoutMs < 0 ? r.SessionTimeoutMs : r.RebalanceTimeoutMs;
        var answer = (JoinAnswer)await Ask(r.GroupId, (token, now) => new JoinRequested(token, r.GroupId, r.MemberId, id, r.GroupInstanceId, client, caller.Host, r.SessionTimeoutMs, rebalanceMs,
            r.ProtocolType, protocols, caller.Version >= FirstVersionThatTellsTheId, now)).ConfigureAwait(false);
        return new()
        {
            Error = (ErrorCode)answer.Error,
            GenerationId = answer.Generation,
            ProtocolName = answer.Protocol ?? "",
            Leader = answer.Leader ?? "",
            MemberId = answer.Member,
            Members = [.. answer.Members.Select(m => new JoinGroupMember { MemberId = m.Id, GroupInstanceId = m.Instance, Metadata = OffsetsRecords.Unwrap(m.Metadata) })],
        };
    }

    /// <summary>SyncGroup. Answered when the leader's assignment is committed.</summary>
    public async Task<SyncGroupResponse> SyncAsync(SyncGroupRequest r)
    {
        var assignments = r.Assignments.DistinctBy(a => a.MemberId).ToImmutableSortedDictionary(a => a.MemberId, a => OffsetsRecords.Wrap(a.Assignment), StringComparer.Ordinal);
        var answer = (SyncAnswer)await Ask(r.GroupId, (token, now) => new SyncRequested(token, r.GroupId, r.GenerationId, r.MemberId, r.GroupInstanceId, assignments, now)).ConfigureAwait(false);
        return new() { Error = (ErrorCode)answer.Error, Assignment = OffsetsRecords.Unwrap(answer.Assignment) };
    }

    /// <summary>Heartbeat.</summary>
    public async Task<HeartbeatResponse> HeartbeatAsync(HeartbeatRequest r)
    {
        var answer = await Ask(r.GroupId, (token, now) => new HeartbeatReceived(token, r.GroupId, r.GenerationId, r.MemberId, r.GroupInstanceId, now)).ConfigureAwait(false);
        return new() { Error = (ErrorCode)answer.Error };
    }

    /// <summary>LeaveGroup. Before version 3 one member leaves, and its error is the answer's.</summary>
    public async Task<LeaveGroupResponse> LeaveAsync(LeaveGroupRequest r, short version)
    {
        var leaving = version < FirstVersionWithMembersThatLeave ? [new LeavingMember { MemberId = r.MemberId }] : r.Members;
        var answer = (LeaveAnswer)await Ask(r.GroupId, (token, now) => new LeaveRequested(token, r.GroupId, [.. leaving.Select(m => (m.MemberId, m.GroupInstanceId))], now)).ConfigureAwait(false);
        if (version < FirstVersionWithMembersThatLeave) return new() { Error = (ErrorCode)(answer.Error != GroupError.None ? answer.Error : answer.Members[0]) };
        return new()
        {
            Error = (ErrorCode)answer.Error,
            Members = [.. leaving.Zip(answer.Members, (m, error) => new LeftMember { MemberId = m.MemberId, GroupInstanceId = m.GroupInstanceId, Error = (ErrorCode)error })],
        };
    }

    /// <summary>OffsetCommit, version 1 and later.</summary>
    public async Task<OffsetCommitResponse> CommitAsync(OffsetCommitRequest r)
    {
        var refused = new Dictionary<TopicPartition, ErrorCode>();
        var offsets = ImmutableSortedDictionary.CreateBuilder<TopicPartition, (long Offset, int Epoch, string Metadata)>();
        foreach (var topic in r.Topics)
        {
            foreach (var p in topic.Partitions)
            {
                var partition = new TopicPartition(topic.Name, p.Index);
                if (!Exists(partition)) refused[partition] = ErrorCode.UnknownTopicOrPartition;
                else if ((p.Metadata?.Length ?? 0) > settings.OffsetMetadataMaxBytes) refused[partition] = ErrorCode.OffsetMetadataTooLarge;
                else offsets[partition] = (p.Offset, p.LeaderEpoch, p.Metadata ?? "");
            }
        }
        var answer = await Ask(r.GroupId, (token, now) => new CommitRequested(token, r.GroupId, r.GenerationId, r.MemberId, r.GroupInstanceId,
            offsets.ToImmutableSortedDictionary(o => o.Key, o => new CommittedOffset(o.Value.Offset, o.Value.Epoch, o.Value.Metadata, now)), now)).ConfigureAwait(false);
        return ConsumerZnodes.Answer(r, p => refused.GetValueOrDefault(p, (ErrorCode)answer.Error));
    }

    /// <summary>OffsetFetch, version 1 and later.</summary>
    public async Task<OffsetFetchResponse> FetchAsync(OffsetFetchRequest r)
    {
        ImmutableArray<TopicPartition>? asked = r.Topics is { } topicsAsked ? [.. topicsAsked.SelectMany(t => t.Partitions.Select(p => new TopicPartition(t.Name, p)))] : null;
        var answer = (OffsetsAnswer)await Ask(r.GroupId, (token, now) => new OffsetsRequested(token, r.GroupId, asked, now)).ConfigureAwait(false);
        var error = (ErrorCode)answer.Error;
        var found = error == ErrorCode.None ? answer.Offsets : [.. (asked ?? []).Select(p => (p, (CommittedOffset?)null))];
        return new()
        {
            Error = error,
            Topics =
            [
                .. found.GroupBy(o => o.Partition.Topic).Select(t => new OffsetFetchTopicResult
                {
                    Name = t.Key,
                    Partitions = [.. t.Select(o => o.Offset is { } at
                        ? new OffsetFetchPartitionResult { Index = o.Partition.Partition, Offset = at.Offset, LeaderEpoch = at.LeaderEpoch, Metadata = at.Metadata }
                        : new OffsetFetchPartitionResult { Index = o.Partition.Partition, Error = error })],
                }),
            ],
        };
    }

    /// <summary>DescribeGroups; a group that isn't there is dead.</summary>
    public async Task<DescribeGroupsResponse> DescribeAsync(DescribeGroupsRequest r) => new() { Groups = await Task.WhenAll(r.Groups.Select(Describe)).ConfigureAwait(false) };

    /// <summary>ListGroups, of this broker.</summary>
    public async Task<ListGroupsResponse> ListAsync()
    {
        var answers = (await groups.AskAll((token, _) => new ListRequested(token)).ConfigureAwait(false)).Cast<ListAnswer>().ToList();
        return new()
        {
            Error = (ErrorCode)(answers.Find(a => a.Error != GroupError.None)?.Error ?? GroupError.None),
            Groups = [.. answers.SelectMany(a => a.Groups).Select(g => new ListedGroup { GroupId = g.Group, ProtocolType = g.ProtocolType })],
        };
    }

    /// <summary>DeleteGroups.</summary>
    public async Task<DeleteGroupsResponse> DeleteAsync(DeleteGroupsRequest r) => new() { Results = await Task.WhenAll(r.Groups.Distinct().Select(Delete)).ConfigureAwait(false) };

    private async Task<DeletedGroup> Delete(string group)
    {
        var answer = await Ask(group, (token, now) => new DeleteRequested(token, group, now)).ConfigureAwait(false);
        return new() { GroupId = group, Error = (ErrorCode)answer.Error };
    }

    private async Task<DescribedGroup> Describe(string group)
    {
        var answer = (DescribeAnswer)await Ask(group, (token, now) => new DescribeRequested(token, group, now)).ConfigureAwait(false);
        if (answer.Error != GroupError.None) return new() { GroupId = group, Error = (ErrorCode)answer.Error };
        if (answer.Group is not { } g) return new() { GroupId = group, State = "Dead" };
        var isStable = g.Phase == GroupPhase.Stable;
        return new()
        {
            GroupId = group,
            State = g.Phase.ToString(),
            ProtocolType = g.ProtocolType ?? "",
            ProtocolData = isStable ? g.Protocol ?? "" : "",
            Members =
            [
                .. g.Members.Values.Select(m => new DescribedMember
                {
                    MemberId = m.Id,
                    GroupInstanceId = m.Instance,
                    ClientId = m.ClientId,
                    ClientHost = m.ClientHost,
                    Metadata = isStable ? OffsetsRecords.Unwrap(m.MetadataFor(g.Protocol)) : [],
                    Assignment = isStable ? OffsetsRecords.Unwrap(m.Assignment) : [],
                }),
            ],
        };
    }

    private bool Exists(TopicPartition partition) => cluster.View.Topics.TryGetValue(partition.Topic, out var partitions) && partitions.ContainsKey(partition.Partition);

    /// <summary>Asks the coordinator here of the partition that a group falls to; before the offsets topic is known there is none.</summary>
    private Task<GroupAnswer> Ask(string group, Func<long, long, GroupInput> input) =>
        groups.Ask(cluster.View.Topics.TryGetValue(InternalTopics.ConsumerOffsets, out var partitions) ? OffsetsTopic.PartitionOf(group, partitions.Count) : 0, input);
}
