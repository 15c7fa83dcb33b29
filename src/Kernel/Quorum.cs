using System.Collections.Immutable;

namespace Reference.Kernel;

/// <summary>Majorities. Any two of the same members share at least one: all of ZAB rests on it.</summary>
public static class Quorum
{
    /// <summary>Whether <paramref name="who"/> holds more than half of <paramref name="members"/>. A repeated or foreign name counts for nothing.</summary>
    [Rule("KERNEL-QUORUM-1")]
    public static bool Holds<T>(IEnumerable<T> who, ImmutableSortedSet<T> members) => members.Intersect(who).Count > members.Count / 2;
}
