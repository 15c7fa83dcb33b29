namespace Reference.Zab;

/// <summary>What a server must know before it starts.</summary>
/// <param name="Self">Its own number.</param>
/// <param name="Members">All servers of the ensemble, itself included; the same on each.</param>
public sealed record PeerSettings(NodeId Self, ImmutableSortedSet<NodeId> Members)
{
    /// <summary>The last number that a leader gives out in its epoch; then it steps down for a new one.</summary>
    public uint LastCounter { get; init; } = uint.MaxValue;

    /// <summary>How many delivered transactions stay at hand behind a snapshot, so that one who missed a few needs no whole snapshot.</summary>
    public int RetainedTransactions { get; init; }
}
