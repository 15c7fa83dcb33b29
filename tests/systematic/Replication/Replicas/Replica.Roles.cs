using Reference.Replication;
using Reference.Replication.Replicas;
using static Reference.Systematic.Replication.Replicas.Given;

namespace Reference.Systematic.Replication.Replicas;

public class ReplicaRolesTests
{
    [Fact, Trait("Rule", "REPL-ROLE-1")]
    public void A_state_of_the_same_epoch_is_taken_only_if_newer()
    {
        var leader = Leader().After(Fetch(2, 5));
        Assert.NotNull(leader.Take(new StateTold(State(1, 3, [new(1)], version: 7), All, 2000)).Ignored);
        var smaller = leader.Take(new StateTold(State(1, 3, [new(1), new(2)], version: 8), All, 2000));
        Assert.Equal([new(1), new(2)], smaller.State.Partition!.Isr);
        Assert.Equal(5, smaller.State.HighWatermark);
        Assert.NotNull(leader.Take(new StateTold(State(2, 3, All, version: 8), All, 2000)).Ignored);
    }

    [Fact, Trait("Rule", "REPL-ROLE-2")]
    public void An_order_of_an_earlier_epoch_is_refused()
    {
        Assert.Equal(ReplicaError.StaleControllerEpoch, Refused(Leader(), new StateTold(State(2, 2, All), All, 2000)));
        Assert.Equal(ReplicaError.StaleControllerEpoch, Refused(Back(Log(5, At(4, 0))), new StateTold(State(2, 3, All), All, 2000)));
        Assert.Equal(ReplicaError.FencedLeaderEpoch, Refused(Leader(), new StopTold(new(2), Delete: true)));
    }

    [Fact, Trait("Rule", "REPL-ROLE-4")]
    public void Told_to_delete_it_forgets_everything()
    {
        var step = Leader().Take(new StopTold(new(3), Delete: true));
        Assert.Equal([new StopFetching(), new DeleteLog()], step.Effects.ToArray());
        Assert.Equal(ReplicaLog.Empty, step.State.Log);
        Assert.Equal(ReplicaPhase.Leading, step.State.After(new StateTold(State(1, 0, All), All, 1)).Phase);

        var stopped = Leader().After(new StopTold(new(3), Delete: false));
        Assert.Equal((ReplicaPhase.Offline, 5L), (stopped.Phase, stopped.Log.End));
        Assert.Contains(Leader().Take(new StopTold(LeaderEpoch.None, Delete: true)).Effects, e => e is DeleteLog);
    }

    [Fact, Trait("Rule", "REPL-LEAD-1")]
    public void A_new_leader_enters_its_epoch_at_once()
    {
        var step = Back(Log(5, At(1, 0))).Take(new StateTold(State(1, 3, All), All, 1000));
        Assert.Equal([new StopFetching(), new WriteEpoch(new(3), 5), new SetAlarm(ReplicaAlarm.LagCheck), new SetAlarm(ReplicaAlarm.Checkpoint)], step.Effects.ToArray());
        Assert.Equal(new EpochEnd(new(1), 5), Rules.EpochEndOffset(step.State, new(3), new(2)).End);
        Assert.All(step.State.Lead!.Followers, f => Assert.Equal(-1, f.EndOffset));
    }

    [Fact, Trait("Rule", "REPL-LEAD-2")]
    public void Who_came_back_without_a_mark_must_leave_the_isr_before_it_leads()
    {
        var back = Back(Log(5, At(1, 0)), cleanly: false);
        Assert.Equal(ReplicaError.StorageError, Refused(back, new StateTold(State(1, 3, All), All, 1000)));
        Assert.Equal(ReplicaError.StorageError, Refused(back, new StateTold(State(1, 3, [new(1)], [new(2)]), All, 1000)));
        Assert.Equal(ReplicaError.StorageError, Refused(back, new StateTold(State(1, 1, [new(1)]), All, 1000)));

        Assert.Equal(ReplicaPhase.Leading, back.After(new StateTold(State(1, 3, [new(1)]), All, 1000)).Phase);      // nobody else is left
        var rejoined = back.After(new StateTold(State(2, 3, [new(2)]), All, 1000));
        Assert.Equal(ReplicaPhase.Leading, rejoined.After(new StateTold(State(1, 4, All), All, 1000)).Phase);
        var bounced = back.After(new StateTold(State(2, 3, All), All, 1000));
        Assert.Equal(ReplicaError.StorageError, Refused(bounced, new StateTold(State(1, 4, All), All, 1000)));
    }

    [Fact, Trait("Rule", "REPL-LEAD-2")]
    public void It_remembers_an_epoch_of_which_it_kept_no_record()
    {
        var back = Back(Log(4, At(1, 0), At(3, 5)), cleanly: false);
        Assert.Equal(new(1), back.Log.Epochs.Last);
        Assert.Equal(ReplicaError.StorageError, Refused(back, new StateTold(State(1, 3, [new(1)]), All, 1000)));
    }

    [Fact, Trait("Rule", "REPL-LEAD-3")]
    public void A_leader_that_comes_back_into_its_epoch_reads_the_state_first()
    {
        var step = Back(Log(5, At(3, 0))).Take(new StateTold(State(1, 3, [new(1), new(2)]), All, 1000));
        Assert.Equal(new ReadState(new(3)), step.Effects[^1]);
        Assert.Equal(0, step.State.After(Fetch(2, 5)).HighWatermark);

        var larger = step.State.After(Fetch(2, 5), new StateRead(new(3), State(1, 3, All, version: 8)));
        Assert.Equal((0L, All), (larger.HighWatermark, larger.Partition!.Isr));
        Assert.Equal(5, step.State.After(Fetch(2, 5), new StateRead(new(3), State(1, 3, [new(1), new(2)]))).HighWatermark);
    }

    [Fact, Trait("Rule", "REPL-ROLE-3")]
    public void Without_a_leader_it_waits()
    {
        var step = Follower().Take(new StateTold(State(-1, 4, All), All, 2000));
        Assert.Equal([new StopFetching()], step.Effects.ToArray());
        Assert.NotNull(step.State.Take(new AlarmRang(ReplicaAlarm.Retry, 2000)).Ignored);
    }

    [Fact, Trait("Rule", "REPL-ACK-5")]
    public void A_leader_that_steps_down_answers_who_waits()
    {
        var step = Leader().After(new ProduceReceived(9, 1, Acks.All)).Take(new StateTold(State(2, 4, All), All, 2000));
        Assert.Equal([new AnswerProduce(9, ReplicaError.NotLeader, -1), new SetAlarm(ReplicaAlarm.Checkpoint), new AskEpochEnd(new(2), new(4), new(3))], step.Effects.ToArray());

        // who is elected again goes on with them
        var again = Leader().After(new ProduceReceived(9, 1, Acks.All), new StateTold(State(1, 4, All), All, 2000), Fetch(2, 6, epoch: 4));
        Assert.Contains(new AnswerProduce(9, ReplicaError.None, 5), again.Take(Fetch(3, 6, epoch: 4)).Effects);
    }

    private static ReplicaError Refused(ReplicaState s, ReplicaInput order) => Assert.Single(s.Take(order).Effects.OfType<RefuseOrder>()).Error;
}
