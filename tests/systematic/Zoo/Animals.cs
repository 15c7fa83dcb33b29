using Reference.Replication.Groups;
using Reference.Replication.Replicas;
using Reference.Systematic.World;
using static Reference.Systematic.Zoo.Animal;
using static Reference.Systematic.Zoo.ZooWorlds;

namespace Reference.Systematic.Zoo;

/// <summary>All animals, by number.</summary>
public static class Animals
{
    /// <summary>Committed is never lost, as ZAB's worlds say it: established leaders have it, and who lacks it can't win.</summary>
    private static readonly ImmutableArray<string> Lost = ["ZAB-INV-9", "ZAB-INV-10"];

    /// <summary>The leader of epoch 1 kept two proposals to itself; the others have gone on to epoch 2 without it.</summary>
    private static Beginning OldTail { get; } = new("old-tail", Disk(1, 1, (1, 1), (1, 2), (1, 3)), Disk(2, 2, (1, 1), (2, 1)), Disk(2, 2, (1, 1), (2, 1)));

    /// <summary>The leader of epoch 1 kept a proposal to itself, and the third server has never heard of it.</summary>
    private static Beginning KeptProposal { get; } = new("kept-proposal", Disk(1, 1, (1, 1)), Disk(1, 1), Disk(0, 0));

    /// <summary>Server 3 missed a transaction.</summary>
    private static Beginning Behind { get; } = new("behind", Disk(1, 1, (1, 1)), Disk(1, 1, (1, 1)), Disk(1, 1));

    /// <summary>Server 3 kept a proposal of epoch 1 to itself; the others have gone on to epoch 2.</summary>
    private static Beginning LongerTail { get; } = new("longer-tail", Disk(2, 2, (1, 1)), Disk(2, 2, (1, 1)), Disk(1, 1, (1, 1), (1, 2)));

    /// <summary>All have the one transaction of epoch 1.</summary>
    private static Beginning Equal { get; } = new("equal", Disk(1, 1, (1, 1)), Disk(1, 1, (1, 1)), Disk(1, 1, (1, 1)));

    /// <summary>Server 3 was on its way to lead epoch 2 without a quorum. In epoch 3 server 2 took over what server 1 had kept to itself since epoch 1, but not yet the epoch.</summary>
    private static Beginning OldCopies { get; } = new("old-copies", Disk(3, 1, (1, 1)), Disk(3, 1, (1, 1)), Disk(2, 2));

