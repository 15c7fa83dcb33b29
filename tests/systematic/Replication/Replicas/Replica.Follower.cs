using Reference.Replication;
using Reference.Replication.Replicas;
using static Reference.Systematic.Replication.Replicas.Given;

namespace Reference.Systematic.Replication.Replicas;

public class ReplicaFollowerTests
{
    [Fact, Trait("Rule", "REPL-TRUNC-1"), Trait("Rule", "REPL-ROLE-3")]
    public void A_follower_first_asks_where_its_last_epoch_ends()
    {
        var step = Back(Log(5, At(1, 0))).Take(new StateTold(State(2, 3, All), All, 1000));
        Assert.Equal([new SetAlarm(ReplicaAlarm.Checkpoint), new AskEpochEnd(new(2), new(3), new(1))], step.Effects.ToArray());
        Assert.Equal(5, step.State.Log.End);
        Assert.Contains(new Fetch(new(2), new(3), 0), Back(ReplicaLog.Empty).Take(new StateTold(State(2, 3, All), All, 1000)).Effects);
    }

    [Fact, Trait("Rule", "REPL-TRUNC-2")]
    public void It_cuts_where_the_epoch_ends_in_either_log()
    {
        Assert.Equal([new Truncate(3), new Fetch(new(2), new(3), 3)], Truncating().Take(End(1, 1, 3)).Effects.ToArray());
        Assert.Equal([new Fetch(new(2), new(3), 5)], Truncating().Take(End(1, 1, 8)).Effects.ToArray());
    }

    [Fact, Trait("Rule", "REPL-TRUNC-2")]
    public void It_asks_again_until_the_epochs_agree()
    {
        // mine 1@0 3@5, the leader's 1@0 2@4: what I have of 3 goes, and of 1 what the leader has of 2
        var follower = Truncating(log: Log(8, At(0, 0), At(1, 2), At(3, 5)));
        var first = follower.Take(End(3, 2, 7));
        Assert.Equal([new Truncate(5), new AskEpochEnd(new(2), new(3), new(1))], first.Effects.ToArray());
        var second = first.State.Take(End(1, 1, 4));
        Assert.Equal([new Truncate(4), new Fetch(new(2), new(3), 4)], second.Effects.ToArray());
        Assert.Equal(LeaderEpochs.Of(At(0, 0), At(1, 2)), second.State.Log.Epochs);
    }

    [Fact, Trait("Rule", "REPL-TRUNC-2")]
    public void Of_an_epoch_without_a_record_only_the_name_goes()
    {
        var deposed = Leader().After(new StateTold(State(2, 4, All), All, 2000));
        Assert.Equal(LeaderEpochs.Of(At(1, 0), At(3, 5)), deposed.Log.Epochs);
        var step = deposed.Take(new EpochEndAnswered(new(4), new(3), ReplicaError.None, new(new(1), 9)));
        Assert.Equal([new Truncate(5), new Fetch(new(2), new(4), 5)], step.Effects.ToArray());
        Assert.Equal(LeaderEpochs.Of(At(1, 0)), step.State.Log.Epochs);
    }

    [Fact, Trait("Rule", "REPL-FENCE-3")]
    public void Only_the_answer_to_its_question_counts()
    {
        Assert.NotNull(Truncating().Take(new EpochEndAnswered(new(2), new(1), ReplicaError.None, new(new(1), 0))).Ignored);
        Assert.NotNull(Truncating().Take(End(0, 0, 0)).Ignored);
        Assert.NotNull(Follower().Take(End(1, 1, 0)).Ignored);
        Assert.NotNull(Follower().Take(Fetched(4, 5, new Batch(new(3), 4, 4))).Ignored);
        Assert.NotNull(Follower().Take(Fetched(5, 5, new Batch(new(2), 5, 5)) with { LeaderEpoch = new(2) }).Ignored);
    }

    [Fact, Trait("Rule", "REPL-TRUNC-3")]
    public void A_cut_takes_the_high_watermark_with_it()
    {
        var step = Truncating(log: Log(5, At(1, 0)) with { CheckpointedHighWatermark = 4 }).Take(End(1, 1, 3));
        Assert.Equal([new CheckpointHighWatermark(3), new Truncate(3), new Fetch(new(2), new(3), 3)], step.Effects.ToArray());
        Assert.Equal((3L, 3L, 3L), (step.State.HighWatermark, step.State.Log.CheckpointedHighWatermark, step.State.Log.Flushed));
    }

