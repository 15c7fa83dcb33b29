using Reference.Replication;
using Reference.Replication.Replicas;
using static Reference.Systematic.Replication.Replicas.Given;

namespace Reference.Systematic.Replication.Replicas;

public class ReplicaQueriesTests
{
    [Fact, Trait("Rule", "REPL-READ-1")]
    public void Consumers_read_below_the_high_watermark()
    {
        var leader = Leader(highWatermark: 2);
        Assert.Equal(new Fetchable(ReplicaError.None, 2, 2, 0), Rules.Readable(leader, LeaderEpoch.None, 0));
        Assert.Equal(new Fetchable(ReplicaError.None, 5, 2, 0), Rules.FetchableBy(leader, new(3), 0));
        Assert.Equal(ReplicaError.OffsetOutOfRange, Rules.Readable(leader, LeaderEpoch.None, 6).Error);
        Assert.Equal(ReplicaError.NotLeader, Rules.Readable(Follower(), LeaderEpoch.None, 0).Error);
        Assert.Equal(ReplicaError.FencedLeaderEpoch, Rules.Readable(leader, new(2), 0).Error);
    }

    [Fact, Trait("Rule", "REPL-READ-2")]
    public void The_end_is_told_only_when_it_is_known()
    {
        var leader = Leader(highWatermark: 2);
        Assert.Equal(ReplicaError.OffsetNotAvailable, Rules.LatestOffset(leader, LeaderEpoch.None).Error);
        Assert.Equal(new OffsetAnswer(ReplicaError.None, 5, new(3)), Rules.LatestOffset(leader.After(Fetch(2, 5), Fetch(3, 5)), LeaderEpoch.None));
    }

    [Fact, Trait("Rule", "REPL-READ-3")]
    public void Retention_stops_at_the_high_watermark()
    {
        Assert.Equal(2, Rules.DeletableUpTo(Leader(highWatermark: 2)));
        Assert.Equal(2, Leader(highWatermark: 2).After(new LogStartMoved(4)).Log.Start);
        Assert.Equal(ReplicaError.OffsetOutOfRange, Rules.FetchableBy(Leader(highWatermark: 2).After(new LogStartMoved(2)), new(3), 1).Error);
    }

    [Fact, Trait("Rule", "REPL-FENCE-2")]
    public void A_question_of_another_epoch_is_fenced()
    {
        Assert.Equal(ReplicaError.UnknownLeaderEpoch, Rules.EpochEndOffset(Leader(), new(4), new(1)).Error);
        Assert.Equal(ReplicaError.FencedLeaderEpoch, Rules.EpochEndOffset(Leader(), new(2), new(1)).Error);
        Assert.Equal(ReplicaError.NotLeader, Rules.EpochEndOffset(Follower(), new(3), new(1)).Error);
        Assert.Equal(new EpochEnd(new(1), 5), Rules.EpochEndOffset(Leader(), new(3), new(1)).End);
    }
}
