using Reference.Systematic.World;

namespace Reference.Systematic.Explorer;

/// <summary>Two processes and Peterson's lock: each says that it wants in, lets the other go first, and waits. Whole, as an example of a model.</summary>
/// <param name="isPolite">False: the turn is given away before the wish is said, and the lock is none.</param>
/// <remarks>Source: G. L. Peterson, "Myths about the mutual exclusion problem" (1981).</remarks>
public sealed class Peterson(bool isPolite = true) : IModel<Peterson.State>
{
    /// <summary>Where a process is.</summary>
    public enum At { Outside, Halfway, Waiting, Inside }

    /// <summary>Where both are, who said that it wants in, and whose turn it is.</summary>
    public readonly record struct State(At First, At Second, bool FirstWants, bool SecondWants, int Turn)
    {
        /// <summary>Where a process is.</summary>
        public At this[int who] => who == 0 ? First : Second;

        /// <summary>Whether a process wants in.</summary>
        public bool Wants(int who) => who == 0 ? FirstWants : SecondWants;

        /// <summary>With one process elsewhere.</summary>
        public State With(int who, At at, bool wants) => who == 0 ? this with { First = at, FirstWants = wants } : this with { Second = at, SecondWants = wants };
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Kinds { get; } = ["first word", "second word", "enter", "leave"];

    /// <inheritdoc/>
    public IReadOnlyList<string> Goals { get; } = ["entered"];

    /// <inheritdoc/>
    public IEnumerable<State> Initial => [default];

    /// <inheritdoc/>
    public ulong Fingerprint(in State s)
    {
        var f = new Fingerprint(seed: 0);
        f.Add(((int)s.First << 6) | ((int)s.Second << 4) | (s.FirstWants ? 8 : 0) | (s.SecondWants ? 4 : 0) | s.Turn);
        return f.Value;
    }

    /// <inheritdoc/>
    public void Expand(in State s, Successors<State> to)
    {
        for (var me = 0; me < 2; me++)
        {
            var (wants, other) = (s.Wants(me), 1 - me);
            if (s[me] == At.Outside) to.Add(new(0, me), isPolite ? s.With(me, At.Halfway, true) : s.With(me, At.Halfway, wants) with { Turn = other });
            if (s[me] == At.Halfway) to.Add(new(1, me), isPolite ? s.With(me, At.Waiting, true) with { Turn = other } : s.With(me, At.Waiting, true));
            if (s[me] == At.Waiting && (!s.Wants(other) || s.Turn == me)) to.Add(new(2, me), s.With(me, At.Inside, true), reached: 1);
            if (s[me] == At.Inside) to.Add(new(3, me), s.With(me, At.Outside, false));
        }
    }

    /// <inheritdoc/>
    public Broken? Judge(in State s) => s is { First: At.Inside, Second: At.Inside } ? new("LOCK-1", "at most one process is inside", $"{s}") : null;
}
