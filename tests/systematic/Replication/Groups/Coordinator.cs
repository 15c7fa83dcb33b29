using Reference.Replication.Groups;

namespace Reference.Systematic.Replication.Groups;

/// <summary>Terms, durability, offsets: a coordinator answers what its log holds.</summary>
public class CoordinatorTests
{
    [Fact, Trait("Rule", "GROUP-LOAD-1")]
    public void Until_the_log_is_read_nothing_is_answered()
    {
        var g = new SmallGroup();
        Assert.Equal(GroupError.NotCoordinator, g.Error(g.Join("a")));
        g.Take(new Elected(3));
        Assert.Equal(GroupError.LoadInProgress, g.Error(g.Join("a")));
        Assert.Equal(GroupError.LoadInProgress, g.Error(g.List()));
        g.Take(new LogRead(3, g.Now));
        Assert.Equal(GroupError.None, g.Error(g.Join("a")));
    }

    [Fact, Trait("Rule", "GROUP-LOAD-2")]
    public void The_last_record_of_a_key_holds()
    {
        var g = new SmallGroup();
        g.Log.AddRange([new OffsetRecord("g", SmallGroup.T0, new(1, -1, "", 1)), new OffsetRecord("h", SmallGroup.T0, new(1, -1, "", 1)), new OffsetRecord("g", SmallGroup.T0, new(2, -1, "", 2)), new OffsetRecord("h", SmallGroup.T0, null)]);
        g.Lead(1);
        Assert.Equal(2, g.Fetch()!.Offset);
        Assert.Equal(["g"], g.State.Groups.Keys);
        Assert.NotNull(g.Take(new Elected(1)));
        Assert.NotNull(g.Take(new RecordsRead(0, [new OffsetRecord("g", SmallGroup.T0, null)])));
        Assert.Equal(2, g.Fetch()!.Offset);
    }

    [Fact, Trait("Rule", "GROUP-LOAD-3"), Trait("Rule", "GROUP-LOAD-2")]
    public void After_a_failover_every_member_has_a_whole_session()
    {
        var g = SmallGroup.Stable("a", "b");
        var generation = g.Group.Generation;
        g.Take(new Resigned(2));
        g.Now += 100_000;
        g.Lead(3);
        Assert.Equal((GroupPhase.Stable, generation, "a"), (g.Phase, g.Group.Generation, g.Group.Leader));
        Assert.Equal(g.Now + 10_000, g.SessionAlarms["a"]);
        Assert.Equal(SmallGroup.Bytes("b"), Assert.IsType<SyncAnswer>(g.Answers[g.Sync("b")]).Assignment);
        Assert.Equal(GroupError.None, g.Beat("a"));
    }

    [Fact, Trait("Rule", "GROUP-LOAD-4"), Trait("Rule", "GROUP-APPEND-1")]
    public void Who_waits_at_a_resignation_is_sent_elsewhere()
    {
        var g = SmallGroup.Stable("a", "b");
        var join = g.Join("c");
        var commit = g.Commit("a", g.Group.Generation, 5);
        g.Take(new Resigned(2));
        Assert.Equal((GroupError.NotCoordinator, GroupError.NotCoordinator), (g.Error(join), g.Error(commit)));
        Assert.Empty(g.State.Groups);
        var late = g.UnderWay.Dequeue();
        g.Lead(3);
        Assert.NotNull(g.Take(new Appended(late.Number, g.Now)));
        Assert.Null(g.Fetch());
        Assert.NotNull(g.Take(new Resigned(2)));
        Assert.Equal(CoordinatorPhase.Active, g.State.Phase);
    }

    [Fact, Trait("Rule", "GROUP-APPEND-1"), Trait("Rule", "GROUP-COMMIT-2")]
    public void A_commit_is_answered_when_it_is_committed()
    {
        var g = SmallGroup.Stable("a");
        var commit = g.Commit("a", g.Group.Generation, 5);
        Assert.True(g.IsOpen(commit));
        Assert.Null(g.Fetch());
        g.Commit();
        Assert.Equal(GroupError.None, g.Error(commit));
        Assert.Equal(5, g.Fetch()!.Offset);
    }

    [Fact, Trait("Rule", "GROUP-APPEND-2")]
    public void An_assignment_that_cannot_be_stored_is_asked_for_anew()
    {
        var g = SmallGroup.Active();
        g.Join("a");
        var sync = g.Sync("a", assigned: "a");
        g.Take(new AppendFailed(g.UnderWay.Dequeue().Number, GroupError.NotAvailable, g.Now));
        Assert.Equal(GroupError.RebalanceInProgress, g.Error(sync));
        Assert.Equal(GroupPhase.PreparingRebalance, g.Phase);
        g.Join("", "a");
        g.SyncAll();
        g.Commit();
        var commit = g.Commit("a", g.Group.Generation, 5);
        g.Take(new AppendFailed(g.UnderWay.Dequeue().Number, GroupError.NotAvailable, g.Now));
        Assert.Equal(GroupError.NotAvailable, g.Error(commit));
        Assert.Null(g.Fetch());
    }

