using Reference.Replication;
using Reference.Replication.Control;
using Step = Reference.Kernel.Step<Reference.Replication.Control.ControllerState, Reference.Replication.Control.Effect>;

namespace Reference.Systematic.Replication;

public class ControllerTests
{
    private static readonly BrokerId One = new(1), Two = new(2), Three = new(3);
    private static readonly ImmutableDictionary<string, string?> MinIsrTwo = ImmutableDictionary<string, string?>.Empty.Add("min.insync.replicas", "2");
    private static readonly ImmutableDictionary<string, string?> NoSettings = ImmutableDictionary<string, string?>.Empty;

    private static SmallCluster Started(Func<ControllerSettings, Controller>? controller = null)
    {
        var cluster = new SmallCluster(controller: controller);
        cluster.StartAll();
        return cluster;
    }

    private static SmallCluster WithTopic(params int[] replicas)
    {
        var cluster = Started();
        Assert.Equal(ErrorCode.None, cluster.Create(SmallCluster.Topic("t", MinIsrTwo, replicas)).Error);
        return cluster;
    }

    private static void Lose(SmallCluster cluster, BrokerId id)
    {
        cluster.Kill(id);
        cluster.EndSession(id);
        cluster.Run();
    }

    private static void Return(SmallCluster cluster, BrokerId id, bool tailKept = true)
    {
        cluster.Start(id, tailKept);
        cluster.Run();
        cluster.Ring();
        cluster.Run();
    }

    private static string Told(SmallCluster.Node node) => node.Metadata[new("t", 0)].ToString();

    // — the seat —

    [Fact, Trait("Rule", "CTRL-SEAT-1")]
    public void The_seat_and_the_term_are_taken_in_one_write()
    {
        var controller = new Controller(new(One));
        var electing = controller.Take(ControllerState.Initial, new Connected(7)).State;
        var term = new MetadataEntry(MetadataKey.ControllerEpoch, new(new ControllerTerm(4), 9, 1, 0));
        var step = controller.Take(electing, new Found([term, new(MetadataKey.Controller, null), term]));
        Assert.Equal(
            ["create /controller seat of 1 ephemeral", "set /controller_epoch v9 term 5"], Assert.Single(step.Effects.OfType<Write>()).Operations.Select(o => o.ToString()));
    }

