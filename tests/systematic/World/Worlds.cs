using Reference.Replication;
using Reference.Replication.Replicas;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>The worlds by name, each with what may go wrong in it. The zoo's animals are let loose in the same ones.</summary>
public static class Worlds
{
    /// <summary>Three servers of an ensemble, everything may happen to them.</summary>
    public static ZabWorld Zab(Func<PeerSettings, Peer>? rules = null, int servers = 3) =>
        ZabWorld.Start(new(servers, Crashes: 3, Breaks: 3, Proposals: 5, Snapshots: 2, rules ?? (settings => new Peer(settings))));

    /// <summary>A partition with three replicas and min.insync.replicas 2: one loss of power is within what it promises.</summary>
    public static ReplicaWorld Partition3(Func<BrokerId, Replica>? rules = null) =>
        ReplicaWorld.Start(new(3, MinInSync: 2, Kills: 2, PowerLosses: 1, Expiries: 2, Elections: 3, Breaks: 3, Records: 6, rules ?? (me => new Replica(me, ReplicaSetup.LagMs))));

    /// <summary>A partition with two replicas and min.insync.replicas 1: no loss of power.</summary>
    public static ReplicaWorld Partition2(Func<BrokerId, Replica>? rules = null) =>
        ReplicaWorld.Start(new(2, MinInSync: 1, Kills: 3, PowerLosses: 0, Expiries: 2, Elections: 3, Breaks: 2, Records: 5, rules ?? (me => new Replica(me, ReplicaSetup.LagMs))));
}
