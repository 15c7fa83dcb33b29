using Reference.Replication;
using Reference.Replication.Groups;
using Reference.Replication.Replicas;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>A world that can be named.</summary>
/// <param name="Name">Its name in commands and files.</param>
/// <param name="About">What it is, in a line.</param>
/// <param name="Make">A stage of it: under these rules, with these claims alone evaluated (all if empty), called a mutant's if it's one's.</param>
/// <param name="Cores">The cores that live in it: whose rules can be broken there.</param>
public sealed record WorldEntry(string Name, string About, Func<Rules, ImmutableArray<string>, string?, Stage> Make, ImmutableArray<Type> Cores)
{
    /// <summary>A world of some type; <paramref name="nodes"/> own its moves.</summary>
    public static WorldEntry Of<TWorld>(string name, string about, int nodes, Func<Rules, ImmutableArray<string>, TWorld> make, params ImmutableArray<Type> cores) where TWorld : class, IWorld<TWorld> =>
        new(name, about, (rules, judged, mutant) => mutant is null
            ? new Stage<TWorld>(() => make(rules, judged)) { World = name, Nodes = nodes }
            : new Stage<Guarded<TWorld>>(() => new(make(rules, judged))) { World = name, Mutant = mutant, Nodes = nodes }, cores);
}

/// <summary>The worlds by name, each with what may go wrong in it. The zoo's animals are let loose in the same ones.</summary>
public static class Worlds
{
    /// <summary>Every world that engines, files and people can name. A new one is a line here.</summary>
    public static ImmutableArray<WorldEntry> All { get; } =
    [
        WorldEntry.Of("zab", "three servers of the ensemble; everything may happen to them", 3, (rules, judged) => Zab(settings => rules.New<Peer>(settings), judged: judged), typeof(Peer)),
        WorldEntry.Of("zab4", "four servers, no crash, no broken link: halves", 4, (rules, judged) => Zab(settings => rules.New<Peer>(settings), servers: 4, crashes: 0, breaks: 0, judged: judged), typeof(Peer)),
        WorldEntry.Of("oracle", "discovery, synchronisation and broadcast under an oracle that names leaders: 3 epochs, 2 proposals, 1 crash, 1 link break", 3, (rules, judged) => ZabWorld.Start(Oracle(settings => rules.New<Peer>(settings), judged: judged)), typeof(Peer)),
        WorldEntry.Of("full", "the whole peer, small enough to be explored: 2 epochs, 1 proposal, 1 crash", 3, (rules, judged) => ZabWorld.Start(Full(settings => rules.New<Peer>(settings), judged: judged)), typeof(Peer)),
        WorldEntry.Of("election", "election alone, from unequal histories: 1 crash, 1 late joiner", 3, (rules, judged) => ZabWorld.Start(Election(settings => rules.New<Peer>(settings), judged: judged)), typeof(Peer)),
        WorldEntry.Of("heal", "three servers to which everything may happen, and at any moment the question whether they would heal if it stopped", 3, (rules, judged) => LivenessWorlds.Heal(settings => rules.New<Peer>(settings), judged: judged), typeof(Peer)),
        WorldEntry.Of("timed3", "three servers with clocks, delays and the host's time-outs: pauses, a crash, a broken link", 3, (rules, judged) => LivenessWorlds.Timed3(settings => rules.New<Peer>(settings), judged: judged), typeof(Peer)),
        WorldEntry.Of("timed-session", "three servers of the service with clocks, clients that ping in time or die, and other leaders", 3, (rules, judged) => LivenessWorlds.TimedSession(settings => rules.New<Reference.Coordination.Server>(settings), judged: judged), typeof(Reference.Coordination.Server)),
        WorldEntry.Of("partition3", "a partition with three replicas and min.insync.replicas 2", 3, (rules, judged) => Partition3(me => rules.New<Replica>(me, ReplicaSetup.LagMs), judged), typeof(Replica)),
        WorldEntry.Of("partition2", "a partition with two replicas and min.insync.replicas 1", 2, (rules, judged) => Partition2(me => rules.New<Replica>(me, ReplicaSetup.LagMs), judged), typeof(Replica)),
        WorldEntry.Of("isr", "a partition under an oracle controller, small enough to be explored: 3 replicas, min.isr 2, 3 epochs, 2 records, 1 shrink, 1 expand, 1 unclean crash", 3, (rules, judged) => IsrWorld.Start(Isr(me => rules.New<Replica>(me, ReplicaSetup.LagMs), judged: judged)), typeof(Replica)),
        WorldEntry.Of("cluster", "a partition with three replicas under two real controllers, around a model of the store: a session expiry, an unclean crash, a record", 3, (rules, judged) => ClusterWorld.Start(Cluster(rules, judged)), typeof(Replica), typeof(Reference.Replication.Control.Controller), typeof(Reference.Replication.Control.Registrar), typeof(Reference.Replication.Control.ControllerFence)),
        WorldEntry.Of("producer", "an idempotent producer and its partition: 3 batches, broken connections, a refusal, a failover, a restart; begun anew once, while the former one goes on", 2, (rules, judged) => new ProducerWorld(Producer(rules.New<ProducerRules>(), judged)), typeof(ProducerRules)),
        WorldEntry.Of("group", "a group of three and its coordinators: 2 partitions, 2 generations, 2 commits, a crash, a failover, a slow member", 4, (rules, judged) => new GroupWorld(Group(rules.New<Coordinator>(new GroupSettings(InitialDelayMs: 0)), judged)), typeof(Coordinator)),
        WorldEntry.Of("timed-group", "a group of two and its coordinator under clocks: applications that poll in time or not, a crash, alarms of earlier heartbeats", 3, (rules, judged) => new World.TimedGroup(TimedGroup(rules, judged)), typeof(Coordinator), typeof(GroupConsumer)),
        WorldEntry.Of("timed-group-static", "the same with static members", 3, (rules, judged) => new World.TimedGroup(TimedGroup(rules, judged, isStatic: true)), typeof(Coordinator), typeof(GroupConsumer)),
        WorldEntry.Of("load", "a leader under load and a follower that takes all there is, under a clock", 2, (rules, judged) => new LoadWorld((me, lag) => rules.New<Replica>(me, lag), 16, isJudged: true), typeof(Replica)),
        .. ServiceWorlds.All.Keys.Select(Service),
    ];

