using Reference.Replication.Groups;

namespace Reference.Systematic.Replication.Groups;

/// <summary>Joining, rebalancing, assigning, beating and leaving.</summary>
public class CoordinatorMembersTests
{
    [Fact, Trait("Rule", "GROUP-PHASE-1")]
    public void The_table_lists_every_move()
    {
        var listed = Enum.GetValues<GroupPhase>().SelectMany(p => Enum.GetValues<GroupTrigger>().Where(t => GroupPhases.Machine(p).CanFire(t)).Select(t => (p, t, GroupPhases.After(p, t))));
        Assert.Equal(
        [
            (GroupPhase.Empty, GroupTrigger.MembershipChanged, GroupPhase.PreparingRebalance),
            (GroupPhase.PreparingRebalance, GroupTrigger.MembershipChanged, GroupPhase.PreparingRebalance),
            (GroupPhase.PreparingRebalance, GroupTrigger.AllJoined, GroupPhase.CompletingRebalance),
            (GroupPhase.PreparingRebalance, GroupTrigger.NobodyLeft, GroupPhase.Empty),
            (GroupPhase.CompletingRebalance, GroupTrigger.MembershipChanged, GroupPhase.PreparingRebalance),
            (GroupPhase.CompletingRebalance, GroupTrigger.AssignmentCommitted, GroupPhase.Stable),
            (GroupPhase.Stable, GroupTrigger.MembershipChanged, GroupPhase.PreparingRebalance),
        ], listed);
        Assert.Throws<InvalidOperationException>(() => GroupPhases.After(GroupPhase.Empty, GroupTrigger.AssignmentCommitted));
    }

    [Fact, Trait("Rule", "GROUP-JOIN-1")]
    public void A_session_time_out_out_of_bounds_is_refused()
    {
        var g = SmallGroup.Active();
        Assert.Equal(GroupError.InvalidSessionTimeout, g.Error(g.Join("a", sessionMs: 5_999)));
        Assert.Equal(GroupError.InvalidSessionTimeout, g.Error(g.Join("a", sessionMs: 1_800_001)));
        Assert.Empty(g.State.Groups);
        Assert.Equal(GroupError.None, g.Error(g.Join("a", sessionMs: 6_000)));
    }

    [Fact, Trait("Rule", "GROUP-JOIN-2")]
    public void Who_shares_no_protocol_is_refused()
    {
        var g = SmallGroup.Stable("a");
        var before = g.State;
        Assert.Equal(GroupError.InconsistentProtocol, g.Error(g.Join("b", protocols: "sticky")));
        Assert.Equal(GroupError.InconsistentProtocol, g.Error(g.Join("b", type: "connect")));
        Assert.Equal(GroupError.UnknownMemberId, g.Error(g.Join("", "stranger")));
        Assert.Same(before, g.State);
    }

    [Fact, Trait("Rule", "GROUP-JOIN-3")]
    public void A_new_member_is_told_its_id_first()
    {
        var g = SmallGroup.Active();
        var told = g.Joined(g.Join("a", mustKnowId: true));
        Assert.Equal((GroupError.MemberIdRequired, "a"), (told.Error, told.Member));
        Assert.Empty(g.Group.Members);
        Assert.Equal(GroupError.None, g.Error(g.Join("", "a", mustKnowId: true)));
        Assert.Equal(["a"], g.Group.Members.Keys);
        Assert.Empty(g.Group.Pending);
    }

    [Fact, Trait("Rule", "GROUP-JOIN-4"), Trait("Rule", "GROUP-BEAT-1")]
    public void A_new_member_makes_a_stable_group_rebalance()
    {
        var g = SmallGroup.Stable("a");
        var join = g.Join("b");
        Assert.True(g.IsOpen(join));
        Assert.Equal(GroupError.RebalanceInProgress, g.Beat("a"));
        g.Join("", "a");
        Assert.Equal(2, g.Joined(join).Generation);
    }

    [Fact, Trait("Rule", "GROUP-JOIN-5")]
    public void A_repeated_join_gets_the_generation_as_it_stands()
    {
        var g = SmallGroup.Stable("a", "b");
        var generation = g.Group.Generation;
        Assert.Equal(generation, g.Joined(g.Join("", "b")).Generation);
        Assert.Equal(GroupPhase.Stable, g.Phase);
        Assert.True(g.IsOpen(g.Join("", "a")));
        Assert.Equal(GroupPhase.PreparingRebalance, g.Phase);
        var first = g.Answers.Count;
        var again = g.Join("", "a");
        Assert.Equal(GroupError.RebalanceInProgress, g.Error(again - 1));
        Assert.Equal(first + 1, g.Answers.Count);
        g.Join("", "b", metadata: "u");
        Assert.Equal(generation + 1, g.Joined(again).Generation);
    }

