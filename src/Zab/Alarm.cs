namespace Reference.Zab;

/// <summary>What a server waits for. Each is set anew by <see cref="SetAlarm"/> and rings once; the core is right whenever it rings.</summary>
public enum Alarm
{
    /// <summary>A server that looks for a leader sends its vote again. A fraction of a tick to a few ticks.</summary>
    ElectionResend,

    /// <summary>A quorum agrees on a vote; if no better one came until now, it stands. Some round trips, as ZooKeeper's 200 ms.</summary>
    ElectionSettles,

    /// <summary>Leader and follower have no common epoch yet: <c>initLimit</c>.</summary>
    Discovery,

    /// <summary>Leader and follower have no common history yet: <c>initLimit</c>.</summary>
    Synchronization,

    /// <summary>The leader greets its followers: half a tick.</summary>
    Heartbeat,

    /// <summary>The leader looks whether a quorum was heard since the last look: <c>syncLimit</c>, or a tick.</summary>
    QuorumCheck,

    /// <summary>The follower has heard nothing of its leader: <c>syncLimit</c>.</summary>
    LeaderSilent,
}
