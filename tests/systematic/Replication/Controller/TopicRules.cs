using CsCheck;
using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Systematic.Replication;

public class TopicRulesTests
{
    private static readonly ControllerSettings Settings = new(new(1));
    private static readonly ImmutableArray<BrokerId> Live = [new(1), new(2), new(3)];

    [Theory, Trait("Rule", "CTRL-TOPIC-1")]
    [InlineData("orders.v1-x_2", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("ä", false)]
    public void Names_are_as_Kafka_allows_them(string name, bool allowed) => Assert.Equal(allowed, TopicRules.RefuseName(name) is null);

    [Fact, Trait("Rule", "CTRL-TOPIC-1")]
    public void Names_have_at_most_249_characters_and_differ_in_more_than_a_point()
    {
        Assert.Null(TopicRules.RefuseName(new('a', 249)));
        Assert.NotNull(TopicRules.RefuseName(new('a', 250)));
        Assert.Equal(ErrorCode.InvalidTopic, TopicRules.Refuse(SmallCluster.Topic("a.b", 1, 1), ["a_b"], Live, Settings)!.Error);
        Assert.Equal(ErrorCode.TopicAlreadyExists, TopicRules.Refuse(SmallCluster.Topic("a.b", 1, 1), ["a.b"], Live, Settings)!.Error);
    }

    [Theory, Trait("Rule", "CTRL-TOPIC-2")]
    [InlineData(0, 1, ErrorCode.InvalidPartitions)]
    [InlineData(-2, 1, ErrorCode.InvalidPartitions)]
    [InlineData(1, 0, ErrorCode.InvalidReplicationFactor)]
    [InlineData(1, 4, ErrorCode.InvalidReplicationFactor)]
    [InlineData(-1, -1, ErrorCode.None)]
    [InlineData(5, 3, ErrorCode.None)]
    public void Numbers_are_checked_against_the_brokers(int partitions, int replicas, ErrorCode error) =>
        Assert.Equal(error, TopicRules.Refuse(SmallCluster.Topic("t", partitions, replicas), [], Live, Settings)?.Error ?? ErrorCode.None);

    [Fact, Trait("Rule", "CTRL-TOPIC-2")]
    public void A_chosen_assignment_must_be_whole()
    {
        ErrorCode Refused(int partitions, params (int Partition, int[] Replicas)[] chosen) => TopicRules.Refuse(
            SmallCluster.Topic("t", partitions, -1) with { Assignment = chosen.ToImmutableSortedDictionary(c => c.Partition, c => c.Replicas.Select(r => new BrokerId(r)).ToImmutableArray()) },
            [], Live, Settings)?.Error ?? ErrorCode.None;
        Assert.Equal(ErrorCode.None, Refused(-1, (0, [1, 2]), (1, [2, 3])));
        Assert.Equal(ErrorCode.InvalidRequest, Refused(2, (0, [1, 2]), (1, [2, 3])));
        Assert.Equal(ErrorCode.InvalidReplicaAssignment, Refused(-1, (0, [1, 2]), (2, [2, 3])));
        Assert.Equal(ErrorCode.InvalidReplicaAssignment, Refused(-1, (0, [1, 1])));
        Assert.Equal(ErrorCode.InvalidReplicaAssignment, Refused(-1, (0, [1, 2]), (1, [2])));
    }

    [Theory, Trait("Rule", "CTRL-TOPIC-6")]
    [InlineData("min.insync.replicas", "2", true)]
    [InlineData("min.insync.replicas", "0", false)]
    [InlineData("min.insync.replica", "2", false)]
    [InlineData("retention.ms", "-1", true)]
    [InlineData("retention.ms", "soon", false)]
    [InlineData("retention.ms", null, false)]
    [InlineData("cleanup.policy", "compact,delete", true)]
    [InlineData("cleanup.policy", "forget", false)]
    [InlineData("unclean.leader.election.enable", "true", true)]
    [InlineData("min.cleanable.dirty.ratio", "1.5", false)]
    public void Settings_are_known_by_name_and_value(string name, string? value, bool allowed) => Assert.Equal(allowed, TopicConfigs.Refuse(name, value) is null);

    [Fact, Trait("Rule", "CTRL-SPREAD-1")]
    public void Every_assignment_has_different_brokers_and_even_leaders() =>
        (from brokers in Gen.Int[1, 6] from partitions in Gen.Int[1, 20] from replicas in Gen.Int[1, 6] from start in Gen.Int[0, 99] from shift in Gen.Int[0, 99] select (brokers, partitions, Math.Min(replicas, brokers), start, shift))
        .Sample((brokers, partitions, replicas, start, shift) =>
        {
            ImmutableArray<BrokerId> ids = [.. Enumerable.Range(1, brokers).Select(b => new BrokerId(b * 3))];
            var assigned = Spreading.Of(ids, partitions, replicas, new(start, shift));
            Assert.All(assigned, r => Assert.Equal(replicas, r.Distinct().Count()));
            var leaders = assigned.GroupBy(r => r[0]).Select(g => g.Count()).ToArray();
            Assert.True(leaders.Max() - (leaders.Length < brokers ? 0 : leaders.Min()) <= 1);
            var more = Spreading.More(ids, assigned, partitions + 3);
            Assert.Equal(3, more.Length);
            Assert.All(more, r => Assert.Equal(replicas, r.Distinct().Count()));
        });

    [Fact, Trait("Rule", "CTRL-SPREAD-1")]
    public void An_assignment_is_the_one_that_Kafka_would_make() => Assert.Equal(
        "0:[1,2,3] 1:[2,3,1] 2:[3,1,2] 3:[1,3,2] 4:[2,1,3]", new TopicAssignment(Spreading.Of(Live, 5, 3, new(0, 0))).ToString());
}