    /// <summary>Those of atomic broadcast.</summary>
    private static ImmutableArray<Animal> Zab { get; } =
    [
        Of("A1", typeof(HalfIsAQuorum), Whole(0, 0, 0, servers: 4), ByWalk, "ZAB-INV-11"),
        Of("A2", typeof(RepeatedVoteCounts), Oracle(0, 0, 0, rounds: 2, servers: 2, reduced: false), ByExplorer, "ZAB-INV-13"),
        Of("A3", typeof(VoteByIdOnly), Election(Behind), ByExplorer, "ZAB-INV-15"),
        Of("A4", typeof(VoteByZxidAlone), Election(LongerTail), ByExplorer, "ZAB-INV-15"),
        Of("A5", typeof(IgnoresRounds), Whole(0, 0, 1), ByWalk, "ZAB-INV-15"),
        Of("A6", typeof(TrustsVotesFromOutside), Whole(1, 0, 0, servers: 5), ByWalk, "ZAB-INV-16"),
        Of("A7", typeof(AcceptedEpochNotPersisted), Oracle(1, 0, 0, rounds: 2), ByExplorer, "ZAB-INV-12"),
        Of("A8", typeof(AcceptsAnOlderEpoch), Oracle(0, 0, 0, anyLeader: true), ByExplorer, "ZAB-INV-12"),
        Of("A9", typeof(CurrentEpochBeforeHistory), Oracle(0, 0, 0, rounds: 2, from: Behind), ByExplorer, Lost),
        Of("A10", typeof(EpochFilesTear), Oracle(1, 0, 0, rounds: 1), ByExplorer, "ZAB-INV-2"),
        Of("A11", typeof(InitialHistoryByLength), Oracle(0, 0, 0, rounds: 2, from: OldTail), ByWalk, Lost),
        Of("A12", typeof(LeaderPromisesLast), Oracle(1, 0, 0, rounds: 2), ByExplorer, "ZAB-INV-12"),
        Of("B1", typeof(DiffIsCommittedAtOnce), Oracle(0, 0, 0, rounds: 1, from: KeptProposal), ByExplorer, "ZAB-INV-8"),
        Of("B2", typeof(AckNewLeaderBeforeDisk), Oracle(0, 0, 1, rounds: 1), ByExplorer, Lost),
        Of("B3", typeof(NoTruncate), Oracle(0, 0, 0, rounds: 1, from: OldTail), ByExplorer, "ZAB-INV-7"),
        Of("B4", typeof(TruncateTooLittle), Oracle(0, 0, 0, rounds: 1, from: OldTail), ByExplorer, "ZAB-INV-7", "ZAB-INV-14"),
        Of("B5", typeof(TruncateTooMuch), Oracle(0, 0, 0, rounds: 1, from: OldTail), ByExplorer, "ZAB-INV-7", "ZAB-INV-14"),
        Of("B6", typeof(TruncateForgottenOnCrash), Oracle(1, 0, 0, rounds: 2, from: OldTail), ByWalk, "ZAB-INV-7"),
        Of("B7", typeof(SnapshotOfUncommitted), Oracle(1, 0, 2, rounds: 1, snapshots: 1), ByExplorer, "ZAB-INV-7"),
        Of("B8", typeof(DiffAfterHalfSnapshot), Oracle(0, 2, 2, snapshots: 1), ByWalk, "ZAB-INV-7", "ZAB-INV-14"),
        Of("B9", typeof(OldTailSurvivesShutdown), Oracle(0, 0, 1, rounds: 2), ByWalk, "ZAB-INV-14"),
        Of("B10", typeof(LastProcessedTooEarly), Oracle(0, 0, 0, rounds: 2, from: OldTail), ByWalk, Lost),
        Of("B11", typeof(NewLeaderAckFromOldEpoch), Oracle(0, 0, 0, rounds: 1, from: Equal), ByExplorer, "ZAB-INV-13"),
        Of("B12", typeof(CurrentEpochAtUptodate), Oracle(0, 0, 1, rounds: 1, from: KeptProposal), ByExplorer, Lost),
        Of("B13", typeof(LostInTheGap), Oracle(0, 0, 1, rounds: 1), ByExplorer, "ZAB-INV-17"),
        Of("C1", typeof(CommitOutOfOrder), Oracle(0, 0, 2, rounds: 1), ByWalk, "ZAB-INV-7"),
        Of("C2", typeof(CommitOldEpochByCount), Oracle(0, 0, 0, rounds: 1, from: OldCopies), ByExplorer, Lost),
        Of("C3", typeof(AckBeforeFsync), Oracle(0, 0, 1, rounds: 1), ByExplorer, Lost),
        Of("C4", typeof(LeaderCountsItselfBeforeFsync), Oracle(0, 0, 1, rounds: 1), ByExplorer, Lost),
        Of("C5", typeof(LeaderWithoutAQuorum), Whole(0, 1, 1), ByWalk, "ZAB-INV-18"),
        Of("C6", typeof(OldLeadersHeartbeatCounts), Whole(1, 0, 1), ByWalk, "ZAB-INV-19"),
        Of("C7", typeof(ZxidOverflow), Whole(0, 0, 4, lastCounter: 2), ByWalk, "ZAB-INV-20"),
    ];

