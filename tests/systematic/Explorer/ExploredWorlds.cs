using Reference.Systematic.World;

namespace Reference.Systematic.Explorer;

/// <summary>How a world is to be explored.</summary>
public sealed record Request(ulong Seed, bool Reduced, Bounds Bounds);

/// <summary>A world that can be explored, by name.</summary>
public sealed record ExploredWorld(string Name, string Says, Func<Request, Exploration> Explore, Action<Violation, TextWriter> Tell)
{
    /// <summary>Whether it takes minutes: for the night.</summary>
    public bool IsLong { get; init; }

    /// <summary>An ensemble's world.</summary>
    public static ExploredWorld Of(string name, string says, ZabSetup setup) => new(name, says,
        request => Explorer.Run(new ZabModel(setup with { Reduced = request.Reduced }, request.Seed), request.Bounds),
        (violation, to) => Story.Tell(new Stage<ZabWorld>(() => ZabWorld.Start(setup)) { World = name, Nodes = setup.Servers }, new Finding(name, 0, violation.Moves, violation.Broken), to));

    /// <summary>A partition's world.</summary>
    public static ExploredWorld Of(string name, string says, IsrSetup setup) => new(name, says,
        request => Explorer.Run(new WorldModel<IsrWorld>(() => IsrWorld.Start(setup with { Reduced = request.Reduced, Seed = request.Seed, Tells = false }), request.Seed), request.Bounds),
        (violation, to) => Story.Tell(new Stage<IsrWorld>(() => IsrWorld.Start(setup)) { World = name, Nodes = setup.Brokers }, new Finding(name, 0, violation.Moves, violation.Broken), to));

    /// <summary>Any walked world that tells what it does only when asked to.</summary>
    public static ExploredWorld Of<TWorld>(string name, string says, Func<bool, TWorld> make) where TWorld : class, IWorld<TWorld> => new(name, says,
        request => Explorer.Run(new WorldModel<TWorld>(() => make(false), request.Seed), request.Bounds),
        (violation, to) => Story.Tell(new Stage<TWorld>(() => make(true)) { World = name, Nodes = 1 }, new Finding(name, 0, violation.Moves, violation.Broken), to));

    /// <summary>Any walked world.</summary>
    public static ExploredWorld Of<TWorld>(string name, string says, Func<TWorld> make, Func<TWorld, Broken?>? judge = null) where TWorld : class, IWorld<TWorld> => new(name, says,
        request => Explorer.Run(new WorldModel<TWorld>(make, request.Seed, judge), request.Bounds),
        (violation, to) => Story.Tell(new Stage<TWorld>(make) { World = name, Nodes = 1 }, new Finding(name, 0, violation.Moves, violation.Broken), to));
}

