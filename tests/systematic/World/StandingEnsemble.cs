using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>An ensemble that serves as one when the world begins, so that all that can come of a few faults is few enough states to see each.</summary>
/// <param name="TimeOuts">Long alarms that may yet ring.</param>
/// <param name="Rings">Short ones: votes said again, and votes that settle. The leader's greetings change nothing here, and aren't rung.</param>
public sealed record StandingEnsemble(ZabWorld Ensemble, int TimeOuts, int Rings) : IWorld<StandingEnsemble>
{
    private static readonly int Ring = ZabWorld.Kinds.ToList().IndexOf("ring"), TimeOut = ZabWorld.Kinds.ToList().IndexOf("!time out");

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds => ZabWorld.Kinds;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals => ZabWorld.Goals;

    /// <inheritdoc/>
    public Broken? Broken => Ensemble.Broken;

    /// <inheritdoc/>
    public ulong Reached => Ensemble.Reached;

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail => Ensemble.Trail;

    /// <summary>So many servers, established and with one transaction delivered by all; then so many faults.</summary>
    public static StandingEnsemble Of(int servers, int crashes, int breaks, int proposals, int timeOuts, int rings, Func<PeerSettings, Peer>? rules = null, ImmutableArray<string> judged = default)
    {
        var standing = Healing.Heal(Worlds.Zab(rules, servers, judged: judged)).World;
        return new(standing with { Crashes = crashes, Breaks = breaks, Proposals = proposals, Setup = standing.Setup with { Proposals = standing.Setup.Proposals + proposals } }, timeOuts, rings);
    }

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        Ensemble.Moves(moves);
        moves.RemoveAll(m => m.Kind == Ring && (Rings == 0 || m.Detail == (int)Alarm.Heartbeat) || m.Kind == TimeOut && TimeOuts == 0);
    }

    /// <inheritdoc/>
    public StandingEnsemble? After(Move move)
    {
        var (timeOut, ring) = (move.Kind == TimeOut ? 1 : 0, move.Kind == Ring ? 1 : 0);
        if (TimeOuts < timeOut || Rings < ring || Ensemble.After(move) is not { } after) return null;
        return new(after, TimeOuts - timeOut, Rings - ring);
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(Ensemble.Fingerprint(seed));
        f.Add(TimeOuts);
        f.Add(Rings);
        return f.Value;
    }
}
