namespace Reference.Replication.Replicas;

/// <summary>What an onlooker with a clock sees of a follower.</summary>
/// <param name="TakesAll">Whether it has fetched in each half of replica.lag.time.max.ms, each time all that there was.</param>
/// <param name="IsExpelled">Whether the leader writes an ISR without it.</param>
public readonly record struct FollowerUnderLoad(bool TakesAll, bool IsExpelled)
{
    /// <summary>Load is no reason.</summary>
    [Rule("REPL-INV-22")]
    public static readonly Invariant<FollowerUnderLoad> WhoTakesAllStays = new("REPL-INV-22",
        "a follower that fetches in each half of replica.lag.time.max.ms, and takes all that is there each time, is never expelled, however much is produced", f => !(f.TakesAll && f.IsExpelled));
}
