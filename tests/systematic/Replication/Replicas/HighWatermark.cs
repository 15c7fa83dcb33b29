using CsCheck;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.Replication.Replicas;

public class HighWatermarkTests
{
    [Fact, Trait("Rule", "REPL-HW-1")]
    public void The_high_watermark_is_the_least_of_the_maximal_isr() =>
        Gen.Select(Gen.Long[0, 9], Gen.Long[-1, 9].Array[4], Gen.Bool.Array[4]).Sample((leader, ends, isIn) =>
        {
            ImmutableArray<Follower> followers = [.. ends.Select((end, i) => new Follower(new(i + 2), new(1), end, 0, 0, 0))];
            var isr = BrokerSet.Of(Enumerable.Range(0, 4).Where(i => isIn[i]).Select(i => new BrokerId(i + 2))).Add(new(1));
            var highWatermark = HighWatermark.Of(leader, new(1), isr, followers);
            return highWatermark == Enumerable.Range(0, 4).Where(i => isIn[i]).Select(i => ends[i]).Append(leader).Min();
        });

    [Fact, Trait("Rule", "REPL-HW-1")]
    public void A_member_of_whom_nothing_is_known_holds_it_back() =>
        Assert.Equal(-1, HighWatermark.Of(7, new(1), [new(1), new(2)], []));
}
