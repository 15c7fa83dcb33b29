using Reference.Replication;
using Reference.Replication.Replicas;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>The worlds by name, each with what may go wrong in it. The zoo's animals are let loose in the same ones.</summary>
public static class Worlds
{
    /// <summary>An ensemble; everything may happen to it.</summary>
    public static ZabWorld Zab(Func<PeerSettings, Peer>? rules = null, int servers = 3, int crashes = 3, int breaks = 3, int proposals = 5, int snapshots = 2, ImmutableArray<string> judged = default) =>
        ZabWorld.Start(new(servers, crashes, breaks, proposals, snapshots, rules ?? (settings => new Peer(settings))) { Judged = judged.IsDefault ? [] : judged });

    /// <summary>A partition with three replicas and min.insync.replicas 2: one loss of power is within what it promises.</summary>
    public static ReplicaWorld Partition3(Func<BrokerId, Replica>? rules = null, ImmutableArray<string> judged = default) =>
        ReplicaWorld.Start(new(3, MinInSync: 2, Kills: 2, PowerLosses: 1, Expiries: 2, Elections: 3, Breaks: 3, Records: 6, rules ?? (me => new Replica(me, ReplicaSetup.LagMs))) { Judged = judged.IsDefault ? [] : judged });

    /// <summary>A partition with two replicas and min.insync.replicas 1: no loss of power.</summary>
    public static ReplicaWorld Partition2(Func<BrokerId, Replica>? rules = null, ImmutableArray<string> judged = default) =>
        ReplicaWorld.Start(new(2, MinInSync: 1, Kills: 3, PowerLosses: 0, Expiries: 2, Elections: 3, Breaks: 2, Records: 5, rules ?? (me => new Replica(me, ReplicaSetup.LagMs))) { Judged = judged.IsDefault ? [] : judged });
}
