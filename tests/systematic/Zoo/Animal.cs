using Reference.Systematic.World;

namespace Reference.Systematic.Zoo;

/// <summary>A historical bug let loose in a world: which claims count as its death, and how it is hunted.</summary>
/// <param name="Id">Its number in the zoo's list.</param>
/// <param name="Name">Its class.</param>
/// <param name="World">The world, by name.</param>
/// <param name="Invariants">The claims it must fall to: others, that notice it earlier by accident, aren't evaluated while it is hunted.</param>
public sealed record Animal(string Id, string Name, string World, ImmutableArray<string> Invariants, Func<Animal, ulong, long, TimeSpan?, WalkResult> Hunt, Func<Animal, ulong, long, TimeSpan?, WalkResult> HuntUnchanged, Func<Animal, Finding, Finding> Shrink, Action<Animal, Finding, TextWriter> Tell, Func<Animal, Finding, Microsoft.Coyote.SystematicTesting.TestReport> ReplayUnderCoyote)
{
    /// <summary>An animal of a world, whose inhabitants are made with the mutant's rules, or with the true ones.</summary>
    public static Animal Of<TWorld>(string id, string name, string world, int nodes, Func<bool, ImmutableArray<string>, TWorld> make, params ImmutableArray<string> invariants) where TWorld : class, IWorld<TWorld> =>
        new(id, name, world, invariants,
            (a, seed, runs, budget) => Walk.Run(a.File, () => make(true, invariants), seed, runs, budget),
            (a, seed, runs, budget) => Walk.Run(a.File, () => make(false, invariants), seed, runs, budget),
            (a, finding) => Walk.Shrink(() => make(true, invariants), finding),
            (a, finding, to) => Story.Tell(a.Stage, finding, to),
            (a, finding) => CoyoteWalk.Replay(() => make(true, invariants), finding, nodes))
        { Stage = new Stage<TWorld>(() => make(true, invariants)) { World = world, Mutant = id, Nodes = nodes } };

    /// <summary>Its world, with its rules.</summary>
    public required Stage Stage { get; init; }

    /// <summary>Its name in files: world and animal.</summary>
    public string File => $"{World}:{Id}";
}

/// <summary>All animals that the walk hunts, by number.</summary>
public static class Animals
{
    /// <summary>Committed is never lost, as ZAB's worlds say it: established leaders have it, and who lacks it can't win.</summary>
    private static readonly ImmutableArray<string> ZabLoses = ["ZAB-INV-9", "ZAB-INV-10"];

    /// <summary>The list.</summary>
    public static ImmutableArray<Animal> All { get; } =
    [
        Animal.Of("A1", nameof(HalfIsAQuorum), "zab4", 4, (mutant, judged) => Worlds.Zab(mutant ? s => new HalfIsAQuorum(s) : null, servers: 4, crashes: 0, breaks: 0, judged: judged), "ZAB-INV-11"),
        Animal.Of("A7", nameof(AcceptedEpochNotPersisted), "zab", 3, (mutant, judged) => Worlds.Zab(mutant ? s => new AcceptedEpochNotPersisted(s) : null, crashes: 2, breaks: 0, proposals: 0, snapshots: 0, judged: judged), "ZAB-INV-12"),
        Animal.Of("B2", nameof(AckNewLeaderBeforeDisk), "zab", 3, (mutant, judged) => Worlds.Zab(mutant ? s => new AckNewLeaderBeforeDisk(s) : null, judged: judged), ZabLoses),
        Animal.Of("C1", nameof(CommitOutOfOrder), "zab", 3, (mutant, judged) => Worlds.Zab(mutant ? s => new CommitOutOfOrder(s) : null, judged: judged), "ZAB-INV-7"),
        Animal.Of("C3", nameof(AckBeforeFsync), "zab", 3, (mutant, judged) => Worlds.Zab(mutant ? s => new AckBeforeFsync(s) : null, judged: judged), ZabLoses),
        .. ServiceAnimals.All,
        Animal.Of("D1", nameof(TruncateToHighWatermark), "partition2", 2, (mutant, judged) => Worlds.Partition2(mutant ? me => new TruncateToHighWatermark(me) : null, judged), "REPL-INV-10"),
        Animal.Of("D10", nameof(AckBeforeHw), "partition2", 2, (mutant, judged) => Worlds.Partition2(mutant ? me => new AckBeforeHw(me) : null, judged), "REPL-INV-10"),
        Animal.Of("D12", nameof(ReadsAboveHw), "partition2", 2, (mutant, judged) => Worlds.Partition2(mutant ? me => new ReadsAboveHw(me) : null, judged), "REPL-INV-11"),
    ];

    /// <summary>Equivalent mutants: nothing may be found in them.</summary>
    public static ImmutableArray<Animal> Controls { get; } =
        [Animal.Of("control-1", nameof(SaysPongTwice), "zab", 3, (mutant, judged) => Worlds.Zab(mutant ? s => new SaysPongTwice(s) : null))];
}
