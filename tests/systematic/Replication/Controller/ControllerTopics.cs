using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Systematic.Replication;

public class ControllerTopicsTests
{
    private static SmallCluster Started(Func<ControllerSettings, ControllerSettings>? settings = null)
    {
        var cluster = new SmallCluster(settings: settings);
        cluster.StartAll();
        return cluster;
    }

    private static ErrorCode Answer(SmallCluster cluster, CallId id) => Assert.Single(Assert.IsType<AnswerTopics>(cluster.Answers[id]).Topics).Error;

    [Fact, Trait("Rule", "CTRL-TOPIC-2"), Trait("Rule", "CTRL-TOPIC-5")]
    public void A_topic_is_created()
    {
        var cluster = Started();
        var id = cluster.Call(c => new CreateTopics(c, [SmallCluster.Topic("t", 3, 2)], 1000, false));
        while (!cluster.Answers.ContainsKey(id)) Assert.True(cluster.Step());
        // whoever asks next, at whichever broker, finds it
        Assert.All(cluster.Nodes.Values, n => Assert.Equal(3, n.Metadata.Count));
        Assert.Equal(6, cluster.Nodes.Values.Sum(n => n.Replicas.Count));
        cluster.Run();
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-TOPIC-2")]
    public void A_topic_is_created_once_and_validation_writes_nothing()
    {
        var cluster = Started();
        var validated = cluster.Call(c => new CreateTopics(c, [SmallCluster.Topic("t", 3, 2)], 1000, ValidateOnly: true));
        Assert.Equal(ErrorCode.None, Answer(cluster, validated));
        Assert.Empty(cluster.Store.List(MetadataKey.Topics));
        var one = cluster.Call(c => new CreateTopics(c, [SmallCluster.Topic("t", 1, 1)], 1000, false));
        var two = cluster.Call(c => new CreateTopics(c, [SmallCluster.Topic("t", 1, 1)], 1000, false));
        cluster.Run();
        Assert.Equal((ErrorCode.None, ErrorCode.TopicAlreadyExists), (Answer(cluster, one), Answer(cluster, two)));
        Assert.Equal(ErrorCode.TopicAlreadyExists, cluster.Create(SmallCluster.Topic("t", 1, 1)).Error);
    }

    [Fact, Trait("Rule", "CTRL-TOPIC-2")]
    public void Settings_left_of_a_namesake_are_written_over()
    {
        var cluster = Started();
        cluster.Write(0, new CreateEntry(MetadataKey.TopicSettings("t"), new TopicSettings(TopicSettings.None.Values.Add("min.insync.replicas", "3"))));
        Assert.Equal(ErrorCode.None, cluster.Create(SmallCluster.Topic("t", 1, 1)).Error);
        Assert.Empty(cluster.Active.State.Topics["t"].Settings.Values);
    }

    [Fact, Trait("Rule", "CTRL-TOPIC-2")]
    public void Who_is_not_controller_says_so()
    {
        var cluster = Started();
        var other = cluster.Nodes.Values.First(n => n.State.Phase == ControllerPhase.Standby);
        cluster.Take(other, true, new CreateTopics(new(77), [SmallCluster.Topic("t", 1, 1)], 1000, false));
        Assert.Equal(ErrorCode.NotController, Answer(cluster, new(77)));
    }

    [Fact, Trait("Rule", "CTRL-TOPIC-3")]
    public void A_topic_that_someone_grows_by_hand_is_noticed()
    {
        var cluster = Started();
        cluster.Create(SmallCluster.Topic("t", 1, 3));
        var node = cluster.Store.Read(MetadataKey.Topic("t")).Node!;
        cluster.Write(0, new SetEntry(MetadataKey.Topic("t"), new TopicAssignment(((TopicAssignment)node.Value).Partitions.Add([new(2), new(3)])), node.Version));
        cluster.Run();
        Assert.Equal(new BrokerId(2), cluster.StateOf("t", 1)!.Leader);
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-TOPIC-4")]
    public void A_topic_grows()
    {
        var cluster = Started();
        cluster.Create(SmallCluster.Topic("t", 2, 2));
        var before = cluster.StateOf("t", 1);
        var id = cluster.Call(c => new CreatePartitions(c, [new("t", 5, [])], 1000, false));
        var shrunk = cluster.Call(c => new CreatePartitions(c, [new("t", 2, [])], 1000, false));
        cluster.Run();
        Assert.Equal((ErrorCode.None, ErrorCode.InvalidPartitions), (Answer(cluster, id), Answer(cluster, shrunk)));
        Assert.Equal(5, cluster.Active.State.Partitions.Count);
        Assert.Equal(before, cluster.StateOf("t", 1));
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-TOPIC-5")]
    public void A_call_hears_at_its_time_out_what_is_known()
    {
        var cluster = Started();
        cluster.Create(SmallCluster.Topic("t", 1, 3));
        var absent = cluster.Nodes.Keys.First(id => id != cluster.Active.Id);
        cluster.Kill(absent);
        cluster.EndSession(absent);
        cluster.Run();
        var id = cluster.Call(c => new DeleteTopics(c, ["t"], 1000));
        cluster.Run();
        Assert.False(cluster.Answers.ContainsKey(id));
        cluster.Ring(calls: true);
        Assert.Equal(ErrorCode.RequestTimedOut, Answer(cluster, id));
    }

    [Fact, Trait("Rule", "CTRL-DELETE-1"), Trait("Rule", "CTRL-DELETE-3")]
    public void A_topic_is_deleted()
    {
        var cluster = Started();
        cluster.Create(SmallCluster.Topic("t", 2, 3));
        var id = cluster.Call(c => new DeleteTopics(c, ["t"], 1000));
        cluster.Run();
        Assert.Equal(ErrorCode.None, Answer(cluster, id));
        Assert.DoesNotContain(cluster.Store.Entries.Keys, k => k.Name == "t");
        Assert.All(cluster.Nodes.Values, n => Assert.True(n.Replicas.Count == 0 && n.Metadata.Count == 0));
        cluster.AssertHealed();
        Assert.Equal(ErrorCode.None, cluster.Create(SmallCluster.Topic("t", 1, 3)).Error);
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-DELETE-2")]
    public void A_deletion_waits_for_a_dead_broker()
    {
        var cluster = Started();
        cluster.Create(SmallCluster.Topic("t", 1, 3));
        var absent = cluster.Nodes.Keys.First(id => id != cluster.Active.Id);
        cluster.Kill(absent);
        cluster.EndSession(absent);
        cluster.Run();
        var id = cluster.Call(c => new DeleteTopics(c, ["t"], 1000));
        cluster.Run();
        Assert.Equal("t", Assert.Single(cluster.Store.List(MetadataKey.Topics)));
        cluster.Start(absent);
        cluster.Run();
        Assert.Equal(ErrorCode.None, Answer(cluster, id));
        Assert.Empty(cluster.Store.List(MetadataKey.Topics));
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-DELETE-2")]
    public void A_topic_that_is_grown_by_hand_while_it_is_deleted_is_deleted_whole()
    {
        var cluster = Started();
        cluster.Create(SmallCluster.Topic("t", 1, 3));
        var absent = cluster.Nodes.Keys.First(id => id != cluster.Active.Id);
        cluster.Kill(absent);
        cluster.EndSession(absent);
        cluster.Run();
        cluster.Call(c => new DeleteTopics(c, ["t"], 1000));
        cluster.Run();
        var node = cluster.Store.Read(MetadataKey.Topic("t")).Node!;
        cluster.Write(0, new SetEntry(MetadataKey.Topic("t"), new TopicAssignment(((TopicAssignment)node.Value).Partitions.Add([new(1), new(2)])), node.Version));
        cluster.Run();
        cluster.Start(absent);
        cluster.Run();
        Assert.Empty(cluster.Store.List(MetadataKey.Topics));
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-TOPIC-1")]
    public void Names_that_collide_within_a_request_are_refused()
    {
        var cluster = Started();
        var id = cluster.Call(c => new CreateTopics(c, [SmallCluster.Topic("a.b", 1, 1), SmallCluster.Topic("a_b", 1, 1)], 1000, false));
        cluster.Run();
        Assert.Equal([ErrorCode.None, ErrorCode.InvalidTopic], Assert.IsType<AnswerTopics>(cluster.Answers[id]).Topics.Select(t => t.Error));
    }

    [Fact, Trait("Rule", "CTRL-DELETE-3")]
    public void A_deletion_survives_its_controller()
    {
        var cluster = Started();
        cluster.Create(SmallCluster.Topic("t", 1, 3));
        var old = cluster.Active.Id;
        cluster.Call(c => new DeleteTopics(c, ["t"], 1000));
        while (cluster.Store.List(MetadataKey.Deletions).IsEmpty) cluster.Step();
        cluster.Kill(old);
        cluster.EndSession(old);
        cluster.Run();
        cluster.Start(old);
        cluster.Run();
        Assert.Empty(cluster.Store.List(MetadataKey.Topics));
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-DELETE-3")]
    public void A_wish_that_can_not_be_granted_is_taken_down()
    {
        var cluster = Started(s => s with { DeleteTopics = false });
        cluster.Create(SmallCluster.Topic("t", 1, 3));
        cluster.Write(0, new CreateEntry(MetadataKey.Deletion("t"), EmptyEntry.Instance));
        cluster.Write(0, new CreateEntry(MetadataKey.Deletion("other"), EmptyEntry.Instance));
        cluster.Run();
        Assert.Equal("t", Assert.Single(cluster.Store.List(MetadataKey.Topics)));
        cluster.AssertHealed();
    }
}
