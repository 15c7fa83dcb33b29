using Reference.Zab;

namespace Reference.Systematic.Zab;

/// <summary>Whole runs of three servers, every invariant checked after every step.</summary>
public class PeerTests
{
    private static Zxid Z(int epoch, uint counter) => Zxid.Of(epoch, counter);

    [Fact, Trait("Rule", "ZAB-SYNC-11")]
    public void Three_servers_elect_the_highest_id_and_commit_in_order()
    {
        var run = new SmallEnsemble().Start(1, 2, 3).Run();
        Assert.Equal(3, run.Leader);
        foreach (var text in new[] { "a", "b", "c" }) run.Propose(3, text);
        run.Run();

        for (var id = 1; id <= 3; id++) Assert.Equal([Z(1, 1), Z(1, 2), Z(1, 3)], run.Applied(id));
        Assert.All(Enumerable.Range(1, 3), id => Assert.Contains(new Activate(1, new(3)), run.Effects(id)));
    }

    [Fact, Trait("Rule", "ZAB-QUORUM-1")]
    public void One_server_alone_is_its_own_quorum()
    {
        var run = new SmallEnsemble(1).Start(1).Run();
        run.Propose(1, "a");
        run.Run();
        Assert.Equal([Z(1, 1)], run.Applied(1));
    }

    [Fact, Trait("Rule", "ZAB-ELECT-6")]
    public void A_latecomer_joins_the_established_leader()
    {
        var run = new SmallEnsemble().Start(1, 2).Run();
        Assert.Equal(2, run.Leader);
        run.Start(3).Run();
        run.Ring(3, Alarm.ElectionResend);
        run.Run();
        Assert.Equal(2, run.Leader);
        Assert.Equal(Phase.Broadcast, run[3].Phase);
    }

    [Fact, Trait("Rule", "ZAB-BEAT-1")]
    public void When_the_leader_dies_the_others_go_on_with_all_that_was_committed()
    {
        var run = new SmallEnsemble().Start(1, 2, 3).Run();
        run.Propose(3, "a");
        run.Run().Kill(3);
        run.Run();
        Assert.Equal(2, run.Leader);
        run.Propose(2, "b");
        run.Run();
        Assert.Equal([Z(1, 1), Z(2, 1)], run.Applied(1));
    }

    [Fact, Trait("Rule", "ZAB-SYNC-4")]
    public void A_latecomer_that_lacks_the_end_is_brought_up_by_DIFF()
    {
        var run = new SmallEnsemble().Start(1, 2, 3).Run();
        run.Propose(3, "a");
        run.Run().Kill(1);
        run.Propose(3, "b");
        run.Run().Start(1).Run();
        run.Ring(1, Alarm.ElectionResend);
        run.Run();
        Assert.Contains((3, 1, new Diff(Z(1, 1))), run.Sent);
        Assert.Equal([Z(1, 1), Z(1, 2)], run.Applied(1));
    }

    [Fact, Trait("Rule", "ZAB-SYNC-5")]
    public void A_deposed_leader_forgets_by_TRUNC_what_only_it_had()
    {
        var run = new SmallEnsemble().Start(1, 2, 3).Run();
        run.Propose(3, "a");
        run.Run();
        run.Cut(1, 3);
        run.Cut(2, 3);
        run.Propose(3, "lost");
        run.Ring(3, Alarm.QuorumCheck);     // those it heard before the cut are forgiven once
        run.Ring(3, Alarm.QuorumCheck);
        run.Run();
        Assert.Equal(2, run.Leader);
        run.Propose(2, "b");
        run.Run();
        run.Join(1, 3);
        run.Join(2, 3);
        run.Run();
        run.Ring(3, Alarm.ElectionResend);
        run.Run();
        Assert.Contains((2, 3, new Trunc(Z(1, 1))), run.Sent);
        Assert.Equal([Z(1, 1), Z(2, 1)], run.Applied(3));
        Assert.Equal(run[2].Durable, run[3].Durable);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-6")]
    public void A_latecomer_from_before_the_leaders_snapshot_is_brought_up_by_SNAP()
    {
        var run = new SmallEnsemble().Start(1, 2, 3).Run();
        run.Kill(1);
        run.Propose(3, "a");
        run.Propose(3, "b");
        run.Run().Snapshot(3);
        run.Propose(3, "c");
        run.Run().Start(1).Run();
        run.Ring(1, Alarm.ElectionResend);
        run.Run();
        Assert.Contains(run.Sent, m => m is (3, 1, Snap { Zxid: var zxid }) && zxid == Z(1, 3));
        Assert.Equal([Z(1, 1), Z(1, 2), Z(1, 3)], run.Applied(1));

        run.Kill(1);
        run.Start(1).Run();
        Assert.Equal(Z(1, 3), run[1].Durable.History.Base);
    }

    [Fact, Trait("Rule", "ZAB-SYNC-3")]
    public void What_is_proposed_while_a_follower_synchronises_reaches_it_on_the_same_link()
    {
        var run = new SmallEnsemble().Start(2, 3).Run();
        run.Start(1);
        run.Hold(1);
        run.Run();
        run.Ring(1, Alarm.ElectionResend);
        run.Run();
        run.Hold(1, false);
        run.Run();
        run.Propose(3, "a");
        run.Run();
        Assert.Equal([Z(1, 1)], run.Applied(1));
    }

    [Fact, Trait("Rule", "ZAB-BCAST-2")]
    public void A_leader_whose_numbers_are_used_up_begins_a_new_epoch()
    {
        var run = new SmallEnsemble(lastCounter: 2).Start(1, 2, 3).Run();
        for (var i = 0; i < 3; i++) run.Propose(3, "x");
        run.Run();
        run.Propose(run.Leader, "y");
        run.Run();
        Assert.Equal(2, run[run.Leader].Epoch);
        Assert.Equal([Z(1, 1), Z(1, 2), Z(2, 1)], run.Applied(1));
    }

    [Fact, Trait("Rule", "ZAB-DISK-3")]
    public void All_come_back_with_what_was_committed_after_all_were_killed()
    {
        var run = new SmallEnsemble().Start(1, 2, 3).Run();
        run.Propose(3, "a");
        run.Run();
        for (var id = 1; id <= 3; id++) run.Kill(id);
        run.Start(1, 2, 3).Run();
        Assert.Equal([Z(1, 1)], run.Applied(2));
        Assert.Equal(2, run[run.Leader].Epoch);
    }
}
