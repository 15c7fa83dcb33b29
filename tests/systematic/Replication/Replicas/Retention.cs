using CsCheck;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.Replication.Replicas;

public class RetentionTests
{
    private const long Now = 1_000;

    /// <summary>Segments of ten records and a hundred bytes each, the youngest record of each as old as given.</summary>
    private static SegmentShape[] Log(params long[] agesMs) => [.. agesMs.Select((age, i) => new SegmentShape(10 * (i + 1), 100, age < 0 ? -1 : Now - age))];

    private static long Start(SegmentShape[] log, long ms = -1, long bytes = -1, long start = 0, long upTo = long.MaxValue) => Retention.StartAfter(log, start, new(ms, bytes), Now, upTo);

    [Fact, Trait("Rule", "LOG-RETAIN-1")]
    public void Segments_go_while_they_are_too_old()
    {
        Assert.Equal(20, Start(Log(500, 300, 100, 300), ms: 200));
        Assert.Equal(0, Start(Log(500, 300), ms: 500));
        Assert.Equal(20, Start(Log(500, 300), ms: 0));
        Assert.Equal(0, Start(Log(-1, 500), ms: 0));
        Assert.Equal(0, Start(Log(500, 500), ms: -1));
    }

    [Fact, Trait("Rule", "LOG-RETAIN-1")]
    public void Segments_go_while_the_rest_is_large_enough()
    {
        Assert.Equal(10, Start(Log(0, 0, 0), bytes: 200));
        Assert.Equal(10, Start(Log(0, 0, 0), bytes: 150));
        Assert.Equal(0, Start(Log(0, 0, 0), bytes: 201));
        Assert.Equal(30, Start(Log(0, 0, 0), bytes: 0));
        Assert.Equal(0, Start(Log(0, 0, 0), bytes: -1));
    }

    [Fact, Trait("Rule", "LOG-RETAIN-1")]
    public void Nothing_goes_that_reaches_above_the_high_watermark() =>
        Gen.Select(Gen.Long[0, 900].Array[1, 6], Gen.Long[-1, 900], Gen.Long[-1, 700], Gen.Int[0, 60]).Sample((ages, ms, bytes, upTo) =>
        {
            var start = Start(Log(ages), ms, bytes, upTo: upTo);
            return start == 0 || start <= upTo;
        });

    [Fact, Trait("Rule", "LOG-RETAIN-1")]
    public void The_start_never_goes_back_and_an_empty_segment_stays()
    {
        Assert.Equal(15, Start(Log(900, 0), ms: 100, start: 15));
        Assert.Equal(0, Start([new(0, 0, -1)], bytes: 0));
    }

    [Fact, Trait("Rule", "REPL-READ-4")]
    public void Records_are_gone_when_no_in_sync_replica_has_them()
    {
        BrokerSet isr = [new(1), new(2), new(3)];
        Assert.Equal(-1, Low([(2, 7)]));
        Assert.Equal(5, Low([(2, 7), (3, 5)]));
        Assert.Equal(7, Low([(2, 9), (3, 8), (4, 1)]));

        long Low((int Broker, long Start)[] told) => Retention.LowWatermark(7, new(1), isr, told.ToDictionary(t => new BrokerId(t.Broker), t => t.Start));
    }
}