    /// <summary>Those of replication.</summary>
    private static ImmutableArray<Animal> Replication { get; } =
    [
        Animal.Of("D1", nameof(TruncateToHighWatermark), "partition2", 2, (mutant, judged) => Worlds.Partition2(mutant ? me => new TruncateToHighWatermark(me) : null, judged), "REPL-INV-10"),
        Of("D2", typeof(EpochLookupWithoutTail), "isr-2.1-3", Worlds.Isr(brokers: 2, minInSync: 1, shrinks: 2, expands: 1, crashes: 0), "REPL-INV-12"),
        Of("D3", typeof(UnfencedTruncation), "isr-4", Worlds.Isr(epochs: 4, records: 1, shrinks: 0, expands: 0, crashes: 0), "REPL-INV-10"),
        Of("D4", typeof(FetchIgnoresEpoch), "isr-4", Worlds.Isr(epochs: 4, records: 1, shrinks: 0, expands: 0, crashes: 0), "REPL-INV-10"),
        Of("D5", typeof(IsrJoinBeforeEpochStart), "isr-3", Worlds.Isr(records: 1, crashes: 0), "REPL-INV-10"),
        Of("D6", typeof(HwOverShrunkIsrFirst), "isr-small", Worlds.Isr(epochs: 2, records: 1, crashes: 0), "REPL-INV-10"),
        Of("D7", typeof(HwIgnoresExpandingReplica), "isr-small", Worlds.Isr(epochs: 2, records: 1, crashes: 0), "REPL-INV-10"),
        Of("D8", typeof(StaleIsrWrite), "isr-small", Worlds.Isr(epochs: 2, records: 1, crashes: 0), "REPL-INV-17"),
        Of("D9", typeof(AckBelowMinIsr), "isr-small", Worlds.Isr(epochs: 2, records: 1, crashes: 0), "REPL-INV-15"),
        Animal.Of("D10", nameof(AckBeforeHw), "partition2", 2, (mutant, judged) => Worlds.Partition2(mutant ? me => new AckBeforeHw(me) : null, judged), "REPL-INV-10"),
        Of("D11", typeof(HwGoesBack), "isr-small", Worlds.Isr(epochs: 2, records: 1, crashes: 0), "REPL-INV-16"),
        Animal.Of("D12", nameof(ReadsAboveHw), "partition2", 2, (mutant, judged) => Worlds.Partition2(mutant ? me => new ReadsAboveHw(me) : null, judged), "REPL-INV-11"),
        Of("D13", typeof(LeadsWithoutItsTail), "isr-3-crash", Worlds.Isr(records: 1) with { Oracle = new LeadsWithoutItsTail.RebootedReplicaStaysInIsr() }, "REPL-INV-10") with { Name = nameof(LeadsWithoutItsTail.RebootedReplicaStaysInIsr) },
        Of("D14", typeof(LeadsWithoutItsTail), "isr-3-crash-1", Worlds.Isr(records: 1, expands: 0) with { Oracle = new LeadsWithoutItsTail.LastReplicaStanding() }, "REPL-INV-10") with { Name = nameof(LeadsWithoutItsTail.LastReplicaStanding) },
        Of("D15", typeof(EpochKnownFromFirstRecord), "isr-2.2-4", Worlds.Isr(brokers: 2, epochs: 4, shrinks: 0, expands: 0, crashes: 0), "REPL-INV-10"),
        Numbered("D16", typeof(OutOfOrderSequenceTaken)),
        Numbered("D17", typeof(ProducerStateForgotten)),
        Explored("D18", nameof(LagByLogEnd), "load", 2, (mutant, _, _) => new LoadWorld((me, lag) => mutant ? new LagByLogEnd(me, lag) : new Replica(me, lag), ticks: 16, isJudged: true), "REPL-INV-22"),
    ];

    private static Animal Numbered(string id, Type rules) => Explored(id, rules.Name, "producer", 2,
        (mutant, judged, _) => new ProducerWorld(Worlds.Producer((mutant ? Rules.True.With(rules) : Rules.True).New<ProducerRules>(), judged)), "REPL-INV-20");

    /// <summary>Those of the controller.</summary>
    private static ImmutableArray<Animal> Control { get; } =
    [
        Commanded("E1", "cluster-ousted", rules => Worlds.Cluster(rules, brokers: 2, crashes: 0, records: 0) with { Ousts = 1 }, [typeof(TwoControllers), typeof(TwoControllers.Obeyed)], "CTRL-INV-8"),
        Commanded("E2", "cluster-2-crash", rules => Worlds.Cluster(rules, brokers: 2, expiries: 0), [typeof(BouncedBrokerUnnoticed)], "CTRL-INV-13"),
        Commanded("E3", "topic-again", rules => Worlds.Cluster(rules, brokers: 2, controllers: 1, minInSync: 1, crashes: 0, expiries: 0, records: 0, breaks: 1) with { Deletions = 1 }, [typeof(StopReplicaLate)], "CTRL-INV-12"),
        Commanded("E4", "cluster-expiry", rules => Worlds.Cluster(rules, crashes: 0, records: 0), [typeof(WatchThenRead)], "CTRL-INV-9", "CTRL-INV-10"),
        Commanded("E13", "cluster-1", rules => Worlds.Cluster(rules, brokers: 1, controllers: 1, minInSync: 1, records: 0, onlyKills: true), [typeof(OldEphemeralTakenForOwn)], "CTRL-INV-11"),
    ];

