namespace Reference.Replication.Control;

/// <summary>Which brokers hold the replicas of new partitions: round robin for the first, and the others at a distance that grows with each round, so that a broker's load is shared by all when it goes.</summary>
/// <remarks>Kafka's assignment without racks. The draws come from the caller.</remarks>
public static class Spreading
{
    /// <summary>The replicas of <paramref name="partitions"/> new partitions over <paramref name="brokers"/>, which are at least <paramref name="replicas"/> many and in a fixed order.</summary>
    [Rule("CTRL-SPREAD-1")]
    public static ImmutableArray<ImmutableArray<BrokerId>> Of(ImmutableArray<BrokerId> brokers, int partitions, int replicas, Spread spread) =>
        From(brokers, 0, partitions, replicas, spread.Start % brokers.Length, spread.Shift % brokers.Length);

    /// <summary>The replicas of the partitions that a topic needs to have <paramref name="count"/>: the round robin goes on from the broker of partition 0.</summary>
    [Rule("CTRL-SPREAD-1")]
    public static ImmutableArray<ImmutableArray<BrokerId>> More(ImmutableArray<BrokerId> brokers, ImmutableArray<ImmutableArray<BrokerId>> now, int count)
    {
        var start = Math.Max(0, brokers.IndexOf(now[0][0]));
        return From(brokers, now.Length, count, now[0].Length, start, start);
    }

    private static ImmutableArray<ImmutableArray<BrokerId>> From(ImmutableArray<BrokerId> brokers, int first, int end, int replicas, int start, int shift)
    {
        var assigned = ImmutableArray.CreateBuilder<ImmutableArray<BrokerId>>(end - first);
        for (var p = first; p < end; p++)
        {
            if (p > 0 && p % brokers.Length == 0) shift++;
            var at = (p + start) % brokers.Length;
            var distance = shift;
            assigned.Add([brokers[at], .. Enumerable.Range(0, replicas - 1).Select(j => brokers[(at + 1 + (distance + j) % (brokers.Length - 1)) % brokers.Length])]);
        }
        return assigned.ToImmutable();
    }
}