    [Fact, Trait("Rule", "REPL-TRUNC-4")]
    public void A_follower_that_was_away_too_long_begins_anew()
    {
        var away = Follower().Take(new FetchAnswered(new(3), 5, ReplicaError.OffsetOutOfRange, 90, 80, []));
        Assert.Equal([new TruncateFully(80), new Fetch(new(2), new(3), 80)], away.Effects.ToArray());
        Assert.Equal((80L, 80L, 80L), (away.State.Log.Start, away.State.Log.End, away.State.HighWatermark));

        var beyond = Follower().Take(new FetchAnswered(new(3), 5, ReplicaError.OffsetOutOfRange, 3, 0, []));
        Assert.Equal([new AskEpochEnd(new(2), new(3), new(1))], beyond.Effects.ToArray());
    }

    [Fact, Trait("Rule", "REPL-TRUNC-5")]
    public void An_undefined_answer_leaves_the_high_watermark() =>
        Assert.Contains(new Truncate(2), Truncating(log: Log(5, At(1, 0)) with { CheckpointedHighWatermark = 2 })
            .Take(new EpochEndAnswered(new(3), new(1), ReplicaError.None, EpochEnd.Undefined)).Effects);

    [Fact, Trait("Rule", "REPL-FETCH-2")]
    public void A_follower_appends_what_continues_its_log()
    {
        var step = Follower().Take(Fetched(5, 6, new Batch(new(1), 5, 6), new Batch(new(3), 7, 7)));
        Assert.Equal([new WriteEpoch(new(3), 7), new AppendFetched(5, 8), new Fetch(new(2), new(3), 8)], step.Effects.ToArray());
        Assert.Equal((8L, 6L), (step.State.Log.End, step.State.HighWatermark));
        Assert.Equal(LeaderEpochs.Of(At(1, 0), At(3, 7)), step.State.Log.Epochs);
    }

    [Fact, Trait("Rule", "REPL-FETCH-2")]
    public void What_does_not_continue_the_log_is_not_appended()
    {
        foreach (var odd in new Batch[] { new(new(3), 4, 5), new(new(0), 5, 5), new(new(4), 5, 5), new(new(3), 5, 4) })
        {
            var step = Follower().Take(Fetched(5, 6, odd));
            Assert.Equal([new AskEpochEnd(new(2), new(3), new(1))], step.Effects.ToArray());
            Assert.Equal(5, step.State.Log.End);
        }
    }

    [Fact, Trait("Rule", "REPL-FETCH-3")]
    public void What_is_not_answered_is_asked_again()
    {
        Assert.Equal([new SetAlarm(ReplicaAlarm.Retry)], Truncating().Take(new LeaderUnreachable(new(3))).Effects.ToArray());
        Assert.Equal([new SetAlarm(ReplicaAlarm.Retry)], Truncating().Take(new EpochEndAnswered(new(3), new(1), ReplicaError.UnknownLeaderEpoch, EpochEnd.Undefined)).Effects.ToArray());
        Assert.Equal([new SetAlarm(ReplicaAlarm.Retry)], Follower().Take(new FetchAnswered(new(3), 5, ReplicaError.NotLeader, -1, -1, [])).Effects.ToArray());
        Assert.Equal([new AskEpochEnd(new(2), new(3), new(1))], Truncating().Take(new AlarmRang(ReplicaAlarm.Retry, 1)).Effects.ToArray());
        Assert.Equal([new Fetch(new(2), new(3), 5)], Follower().Take(new AlarmRang(ReplicaAlarm.Retry, 1)).Effects.ToArray());
        Assert.NotNull(Follower().Take(new LeaderUnreachable(new(2))).Ignored);
    }

    [Fact, Trait("Rule", "REPL-HW-4")]
    public void A_follower_learns_the_high_watermark_as_far_as_its_log_goes()
    {
        Assert.Equal(5, Follower().After(Fetched(5, 9)).HighWatermark);
        Assert.Equal(3, Follower().After(Fetched(5, 3), Fetched(5, 2)).HighWatermark);
        var dropped = Follower().Take(Fetched(5, 4) with { LogStart = 3 });
        Assert.Contains(new MoveLogStart(3), dropped.Effects);
        Assert.Equal(LeaderEpochs.Of(At(1, 3)), dropped.State.Log.Epochs);
    }

    private static EpochEndAnswered End(int asked, int epoch, long end) => new(new(3), new(asked), ReplicaError.None, new(new(epoch), end));
}