    private static Animal Commanded(string id, string world, Func<Rules, ClusterSetup> setup, ImmutableArray<Type> players, params ImmutableArray<string> invariants) => Explored(id, players[0].Name, world, setup(Rules.True).Partition.Brokers,
        (mutant, judged, tells) =>
        {
            var made = setup(mutant ? players.Aggregate(Rules.True, (rules, player) => rules.With(player)) : Rules.True);
            return ClusterWorld.Start(made with { Partition = made.Partition with { Judged = judged, Tells = tells } });
        }, invariants);

    /// <summary>Those of groups.</summary>
    private static ImmutableArray<Animal> Groups { get; } =
    [
        Timed("E5", typeof(HeartbeatFromPoll), isStatic: false, "GROUP-INV-7"),
        Timed("E6", typeof(BackgroundHeartbeatOnly), isStatic: false, "GROUP-INV-8"),
        Timed("E7", typeof(OldGenerationHeartbeats), isStatic: true, "GROUP-INV-9"),
        Grouped("E8", typeof(StaleCommitAccepted), "group-2-commits", Worlds.Group(members: 2, partitions: 1, commits: 3, crashes: 0, failovers: 0), "GROUP-INV-4"),
        Grouped("E9", typeof(AssignedTwice), "group-3-joins", Worlds.Group(generations: 3, crashes: 0, failovers: 0, commits: 0, slow: 0), "GROUP-INV-6"),
        Timed("E10", typeof(RebalanceStuck), isStatic: false, "GROUP-INV-10"),
        Timed("E11", typeof(EvictedByLateAlarm), isStatic: false, "GROUP-INV-7"),
        Grouped("E12", typeof(CoordinatorBeforeLoad), "group-2-failover", Worlds.Group(members: 2, partitions: 1, crashes: 0), "GROUP-INV-5"),
    ];

    private static Animal Timed(string id, Type rules, bool isStatic, params ImmutableArray<string> invariants) => Explored(id, rules.Name, isStatic ? "timed-group-static" : "timed-group", 3,
        (mutant, judged, tells) => new TimedGroup(Worlds.TimedGroup(mutant ? Rules.True.With(rules) : Rules.True, judged, isStatic) with { Tells = tells }), invariants);

    private static Animal Grouped(string id, Type rules, string world, GroupSetup setup, params ImmutableArray<string> invariants) => Explored(id, rules.Name, world, setup.Members + 1,
        (mutant, judged, tells) => new GroupWorld(new GroupSetup(setup.Members, setup.Partitions, setup.Generations, setup.Commits, setup.Crashes, setup.Failovers, setup.Slow,
            (mutant ? Rules.True.With(rules) : Rules.True).New<Coordinator>(new GroupSettings(InitialDelayMs: 0))) { Judged = judged, Tells = tells }), invariants);

    /// <summary>The list.</summary>
    public static ImmutableArray<Animal> All { get; } = [.. Zab, .. ServiceAnimals.All, .. Replication, .. Control, .. Groups];

    /// <summary>Equivalent mutants: nothing may be found in them, by any claim.</summary>
    public static ImmutableArray<Animal> Controls { get; } =
    [
        Of("control-1", typeof(SaysPongTwice), Whole(3, 3, 5, snapshots: 2), ByWalk),
        Of("control-2", typeof(PersistsOnceMore), Oracle(1, 0, 1, rounds: 2), ByExplorer),
        Of("control-3", typeof(CountsAcksOfAnyTerm), Oracle(1, 0, 1, rounds: 2), ByExplorer),
    ];
}
