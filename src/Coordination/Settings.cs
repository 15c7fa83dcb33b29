namespace Reference.Coordination;

/// <summary>What a server of the service is told once.</summary>
/// <param name="Me">This server.</param>
public sealed record Settings(ServerId Me)
{
    /// <summary>The least session time-out granted; two ticks, as ZooKeeper has it.</summary>
    public int MinSessionTimeoutMs { get; init; } = 4_000;

    /// <summary>The greatest session time-out granted; twenty ticks, as ZooKeeper has it.</summary>
    public int MaxSessionTimeoutMs { get; init; } = 40_000;

    /// <summary>How often followers report the sessions heard of, and the leader looks for those that weren't; half a tick. Sessions get so much longer than their time-out.</summary>
    public int HeartbeatMs { get; init; } = 1_000;

    /// <summary>How often the leader looks for containers left empty.</summary>
    public int ContainerCheckMs { get; init; } = 60_000;
}
