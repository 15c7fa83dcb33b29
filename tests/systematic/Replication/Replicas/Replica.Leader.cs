using Reference.Replication;
using Reference.Replication.Replicas;
using static Reference.Systematic.Replication.Replicas.Given;

namespace Reference.Systematic.Replication.Replicas;

public class ReplicaLeaderTests
{
    [Fact, Trait("Rule", "REPL-PRODUCE-1")]
    public void A_leader_appends_at_its_end_under_its_epoch()
    {
        var step = Leader().Take(new ProduceReceived(9, 2, Acks.All));
        Assert.Equal(new Append(9, new(new(3), 5, 6)), Assert.Single(step.Effects));
        Assert.Equal(7, step.State.Log.End);
        Assert.Equal(new AnswerProduce(9, ReplicaError.NotLeader, -1), Assert.Single(Follower().Take(new ProduceReceived(9, 2, Acks.All)).Effects));
    }

    [Fact, Trait("Rule", "REPL-PRODUCE-1")]
    public void Acks_of_the_leader_are_answered_behind_the_append_and_none_not_at_all()
    {
        Assert.Equal([new Append(9, new(new(3), 5, 5)), new AnswerProduce(9, ReplicaError.None, 5)], Leader().Take(new ProduceReceived(9, 1, Acks.Leader)).Effects.ToArray());
        Assert.Equal([new Append(9, new(new(3), 5, 5))], Leader().Take(new ProduceReceived(9, 1, Acks.None)).Effects.ToArray());
        Assert.Empty(Follower().Take(new ProduceReceived(9, 1, Acks.None)).Effects);
    }

    [Fact, Trait("Rule", "REPL-ACK-1")]
    public void Below_min_insync_replicas_acks_all_is_refused()
    {
        var step = Leader([new(1)]).Take(new ProduceReceived(9, 1, Acks.All));
        Assert.Equal(new AnswerProduce(9, ReplicaError.NotEnoughReplicas, -1), Assert.Single(step.Effects));
        Assert.Equal(5, step.State.Log.End);
        Assert.Equal(6, Leader([new(1)]).After(new ProduceReceived(9, 1, Acks.Leader)).Log.End);
    }

    [Fact, Trait("Rule", "REPL-ACK-2")]
    public void Nothing_is_committed_below_min_insync_replicas()
    {
        Assert.Equal(2, Leader([new(1)], highWatermark: 2).HighWatermark);
        Assert.Equal(5, Leader([new(1)], highWatermark: 2, settings: new(1)).HighWatermark);
        Assert.Equal(5, Leader([new(1)], highWatermark: 2).After(new SettingsChanged(new(1))).HighWatermark);
    }

    [Fact, Trait("Rule", "REPL-ACK-2")]
    public void Nothing_is_committed_while_someone_outside_the_isr_is_eligible()
    {
        var leader = Leader([new(1), new(2)], [new(3)]);
        var fetched = leader.Take(Fetch(2, 5));
        Assert.Equal(0, fetched.State.HighWatermark);
        Assert.Equal(5, fetched.State.After(new IsrWritten(new(3), 8)).HighWatermark);
    }

    [Fact, Trait("Rule", "REPL-ACK-3")]
    public void With_acks_all_the_answer_waits_for_the_high_watermark()
    {
        var waits = Leader().After(new ProduceReceived(9, 1, Acks.All), Fetch(2, 6));
        Assert.Equal(0, waits.HighWatermark);
        var step = waits.Take(Fetch(3, 6));
        Assert.Equal([new HighWatermarkAdvanced(6), new AnswerProduce(9, ReplicaError.None, 5), new AnswerFetch(new(3), new(3), ReplicaError.None, 6, 6, 6, 0)], step.Effects.ToArray());
        Assert.Empty(step.State.Lead!.ForCommit);
    }

    [Fact, Trait("Rule", "REPL-ACK-3")]
    public void When_the_isr_falls_below_the_minimum_waiting_producers_are_told()
    {
        var shrinking = Leader([new(1), new(2)]).After(new ProduceReceived(9, 1, Acks.All), new AlarmRang(ReplicaAlarm.LagCheck, 2000));
        var step = shrinking.Take(new IsrWritten(new(3), 8));
        Assert.Equal([new AnswerProduce(9, ReplicaError.NotEnoughReplicasAfterAppend, -1)], step.Effects.ToArray());
        Assert.Equal(6, step.State.Log.End);
    }

