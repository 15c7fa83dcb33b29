using Reference.Replication;
using Reference.Replication.Replicas;
using static Reference.Systematic.Replication.Replicas.Given;

namespace Reference.Systematic.Replication.Replicas;

public class ReplicaIsrTests
{
    [Fact, Trait("Rule", "REPL-ISR-1")]
    public void A_follower_that_caught_up_joins()
    {
        var step = Leader([new(1), new(2)]).After(Fetch(2, 5)).Take(Fetch(3, 5, life: 44));
        Assert.Equal(new WriteIsr(new(3), All, [], 1, 7, new(3), new(44)), step.Effects[^1]);
        Assert.Equal([new(1), new(2)], step.State.Partition!.Isr);
        var written = step.State.After(new IsrWritten(new(3), 8)).Partition!;
        Assert.Equal((All, 8), (written.Isr, written.Version));
    }

    [Fact, Trait("Rule", "REPL-ISR-1")]
    public void One_change_at_a_time()
    {
        var writing = Leader([new(1)], settings: new(1)).After(Fetch(2, 5));
        Assert.NotNull(writing.Lead!.Change);
        Assert.DoesNotContain(writing.Take(Fetch(3, 5)).Effects, e => e is WriteIsr);
        Assert.Contains(writing.After(new IsrWritten(new(3), 8)).Take(Fetch(3, 5)).Effects, e => e is WriteIsr);
    }

    [Fact, Trait("Rule", "REPL-ISR-1")]
    public void An_unknown_life_does_not_join() =>
        Assert.DoesNotContain(Leader([new(1), new(2)]).Take(Fetch(3, 5, life: -1)).Effects, e => e is WriteIsr);

    [Fact, Trait("Rule", "REPL-ISR-2")]
    public void A_follower_short_of_the_epochs_start_does_not_join()
    {
        // the high watermark of this new leader lags at 2; records up to 5 may be committed
        var leader = Leader([new(1)], highWatermark: 2);
        Assert.DoesNotContain(leader.Take(Fetch(2, 4)).Effects, e => e is WriteIsr);
        Assert.Contains(leader.Take(Fetch(2, 5)).Effects, e => e is WriteIsr);
    }

    [Fact, Trait("Rule", "REPL-ISR-3")]
    public void A_follower_that_lags_too_long_leaves()
    {
        var leader = Leader().After(Fetch(2, 5));
        Assert.DoesNotContain(leader.Take(new AlarmRang(ReplicaAlarm.LagCheck, 1050)).Effects, e => e is WriteIsr);
        var step = leader.Take(new AlarmRang(ReplicaAlarm.LagCheck, 1051));
        Assert.Equal([new WriteIsr(new(3), [new(1), new(2)], [], 1, 7, BrokerId.None, BrokerEpoch.Unknown), new SetAlarm(ReplicaAlarm.LagCheck)], step.Effects.ToArray());
    }

    [Fact, Trait("Rule", "REPL-ISR-4")]
    public void Under_constant_load_a_follower_counts_as_caught_up()
    {
        // each fetch has what the leader had at the one before, and never what it has now
        var leader = Leader([new(1), new(2)]).After(Fetch(2, 5));
        for (var n = 0; n < 20; n++) leader = leader.After(new ProduceReceived(n, 1, Acks.Leader), Fetch(2, 5 + n, nowMs: 1000 + (40 * n)));
        Assert.DoesNotContain(leader.Take(new AlarmRang(ReplicaAlarm.LagCheck, 1000 + (40 * 19))).Effects, e => e is WriteIsr);

        var stuck = leader.After(new ProduceReceived(77, 1, Acks.Leader), Fetch(2, 20, nowMs: 1900), Fetch(2, 20, nowMs: 1950));
        Assert.Contains(stuck.Take(new AlarmRang(ReplicaAlarm.LagCheck, 2000)).Effects, e => e is WriteIsr);
    }

    [Fact, Trait("Rule", "REPL-ISR-5")]
    public void An_isr_write_names_the_version_it_knows()
    {
        var leader = Leader().After(new AlarmRang(ReplicaAlarm.LagCheck, 2000), new IsrWritten(new(3), 12));
        var join = leader.Take(Fetch(2, 5)).Effects.OfType<WriteIsr>().Single();
        Assert.Equal(12, join.ExpectedVersion);
        Assert.NotNull(leader.Take(new IsrWritten(new(2), 13)).Ignored);
    }

    [Fact, Trait("Rule", "REPL-ISR-6")]
    public void Who_is_left_behind_below_the_minimum_stays_eligible()
    {
        var alone = Leader([new(1), new(2)]).Take(new AlarmRang(ReplicaAlarm.LagCheck, 2000));
        Assert.Equal([new(2)], alone.Effects.OfType<WriteIsr>().Single().Elr);
        Assert.Empty(Leader().After(Fetch(2, 5)).Take(new AlarmRang(ReplicaAlarm.LagCheck, 1051)).Effects.OfType<WriteIsr>().Single().Elr);

        // who joins makes the ISR large enough: the others are written off in the same write
        var joined = alone.State.After(new IsrWritten(new(3), 8)).Take(Fetch(3, 5)).Effects.OfType<WriteIsr>().Single();
        Assert.Equal(([new(1), new(3)], []), (joined.Isr, joined.Elr));
    }

    [Fact, Trait("Rule", "REPL-ISR-6")]
    public void A_lower_minimum_writes_off_who_was_eligible_before_anything_is_committed()
    {
        var step = Leader([new(1)], [new(2)], highWatermark: 2).Take(new SettingsChanged(new(1)));
        Assert.Equal(([new(1)], []), (step.Effects.OfType<WriteIsr>().Single().Isr, step.Effects.OfType<WriteIsr>().Single().Elr));
        Assert.Equal(2, step.State.HighWatermark);
        Assert.Equal(5, step.State.After(new IsrWritten(new(3), 8)).HighWatermark);
    }

    [Fact, Trait("Rule", "REPL-ISR-7")]
    public void A_failed_write_is_followed_by_a_look()
    {
        var failed = Leader([new(1), new(2)]).After(Fetch(2, 5), Fetch(3, 5)).Take(new IsrWriteFailed(new(3)));
        Assert.Equal([new ReadState(new(3))], failed.Effects.ToArray());
        var waits = failed.State.After(new ProduceReceived(9, 1, Acks.Leader), Fetch(2, 6));
        Assert.Equal(5, waits.HighWatermark);

        Assert.Equal(6, waits.After(new StateRead(new(3), State(1, 3, [new(1), new(2)]))).HighWatermark);                // it wasn't taken
        Assert.Equal(5, waits.After(new StateRead(new(3), State(1, 3, All, version: 8))).HighWatermark);                 // it was
        var deposed = waits.After(new StateRead(new(3), State(2, 4, [new(2)], version: 9)));
        Assert.Equal(5, deposed.HighWatermark);
        Assert.DoesNotContain(deposed.Take(new AlarmRang(ReplicaAlarm.LagCheck, 9000)).Effects, e => e is WriteIsr);
    }
}