    [Fact, Trait("Rule", "GROUP-JOIN-6"), Trait("Rule", "GROUP-REBALANCE-2")]
    public void A_pending_member_that_does_not_come_is_not_waited_for()
    {
        var g = SmallGroup.Active();
        g.Join("a", mustKnowId: true);
        var join = g.Join("b");
        Assert.True(g.IsOpen(join));
        g.Take(new SessionDue("g", "a", g.Now + 9_999));
        Assert.True(g.IsOpen(join));
        g.Take(new SessionDue("g", "a", g.Now + 10_000));
        Assert.Equal(GroupError.None, g.Error(join));
    }

    [Fact, Trait("Rule", "GROUP-STATIC-1")]
    public void A_static_member_that_restarts_takes_its_place_without_a_rebalance()
    {
        var g = SmallGroup.Active();
        g.Join("a", instance: "i");
        g.SyncAll();
        g.Commit();
        var join = g.Join("a2", instance: "i");
        Assert.True(g.IsOpen(join));
        g.Commit();
        Assert.Equal((1, "a2"), (g.Joined(join).Generation, g.Joined(join).Member));
        Assert.Equal(GroupPhase.Stable, g.Phase);
        Assert.Equal(SmallGroup.Bytes("a"), Assert.IsType<SyncAnswer>(g.Answers[g.Sync("a2", instance: "i")]).Assignment);
        g.Take(new Resigned(2));
        g.Lead(3);
        Assert.Equal(GroupError.None, g.Beat("a2", instance: "i"));
    }

    [Fact, Trait("Rule", "GROUP-FENCE-1")]
    public void The_old_id_of_an_instance_is_fenced()
    {
        var g = SmallGroup.Active();
        g.Join("a", instance: "i");
        g.SyncAll();
        g.Commit();
        g.Join("a2", instance: "i");
        g.Commit();
        var before = g.State;
        Assert.Equal(GroupError.FencedInstanceId, g.Beat("a", instance: "i"));
        Assert.Equal(GroupError.FencedInstanceId, g.Error(g.Commit("a", 1, 5, instance: "i")));
        Assert.Equal(GroupError.UnknownMemberId, g.Beat("a"));
        Assert.Equal(GroupError.UnknownMemberId, g.Beat("a2", instance: "j"));
        Assert.Same(before, g.State);
    }

    [Fact, Trait("Rule", "GROUP-REBALANCE-1")]
    public void The_first_members_are_given_time_to_gather()
    {
        var g = SmallGroup.Active(new(InitialDelayMs: 3_000));
        var start = g.Now;
        var first = g.Join("a", rebalanceMs: 5_000);
        Assert.Equal(start + 3_000, g.RebalanceAlarm);
        g.Now += 1_000;
        var second = g.Join("b", rebalanceMs: 5_000);
        g.Now = start + 3_000;
        g.Take(new RebalanceDue("g", g.Now));
        Assert.True(g.IsOpen(first));
        Assert.Equal(start + 5_000, g.RebalanceAlarm);
        g.Take(new RebalanceDue("g", start + 5_000));
        Assert.Equal((1, 1), (g.Joined(first).Generation, g.Joined(second).Generation));
    }

    [Fact, Trait("Rule", "GROUP-REBALANCE-2"), Trait("Rule", "GROUP-REBALANCE-4")]
    public void A_rebalance_ends_when_all_have_joined()
    {
        var g = SmallGroup.Stable("a", "b");
        var c = g.Join("c");
        var b = g.Join("", "b");
        Assert.True(g.IsOpen(c));
        var a = g.Joined(g.Join("", "a"));
        Assert.Equal((3, "a", "range"), (a.Generation, a.Leader, a.Protocol));
        Assert.Equal(["a", "b", "c"], a.Members.Select(m => m.Id));
        Assert.Empty(g.Joined(b).Members);
        Assert.Equal(3, g.Joined(c).Generation);
    }

    [Fact, Trait("Rule", "GROUP-REBALANCE-3")]
    public void Who_does_not_join_in_time_is_out()
    {
        var g = SmallGroup.Stable("a", "b");
        var c = g.Join("c");
        g.Join("", "b");
        g.Take(new RebalanceDue("g", g.RebalanceAlarm - 1));
        Assert.True(g.IsOpen(c));
        g.Now = g.RebalanceAlarm;
        g.Take(new RebalanceDue("g", g.Now));
        Assert.Equal((GroupError.None, "b"), (g.Error(c), g.Joined(c).Leader));
        Assert.Equal(GroupError.UnknownMemberId, g.Beat("a"));
        var sync = g.Sync("c");
        g.Take(new RebalanceDue("g", g.RebalanceAlarm));
        Assert.Equal(GroupError.RebalanceInProgress, g.Error(sync));
        Assert.Equal(["c"], g.Group.Members.Keys);
    }

