namespace Reference.Replication.Replicas;

/// <summary>The sum on which commitment rests: what every in-sync replica has.</summary>
public static class HighWatermark
{
    /// <summary>The least log end among the leader and those of <paramref name="followers"/> that are in <paramref name="maximalIsr"/>; one of these whose end isn't known holds it back altogether.</summary>
    /// <param name="leaderEnd">The end of what the leader itself acknowledges.</param>
    /// <param name="leader">The leader, whether or not the set names it.</param>
    /// <param name="maximalIsr">The in-sync replicas, whichever of the writes under way succeeds.</param>
    /// <param name="followers">What the followers have said that they have.</param>
    /// <returns>An offset, or minus one.</returns>
    [Rule("REPL-HW-1")]
    public static long Of(long leaderEnd, BrokerId leader, BrokerSet maximalIsr, ImmutableArray<Follower> followers)
    {
        var least = leaderEnd;
        foreach (var broker in maximalIsr)
        {
            if (broker != leader) least = Math.Min(least, EndOf(broker, followers));
        }
        return least;
    }

    private static long EndOf(BrokerId broker, ImmutableArray<Follower> followers)
    {
        foreach (var follower in followers) if (follower.Broker == broker) return follower.EndOffset;
        return -1;
    }
}