    [Fact, Trait("Rule", "REPL-ACK-4")]
    public void What_must_be_flushed_is_acknowledged_when_it_is()
    {
        var flushed = new ReplicaSettings(1, AcknowledgementPoint.Flushed);
        var step = Leader([new(1)], settings: flushed).Take(new ProduceReceived(9, 1, Acks.Leader));
        Assert.Equal([new Append(9, new(new(3), 5, 5)), new Flush(6)], step.Effects.ToArray());
        Assert.Equal(5, step.State.HighWatermark);
        Assert.Equal([new HighWatermarkAdvanced(6), new AnswerProduce(9, ReplicaError.None, 5)], step.State.Take(new Flushed(6)).Effects.ToArray());

        var follower = Follower(flushed).Take(Fetched(5, 0, new Batch(new(3), 5, 5)));
        Assert.Equal([new WriteEpoch(new(3), 5), new AppendFetched(5, 6), new Flush(6)], follower.Effects.ToArray());
        Assert.Equal([new Fetch(new(2), new(3), 6)], follower.State.Take(new Flushed(6)).Effects.ToArray());
    }

    [Fact, Trait("Rule", "REPL-ACK-5")]
    public void An_expired_request_is_answered_once()
    {
        var step = Leader().After(new ProduceReceived(9, 1, Acks.All)).Take(new ProduceExpired(9));
        Assert.Equal([new AnswerProduce(9, ReplicaError.RequestTimedOut, -1)], step.Effects.ToArray());
        Assert.Empty(step.State.Take(new ProduceExpired(9)).Effects);
        Assert.DoesNotContain(step.State.After(Fetch(2, 6)).Take(Fetch(3, 6)).Effects, e => e is AnswerProduce);
    }

    [Fact, Trait("Rule", "REPL-FETCH-1")]
    public void A_fetch_tells_what_the_follower_has()
    {
        var leader = Leader().After(Fetch(2, 4));
        Assert.Equal(4, leader.Lead!.Followers[0].EndOffset);
        Assert.Equal(ReplicaError.OffsetOutOfRange, Answer(leader, Fetch(2, 6)));
        Assert.Equal(4, leader.After(Fetch(2, 6)).Lead!.Followers[0].EndOffset);
        Assert.Equal(ReplicaError.UnknownTopicOrPartition, Answer(leader, Fetch(8, 4)));
        Assert.Equal(2, leader.After(Fetch(2, 2, life: 5)).Lead!.Followers[0].EndOffset);
        Assert.Equal(2, leader.After(Fetch(2, 2, life: 5), Fetch(2, 5, life: 4)).Lead!.Followers[0].EndOffset);
    }

    [Fact, Trait("Rule", "REPL-FENCE-1")]
    public void A_fetch_of_another_epoch_counts_for_nothing()
    {
        Assert.Equal(ReplicaError.FencedLeaderEpoch, Answer(Leader(), Fetch(2, 5, epoch: 2)));
        Assert.Equal(ReplicaError.UnknownLeaderEpoch, Answer(Leader(), Fetch(2, 5, epoch: 4)));
        Assert.Equal(ReplicaError.FencedLeaderEpoch, Answer(Leader(), Fetch(2, 5, epoch: -1)));
        Assert.Equal(0, Leader().After(Fetch(3, 5), Fetch(2, 5, epoch: 2)).HighWatermark);
        Assert.Equal(5, Leader().After(Fetch(3, 5), Fetch(2, 5)).HighWatermark);
    }

    [Fact, Trait("Rule", "REPL-HW-2")]
    public void The_high_watermark_never_goes_back()
    {
        var leader = Leader().After(Fetch(2, 5), Fetch(3, 5));
        Assert.Equal(5, leader.HighWatermark);
        Assert.Equal(5, leader.After(Fetch(2, 1, life: 2)).HighWatermark);
        Assert.Equal(5, leader.After(new StateTold(State(1, 4, All, version: 8), All, 2000)).HighWatermark);
    }

    [Fact, Trait("Rule", "REPL-HW-3")]
    public void Until_the_store_answers_both_isrs_count()
    {
        // shrinking: 3 counts until it is out
        var shrinking = Leader().After(new ProduceReceived(9, 1, Acks.Leader), Fetch(2, 6, nowMs: 1990), Fetch(3, 4), new AlarmRang(ReplicaAlarm.LagCheck, 2000));
        Assert.Equal([new(1), new(2)], shrinking.Lead!.Change!.Isr);
        Assert.Equal(4, shrinking.HighWatermark);
        Assert.Equal(6, shrinking.After(new IsrWritten(new(3), 8)).HighWatermark);

        // expanding: 3 counts as soon as it may be in
        var expanding = Leader([new(1), new(2)]).After(Fetch(2, 5), Fetch(3, 5), new ProduceReceived(9, 1, Acks.Leader), Fetch(2, 6));
        Assert.Equal(All, expanding.Lead!.Change!.Isr);
        Assert.Equal(5, expanding.HighWatermark);
    }

    private static ReplicaError Answer(ReplicaState s, FetchReceived fetch) => Assert.Single(s.Take(fetch).Effects.OfType<AnswerFetch>()).Error;
}