    /// <summary>The world of that name; null if there is none.</summary>
    public static WorldEntry? Find(string name) => All.FirstOrDefault(w => w.Name == name);

    private static WorldEntry Service(string name)
    {
        var setup = ServiceWorlds.All[name];
        return WorldEntry.Of(name, ServiceWorlds.About(name), setup.Servers + setup.Clients, (rules, judged) => ServiceWorlds.Start(setup, rules, judged), typeof(Reference.Coordination.Server));
    }

    /// <summary>An ensemble; everything may happen to it.</summary>
    public static ZabWorld Zab(Func<PeerSettings, Peer>? rules = null, int servers = 3, int crashes = 3, int breaks = 3, int proposals = 5, int snapshots = 2, ImmutableArray<string> judged = default) =>
        ZabWorld.Start(new(servers, crashes, breaks, proposals, snapshots, rules ?? (settings => new Peer(settings))) { Judged = judged.IsDefault ? [] : judged });

    /// <summary>A partition with three replicas and min.insync.replicas 2: one loss of power is within what it promises.</summary>
    public static ReplicaWorld Partition3(Func<BrokerId, Replica>? rules = null, ImmutableArray<string> judged = default) =>
        ReplicaWorld.Start(new(3, MinInSync: 2, Kills: 2, PowerLosses: 1, Expiries: 2, Elections: 3, Breaks: 3, Records: 6, rules ?? (me => new Replica(me, ReplicaSetup.LagMs))) { Judged = judged.IsDefault ? [] : judged });

    /// <summary>A partition with two replicas and min.insync.replicas 1: no loss of power.</summary>
    public static ReplicaWorld Partition2(Func<BrokerId, Replica>? rules = null, ImmutableArray<string> judged = default) =>
        ReplicaWorld.Start(new(2, MinInSync: 1, Kills: 3, PowerLosses: 0, Expiries: 2, Elections: 3, Breaks: 2, Records: 5, rules ?? (me => new Replica(me, ReplicaSetup.LagMs))) { Judged = judged.IsDefault ? [] : judged });

    /// <summary>A partition that is explored, under an oracle controller.</summary>
    public static IsrSetup Isr(Func<BrokerId, Replica>? rules = null, int brokers = 3, int minInSync = 2, int epochs = 3, int records = 2, int shrinks = 1, int expands = 1, int crashes = 1, ImmutableArray<string> judged = default) =>
        new(brokers, minInSync, epochs, records, shrinks, expands, crashes, rules ?? (me => new Replica(me, ReplicaSetup.LagMs))) { Judged = judged.IsDefault ? [] : judged };

