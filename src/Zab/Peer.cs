global using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Zab;

/// <summary>The rules of atomic broadcast, as one server follows them. It holds no state: each step is given one and returns the next.</summary>
public partial class Peer(PeerSettings settings)
{
    /// <summary>This server.</summary>
    protected NodeId Self { get; } = settings.Self;

    /// <summary>The ensemble.</summary>
    protected ImmutableSortedSet<NodeId> Members { get; } = settings.Members;

    /// <summary>The state of a server that finds <paramref name="disk"/>; <see cref="Started"/> is its first input. Its service holds the snapshot at the history's base.</summary>
    public static NodeState Recover(Durable disk) => new()
    {
        Durable = disk,
        SyncedAcceptedEpoch = disk.AcceptedEpoch,
        SyncedCurrentEpoch = disk.CurrentEpoch,
        Committed = disk.History.Base,
        Delivered = disk.History.Base,
    };
}