    [Fact, Trait("Rule", "GROUP-REBALANCE-5"), Trait("Rule", "GROUP-LEAVE-1")]
    public void When_the_last_leaves_the_group_is_empty_and_its_log_says_so()
    {
        var g = SmallGroup.Stable("a");
        Assert.Equal([GroupError.None], g.Leave(("a", null)));
        Assert.Equal(GroupPhase.Empty, g.Phase);
        g.Commit();
        var last = Assert.IsType<GenerationRecord>(g.Log[^1]).Value!;
        Assert.Equal((2, null, true), (last.Generation, last.Leader, last.Members.IsEmpty));
        Assert.Equal(GroupError.UnknownMemberId, g.Beat("a"));
    }

    [Fact, Trait("Rule", "GROUP-REBALANCE-6")]
    public void Of_the_protocols_that_all_know_most_votes_win()
    {
        var g = SmallGroup.Active();
        g.Join("a", protocols: ["new", "range", "sticky"]);
        g.Join("b", protocols: ["sticky", "range"]);
        g.Join("c", protocols: ["sticky", "range"]);
        var a = g.Join("", "a", protocols: ["new", "range", "sticky"]);
        Assert.Equal("sticky", g.Joined(a).Protocol);
    }

    [Fact, Trait("Rule", "GROUP-SYNC-1"), Trait("Rule", "GROUP-APPEND-1")]
    public void Nobody_gets_a_share_before_the_assignment_is_committed()
    {
        var g = SmallGroup.Active();
        g.Join("a");
        g.Join("b");
        g.Join("", "a");
        var b = g.Sync("b");
        var a = g.Sync("a", assigned: ["a", "b"]);
        Assert.True(g.IsOpen(a) && g.IsOpen(b));
        Assert.Single(g.UnderWay);
        g.Commit();
        Assert.Equal((SmallGroup.Bytes("a"), SmallGroup.Bytes("b")), (Assert.IsType<SyncAnswer>(g.Answers[a]).Assignment, Assert.IsType<SyncAnswer>(g.Answers[b]).Assignment));
    }

    [Fact, Trait("Rule", "GROUP-SYNC-2")]
    public void An_assignment_of_an_earlier_generation_is_given_to_nobody()
    {
        var g = SmallGroup.Active();
        g.Join("a");
        var stale = g.Sync("a", assigned: "a");
        g.Join("b");
        Assert.Equal(GroupError.RebalanceInProgress, g.Error(stale));
        g.Join("", "a");
        var b = g.Sync("b");
        g.Commit();
        Assert.True(g.IsOpen(b));
        Assert.Equal(GroupPhase.CompletingRebalance, g.Phase);
    }

    [Fact, Trait("Rule", "GROUP-BEAT-1")]
    public void A_heartbeat_prolongs_the_session()
    {
        var g = SmallGroup.Stable("a");
        g.Now += 9_000;
        Assert.Equal(GroupError.None, g.Beat("a"));
        Assert.Equal(g.Now + 10_000, g.SessionAlarms["a"]);
    }

    [Fact, Trait("Rule", "GROUP-BEAT-2")]
    public void An_alarm_of_an_earlier_heartbeat_evicts_nobody()
    {
        var g = SmallGroup.Stable("a", "b");
        g.Now += 9_000;
        g.Beat("a");
        Assert.NotNull(g.Take(new SessionDue("g", "a", g.Now + 1_000)));
        Assert.Equal(GroupPhase.Stable, g.Phase);
        g.Take(new SessionDue("g", "b", g.Now + 1_000));
        Assert.Equal(["a"], g.Group.Members.Keys);
        g.Join("", "a");
        g.Take(new SessionDue("g", "a", g.Now + 10_000));
        Assert.Equal(GroupPhase.Empty, g.Phase);
    }

    [Fact, Trait("Rule", "GROUP-BEAT-2")]
    public void Who_waits_for_a_rebalance_is_alive()
    {
        var g = SmallGroup.Stable("a", "b");
        g.Join("", "a");
        g.Take(new SessionDue("g", "a", g.Now + 10_000));
        Assert.Equal(["a", "b"], g.Group.Members.Keys);
        Assert.Equal(g.Now + 20_000, g.SessionAlarms["a"]);
    }

    [Fact, Trait("Rule", "GROUP-LEAVE-1")]
    public void When_a_member_leaves_the_others_share_anew()
    {
        var g = SmallGroup.Stable("a", "b");
        g.Leave(("a", null));
        Assert.Equal(GroupError.RebalanceInProgress, g.Beat("b"));
        var b = g.Joined(g.Join("", "b"));
        Assert.Equal(("b", 3), (b.Leader, b.Generation));
    }