/// <summary>The worlds that <c>explore</c> knows.</summary>
public static class ExploredWorlds
{
    /// <summary>All of them; those that take long are the night's.</summary>
    public static ImmutableArray<ExploredWorld> All { get; } =
    [
        ExploredWorld.Of("election", "election: 3 servers with unequal histories, 1 crash, 1 late joiner, a round each", Worlds.Election()),
        ExploredWorld.Of("oracle-1", "under the oracle: 3 servers, 1 epoch, 2 proposals, 1 crash", Worlds.Oracle(rounds: 1)),
        ExploredWorld.Of("oracle-2", "under the oracle: 3 servers, 2 epochs, 1 proposal, 1 crash, 1 link break", Worlds.Oracle(rounds: 2, proposals: 1)),
        ExploredWorld.Of("oracle-2-2", "under the oracle: 3 servers, 2 epochs, 2 proposals, 1 crash, 1 link break", Worlds.Oracle(rounds: 2)),
        ExploredWorld.Of("oracle-snapshots", "under the oracle: 3 servers, 2 epochs, 2 proposals, 1 snapshot, 1 crash", Worlds.Oracle(rounds: 2, snapshots: 1)),
        ExploredWorld.Of("full-1", "the whole peer: 3 servers, a round each, 1 proposal", Worlds.Full(rounds: 1, crashes: 0)),
        ExploredWorld.Of("full-1-crash", "the whole peer: 3 servers, a round each, 1 proposal, 1 crash", Worlds.Full(rounds: 1)),
        ExploredWorld.Of("isr-small", "a partition under an oracle controller: 3 replicas, min.isr 2, 2 epochs, 1 record, 1 shrink, 1 expand", Worlds.Isr(epochs: 2, records: 1, crashes: 0)),
        ExploredWorld.Of("isr-crash", "a partition under an oracle controller: 3 replicas, min.isr 2, 2 epochs, 1 record, 1 shrink, 1 expand, 1 unclean crash", Worlds.Isr(epochs: 2, records: 1)),
        ExploredWorld.Of("isr-kill", "a partition under an oracle controller: 3 replicas, min.isr 2, 2 epochs, 1 record, 1 shrink, 1 expand, 1 kill, 1 lost answer of the store", Worlds.Isr(epochs: 2, records: 1) with { OnlyKills = true, LostAnswers = 1 }),
        ExploredWorld.Of("isr-3", "a partition under an oracle controller: 3 replicas, min.isr 2, 3 epochs, 1 record, 1 shrink, 1 expand", Worlds.Isr(records: 1, crashes: 0)),
        ExploredWorld.Of("cluster-2", "a partition under real controllers: 2 replicas, 2 controllers, 1 session expiry, 1 record", tells => ClusterWorld.Start(Worlds.Cluster(brokers: 2, minInSync: 1, crashes: 0).Telling(tells))),
        ExploredWorld.Of("cluster-seat", "a partition under real controllers: 3 replicas, 2 controllers, 1 session expiry, the seat cleared once", tells => ClusterWorld.Start((Worlds.Cluster(crashes: 0, records: 0) with { Ousts = 1 }).Telling(tells))),
        ExploredWorld.Of("cluster-kill", "a partition under real controllers: 3 replicas, 2 controllers, 1 kill, whose refused connections are noticed, 1 record", tells => ClusterWorld.Start((Worlds.Cluster(expiries: 0, onlyKills: true) with { Refuses = true }).Telling(tells))),
        ExploredWorld.Of("cluster-crash", "a partition under real controllers: 3 replicas, 2 controllers, 1 unclean crash, 1 record", tells => ClusterWorld.Start(Worlds.Cluster(expiries: 0).Telling(tells))),
        ExploredWorld.Of("cluster-notes", "a partition under real controllers: 2 replicas, 2 controllers, 1 kill, 1 record, leaders' notes, keys read one by one", tells => ClusterWorld.Start((Worlds.Cluster(brokers: 2, expiries: 0, onlyKills: true) with { LeavesNotes = true, ReadsOneByOne = true }).Telling(tells))),
        ExploredWorld.Of("topic-again", "a partition under real controllers: 2 replicas, 1 controller, a topic deleted and created again, 1 broken connection", tells => ClusterWorld.Start((Worlds.Cluster(brokers: 2, controllers: 1, minInSync: 1, crashes: 0, expiries: 0, records: 0, breaks: 1) with { Deletions = 1 }).Telling(tells))),
        ExploredWorld.Of("isr-controller", "a partition under real controllers: 3 replicas, min.isr 2, 2 controllers, 1 session expiry, 1 unclean crash, 1 record, no expansion by leaders", tells => ClusterWorld.Start(Worlds.Cluster(expands: 0).Telling(tells))) with { IsLong = true },
        ExploredWorld.Of("isr-controller-expand", "a partition under real controllers: 3 replicas, min.isr 2, 2 controllers, 1 session expiry, 1 unclean crash, 1 record, 1 expand", tells => ClusterWorld.Start(Worlds.Cluster().Telling(tells))) with { IsLong = true },
        ExploredWorld.Of("group-2", "a group of 2 members, 1 partition, 2 generations, 1 commit, 1 coordinator failover, 1 slow member", tells => new GroupWorld(Worlds.Group(members: 2, partitions: 1, commits: 1, crashes: 0) with { Tells = tells })),
        ExploredWorld.Of("group-2-crash", "a group of 2 members, 1 partition, 2 generations, 2 commits, 1 crash, 1 coordinator failover, 1 slow member", tells => new GroupWorld(Worlds.Group(members: 2, partitions: 1) with { Tells = tells })),
        ExploredWorld.Of("group", "a group of 3 members, 2 partitions, 2 generations, 2 commits, 1 crash, 1 coordinator failover, 1 slow member", tells => new GroupWorld(Worlds.Group() with { Tells = tells })) with { IsLong = true },
        ExploredWorld.Of("timed-group", "a group of 2 members under clocks, 2 generations, 1 crash", tells => new TimedGroup(Worlds.TimedGroup(generations: 2) with { Tells = tells })),
        ExploredWorld.Of("timed-group-static", "a group of 2 static members under clocks, 2 generations, 1 crash", tells => new TimedGroup(Worlds.TimedGroup(generations: 2, isStatic: true) with { Tells = tells })),
        ExploredWorld.Of("timed-group-more", "a group of 2 members under clocks, 3 generations, 1 crash", tells => new TimedGroup(Worlds.TimedGroup() with { Tells = tells })) with { IsLong = true },
        ExploredWorld.Of("timed-group-static-more", "a group of 2 static members under clocks, 3 generations, 1 crash", tells => new TimedGroup(Worlds.TimedGroup(isStatic: true) with { Tells = tells })) with { IsLong = true },
        ExploredWorld.Of("timed-group-3", "a group of 3 members under clocks, 3 generations, 1 crash", tells => new TimedGroup(Worlds.TimedGroup(members: 3) with { Tells = tells })) with { IsLong = true },
        ExploredWorld.Of("producer", "an idempotent producer and its partition: 3 batches, 2 broken connections, 1 refusal, 1 failover, 1 restart, begun anew once", () => new ProducerWorld(Worlds.Producer())),
        ExploredWorld.Of("producer-2", "an idempotent producer and its partition: 4 batches, 2 broken connections, 1 refusal, 2 failovers, 1 restart, begun anew once", () => new ProducerWorld(Worlds.Producer(records: 4, failovers: 2))),
        ExploredWorld.Of("load", "a leader under load and a follower that takes all there is: 16 ticks", () => new LoadWorld((me, lag) => new Reference.Replication.Replicas.Replica(me, lag), 16, isJudged: true)),
        ExploredWorld.Of("isr", "a partition under an oracle controller: 3 replicas, min.isr 2, 3 epochs, 2 records, 1 shrink, 1 expand, 1 unclean crash", Worlds.Isr()) with { IsLong = true },
        ExploredWorld.Of("oracle", "under the oracle: 3 servers, 3 epochs, 2 proposals, 1 crash, 1 link break", Worlds.Oracle()) with { IsLong = true },
        ExploredWorld.Of("oracle-3", "under the oracle: 3 servers, 3 epochs, 3 proposals, 2 crashes, 1 link break", Worlds.Oracle(crashes: 2, proposals: 3)) with { IsLong = true },
        ExploredWorld.Of("oracle-5", "under the oracle: 5 servers, 1 epoch, 1 proposal, 1 crash", Worlds.Oracle(servers: 5, rounds: 1, proposals: 1, breaks: 0)) with { IsLong = true },
        ExploredWorld.Of("election-2", "election: 3 servers with unequal histories, 1 crash, 1 late joiner, 2 rounds each", Worlds.Election(rounds: 2)) with { IsLong = true },
        ExploredWorld.Of("full", "the whole peer: 3 servers, 2 epochs, 2 rounds each, 1 proposal, 1 crash", Worlds.Full()) with { IsLong = true },
        .. ServiceWorlds.Explored.Select(name => ExploredWorld.Of(name, ServiceWorlds.About(name), () => ServiceWorlds.Start(ServiceWorlds.All[name], Rules.True))),
        ExploredWorld.Of("heal-2", "healing from every state of 2 servers that stood as one: 1 crash, 1 link break, 1 time-out", () => StandingEnsemble.Of(2, crashes: 1, breaks: 1, proposals: 0, timeOuts: 1, rings: 1), world => Healing.Judge(world.Ensemble)),
        ExploredWorld.Of("heal-3", "healing from every state of 3 servers that stood as one: 1 link break, 1 time-out", () => StandingEnsemble.Of(3, crashes: 0, breaks: 1, proposals: 0, timeOuts: 1, rings: 0), world => Healing.Judge(world.Ensemble)),
        ExploredWorld.Of("timed-2", "2 servers under clocks, messages that take up to a tick", () => LivenessWorlds.Timed3(servers: 2, crashes: 0, breaks: 0, proposals: 0, setup: new(InitLimit: 4, 3, 1, 0, 0, LongestPause: 12))),
        ExploredWorld.Of("timed-3", "3 servers under clocks", () => LivenessWorlds.Timed3(servers: 3, crashes: 0, breaks: 0, proposals: 0, setup: new(InitLimit: 4, 2, 0, 0, 0, LongestPause: 12))),
    ];

    /// <summary>Those that each run of the tests explores.</summary>
    public static ImmutableArray<ExploredWorld> Short => [.. All.Where(w => !w.IsLong)];
}
