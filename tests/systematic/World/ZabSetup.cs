using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>How much of the protocol a world of servers shows, and what it takes for granted instead. spec/exploration.md says why each assumption is safe, and where it's checked.</summary>
public enum Grain
{
    /// <summary>Everything, heartbeats and each alarm by itself: for walks.</summary>
    Whole,

    /// <summary>The whole peer with its own election, in a form that is small enough to be explored: a time-out may come whenever its phase has one, votes aren't repeated on a link that stands, whoever crashed is back at once.</summary>
    Full,

    /// <summary>Election alone: who decides takes no part in what comes after.</summary>
    Election,

    /// <summary>Discovery, synchronisation and broadcast: an oracle names any server leader, round by round, whatever its history; others join it or don't.</summary>
    Oracle,
}

/// <summary>What a world of servers may do to them, and how often.</summary>
/// <param name="Rules">The rules that a server follows; the zoo gives its own.</param>
public sealed record ZabSetup(int Servers, int Crashes, int Breaks, int Proposals, int Snapshots, Func<PeerSettings, Peer> Rules)
{
    /// <summary>The only claims to evaluate; all if empty.</summary>
    public ImmutableArray<string> Judged { get; init; } = [];

    /// <summary>How much of the protocol is shown.</summary>
    public Grain Grain { get; init; } = Grain.Whole;

    /// <summary>How often each server may look for a leader: its election round, or the oracle's, goes no further.</summary>
    public int Rounds { get; init; } = int.MaxValue;

    /// <summary>As many as there may be: nothing is counted.</summary>
    public const int Unbounded = 15;

    /// <summary>How often a server may leave its term only because time is up, in the grains with their own election: there a run of such time-outs is a fault like others. Under the oracle they are free.</summary>
    public int TimeOuts { get; init; } = Unbounded;

    /// <summary>Epochs beyond this one aren't followed.</summary>
    public int Epochs { get; init; } = int.MaxValue;

    /// <summary>The disks that the servers begin with; empty ones if none are given.</summary>
    public ImmutableArray<Durable> Disks { get; init; } = [];

    /// <summary>The servers that start late, at any time; the others begin running, except in <see cref="Grain.Whole"/>, where all start at any time.</summary>
    public ImmutableSortedSet<int> Late { get; init; } = [];

    /// <summary>Whether steps that commute with all others are merged; off shows that nothing is lost by it.</summary>
    public bool Reduced { get; init; } = true;

    /// <summary>The last number of an epoch; a small one shows what happens when they are used up.</summary>
    public uint LastCounter { get; init; } = uint.MaxValue;

    /// <summary>Whether the oracle also lets servers join a leader of an earlier round, as long as that leads: more runs than elections allow.</summary>
    public bool AnyLeader { get; init; }

    /// <summary>Whether a claim is evaluated.</summary>
    public bool Judges(string invariant) => Judged.IsDefaultOrEmpty || Judged.Contains(invariant);

    /// <summary>All servers.</summary>
    public ImmutableSortedSet<NodeId> Members => _members ??= [.. Enumerable.Range(1, Servers).Select(i => new NodeId(i))];

    /// <summary>The rules of each server.</summary>
    public ImmutableArray<Peer> Peers => _peers ??= [.. Enumerable.Range(1, Servers).Select(id => Rules(new(new(id), Members) { LastCounter = LastCounter }))];

    private ImmutableArray<Peer>? _peers;
    private ImmutableSortedSet<NodeId>? _members;
}
