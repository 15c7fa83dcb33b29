namespace Reference.Replication.Control;

/// <summary>What an operator tells the controller, by Kafka's names, in a broker's settings.</summary>
/// <param name="Me">broker.id.</param>
public sealed record ControllerSettings(BrokerId Me)
{
    /// <summary>num.partitions.</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>default.replication.factor.</summary>
    public int DefaultReplicationFactor { get; init; } = 1;

    /// <summary>min.insync.replicas of topics that don't say.</summary>
    public int MinInsyncReplicas { get; init; } = 1;

    /// <summary>unclean.leader.election.enable of topics that don't say.</summary>
    public bool UncleanLeaderElection { get; init; }

    /// <summary>delete.topic.enable.</summary>
    public bool DeleteTopics { get; init; } = true;

    /// <summary>auto.leader.rebalance.enable.</summary>
    public bool AutoLeaderRebalance { get; init; } = true;

    /// <summary>leader.imbalance.check.interval.seconds, in ms.</summary>
    public int LeaderImbalanceCheckMs { get; init; } = 300_000;

    /// <summary>leader.imbalance.per.broker.percentage.</summary>
    public int LeaderImbalancePercent { get; init; } = 10;

    /// <summary>How long a broker that didn't answer is left alone.</summary>
    public int RetryMs { get; init; } = 50;

    /// <summary>How many partitions one write may change; a multi has to fit into the store's frames.</summary>
    public int PartitionsPerWrite { get; init; } = 500;
}
