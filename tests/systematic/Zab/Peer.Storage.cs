using Reference.Zab;
using static Reference.Systematic.Zab.Given;

namespace Reference.Systematic.Zab;

public class PeerStorageTests
{
    [Fact, Trait("Rule", "ZAB-DISK-1")]
    public void What_depends_on_a_write_leaves_when_that_write_is_done()
    {
        var issued = Server(1).After(Asking(Server(1)), Three.Says(new NewEpoch(9))).State;
        Assert.Equal((9, 0), (issued.Durable.AcceptedEpoch, issued.SyncedAcceptedEpoch));
        var done = Server(1).After(issued, new Persisted(1));
        Assert.Equal(9, done.State.SyncedAcceptedEpoch);
        Assert.True(done.State.Outstanding.Writes.IsEmpty);
    }

    [Fact, Trait("Rule", "ZAB-DISK-2")]
    public void A_write_of_an_ended_term_is_kept_and_answered_to_nobody()
    {
        var left = Server(1).After(Serving(Server(1)), Three.Says(new Propose(Z(9, 1), Text)), new Disconnected(Three), new Connected(Three)).State;
        Assert.Equal(Z(9, 1), left.LastZxid);
        var step = Server(1).After(left, new Persisted(1));
        Assert.Empty(step.Effects);
        Assert.True(step.State.Outstanding.Writes.IsEmpty);
    }

    [Fact, Trait("Rule", "ZAB-DISK-2")]
    public void An_epoch_entered_for_an_ended_term_is_no_acknowledgement_in_the_next_of_the_same_epoch()
    {
        var entering = Server(1).After(Awaiting(Server(1)), Three.Says(new Diff(Zxid.Zero)), Three.Says(new NewLeader(9, Zxid.Zero))).State;
        var again = Server(1).After(
            entering, new Disconnected(Three), new Connected(Three), Two.Votes(Three, 2, epoch: 9), Three.Votes(Three, 2, epoch: 9), Three.Says(new NewEpoch(9)),
            Three.Says(new Diff(Zxid.Zero)), Three.Says(new Propose(Z(9, 1), Text)), Three.Says(new NewLeader(9, Z(9, 1)))).State;
        var half = Server(1).After(again, new Persisted(1));
        Assert.Empty(half.Effects);
        Assert.Equal<Effect>([new Send(Three, new AckNewLeader(9, Z(9, 1)))], Server(1).After(half.State, new Persisted(2)).Effects);
    }

    [Fact, Trait("Rule", "ZAB-DISK-3")]
    public void A_recovered_server_knows_its_snapshot_as_delivered()
    {
        var recovered = Peer.Recover(new(3, 2, new(Z(2, 5), [new(Z(2, 6), Text)])));
        Assert.Equal((Z(2, 5), Z(2, 6), 2), (recovered.Delivered, recovered.LastZxid, recovered.SyncedCurrentEpoch));
    }

    [Fact, Trait("Rule", "ZAB-DISK-3")]
    public void A_log_entry_that_the_snapshot_covers_is_void()
    {
        var disk = new Durable(1, 1, new(Z(1, 1), []));
        Assert.Equal(disk, disk.After(new Append(Z(1, 1), Text)));
    }

    [Fact, Trait("Rule", "ZAB-DISK-4")]
    public void A_snapshot_is_of_what_was_delivered()
    {
        var proposed = Server(1).After(Serving(Server(1)), Three.Says(new Propose(Z(9, 1), Text)), Three.Says(new Propose(Z(9, 2), Text)), Three.Says(new Commit(Z(9, 1)))).State;
        Assert.Equal<Effect>([new TakeSnapshot(Z(9, 1))], Server(1).After(proposed, new SnapshotWanted()).Effects);
    }

    [Theory, Trait("Rule", "ZAB-DISK-5")]
    [InlineData(0, 2u)]
    [InlineData(1, 1u)]
    [InlineData(9, 0u)]
    public void Behind_a_snapshot_the_history_begins_but_for_what_is_retained(int retained, uint counter)
    {
        var delivered = Server(1).After(Serving(Server(1)), Three.Says(new Propose(Z(9, 1), Text)), Three.Says(new Propose(Z(9, 2), Text)), Three.Says(new Propose(Z(9, 3), Text)), Three.Says(new Commit(Z(9, 2)))).State;
        var step = Server(1, retained: retained).After(delivered, new SnapshotTaken(Z(9, 2)));
        Assert.Equal(counter == 0 ? Zxid.Zero : Z(9, counter), step.State.Durable.History.Base);
        Assert.Equal(Z(9, 3), step.State.LastZxid);
    }
}
