using System.Globalization;
using System.Text;
using Reference.Broker.Groups;
using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Integration.Kafka;
using Reference.Integration.ZooKeeper.Client;

namespace Reference.Integration.Groups;

/// <summary>The APIs of groups, one request at a time, on one broker.</summary>
public sealed class GroupRequests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("groups-").FullName;
    private readonly Reasons _reasons = new();
    private TestEnsemble? _ensemble;
    private TestBroker? _broker;
    private ClusterClient? _client;
    private KafkaConnection? _connection;

    public async Task InitializeAsync()
    {
        _ensemble = TestEnsemble.Start();
        await Start();
        Assert.Equal(ErrorCode.None, (await new AdminClient(_client!).CreateTopicsAsync(new CreatableTopic { Name = "t", PartitionCount = 2, ReplicationFactor = 1 }))[0].Error);
    }

    public async Task DisposeAsync()
    {
        await Stop();
        if (_ensemble is not null) await _ensemble.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_commit_survives_the_broker_and_is_listed_described_and_deleted()
    {
        await Coordinated("g");
        Assert.Equal([ErrorCode.None, ErrorCode.UnknownTopicOrPartition], await Commit("g", ("t", 1, 7, "mine"), ("t", 2, 1, "")));
        Assert.Equal([ErrorCode.OffsetMetadataTooLarge], await Commit("g", ("t", 0, 7, new('m', 5000))));
        await Stop();
        await Start();
        await Coordinated("g");

        var fetched = await Send(Apis.OffsetFetch, new OffsetFetchRequest { GroupId = "g", Topics = [new() { Name = "t", Partitions = [0, 1] }] });
        Assert.Equal([(0, -1L, ""), (1, 7L, "mine")], fetched.Topics[0].Partitions.Select(p => (p.Index, p.Offset, p.Metadata)));
        Assert.Equal(["g"], (await Send(Apis.ListGroups, new ListGroupsRequest())).Groups.Select(g => g.GroupId));
        Assert.Equal(["Empty", "Dead"], (await Send(Apis.DescribeGroups, new DescribeGroupsRequest { Groups = ["g", "h"] })).Groups.Select(g => g.State));
        Assert.Equal([ErrorCode.None, ErrorCode.GroupIdNotFound], (await Send(Apis.DeleteGroups, new DeleteGroupsRequest { Groups = ["g", "h"] })).Results.Select(r => r.Error));
        Assert.Empty((await Send(Apis.OffsetFetch, new OffsetFetchRequest { GroupId = "g", Topics = null })).Topics);
    }

    [Fact]
    public async Task A_wrong_field_is_answered_with_Kafkas_code_and_changes_nothing()
    {
        await Coordinated("g");
        Assert.Equal(ErrorCode.InvalidRequest, (await Send(Apis.FindCoordinator, new FindCoordinatorRequest { Key = "x", KeyType = 1 })).Error);
        Assert.Equal(ErrorCode.InvalidGroupId, (await Join("", "")).Error);
        Assert.Equal(ErrorCode.InvalidSessionTimeout, (await Join("g", "", sessionMs: 10)).Error);
        Assert.Equal(ErrorCode.UnknownMemberId, (await Join("g", "nobody")).Error);
        var told = await Join("g", "");
        Assert.Equal(ErrorCode.MemberIdRequired, told.Error);
        var joined = await Join("g", told.MemberId);
        Assert.Equal((ErrorCode.None, 1, "range", told.MemberId), (joined.Error, joined.GenerationId, joined.ProtocolName, joined.Leader));
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, (await Join("g", "", protocol: "other")).Error);

        Assert.Equal(ErrorCode.UnknownMemberId, (await Send(Apis.Heartbeat, new HeartbeatRequest { GroupId = "g", GenerationId = 1, MemberId = "nobody" })).Error);
        Assert.Equal(ErrorCode.IllegalGeneration, (await Send(Apis.Heartbeat, new HeartbeatRequest { GroupId = "g", GenerationId = 2, MemberId = told.MemberId })).Error);
        Assert.Equal(ErrorCode.IllegalGeneration, (await Send(Apis.SyncGroup, new SyncGroupRequest { GroupId = "g", GenerationId = 0, MemberId = told.MemberId })).Error);
        var synced = await Send(Apis.SyncGroup, new SyncGroupRequest { GroupId = "g", GenerationId = 1, MemberId = told.MemberId, Assignments = [new() { MemberId = told.MemberId, Assignment = [1, 2, 3] }] });
        Assert.Equal((ErrorCode.None, "010203"), (synced.Error, Convert.ToHexString(synced.Assignment)));
        Assert.Equal([ErrorCode.UnknownMemberId], await Commit("g", ("t", 0, 1, "")));
        Assert.Equal([ErrorCode.NonEmptyGroup], (await Send(Apis.DeleteGroups, new DeleteGroupsRequest { Groups = ["g"] })).Results.Select(r => r.Error));
        var described = (await Send(Apis.DescribeGroups, new DescribeGroupsRequest { Groups = ["g"] })).Groups[0];
        Assert.Equal(("Stable", "consumer", "range", "/127.0.0.1", "test"), (described.State, described.ProtocolType, described.ProtocolData, described.Members[0].ClientHost, described.Members[0].ClientId));
        Assert.Equal(-1, (await Send(Apis.OffsetFetch, new OffsetFetchRequest { GroupId = "g", Topics = [new() { Name = "t", Partitions = [0] }] })).Topics[0].Partitions[0].Offset);
        Assert.Equal([ErrorCode.None], (await Send(Apis.LeaveGroup, new LeaveGroupRequest { GroupId = "g", Members = [new() { MemberId = told.MemberId }] })).Members.Select(m => m.Error));
    }

    [Fact]
    public async Task Version_0_of_commits_lives_in_the_ensemble()
    {
        var commit = new OffsetCommitRequest { GroupId = "old", Topics = [new() { Name = "t", Partitions = [new() { Index = 0, Offset = 12 }, new() { Index = 9, Offset = 1 }] }] };
        var answered = await _connection!.Send(Apis.OffsetCommit, commit, 0).WaitAsync(Limit);
        Assert.Equal([ErrorCode.None, ErrorCode.UnknownTopicOrPartition], answered.Topics[0].Partitions.Select(p => p.Error));
        await using (var session = await ClientSession.ConnectAsync(_ensemble!.Connect))
            Assert.Equal("12", Encoding.ASCII.GetString((await session.Client.GetDataAsync("/consumers/old/offsets/t/0")).Data.Memory.Span));
        var fetched = await _connection.Send(Apis.OffsetFetch, new OffsetFetchRequest { GroupId = "old", Topics = [new() { Name = "t", Partitions = [0, 1] }] }, 0).WaitAsync(Limit);
        Assert.Equal([(12L, ErrorCode.None), (-1L, ErrorCode.UnknownTopicOrPartition)], fetched.Topics[0].Partitions.Select(p => (p.Offset, p.Error)));
    }

    [Fact]
    public async Task A_poisoned_record_stops_the_coordinator_of_its_partition_and_nobody_else()
    {
        var (ill, well) = Enumerable.Range(0, 100).Select(i => string.Create(CultureInfo.InvariantCulture, $"group {i}")).GroupBy(g => OffsetsTopic.PartitionOf(g, 4)).Select(g => g.First()).ToArray() is [var first, var second, ..] ? (first, second) : default;
        await Coordinated(ill);
        await Coordinated(well);
        await Commit(ill, ("t", 0, 3, ""));
        await Commit(well, ("t", 0, 4, ""));
        var partition = OffsetsTopic.PartitionOf(ill, 4);
        using (var stranger = new Producer(_client!, new() { DeliveryTimeoutMs = 5000 }))
            Assert.Equal(ErrorCode.InvalidTopicException, (await stranger.SendAsync(InternalTopics.ConsumerOffsets, [0, 9], [1], partition)).Error);
        using (var client = TestBroker.ClientNamed(InternalTopics.AdminClientId, _broker!.Port))
        using (var administrator = new Producer(client, new()))
            Assert.Equal(new(ErrorCode.None, partition, 1), await administrator.SendAsync(InternalTopics.ConsumerOffsets, [0, 9], [1], partition));

        await Stop();
        await Start();
        string reason;
        do reason = await _reasons.NextAsync().WaitAsync(Limit);
        while (!reason.Contains("no coordinator writes", StringComparison.Ordinal));
        Assert.Contains($"__consumer_offsets-{partition}: offset 1 ", reason, StringComparison.Ordinal);
        Assert.Contains("a key of version 9", reason, StringComparison.Ordinal);
        Assert.Contains("DeleteRecords", reason, StringComparison.Ordinal);
        await Coordinated(well);
        Assert.Equal([ErrorCode.None], await Commit(well, ("t", 0, 5, "")));
        Assert.Equal([ErrorCode.NotCoordinator], await Commit(ill, ("t", 0, 5, "")));
    }

    private async Task Start()
    {
        _broker = await TestBroker.StartAsync(1, _ensemble!.Connect, folder: _folder, log: _reasons.Factory);
        _client = TestBroker.Client(_broker.Port);
        using var patience = new CancellationTokenSource(Limit);
        while ((await _client.RefreshAsync([])).Brokers.Length == 0) await Task.Delay(20, patience.Token);
        _connection = await _client.ConnectionTo(1);
    }

    private async Task Stop()
    {
        _client?.Dispose();
        if (_broker is not null) await _broker.StopAsync();
    }

    /// <summary>Waits until the group has its coordinator, and that has loaded.</summary>
    private async Task Coordinated(string group)
    {
        using var patience = new CancellationTokenSource(Limit);
        while ((await Send(Apis.FindCoordinator, new FindCoordinatorRequest { Key = group })).Error != ErrorCode.None
            || (await Send(Apis.OffsetFetch, new OffsetFetchRequest { GroupId = group, Topics = [] })).Error != ErrorCode.None) await Task.Delay(20, patience.Token);
    }

    private async Task<IEnumerable<ErrorCode>> Commit(string group, params (string Topic, int Partition, long Offset, string Metadata)[] offsets)
    {
        var answered = await Send(Apis.OffsetCommit, new OffsetCommitRequest
        {
            GroupId = group,
            Topics = [.. offsets.GroupBy(o => o.Topic).Select(t => new OffsetCommitTopic { Name = t.Key, Partitions = [.. t.Select(o => new OffsetCommitPartition { Index = o.Partition, Offset = o.Offset, Metadata = o.Metadata })] })],
        });
        return answered.Topics.SelectMany(t => t.Partitions).Select(p => p.Error);
    }

    private Task<JoinGroupResponse> Join(string group, string member, int sessionMs = 10_000, string protocol = "range") => Send(Apis.JoinGroup, new JoinGroupRequest
    {
        GroupId = group, MemberId = member, SessionTimeoutMs = sessionMs, RebalanceTimeoutMs = 10_000, ProtocolType = "consumer", Protocols = [new() { Name = protocol, Metadata = [9] }],
    });

    private Task<TResponse> Send<TRequest, TResponse>(Api<TRequest, TResponse> api, TRequest request)
        where TRequest : Message, IMessage<TRequest>, new() where TResponse : Message, IMessage<TResponse>, new() => _connection!.Send(api, request).WaitAsync(Limit);
}
