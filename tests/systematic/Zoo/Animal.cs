using Reference.Replication.Replicas;
using Reference.Systematic.Explorer;
using Reference.Systematic.World;

namespace Reference.Systematic.Zoo;

/// <summary>What a hunt came to.</summary>
/// <param name="Found">The counterexample, as the engine found it; null if the prey is alive.</param>
/// <param name="Work">Runs walked, or distinct states explored.</param>
/// <param name="IsWhole">Whether everything that the world can do was seen.</param>
public sealed record HuntResult(Finding? Found, long Work, double Seconds, bool IsWhole, ImmutableSortedDictionary<string, long> Reached);

/// <summary>How much a hunt may cost: runs of a walk, states of an exploration; never seconds.</summary>
public sealed record Effort(long Runs, long States, int Workers = 0)
{
    /// <summary>What the zoo spends on one animal.</summary>
    public static readonly Effort Usual = new(10_000, 6_000_000);

    /// <summary>So many times as much.</summary>
    public Effort Times(int factor) => this with { Runs = Runs * factor, States = States * factor };
}

/// <summary>A historical bug let loose in a world: which claims count as its death, and how it is hunted.</summary>
/// <param name="Id">Its number in the zoo's list.</param>
/// <param name="Name">Its class.</param>
/// <param name="Engine">Who hunts it: <c>walk</c>, whose runs are drawn, or <c>explorer</c>, which finds the shortest way.</param>
/// <param name="Invariants">The claims it must fall to: others, that notice it earlier by accident, aren't evaluated while it is hunted.</param>
public sealed record Animal(string Id, string Name, string Engine, ImmutableArray<string> Invariants)
{
    /// <summary>The engine that draws its runs.</summary>
    public const string ByWalk = "walk";

    /// <summary>The engine that goes breadth-first.</summary>
    public const string ByExplorer = "explorer";

    /// <summary>Its world, with its rules.</summary>
    public required Stage Stage { get; init; }

    /// <summary>Hunts it.</summary>
    public required Func<ulong, Effort, HuntResult> Hunt { get; init; }

    /// <summary>Looks for the same claims' end under the true rules, in the same world.</summary>
    public required Func<ulong, Effort, HuntResult> HuntUnchanged { get; init; }

    /// <summary>Looks for all claims' end under the true rules, in the same world.</summary>
    public required Func<ulong, Effort, HuntResult> HuntAny { get; init; }

    /// <summary>Lets loose, under the true rules, a claim that none of the world's goals is ever reached: it must die.</summary>
    public required Func<HuntResult> Canary { get; init; }

    /// <summary>The world, by name.</summary>
    public string World => Stage.World;

    /// <summary>Its name in files: world and animal.</summary>
    public string File => $"{World}:{Id}";

    /// <summary>An animal of any world that can be walked, whose inhabitants are made with the mutant's rules, or with the true ones.</summary>
    public static Animal Of<TWorld>(string id, string name, string world, int nodes, Func<bool, ImmutableArray<string>, TWorld> make, params ImmutableArray<string> invariants) where TWorld : class, IWorld<TWorld> =>
        new(id, name, ByWalk, invariants)
        {
            Stage = new Stage<TWorld>(() => make(true, invariants)) { World = world, Mutant = id, Nodes = nodes },
            Hunt = (seed, effort) => Walked(world, () => make(true, invariants), seed, effort),
            HuntUnchanged = (seed, effort) => Walked(world, () => make(false, invariants), seed, effort),
            HuntAny = (seed, effort) => Walked(world, () => make(false, []), seed, effort),
            Canary = () => Walked(world, () => new Canary<TWorld>(make(false, [])), 1, new(200, 0)),
        };