    [Fact, Trait("Rule", "CTRL-SEAT-1")]
    public void One_broker_becomes_controller_and_the_others_stand_by()
    {
        var cluster = Started();
        Assert.Equal([ControllerPhase.Active, ControllerPhase.Standby, ControllerPhase.Standby], cluster.Nodes.Values.Select(n => n.State.Phase).Order().Reverse());
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-SEAT-2")]
    public void A_seat_of_a_former_session_is_cleared_and_taken_anew()
    {
        var cluster = Started();
        var controller = cluster.Active.Id;
        cluster.Kill(controller);
        cluster.Start(controller);
        cluster.Run();
        Assert.Equal(2, cluster.Active.State.Epoch);
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-SEAT-5")]
    public void The_seat_of_a_controller_that_listens_no_longer_is_cleared()
    {
        var cluster = WithTopic(1, 2, 3);
        var controller = cluster.Active.Id;
        cluster.Kill(controller);
        cluster.Refuse(controller);
        cluster.Run();
        Assert.Contains(cluster.Store.Entries.Keys, k => k == MetadataKey.Broker(controller));
        Assert.Equal(2, cluster.Active.State.Epoch);
        Assert.NotEqual(controller, cluster.Active.Id);
        cluster.Refuse(controller);
        cluster.Run();
        Assert.NotEqual(controller, cluster.StateOf("t")!.Leader);
    }

    [Fact, Trait("Rule", "CTRL-SEAT-5")]
    public void The_seat_of_another_than_the_dead_stays()
    {
        var cluster = Started();
        var (epoch, other) = (cluster.Active.State.Epoch, cluster.Nodes.Keys.First(id => id != cluster.Active.Id));
        cluster.Refuse(other);
        cluster.Run();
        Assert.Equal(epoch, cluster.Active.State.Epoch);
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-FENCE-1")]
    public void An_old_controllers_write_is_refused_and_it_resigns()
    {
        var cluster = WithTopic(1, 2, 3);
        var old = cluster.Active;
        // the seat is taken away; its holder hears of that only after it has decided once more
        cluster.Write(0, new RemoveEntry(MetadataKey.Controller));
        old.Replies.Clear();
        var other = cluster.Nodes.Values.First(n => n != old);
        cluster.Nodes.Values.First(n => n != old && n != other).Replies.Clear();
        while (other.State.Phase != ControllerPhase.Active && other.Replies.Count + other.Requests.Count > 0) OneStep(cluster, other);
        Assert.Equal(2, other.State.Epoch);

        cluster.Take(old, true, new ControlledShutdown(new(99), One, cluster.Nodes[One].Registration.Epoch));
        cluster.Run();
        Assert.NotEqual(ControllerPhase.Active, old.State.Phase);
        Assert.Contains(cluster.Log, l => l.Contains("not controller: a later controller was elected", StringComparison.Ordinal));
        Assert.Equal(ErrorCode.NotController, Assert.IsType<AnswerShutdown>(cluster.Answers[new(99)]).Error);
    }

    /// <summary>E1: without the check the old controller overwrites what the new one may rely on.</summary>
    private sealed class UnfencedWrites(ControllerSettings settings) : Controller(settings)
    {
        protected override ImmutableArray<MetadataOperation> Fence(ControllerState s) => [];
    }

    [Fact, Trait("Rule", "CTRL-FENCE-1")]
    public void Without_the_fence_an_old_controllers_write_breaks_the_claim()
    {
        var cluster = Started(s => new UnfencedWrites(s));
        cluster.Create(SmallCluster.Topic("t", MinIsrTwo, 1, 2, 3));
        var old = cluster.Active;
        cluster.Write(0, new RemoveEntry(MetadataKey.Controller));
        old.Replies.Clear();
        var other = cluster.Nodes.Values.First(n => n != old);
        while (other.State.Epoch != 2) OneStep(cluster, other);
        cluster.Take(old, true, new ControlledShutdown(new(99), One, cluster.Nodes[One].Registration.Epoch));
        var fault = Assert.ThrowsAny<Exception>(() => cluster.Run());
        Assert.Contains("CTRL-INV-8", fault.Message, StringComparison.Ordinal);
    }

    private static void OneStep(SmallCluster cluster, SmallCluster.Node only)
    {
        var others = cluster.Nodes.Values.Where(n => n != only && n.Up).ToArray();
        foreach (var other in others) other.Up = false;
        cluster.Step();
        foreach (var other in others) other.Up = true;
    }

    [Fact, Trait("Rule", "CTRL-SEAT-3")]
    public void Answers_to_questions_of_an_earlier_term_count_for_nothing()
    {
        var controller = new Controller(new(One));
        var s = ControllerState.Initial with { Phase = ControllerPhase.Active, Session = 7, Epoch = 3, EpochVersion = 2, Awaited = 2, Writes = [new TakeDown(MetadataKey.IsrChanges), new TakeDown(MetadataKey.IsrChanges)] };
        var deposed = controller.Take(s, new Wrote(5, MetadataError.BadVersion, 0)).State;
        Assert.Equal((ControllerPhase.Electing, 2, 1), (deposed.Phase, deposed.Stale, deposed.Writes.Count));
        var listed = controller.Take(deposed, new Listed(MetadataKey.Brokers, ["1"]));
        Assert.Equal((1, "asked in a term that is over"), (listed.State.Stale, listed.Ignored));
        Assert.Equal("written in a term that is over", controller.Take(listed.State, new Wrote(6)).Ignored);
    }

    [Theory, Trait("Rule", "CTRL-SEAT-4")]
    [InlineData(0)]
    [InlineData(2)]
    public void A_controller_that_was_cut_off_reads_everything_anew(int carriedOut)
    {
        var cluster = WithTopic(1, 2, 3);
        var controller = cluster.Active;
        cluster.Call(c => new CreateTopics(c, [SmallCluster.Topic("u", 3, 3), SmallCluster.Topic("v", 1, 3)], 1000, false));
        cluster.Disconnect(controller.Id, carriedOut);
        Assert.Equal(ControllerPhase.Unconnected, controller.State.Phase);
        cluster.Connect(controller.Id);
        cluster.Run();
        Assert.Equal((ControllerPhase.Active, 1), (controller.State.Phase, controller.State.Epoch));
        Assert.Equal(1 + carriedOut, cluster.Active.State.Topics.Count);
        cluster.AssertHealed();
    }

    // — loading —

    [Fact, Trait("Rule", "CTRL-LOAD-1")]
    public void A_controller_decides_nothing_before_all_is_read()
    {
        var cluster = WithTopic(1, 2, 3);
        var old = cluster.Active.Id;
        cluster.Kill(old);
        cluster.EndSession(old);
        while (cluster.Nodes.Values.All(n => n.State.Phase != ControllerPhase.Active))
        {
            Assert.DoesNotContain(cluster.Nodes.Values, n => n.State.Phase == ControllerPhase.Loading && n.State.Writes.Any(w => w is ChangeLeaders));
            cluster.Step();
        }
    }

    [Fact, Trait("Rule", "CTRL-STORE-1")]
    public void A_watch_stands_before_what_it_watches_is_read()
    {
        var step = new Controller(new(One)).Take(ControllerState.Initial with { Phase = ControllerPhase.Active, Session = 1 }, new Changed(MetadataKey.Brokers));
        Assert.Equal(["watch /brokers/ids", "list /brokers/ids"], step.Effects.Select(e => e.ToString()));
    }

    [Fact, Trait("Rule", "CTRL-LOAD-2"), Trait("Rule", "CTRL-TOPIC-2")]
    public void What_a_dead_controller_left_half_done_is_finished()
    {
        var steps = 0;
        for (var died = false; !died; steps++)
        {
            var cluster = WithTopic(1, 2, 3);
            var controller = cluster.Active.Id;
            cluster.Call(c => new CreateTopics(c, [SmallCluster.Topic("u", 2, 3)], 1000, false));
            cluster.Call(c => new DeleteTopics(c, ["t"], 1000));
            for (var i = 0; i < steps; i++) died |= !cluster.Step();
            cluster.Kill(controller);
            cluster.EndSession(controller);
            cluster.Run();
            cluster.Start(controller);
            cluster.Run();
            cluster.Ring();
            cluster.Run();
            cluster.AssertHealed();
        }
        Assert.True(steps > 30);
    }

    [Fact, Trait("Rule", "CTRL-LOAD-3")]
    public void A_leader_that_came_back_unseen_leads_in_a_new_epoch()
    {
        var cluster = WithTopic(1, 2, 3);
        foreach (var id in cluster.Nodes.Keys) cluster.Kill(id);
        foreach (var id in cluster.Nodes.Keys) cluster.EndSession(id);
        foreach (var id in cluster.Nodes.Keys) cluster.Start(id);
        cluster.Run();
        Assert.Equal((One, 1), (cluster.StateOf("t")!.Leader, cluster.StateOf("t")!.LeaderEpoch.Value));
        cluster.AssertHealed();
    }

    // — brokers —

    /// <summary>E2: brokers are told apart by their ids.</summary>
    private sealed class BouncedBrokerUnnoticed(ControllerSettings settings) : Controller(settings)
    {
        protected override bool IsSameLife(RegisteredBroker known, RegisteredBroker found) => true;
    }

    [Theory, Trait("Rule", "CTRL-BROKER-1")]
    [InlineData(true)]
    [InlineData(false)]
    public void A_broker_that_bounced_between_two_looks_is_noticed(bool byCzxid)
    {
        var cluster = Started(s => byCzxid ? new Controller(s) : new BouncedBrokerUnnoticed(s));
        cluster.Create(SmallCluster.Topic("t", MinIsrTwo, 3, 1, 2));
        Assert.NotEqual(Three, cluster.Active.Id);
        cluster.Kill(Three);
        cluster.EndSession(Three);
        cluster.Start(Three, tailKept: false);
        while (cluster.Nodes[Three].Registration.Epoch == BrokerEpoch.Unknown) OneStep(cluster, cluster.Nodes[Three]);
        cluster.Run();
        // in the wrong form a replica that lost its tail goes on as leader in the epoch that it had
        Assert.Equal(byCzxid, cluster.StateOf("t")!.LeaderEpoch > LeaderEpoch.First && cluster.StateOf("t")!.Leader == One);
        if (byCzxid) cluster.AssertHealed();
        else Assert.ThrowsAny<Exception>(cluster.AssertHealed);
    }

    [Fact, Trait("Rule", "CTRL-BROKER-2"), Trait("Rule", "CTRL-LEAD-4"), Trait("Rule", "CTRL-SEND-1")]
    public void A_dead_leader_is_replaced_by_the_first_live_in_sync_replica()
    {
        var cluster = WithTopic(3, 2, 1);
        Lose(cluster, Three);
        Assert.Equal("leader 2 epoch 1 isr [1,2] controller 1 v1", cluster.StateOf("t")!.ToString());
        Assert.Equal(cluster.StateOf("t"), cluster.Nodes[Two].Replicas[new("t", 0)]);
        Assert.Equal(cluster.StateOf("t")!.ToString(), Told(cluster.Nodes[One]));
    }

    [Fact, Trait("Rule", "CTRL-DOUBT-1"), Trait("Rule", "CTRL-LEAD-1")]
    public void Who_listens_no_longer_is_led_by_nobody_waiting_for_its_session()
    {
        var cluster = WithTopic(3, 2, 1);
        cluster.Kill(Three);
        cluster.Refuse(Three);
        cluster.Run();
        Assert.Contains(cluster.Store.Entries.Keys, k => k == MetadataKey.Broker(Three));
        Assert.Equal("leader 2 epoch 1 isr [1,2] controller 1 v1", cluster.StateOf("t")!.ToString());
        Assert.Equal(cluster.StateOf("t"), cluster.Nodes[Two].Replicas[new("t", 0)]);
        cluster.EndSession(Three);
        cluster.Run();
        Assert.Empty(cluster.Active.State.Doubted);
        Return(cluster, Three);
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-DOUBT-2")]
    public void A_doubted_broker_that_answers_is_trusted_again()
    {
        var cluster = WithTopic(3);
        cluster.Refuse(Three);
        Assert.Equal([Three], cluster.Active.State.Doubted);
        cluster.Run();
        Assert.Equal(Three, cluster.StateOf("t")!.Leader);
        cluster.AssertHealed();
        cluster.Take(cluster.Active, true, new ConnectionRefused(Three, new(12345)));
        Assert.Empty(cluster.Active.State.Doubted);
    }

    [Fact, Trait("Rule", "CTRL-BROKER-3"), Trait("Rule", "CTRL-LEAD-5")]
    public void A_partition_without_a_leader_gets_one_when_an_eligible_broker_returns()
    {
        var cluster = WithTopic(3);
        Lose(cluster, Three);
        Assert.Equal("leader -1 epoch 1 isr [3] controller 1 v1", cluster.StateOf("t")!.ToString());
        Return(cluster, Three);
        Assert.Equal("leader 3 epoch 2 isr [3] controller 1 v2", cluster.StateOf("t")!.ToString());
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-LEAD-5")]
    public void Without_a_leader_the_isr_stays_as_it_was()
    {
        var cluster = WithTopic(3, 2);
        Lose(cluster, Three);
        Lose(cluster, Two);
        Assert.Equal("leader -1 epoch 2 isr [2] elr [3] controller 1 v2", cluster.StateOf("t")!.ToString());
    }

    // — tails —

    [Fact, Trait("Rule", "CTRL-REBOOT-1")]
    public void A_rebooted_replica_leaves_every_isr_before_it_may_lead()
    {
        var cluster = WithTopic(3, 2, 1);
        cluster.Kill(Three);
        cluster.Start(Three, tailKept: false);      // its session hasn't even ended
        cluster.Run();
        var state = cluster.StateOf("t")!;
        Assert.Equal((Two, "[1,2]"), (state.Leader, state.Isr.ToString()));
        Assert.True(state.LeaderEpoch > LeaderEpoch.First);
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-REBOOT-1")]
    public void A_rebooted_replica_that_was_in_no_isr_brings_a_new_epoch_all_the_same()
    {
        var cluster = WithTopic(1, 2, 3);
        Lose(cluster, Three);
        var before = cluster.StateOf("t")!;
        Assert.False(before.Isr.Contains(Three));
        Return(cluster, Three, tailKept: false);
        Assert.Equal(before.LeaderEpoch.Next, cluster.StateOf("t")!.LeaderEpoch);
        Assert.Equal(before.Isr, cluster.StateOf("t")!.Isr);
    }

    [Fact, Trait("Rule", "CTRL-REBOOT-1"), Trait("Rule", "CTRL-ELR-1")]
    public void The_last_of_an_isr_that_lost_its_tail_makes_way_for_the_eligible()
    {
        var cluster = WithTopic(3, 2);
        Lose(cluster, Two);
        Assert.Equal("leader 3 epoch 1 isr [3] elr [2] controller 1 v1", cluster.StateOf("t")!.ToString());
        Lose(cluster, Three);
        Return(cluster, Three, tailKept: false);
        Assert.Equal("leader -1 epoch 3 isr [] elr [2] controller 1 v3", cluster.StateOf("t")!.ToString());
        Return(cluster, Two);
        Assert.Equal("leader 2 epoch 4 isr [2] controller 1 v4", cluster.StateOf("t")! with { Elr = BrokerSet.Empty } is var s ? s.ToString() : "");
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-REBOOT-1")]
    public void When_everybody_eligible_lost_its_tail_one_of_them_leads()
    {
        var cluster = WithTopic(3);
        Lose(cluster, Three);
        Return(cluster, Three, tailKept: false);
        Assert.Equal((Three, 2), (cluster.StateOf("t")!.Leader, cluster.StateOf("t")!.LeaderEpoch.Value));
        cluster.AssertHealed();
    }

    [Fact, Trait("Rule", "CTRL-REBOOT-2")]
    public void It_is_told_to_follow_only_once_that_is_on_record()
    {
        var cluster = WithTopic(3, 2, 1);
        cluster.Kill(Three);
        cluster.Start(Three, tailKept: false);
        while (cluster.Step())
        {
            var sent = cluster.Active.Sent.GetValueOrDefault(Three).Request;
            var entry = cluster.Store.Read(MetadataKey.Broker(Three)).Node;
            if (sent is LeaderAndIsr) Assert.True(((BrokerRegistration)entry!.Value).TailKept);
        }
        Assert.True(cluster.Nodes[Three].Registration.TailKept);
        Assert.True(cluster.Nodes[Three].Marked);
    }

    [Fact, Trait("Rule", "CTRL-REBOOT-2")]
    public void A_broker_that_was_settled_is_not_expelled_again_by_the_next_controller()
    {
        var cluster = WithTopic(3, 2, 1);
        Assert.NotEqual(Three, cluster.Active.Id);
        cluster.Kill(Three);
        cluster.Start(Three, tailKept: false);
        cluster.Run();
        Assert.True(cluster.WriteIsr(new("t", 0), [One, Two, Three], BrokerSet.Empty));
        cluster.Run();
        Lose(cluster, cluster.Active.Id);
        Assert.Contains(Three, cluster.StateOf("t")!.Isr);
    }

    [Fact, Trait("Rule", "CTRL-REBOOT-3")]
    public void A_replica_that_refuses_to_lead_leaves_the_isr()
    {
        var cluster = WithTopic(3, 2, 1);
        var controller = cluster.Active;
        cluster.Take(controller, true, new ControlledShutdown(new(50), Two, cluster.Nodes[Two].Registration.Epoch));
        while (!controller.Sent.TryGetValue(Three, out var sent) || sent.Request is not LeaderAndIsr) Assert.True(cluster.Step());
        controller.Sent.Remove(Three);
        cluster.Take(controller, true, new Answered(Three, cluster.Nodes[Three].Registration.Epoch, ErrorCode.None, [new(new("t", 0), ErrorCode.KafkaStorageError)]));
        cluster.Run();
        Assert.Equal((One, "[1]"), (cluster.StateOf("t")!.Leader, cluster.StateOf("t")!.Isr.ToString()));
    }

    // — leaders —

    [Fact, Trait("Rule", "CTRL-LEAD-2")]
    public void A_new_partition_is_led_by_the_first_live_replica()
    {
        var cluster = Started();
        Lose(cluster, Three);
        Assert.Equal(ErrorCode.None, cluster.Create(SmallCluster.Topic("t", NoSettings, 3, 2, 1)).Error);
        Assert.Equal("leader 2 epoch 0 isr [1,2] controller 1 v0", cluster.StateOf("t")!.ToString());
    }

    [Fact, Trait("Rule", "CTRL-LEAD-3"), Trait("Rule", "CTRL-ISR-1")]
    public void A_preferred_replica_takes_over_only_when_wanted_and_in_sync()
    {
        var cluster = WithTopic(3, 2, 1);
        Lose(cluster, Three);
        Return(cluster, Three);
        Assert.Equal(Two, cluster.StateOf("t")!.Leader);
        cluster.Take(cluster.Active, true, new ElectPreferred([]));
        cluster.Run();
        Assert.Equal(Two, cluster.StateOf("t")!.Leader);
        cluster.WriteIsr(new("t", 0), [One, Two, Three], BrokerSet.Empty);
        cluster.Run();
        Assert.Equal(Two, cluster.StateOf("t")!.Leader);
        cluster.Write(0, new CreateEntry(MetadataKey.PreferredElection, new PartitionList([new("t", 0)])));
        cluster.Run();
        Assert.Equal("leader 3 epoch 2 isr [1,2,3] controller 1 v3", cluster.StateOf("t")!.ToString());
        Assert.Null(cluster.Store.Read(MetadataKey.PreferredElection).Node);
    }

    [Fact, Trait("Rule", "CTRL-LEAD-8")]
    public void Leadership_goes_back_to_the_preferred_when_too_much_of_it_is_away()
    {
        var cluster = WithTopic(3, 2, 1);
        Lose(cluster, Three);
        Return(cluster, Three);
        cluster.WriteIsr(new("t", 0), [One, Two, Three], BrokerSet.Empty);
        cluster.Run();
        cluster.Ring();
        cluster.Run();
        Assert.Equal(Three, cluster.StateOf("t")!.Leader);
    }

    [Theory, Trait("Rule", "CTRL-LEAD-4")]
    [InlineData("false")]
    [InlineData("true")]
    public void Nobody_outside_isr_and_elr_is_elected_unless_unclean_is_allowed(string unclean)
    {
        var cluster = Started();
        cluster.Create(SmallCluster.Topic("t", NoSettings.Add("unclean.leader.election.enable", unclean), 3, 2));
        cluster.WriteIsr(new("t", 0), [Three], BrokerSet.Empty);
        cluster.Run();
        Lose(cluster, Three);
        Assert.Equal(unclean == "true" ? "leader 2 epoch 1 isr [2] controller 1 v2" : "leader -1 epoch 1 isr [3] controller 1 v2", cluster.StateOf("t")!.ToString());
    }

    [Fact, Trait("Rule", "CTRL-LEAD-6"), Trait("Rule", "CTRL-LEAD-7")]
    public void A_decision_on_an_outdated_state_is_made_again()
    {
        var cluster = WithTopic(3, 2, 1);
        Assert.True(cluster.WriteIsr(new("t", 0), [One, Three], BrokerSet.Empty));
        cluster.Active.Replies.Clear();         // the note isn't seen yet
        Lose(cluster, Three);
        Assert.Equal("leader 1 epoch 1 isr [1] elr [3] controller 1 v2", cluster.StateOf("t")!.ToString());
        Assert.False(cluster.WriteIsr(new("t", 0), [One, Three], BrokerSet.Empty, version: 1));
    }

    [Fact, Trait("Rule", "CTRL-ELR-1")]
    public void Whom_a_small_isr_leaves_behind_stays_eligible()
    {
        var cluster = WithTopic(3, 2, 1);
        Lose(cluster, Three);
        Assert.True(cluster.StateOf("t")!.Elr.IsEmpty);
        var follower = cluster.Active.Id == Two ? One : Two;
        cluster.Kill(follower);
        cluster.EndSession(follower);
        cluster.Run();
        Assert.Equal([follower], cluster.StateOf("t")!.Elr);
    }

    [Fact, Trait("Rule", "CTRL-ISR-1")]
    public void A_leaders_change_of_the_isr_reaches_all()
    {
        var cluster = WithTopic(3, 2, 1);
        cluster.WriteIsr(new("t", 0), [Two, Three], BrokerSet.Empty);
        cluster.Run();
        Assert.All(cluster.Nodes.Values, n => Assert.Equal("leader 3 epoch 0 isr [2,3] controller 1 v1", Told(n)));
        Assert.Empty(cluster.Store.List(MetadataKey.IsrChanges));
    }

    [Fact, Trait("Rule", "CTRL-SHUTDOWN-1")]
    public void A_broker_that_stops_in_order_hands_over_first()
    {
        var cluster = WithTopic(3, 2, 1);
        cluster.Create(SmallCluster.Topic("alone", NoSettings, 3));
        var id = cluster.Call(c => new ControlledShutdown(c, Three, cluster.Nodes[Three].Registration.Epoch));
        cluster.Run();
        Assert.Equal(new PartitionId("alone", 0), Assert.Single(Assert.IsType<AnswerShutdown>(cluster.Answers[id]).Remaining));
        Assert.Equal("leader 2 epoch 1 isr [1,2] controller 1 v1", cluster.StateOf("t")!.ToString());
        Assert.Contains(cluster.Log, l => l.Contains("→3 STOPREPLICA", StringComparison.Ordinal) && l.Contains("t-0 epoch 1", StringComparison.Ordinal));

        var stale = cluster.Call(c => new ControlledShutdown(c, Three, new(1)));
        Assert.Equal(ErrorCode.StaleBrokerEpoch, Assert.IsType<AnswerShutdown>(cluster.Answers[stale]).Error);
    }

    // — requests —

    [Fact, Trait("Rule", "CTRL-SEND-1")]
    public void What_is_decided_is_sent_once_it_is_written()
    {
        var cluster = WithTopic(3, 2, 1);
        cluster.Kill(Three);
        cluster.EndSession(Three);
        while (cluster.Step())
        {
            foreach (var (request, _) in cluster.Active.Sent.Values)
            {
                if (request is LeaderAndIsr order) Assert.All(order.Partitions, p => Assert.Equal(cluster.StateOf("t")!.LeaderEpoch, p.State.LeaderEpoch));
            }
        }
    }

    [Fact, Trait("Rule", "CTRL-SEND-2")]
    public void What_a_broker_did_not_answer_is_said_again_in_its_newest_form()
    {
        var cluster = WithTopic(3, 2, 1);
        var controller = cluster.Active;
        cluster.WriteIsr(new("t", 0), [Two, Three], BrokerSet.Empty);
        while (!controller.Sent.ContainsKey(One)) Assert.True(cluster.Step());
        cluster.Break(controller, One, lost: true);
        cluster.WriteIsr(new("t", 0), [Three], [Two]);
        cluster.Run(retry: false);
        Assert.Equal("leader 3 epoch 0 isr [1,2,3] controller 1 v0", Told(cluster.Nodes[One]));
        cluster.Ring();
        cluster.Run();
        Assert.Equal("leader 3 epoch 0 isr [3] elr [2] controller 1 v2".Split(" v")[0], Told(cluster.Nodes[One]).Split(" v")[0]);
    }
}
