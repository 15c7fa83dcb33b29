using Reference.Coordination;
using Reference.Systematic.Coordination;

namespace Reference.Systematic.World;

/// <summary>Something that a client may ask.</summary>
/// <param name="Name">In a word or two.</param>
/// <param name="Make">The request; null where it makes no sense now.</param>
public sealed record Wish(string Name, Func<ServiceClient, Request?> Make)
{
    /// <summary>A znode that stays.</summary>
    public static Wish Create { get; } = new("create", _ => Requests.Create("/b"));

    /// <summary>A znode that goes with the session.</summary>
    public static Wish Ephemeral { get; } = new("create ephemeral", _ => Requests.Create("/e-", CreateMode.EphemeralSequential));

    /// <summary>A znode under a number.</summary>
    public static Wish Sequential { get; } = new("create sequential", _ => Requests.Create("/s-", CreateMode.PersistentSequential));

    /// <summary>The end of the last znode under a number.</summary>
    public static Wish DeleteGiven { get; } = new("delete what was given", c => c.Given is null ? null : new DeleteRequest(c.Given, -1));

    /// <summary>Data, at the version that the znode has at first.</summary>
    public static Wish SetFirst { get; } = new("set at version 0", _ => Requests.Set("/a", "x", 0));

    /// <summary>Data, at any version.</summary>
    public static Wish Set { get; } = new("set", _ => Requests.Set("/a", "y"));

    /// <summary>The end of a znode.</summary>
    public static Wish Delete { get; } = new("delete", _ => new DeleteRequest("/a", -1));

    /// <summary>All or nothing: nothing, until there is a /b.</summary>
    public static Wish Both { get; } = new("multi", _ => Requests.Multi(Requests.Set("/a", "m"), new CheckRequest("/b", -1)));

    /// <summary>A znode that comes and goes at one zxid.</summary>
    public static Wish Passing { get; } = new("multi create delete", _ => Requests.Multi(Requests.Create("/t"), new DeleteRequest("/t", -1)));

    /// <summary>The znode's data, and word of its next change.</summary>
    public static Wish Watch { get; } = new("get and watch", _ => new GetDataRequest("/a", true));

    /// <summary>Whether there is another, and word of its creation.</summary>
    public static Wish Await { get; } = new("exists and watch", _ => new ExistsRequest("/b", true));

    /// <summary>The znode's data.</summary>
    public static Wish Get { get; } = new("get", _ => new GetDataRequest("/a", false));

    /// <summary>All that was committed before.</summary>
    public static Wish Sync { get; } = new("sync", _ => new SyncRequest("/a"));

    /// <summary>To be heard of.</summary>
    public static Wish Ping { get; } = new("ping", _ => new PingRequest());

    /// <summary>The session's end.</summary>
    public static Wish CloseSession { get; } = new("close session", _ => new CloseSessionRequest());
}

/// <summary>What a world of the service's servers and clients may do, and how often.</summary>
/// <param name="Servers">How many servers.</param>
/// <param name="Clients">How many clients; each begins with a session, at servers in turn.</param>
/// <param name="Wishes">What clients may ask.</param>
public sealed record ServiceSetup(int Servers, int Clients, ImmutableArray<Wish> Wishes)
{
    /// <summary>The rules that a server follows; the zoo gives its own.</summary>
    public Func<Settings, Server> Rules { get; init; } = settings => new(settings);

    /// <summary>A session's time-out; the least that servers grant, too.</summary>
    public const int TimeoutMs = 100;

    /// <summary>How often servers report, and how far the clock goes in a step.</summary>
    public const int HeartbeatMs = 50;

    /// <summary>How many requests each client may make.</summary>
    public int Asks { get; init; } = 3;

    /// <summary>How many of them may wait at a time.</summary>
    public int Pipelined { get; init; } = 2;

    /// <summary>How often each client may connect again.</summary>
    public int Connects { get; init; } = 1;

    /// <summary>How many more epochs there are.</summary>
    public int Epochs { get; init; }

    /// <summary>How often a follower loses its leader.</summary>
    public int Losses { get; init; }

    /// <summary>How often a server restarts.</summary>
    public int Restarts { get; init; }

    /// <summary>How often the clock goes on.</summary>
    public int Ticks { get; init; }

    /// <summary>Whether the clock waits for reports that are a heartbeat old.</summary>
    public bool Timely { get; init; }

    /// <summary>The only claims to evaluate; all if empty.</summary>
    public ImmutableArray<string> Judged { get; init; } = [];

    /// <summary>The core of each server.</summary>
    public ImmutableArray<Server> Cores() => [.. Enumerable.Range(1, Servers).Select(id => Rules(new(new(id)) { MinSessionTimeoutMs = TimeoutMs, MaxSessionTimeoutMs = TimeoutMs, HeartbeatMs = HeartbeatMs }))];

    /// <summary>Whether a claim is evaluated.</summary>
    public bool Judges(string invariant) => Judged.IsEmpty || Judged.Contains(invariant);
}