    /// <summary>A partition under real controllers: each broker a replica, the first ones controllers too.</summary>
    public static ClusterSetup Cluster(Rules? rules = null, ImmutableArray<string> judged = default, int brokers = 3, int controllers = 2, int minInSync = 2, int records = 1, int shrinks = 0, int expands = 1, int crashes = 1, int expiries = 1, int breaks = 0, bool onlyKills = false) =>
        new(rules ?? Rules.True, Isr((rules ?? Rules.True) is var r ? me => r.New<Replica>(me, ReplicaSetup.LagMs) : null, brokers, minInSync, 0, records, shrinks, expands, crashes, judged) with { OnlyKills = onlyKills }, controllers, expiries, breaks);

    /// <summary>A group and its coordinators.</summary>
    public static GroupSetup Group(Coordinator? rules = null, ImmutableArray<string> judged = default, int members = 3, int partitions = 2, int generations = 2, int commits = 2, int crashes = 1, int failovers = 1, int slow = 1) =>
        new(members, partitions, generations, commits, crashes, failovers, slow, rules ?? new Coordinator(new(InitialDelayMs: 0))) { Judged = judged.IsDefault ? [] : judged };

    /// <summary>A group under clocks.</summary>
    public static TimedGroupSetup TimedGroup(Rules? rules = null, ImmutableArray<string> judged = default, bool isStatic = false, int members = 2, int generations = 3, int crashes = 1) =>
        new(rules ?? Rules.True, members, generations, crashes, isStatic) { Judged = judged.IsDefault ? [] : judged };

    /// <summary>An idempotent producer and its partition.</summary>
    public static ProducerSetup Producer(ProducerRules? rules = null, ImmutableArray<string> judged = default, int records = 3, int breaks = 2, int refusals = 1, int failovers = 1, int restarts = 1, int renewals = 1) =>
        new(records, breaks, refusals, failovers, restarts, rules ?? ProducerRules.Standard) { Renewals = renewals, Judged = judged.IsDefault ? [] : judged };

    /// <summary>Discovery, synchronisation and broadcast under an oracle that names leaders.</summary>
    public static ZabSetup Oracle(Func<PeerSettings, Peer>? rules = null, int servers = 3, int rounds = 3, int crashes = 1, int breaks = 1, int proposals = 2, int snapshots = 0, ImmutableArray<string> judged = default) =>
        new(servers, crashes, breaks, proposals, snapshots, rules ?? (settings => new Peer(settings))) { Grain = Grain.Oracle, Rounds = rounds, Judged = judged.IsDefault ? [] : judged };

    /// <summary>The whole peer with its own election, small enough to be explored.</summary>
    public static ZabSetup Full(Func<PeerSettings, Peer>? rules = null, int servers = 3, int rounds = 2, int epochs = 2, int crashes = 1, int breaks = 0, int proposals = 1, int timeOuts = 0, ImmutableArray<string> judged = default) =>
        new(servers, crashes, breaks, proposals, 0, rules ?? (settings => new Peer(settings))) { Grain = Grain.Full, Rounds = rounds, Epochs = epochs, TimeOuts = timeOuts, Judged = judged.IsDefault ? [] : judged };

    /// <summary>Election alone, from unequal histories.</summary>
    public static ZabSetup Election(Func<PeerSettings, Peer>? rules = null, int rounds = 1, int crashes = 1, int timeOuts = 0, ImmutableArray<Durable> disks = default, ImmutableSortedSet<int>? late = null, ImmutableArray<string> judged = default) =>
        new(disks.IsDefault ? 3 : disks.Length, crashes, 0, 0, 0, rules ?? (settings => new Peer(settings)))
        {
            Grain = Grain.Election, Rounds = rounds, TimeOuts = timeOuts, Disks = disks.IsDefault ? [Disk(2, 1), Disk(1, 3), Disk(2, 1)] : disks, Late = late ?? [2], Judged = judged.IsDefault ? [] : judged,
        };

    /// <summary>A disk with an epoch and so many transactions of it.</summary>
    public static Durable Disk(int epoch, int transactions)
    {
        var history = History.Empty;
        for (var t = 1; t <= transactions; t++) history = history.Add(Zxid.Of(epoch, (uint)t), new(new byte[] { 0, 0, (byte)epoch, (byte)t }));
        return new(epoch, epoch, history);
    }
}
