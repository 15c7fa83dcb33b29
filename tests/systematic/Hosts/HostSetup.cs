namespace Reference.Hosts;

/// <summary>A world of hosts: how many there are, and what may be done to them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Servers">How many servers.</param>
/// <param name="Writes">What the client writes.</param>
/// <param name="Crashes">How many servers may be killed, with or without the loss of what wasn't flushed.</param>
/// <param name="Breaks">How many connections may break.</param>
/// <param name="Stops">How many servers may be ended in order.</param>
/// <param name="EarlyRings">How many alarms may ring though there is more to do first.</param>
public sealed record HostSetup(string Name, int Servers, int Writes, int Crashes, int Breaks, int Stops, int EarlyRings)
{
    /// <summary>How the disks keep their promise.</summary>
    public DiskKind Disk { get; init; }

    /// <summary>Whether the schedule may also switch at every lock: ten times as many points, for what goes wrong between two locks.</summary>
    public bool Locks { get; init; }

    /// <summary>Of all that the machine hands over, once in so many times whoever gets it goes on in an operation of its own: always, if one.</summary>
    public int AsideOneIn { get; init; } = 1;

    /// <summary>A claim that must fail: that no write is ever acknowledged.</summary>
    public bool Canary { get; init; }

    /// <summary>The worlds of hosts, by name.</summary>
    public static ImmutableArray<HostSetup> All { get; } =
    [
        new("hosts", Servers: 3, Writes: 6, Crashes: 2, Breaks: 1, Stops: 1, EarlyRings: 2) { AsideOneIn = 20 },
        new("hosts-disk", Servers: 1, Writes: 9, Crashes: 3, Breaks: 1, Stops: 1, EarlyRings: 1),
        new("hosts-locks", Servers: 1, Writes: 4, Crashes: 1, Breaks: 1, Stops: 2, EarlyRings: 1) { Locks = true },
    ];
}
