using Reference.Coordination;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>The worlds in which liveness is judged, by name.</summary>
public static class LivenessWorlds
{
    /// <summary><c>heal</c>: an ensemble that must heal from wherever it is. It begins with unequal histories: the server with the greatest id missed an epoch, and has a tail of its own.</summary>
    public static HealWorld Heal(Func<PeerSettings, Peer>? rules = null, int servers = 3, int schedules = 4, ImmutableArray<string> judged = default) =>
        new(ZabWorld.Start(new(servers, Crashes: 3, Breaks: 3, Proposals: 5, Snapshots: 2, rules ?? (settings => new Peer(settings)))
        {
            Disks = [.. Enumerable.Range(1, servers).Select(server => server == servers ? Worlds.Disk(1, 3) : Worlds.Disk(2, 1))], Judged = judged.IsDefault ? [] : judged,
        }), schedules);

    /// <summary><c>timed3</c>: three servers with clocks that serve as one when the world begins; then pauses, a crash and a broken link.</summary>
    public static TimedZab Timed3(Func<PeerSettings, Peer>? rules = null, int servers = 3, int crashes = 1, int breaks = 1, int proposals = 1, TimedSetup? setup = null, ImmutableArray<string> judged = default) =>
        TimedZab.Of(StandingEnsemble.Of(servers, crashes, breaks, proposals, 0, 0, rules, judged).Ensemble, setup ?? new(InitLimit: 8, SyncLimit: 4, MessageTicks: 1, DiskTicks: 1, Pauses: 2, LongestPause: 40));

    /// <summary><c>timed-session</c>: servers of the service with clocks, clients that ping in time or die, and leaders named by an oracle.</summary>
    public static TimedSessions TimedSession(Func<Settings, Server>? rules = null, int servers = 3, int clients = 3, int timeoutTicks = 6, int messageTicks = 1, int elections = 2, int deaths = 1, int horizon = 60, ImmutableArray<string> judged = default) =>
        TimedSessions.Start(new(servers, clients, timeoutTicks, messageTicks, elections, deaths, horizon, rules ?? (settings => new Server(settings))) { Judged = judged.IsDefault ? [] : judged });
}
