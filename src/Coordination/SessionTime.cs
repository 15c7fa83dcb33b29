namespace Reference.Coordination;

/// <summary>A session's end, as an onlooker with a clock sees it.</summary>
/// <param name="IsProposed">Whether the leader has proposed it.</param>
/// <param name="Pings">Whether its client lives and has asked something in each third of its time-out.</param>
/// <param name="SilentTicks">How long its client has been dead, by the leader's clock, since that one took over.</param>
/// <param name="Period">The longest that it may be, in the same ticks.</param>
public readonly record struct SessionEnd(bool IsProposed, bool Pings, int SilentTicks, int Period);

/// <summary>What clocks and bounded delays make true of sessions.</summary>
public static class SessionTime
{
    /// <summary>Who pings stays.</summary>
    [Rule("COORD-TIME-1")]
    public static readonly Invariant<SessionEnd> WhoPingsStays = new("COORD-TIME-1",
        "no session is expired whose client asks something in each third of its time-out, whoever leads", e => !(e.IsProposed && e.Pings));

    /// <summary>Who is dead goes.</summary>
    [Rule("COORD-TIME-2")]
    public static readonly Invariant<SessionEnd> WhoIsDeadGoes = new("COORD-TIME-2",
        "a session whose client is dead is expired within the stated period, counted anew when another leads", e => e.IsProposed || e.SilentTicks <= e.Period);
}