    /// <summary>An animal of an ensemble's world.</summary>
    public static Animal Of(string id, Type rules, ZooWorld world, string engine, params ImmutableArray<string> invariants)
    {
        var (mutant, judged, any) = (world.Setup(Rules.True.With(rules), invariants), world.Setup(Rules.True, invariants), world.Setup(Rules.True, []));
        var animal = Of(id, rules.Name, world.Name, mutant.Servers, (isMutant, claims) => ZabWorld.Start(isMutant ? mutant : claims.IsEmpty ? any : judged), invariants);
        if (engine == ByWalk) return animal;
        return animal with
        {
            Engine = engine,
            Hunt = (seed, effort) => Explored(world.Name, mutant, seed, effort),
            HuntUnchanged = (seed, effort) => Explored(world.Name, judged, seed, effort),
            HuntAny = (seed, effort) => Explored(world.Name, any, seed, effort),
            Canary = () => Explored(world.Name, any, 0, new(0, 1_000_000), w => w.Servers.Any(s => s.State?.Leading is not null) ? Canaries.Dead : null),
        };
    }

    /// <summary>An animal of any world whose states are few enough to be visited in their order.</summary>
    public static Animal Explored<TWorld>(string id, string name, string world, int nodes, Func<bool, ImmutableArray<string>, bool, TWorld> make, params ImmutableArray<string> invariants) where TWorld : class, IWorld<TWorld> =>
        Of(id, name, world, nodes, (mutant, judged) => make(mutant, judged, true), invariants) with
        {
            Engine = ByExplorer,
            Hunt = (seed, effort) => Visited(world, () => make(true, invariants, false), seed, effort),
            HuntUnchanged = (seed, effort) => Visited(world, () => make(false, invariants, false), seed, effort),
            HuntAny = (seed, effort) => Visited(world, () => make(false, [], false), seed, effort),
            Canary = () => Visited(world, () => new Canary<TWorld>(make(false, [], false)), 1, new(0, 1_000_000)),
        };

    /// <summary>An animal of a partition under an oracle controller.</summary>
    public static Animal Of(string id, Type rules, string world, IsrSetup setup, params ImmutableArray<string> invariants) => Explored(id, rules.Name, world, setup.Brokers,
        (mutant, judged, tells) => IsrWorld.Start(new IsrSetup(setup.Brokers, setup.MinInSync, setup.Epochs, setup.Records, setup.Shrinks, setup.Expands, setup.Crashes,
            me => (mutant ? Rules.True.With(rules) : Rules.True).New<Replica>(me, ReplicaSetup.LagMs))
        { Judged = judged, Tells = tells, OnlyKills = setup.OnlyKills, LostAnswers = setup.LostAnswers, Oracle = mutant ? setup.Oracle : new() }), invariants);

    private static HuntResult Visited<TWorld>(string world, Func<TWorld> make, ulong seed, Effort effort) where TWorld : class, IWorld<TWorld>
    {
        var found = Explorer.Explorer.Run(new WorldModel<TWorld>(make, seed), new Bounds(effort.States, MaxBytes: 6L << 30, Workers: effort.Workers));
        return new(found.Violation is { } violation ? new(world, seed, violation.Moves, violation.Broken) : null, found.States, found.Seconds, found.Fixpoint, found.Reached);
    }

    private static HuntResult Walked<TWorld>(string world, Func<TWorld> make, ulong seed, Effort effort) where TWorld : class, IWorld<TWorld>
    {
        var walk = Walk.Run(world, make, seed, effort.Runs);
        return new(walk.Found, walk.Runs, walk.Seconds, false, walk.Reached);
    }

    private static HuntResult Explored(string world, ZabSetup setup, ulong seed, Effort effort, Func<ZabWorld, Broken?>? judge = null)
    {
        var found = Explorer.Explorer.Run(new ZabModel(setup, seed, judge), new Bounds(effort.States, MaxBytes: 6L << 30, Workers: effort.Workers));
        return new(found.Violation is { } violation ? new(world, seed, violation.Moves, violation.Broken) : null, found.States, found.Seconds, found.Fixpoint, found.Reached);
    }
}
