using Reference.Coordination;

namespace Reference.Systematic.World;

/// <summary>The worlds of the service: small ones that can be explored to a fixpoint, each for some of the claims, and a large one to walk in.</summary>
public static class ServiceWorlds
{
    /// <summary>One server, one client that doesn't wait for answers: what is judged by what's outstanding, sequence numbers, recovery.</summary>
    public static ServiceSetup One { get; } = new(1, 1, [Wish.SetFirst, Wish.Both, Wish.Create, Wish.Sequential, Wish.DeleteGiven, Wish.Passing, Wish.Get]) { Asks = 3, Pipelined = 2, Connects = 1, Epochs = 1, Restarts = 1 };

    /// <summary>One server that crashes and recovers from a snapshot, with what came before it still in its log.</summary>
    public static ServiceSetup OneRestarted { get; } = new(1, 1, [Wish.Passing, Wish.Set, Wish.Get]) { Asks = 3, Pipelined = 2, Connects = 2, Epochs = 2, Restarts = 2 };

    /// <summary>Two servers, one client that moves: watches, reads that must not go back, ephemerals, and an epoch's end.</summary>
    public static ServiceSetup Two { get; } = new(2, 1, [Wish.Watch, Wish.Set, Wish.Ephemeral, Wish.CloseSession]) { Asks = 2, Pipelined = 2, Connects = 2, Epochs = 1, Losses = 1 };

    /// <summary>Two servers, one client, and time: sessions that are heard of live on, others end.</summary>
    public static ServiceSetup TwoTimed { get; } = new(2, 1, [Wish.Ping, Wish.Ephemeral]) { Asks = 2, Pipelined = 1, Connects = 1, Epochs = 1, Ticks = 4, Timely = true };

    /// <summary>Three servers, two clients: what one is told, the other must see after a sync; of two that expect one version, one succeeds; one server may be left behind.</summary>
    public static ServiceSetup Three { get; } = new(3, 2, [Wish.SetFirst, Wish.Sync, Wish.Get]) { Asks = 2, Pipelined = 1, Connects = 0, Epochs = 1 };

    /// <summary>Three servers, one client that moves, also to a server that was left behind and doesn't know it.</summary>
    public static ServiceSetup ThreeMoved { get; } = new(3, 1, [Wish.Set, Wish.Get]) { Asks = 2, Pipelined = 1, Connects = 2, Epochs = 1 };

    /// <summary>Three servers, three clients, and everything: too large to exhaust.</summary>
    public static ServiceSetup Large { get; } = new(3, 3,
        [Wish.Watch, Wish.Await, Wish.Get, Wish.Set, Wish.SetFirst, Wish.Delete, Wish.Create, Wish.Ephemeral, Wish.Sequential, Wish.DeleteGiven, Wish.Both, Wish.Passing, Wish.Sync, Wish.Ping, Wish.CloseSession])
    { Asks = 20, Pipelined = 4, Connects = 6, Epochs = 3, Losses = 3, Restarts = 2, Ticks = 8 };

    /// <summary>All of them, by name.</summary>
    public static ImmutableSortedDictionary<string, ServiceSetup> All { get; } = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, new KeyValuePair<string, ServiceSetup>[]
    {
        new("service1", One), new("service1r", OneRestarted), new("service2", Two), new("service2t", TwoTimed), new("service3", Three), new("service3m", ThreeMoved), new("service", Large),
    });

    /// <summary>Those that are small enough to be explored to a fixpoint.</summary>
    public static ImmutableArray<string> Explored { get; } = [.. All.Keys.Where(name => name != "service")];

    /// <summary>What a world is, in a line.</summary>
    public static string About(string name) => name switch
    {
        "service1" => "the service on one server, with a client that doesn't wait for answers",
        "service1r" => "the service on one server that crashes and recovers from snapshot and log",
        "service2" => "the service on two servers, with a client that moves and watches",
        "service2t" => "the service on two servers, with a client whose session may expire",
        "service3" => "the service on three servers, one of which may be left behind, with two clients",
        "service3m" => "the service on three servers, one of which may be left behind, with a client that moves",
        _ => "the service on three servers, with three clients; everything may happen",
    };

    /// <summary>A world at its start.</summary>
    public static ServiceWorld Start(ServiceSetup setup, Rules rules, ImmutableArray<string> judged = default) => ServiceWorld.Start(setup with { Rules = settings => rules.New<Server>(settings), Judged = judged.IsDefault ? [] : judged });
}
