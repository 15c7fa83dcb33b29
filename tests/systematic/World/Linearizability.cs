using Reference.Coordination;

namespace Reference.Systematic.World;

/// <summary>Something that a client asked, as an onlooker with a clock saw it.</summary>
/// <param name="Session">Whose it is.</param>
/// <param name="Request">A write, or a read that a sync came right before.</param>
/// <param name="Asked">When it was asked (the sync, if there was one).</param>
/// <param name="Answered">When it was answered; <see cref="int.MaxValue"/> if it never was.</param>
/// <param name="Outcome">The answer, if there was one.</param>
public sealed record Happened(SessionId Session, Request Request, int Asked, int Answered, Outcome Outcome);

/// <summary>Whether there is an order of what happened in which all answers make sense, and which contradicts nobody's clock.</summary>
/// <remarks>
/// A search through the orders (Wing and Gong, "Testing and verifying concurrent objects", 1993), which remembers what was done and what that left (Lowe, "Testing for linearizability", 2017). It knows nothing of logs and zxids: for small
/// histories it says whether <see cref="Chronicle.WritesAndSyncsAreLinearizable"/> and its neighbours miss anything.
/// </remarks>
public static class Linearizability
{
    /// <summary>Looks for such an order; what was never answered may have been done at any time after, or not at all.</summary>
    /// <exception cref="ArgumentException">More than 64 requests.</exception>
    public static bool Holds(Specification first, IReadOnlyList<Happened> history)
    {
        if (history.Count > 64) throw new ArgumentException("at most 64 requests", nameof(history));
        ulong due = 0;
        for (var i = 0; i < history.Count; i++)
            if (history[i].Answered != int.MaxValue) due |= 1ul << i;
        return Search(first, history, 0, due, []);
    }

    private static bool Search(Specification now, IReadOnlyList<Happened> history, ulong done, ulong due, HashSet<(ulong, ulong)> seen)
    {
        if ((due & ~done) == 0) return true;
        if (!seen.Add((done, Fingerprint.Of(now)))) return false;

        // What was asked only after another was answered can't come before that one.
        var horizon = int.MaxValue;
        for (var i = 0; i < history.Count; i++)
            if ((done >> i & 1) == 0) horizon = Math.Min(horizon, history[i].Answered);
        for (var i = 0; i < history.Count; i++)
        {
            var one = history[i];
            if ((done >> i & 1) != 0 || one.Asked > horizon) continue;
            var (after, outcome) = one.Request is WriteRequest write ? now.Do(one.Session, write, 0) : (now, now.Read(one.Request));
            if ((one.Answered == int.MaxValue || outcome == one.Outcome) && Search(after, history, done | 1ul << i, due, seen)) return true;
        }
        return false;
    }
}