    [Fact, Trait("Rule", "GROUP-FENCE-2"), Trait("Rule", "GROUP-COMMIT-1")]
    public void A_stale_generation_is_refused_and_changes_nothing()
    {
        var g = SmallGroup.Stable("a", "b");
        var before = g.State;
        var stale = g.Group.Generation - 1;
        Assert.Equal(GroupError.IllegalGeneration, g.Beat("a", stale));
        Assert.Equal(GroupError.IllegalGeneration, g.Error(g.Commit("a", stale, 5)));
        Assert.Equal(GroupError.IllegalGeneration, g.Error(g.Sync("a", stale)));
        Assert.Equal(GroupError.UnknownMemberId, g.Error(g.Commit("x", stale + 1, 5)));
        Assert.Equal(GroupError.UnknownMemberId, g.Error(g.Commit("", -1, 5)));
        Assert.Same(before, g.State);
        Assert.Empty(g.UnderWay);
    }

    [Fact, Trait("Rule", "GROUP-COMMIT-1")]
    public void Anybody_commits_to_a_group_without_members_and_nobody_while_a_generation_forms()
    {
        var g = SmallGroup.Active();
        Assert.Equal(GroupError.IllegalGeneration, g.Error(g.Commit("a", 1, 5)));
        g.Commit("", -1, 5);
        g.Commit();
        Assert.Equal(5, g.Fetch()!.Offset);
        g.Join("a");
        Assert.Equal(GroupError.RebalanceInProgress, g.Error(g.Commit("a", g.Group.Generation, 6)));
    }

    [Fact, Trait("Rule", "GROUP-APPEND-1")]
    public void A_group_begins_when_its_first_commit_is_committed()
    {
        var g = SmallGroup.Active();
        var commit = g.Commit("", -1, 5);
        Assert.Empty(Assert.IsType<ListAnswer>(g.Answers[g.List()]).Groups);
        g.Take(new AppendFailed(g.UnderWay.Dequeue().Number, GroupError.NotAvailable, g.Now));
        Assert.Equal(GroupError.NotAvailable, g.Error(commit));
        Assert.Empty(g.State.Groups);
        g.Commit("", -1, 6);
        g.Commit();
        Assert.Equal(6, g.Fetch()!.Offset);
    }

    [Fact, Trait("Rule", "GROUP-EXPIRE-1")]
    public void Offsets_expire_only_without_members()
    {
        var g = SmallGroup.Stable("a");
        g.Commit("a", g.Group.Generation, 5);
        g.Commit();
        g.Now += GroupDays(8);
        g.Take(new ExpiryDue(g.Now));
        Assert.Empty(g.UnderWay);
        g.Leave(("a", null));
        g.Commit();
        g.Take(new ExpiryDue(g.Now + GroupDays(7) - 1));
        Assert.Empty(g.UnderWay);
        g.Take(new ExpiryDue(g.Now + GroupDays(7)));
        Assert.Equal(5, g.Fetch()!.Offset);
        g.Commit();
        Assert.Empty(g.State.Groups);
        Assert.Equal([new OffsetRecord("g", SmallGroup.T0, null), new GenerationRecord("g", null)], g.Log[^2..]);
    }

    [Fact, Trait("Rule", "GROUP-DELETE-1")]
    public void Only_a_group_without_members_is_deleted()
    {
        var g = SmallGroup.Active();
        Assert.Equal(GroupError.GroupIdNotFound, g.Error(g.Delete()));
        g.Join("a");
        Assert.Equal(GroupError.NonEmptyGroup, g.Error(g.Delete()));
        g.Leave(("a", null));
        g.Commit();
        var commit = g.Commit("", -1, 5);
        var delete = g.Delete();
        Assert.Equal(GroupError.LoadInProgress, g.Error(g.Join("b")));
        g.Commit();
        Assert.Equal((GroupError.None, GroupError.None), (g.Error(commit), g.Error(delete)));
        Assert.Empty(g.State.Groups);
        g.Take(new Resigned(2));
        g.Lead(3);
        Assert.Empty(g.State.Groups);
    }

    [Fact, Trait("Rule", "GROUP-DESCRIBE-1")]
    public void Groups_are_listed_and_described()
    {
        var g = SmallGroup.Active();
        Assert.Null(Assert.IsType<DescribeAnswer>(g.Answers[g.Describe()]).Group);
        g.Join("a");
        Assert.Equal(GroupPhase.CompletingRebalance, Assert.IsType<DescribeAnswer>(g.Answers[g.Describe()]).Group!.Phase);
        Assert.Equal([("g", "consumer")], Assert.IsType<ListAnswer>(g.Answers[g.List()]).Groups.ToArray());
    }

    private static long GroupDays(int days) => days * 24L * 3600 * 1000;
}
