using Reference.Broker.Configuration;
using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Cluster;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Integration.Kafka;

public sealed class ClusterViews
{
    private static readonly BrokerSettings Settings = new() { BrokerId = 1, Listener = ("127.0.0.1", 9092), Advertised = ("127.0.0.1", 9092), LogDir = "/d", ZooKeeperConnect = "z:1" };

    [Fact]
    public void Brokers_told_are_all_there_are_and_partitions_told_are_those_that_changed()
    {
        var view = ClusterView.Unknown.After(Told([1, 2], ("a", 0, 1), ("a", 1, 2), ("b", 0, 2)), everything: false).After(Told([2], ("a", 0, 2)), everything: false);
        Assert.Equal([2], view.Brokers.Keys);
        Assert.Equal(["a", "b"], view.Topics.Keys);
        Assert.Equal([2, 2], view.Topics["a"].Values.Select(p => p.Leader));
    }

    [Fact]
    public void A_topic_whose_partitions_are_told_as_deleted_is_forgotten()
    {
        var view = ClusterView.Unknown.After(Told([1], ("a", 0, 1), ("b", 0, 1)), everything: false).After(Told([1], ("a", 0, -2)), everything: false);
        Assert.Equal(["b"], view.Topics.Keys);
    }

    [Fact]
    public void A_leader_that_is_not_among_the_brokers_is_answered_as_none()
    {
        var view = ClusterView.Unknown.After(Told([1], ("a", 0, 2)), everything: true);
        var partition = Assert.Single(MetadataAnswer.Topic(view, "a", view.Topics["a"]).Partitions);
        Assert.Equal((ErrorCode.LeaderNotAvailable, -1), (partition.Error, partition.LeaderId));
        Assert.Equal([2], partition.OfflineReplicas);
    }

    [Theory, InlineData("a.b_c-1", true), InlineData("", false), InlineData(".", false), InlineData("..", false), InlineData("a b", false), InlineData("ä", false), InlineData("a/b", false)]
    public void Topics_have_names_that_folders_can_have(string name, bool allowed) => Assert.Equal(allowed, MetadataAnswer.IsTopicName(name));

    [Fact]
    public void A_topic_name_has_at_most_249_characters() => Assert.Equal((true, false), (MetadataAnswer.IsTopicName(new('a', 249)), MetadataAnswer.IsTopicName(new('a', 250))));

    [Fact]
    public void A_topics_own_settings_hold_over_the_brokers_where_they_are_allowed()
    {
        var own = ImmutableSortedDictionary<string, string>.Empty.Add("min.insync.replicas", "2").Add("segment.bytes", "nonsense").Add("retention.ms", "5");
        var settings = TopicSettings.Of(Settings with { LogSegmentBytes = 1000 }, own);
        Assert.Equal((2, 1000), (settings.MinInsyncReplicas, settings.SegmentBytes));
    }

    private static UpdateMetadataRequest Told(int[] brokers, params (string Topic, int Index, int Leader)[] partitions) => new()
    {
        ControllerId = 1,
        Topics = [.. partitions.GroupBy(p => p.Topic).Select(t => new UpdateMetadataTopic { Name = t.Key, Partitions = [.. t.Select(p => new UpdateMetadataPartition { Index = p.Index, Leader = p.Leader, Replicas = [p.Leader] })] })],
        LiveBrokers = [.. brokers.Select(id => new UpdateMetadataBroker { Id = id, Endpoints = [new() { Host = "h", Port = id }] })],
    };
}
