using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>The worlds in which liveness is judged, by name.</summary>
public static class LivenessWorlds
{
    /// <summary><c>heal</c>: an ensemble that must heal from wherever it is.</summary>
    public static HealWorld Heal(Func<PeerSettings, Peer>? rules = null, int servers = 3, int schedules = 4, ImmutableArray<string> judged = default) =>
        new(Worlds.Zab(rules, servers, judged: judged), schedules);
}
