using Reference.Replication.Replicas;

namespace Reference.Systematic.Replication.Replicas;

public class CompactionTests
{
    private const long Now = 1_000;

    private static SegmentShape[] Log(params long[] agesMs) => [.. agesMs.Select((age, i) => new SegmentShape(10 * (i + 1), 100, Now - age))];

    private static int Cleanable(SegmentShape[] log, long dirtyFrom = 0, double ratio = 0.5, long lagMs = 0, long upTo = long.MaxValue) => Compaction.Cleanable(log, dirtyFrom, new(ratio, lagMs, 0), Now, upTo);

    [Fact, Trait("Rule", "LOG-COMPACT-1")]
    public void The_segment_that_grows_is_left_alone_and_so_is_what_is_not_committed()
    {
        Assert.Equal(3, Cleanable(Log(0, 0, 0, 0)));
        Assert.Equal(0, Cleanable(Log(0)));
        Assert.Equal(2, Cleanable(Log(0, 0, 0, 0), upTo: 29));
        Assert.Equal(3, Cleanable(Log(0, 0, 0, 0), upTo: 30));
    }

    [Fact, Trait("Rule", "LOG-COMPACT-1")]
    public void Enough_must_be_dirty()
    {
        Assert.Equal(0, Cleanable(Log(0, 0, 0, 0), dirtyFrom: 30, ratio: 0));
        Assert.Equal(0, Cleanable(Log(0, 0, 0, 0), dirtyFrom: 20));
        Assert.Equal(3, Cleanable(Log(0, 0, 0, 0), dirtyFrom: 20, ratio: 0.3));
        Assert.Equal(3, Cleanable(Log(0, 0, 0, 0), dirtyFrom: 10));
    }

    [Fact, Trait("Rule", "LOG-COMPACT-1")]
    public void What_is_too_young_stays_dirty()
    {
        Assert.Equal(2, Cleanable(Log(500, 300, 100, 0), lagMs: 200));
        Assert.Equal(0, Cleanable(Log(100, 300, 300), lagMs: 200));
        Assert.Equal(2, Cleanable(Log(100, 300, 0), dirtyFrom: 10, lagMs: 200));
    }

    [Fact, Trait("Rule", "LOG-COMPACT-2")]
    public void The_latest_record_of_a_key_stays_and_so_does_one_without()
    {
        Assert.True(Compaction.Keeps(7, latestOfKey: 7, isTombstone: false, tombstonesBelow: 9));
        Assert.False(Compaction.Keeps(7, latestOfKey: 8, isTombstone: false, tombstonesBelow: 0));
        Assert.True(Compaction.Keeps(7, latestOfKey: -1, isTombstone: false, tombstonesBelow: 9));
    }

    [Fact, Trait("Rule", "LOG-COMPACT-3")]
    public void A_tombstone_goes_when_it_was_compacted_long_enough_ago()
    {
        Compacted[] passes = [new(10, 100), new(20, 500), new(30, 900)];
        Assert.Equal([0, 10, 20, 30], new long[] { 1000, 900, 500, 100 }.Select(kept => Compaction.TombstonesBelow(passes, kept, Now)));
        Assert.True(Compaction.Keeps(10, latestOfKey: 10, isTombstone: true, tombstonesBelow: 10));
        Assert.False(Compaction.Keeps(9, latestOfKey: 9, isTombstone: true, tombstonesBelow: 10));
    }
}