    [Fact, Trait("Rule", "GROUP-LEAVE-2")]
    public void A_static_member_is_removed_by_its_instance()
    {
        var g = SmallGroup.Active();
        g.Join("a", instance: "i");
        g.Join("b", mustKnowId: true);
        Assert.Equal([GroupError.None, GroupError.UnknownMemberId, GroupError.None], g.Leave(("", "i"), ("", "j"), ("b", null)));
        Assert.Empty(g.Group.Members);
        Assert.Empty(g.Group.Pending);
    }

    [Fact, Trait("Rule", "GROUP-BEAT-2"), Trait("Rule", "GROUP-SYNC-2")]
    public void Who_waited_for_the_assignment_has_a_whole_session_from_its_answer()
    {
        var g = SmallGroup.Active();
        g.Join("a");
        g.Sync("a", assigned: "a");
        g.Now += 9_999;
        g.Commit();
        Assert.Equal(g.Now + 10_000, g.SessionAlarms["a"]);
        g.Take(new SessionDue("g", "a", g.Now + 1));
        Assert.Equal(["a"], g.Group.Members.Keys);
    }

    [Fact, Trait("Rule", "GROUP-STATIC-1"), Trait("Rule", "GROUP-APPEND-1")]
    public void A_new_id_is_in_force_once_it_is_committed()
    {
        var g = SmallGroup.Active();
        g.Join("a", instance: "i");
        g.SyncAll();
        g.Commit();
        var refused = g.Join("a2", instance: "i");
        Assert.Equal(GroupError.None, g.Beat("a", instance: "i"));
        g.Take(new AppendFailed(g.UnderWay.Dequeue().Number, GroupError.NotAvailable, g.Now));
        Assert.Equal((GroupError.NotAvailable, GroupPhase.Stable), (g.Error(refused), g.Phase));
        Assert.Equal(GroupError.None, g.Beat("a", instance: "i"));

        var join = g.Join("a3", instance: "i");
        g.Now += 5_000;
        g.Commit();
        Assert.Equal(("a3", g.Now + 10_000), (g.Joined(join).Member, g.SessionAlarms["a3"]));
        Assert.Equal(GroupError.FencedInstanceId, g.Beat("a", instance: "i"));

        var last = g.Join("a4", instance: "i");
        g.Take(new Resigned(2));
        Assert.Equal(GroupError.NotCoordinator, g.Error(last));
    }

    [Fact, Trait("Rule", "GROUP-STATIC-1")]
    public void A_new_id_that_is_committed_after_the_group_moved_on_joins_what_there_is_now()
    {
        var g = SmallGroup.Active();
        g.Join("a", instance: "i");
        g.SyncAll();
        g.Commit();
        var join = g.Join("a2", instance: "i");
        var other = g.Join("b");
        Assert.Equal(GroupPhase.PreparingRebalance, g.Phase);
        g.Commit();
        Assert.Equal((2, "a2", 2), (g.Joined(join).Generation, g.Joined(join).Member, g.Joined(other).Generation));
        Assert.Equal(["a2", "b"], g.Group.Members.Keys);
    }

    [Fact, Trait("Rule", "GROUP-JOIN-3"), Trait("Rule", "GROUP-REBALANCE-3")]
    public void Who_was_given_an_id_has_its_session_whatever_the_rebalance_does()
    {
        var g = SmallGroup.Active(new(InitialDelayMs: 3_000));
        g.Join("a");
        g.Now += 2_999;
        g.Join("b", mustKnowId: true);
        g.Now += 1;
        g.Take(new RebalanceDue("g", g.Now));
        Assert.Equal(1, g.Group.Generation);
        g.Leave(("a", null));
        g.Take(new RebalanceDue("g", g.RebalanceAlarm));
        Assert.Equal(GroupPhase.Empty, g.Phase);
        Assert.True(g.IsOpen(g.Join("", "b")));
        Assert.Equal(["b"], g.Group.Members.Keys);
    }

    [Fact, Trait("Rule", "GROUP-REBALANCE-5"), Trait("Rule", "GROUP-APPEND-2")]
    public void That_a_group_is_empty_is_said_until_it_is_stored()
    {
        var g = SmallGroup.Stable("a");
        g.Leave(("a", null));
        g.Take(new AppendFailed(g.UnderWay.Dequeue().Number, GroupError.NotAvailable, g.Now));
        Assert.Equal(g.Now + 1_000, g.RebalanceAlarm);
        Assert.Empty(g.UnderWay);
        g.Take(new RebalanceDue("g", g.RebalanceAlarm));
        g.Commit();
        Assert.True(Assert.IsType<GenerationRecord>(g.Log[^1]).Value!.Members.IsEmpty);
        Assert.NotNull(g.Take(new RebalanceDue("g", g.RebalanceAlarm)));
        Assert.Empty(g.UnderWay);
    }
}
