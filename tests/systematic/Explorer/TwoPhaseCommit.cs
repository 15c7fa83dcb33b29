using Reference.Systematic.World;

namespace Reference.Systematic.Explorer;

/// <summary>Two-phase commit with a number of resource managers: a model with published counts, to calibrate the explorer against.</summary>
/// <remarks>
/// Source: Gray and Lamport, "Consensus on transaction commit" (2004), and its specification TwoPhase: 288 states with 3 managers, 8,832 with 5, 10,340,352 with 9.
/// A state is one word: two bits a manager (working, prepared, committed, aborted), two for the transaction manager, then sets by manager: heard by it, and sent Prepared; then Commit sent, Abort sent.
/// </remarks>
public sealed class TwoPhaseCommit(int managers, ulong seed = 0) : IModel<ulong>
{
    private const ulong Working = 0, Prepared = 1, Committed = 2, Aborted = 3;

    /// <inheritdoc/>
    public IReadOnlyList<string> Kinds { get; } = ["prepare", "choose to abort", "hear prepared", "decide commit", "decide abort", "learn commit", "learn abort"];

    /// <inheritdoc/>
    public IReadOnlyList<string> Goals { get; } = ["all committed", "all aborted"];

    /// <inheritdoc/>
    public IEnumerable<ulong> Initial => [0];

    private int Manager => 2 * managers;
    private int Heard => Manager + 2;
    private int Sent => Heard + managers;
    private ulong CommitSent => 1ul << (Sent + managers);
    private ulong AbortSent => CommitSent << 1;

    /// <inheritdoc/>
    public ulong Fingerprint(in ulong state)
    {
        var f = new Fingerprint(seed);
        f.Add(state);
        return f.Value;
    }

    /// <inheritdoc/>
    public void Expand(in ulong state, Successors<ulong> to)
    {
        var deciding = (state >> Manager & 3) == 0;
        for (var m = 0; m < managers; m++)
        {
            var own = state >> (2 * m) & 3;
            var sent = (state >> (Sent + m) & 1) != 0;
            if (own == Working)
            {
                Add(new(0, m), (state | Prepared << (2 * m)) | 1ul << (Sent + m), to);
                Add(new(1, m), state | Aborted << (2 * m), to);
            }
            if (deciding && sent) Add(new(2, managers, m), state | 1ul << (Heard + m), to);
            if ((state & CommitSent) != 0) Add(new(5, m), state & ~(3ul << (2 * m)) | Committed << (2 * m), to);
            if ((state & AbortSent) != 0) Add(new(6, m), state | Aborted << (2 * m), to);
        }
        var all = (1ul << managers) - 1;
        if (deciding && (state >> Heard & all) == all) Add(new(3, managers), state | 1ul << Manager | CommitSent, to);
        if (deciding) Add(new(4, managers), state | 2ul << Manager | AbortSent, to);
    }

    private void Add(Move move, ulong next, Successors<ulong> to)
    {
        var (committed, aborted) = (0, 0);
        for (var m = 0; m < managers; m++)
        {
            var own = next >> (2 * m) & 3;
            if (own == Committed) committed++;
            if (own == Aborted) aborted++;
        }
        var broken = committed > 0 && aborted > 0 ? new Broken("TPC-1", "no manager commits while another aborts", $"state {next:x}") : null;
        to.Add(move, next, broken, (committed == managers ? 1ul : 0) | (aborted == managers ? 2ul : 0));
    }
}
