using System.Numerics;
using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>
/// An ensemble with clocks. Each server has one, and no two differ by more than a tick; a clock ticks only when nothing is overdue at its server: no message, no write, no alarm, no link that could come up.
/// An alarm rings exactly when its time has come. A server may be paused, which is also how one dies without a word: it takes nothing in until it goes on, and then everything at once.
/// </summary>
/// <param name="Clocks">What each server knows of time.</param>
/// <param name="Arrivals">For each ordered pair (from, to) the ticks that each packet on its way may still take, by the receiver's clock.</param>
/// <param name="Steady">For each ordered pair (leader, follower) how long both have lived, connected, the one established and the other serving under it; by the leader's clock, no more than it matters.</param>
/// <param name="Gone">For each ordered pair (dead, living) how long the one has been dead, by the other's clock; no more than it matters.</param>
public sealed partial record TimedZab(ZabWorld Ensemble, TimedSetup Setup, ImmutableArray<ServerClock> Clocks, ImmutableArray<ImmutableArray<int>> Arrivals, ImmutableArray<int> Steady, ImmutableArray<int> Gone, int Pauses) : IWorld<TimedZab>
{
    private static readonly int Tick = ZabMoves.Kinds.Count, Pause = Tick + 1, Wake = Tick + 2;

    private static readonly int Alarms = Enum.GetValues<Alarm>().Length;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Kinds { get; } = [.. ZabMoves.Kinds, "tick", "!pause", "goes on"];

    /// <inheritdoc/>
    public static IReadOnlyList<string> Goals { get; } = [.. ZabWorld.Goals, "a leader stepped down for want of a quorum", "a follower left a silent leader", "led while its quorum came and went", "eight periods passed"];

    /// <inheritdoc/>
    public Broken? Broken { get; private init; }

    /// <inheritdoc/>
    public ulong Reached { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Trail { get; private init; } = [];

    /// <summary>Ticks of the slowest clock; not part of the state.</summary>
    public int Now { get; private init; }

    /// <summary>An ensemble that serves as one; its alarms have just been set.</summary>
    public static TimedZab Of(ZabWorld standing, TimedSetup setup)
    {
        var n = standing.Servers.Length;
        var clock = new ServerClock(0, [.. Enumerable.Range(0, Alarms).Select(a => setup.TicksOf((Alarm)a))], setup.DiskTicks, IsPaused: false, PausedFor: 0, PausesFor: 0, Alone: 0);
        return new TimedZab(standing, setup, [.. Enumerable.Repeat(clock, n)], [.. Enumerable.Repeat(ImmutableArray<int>.Empty, n * n)], [.. new int[n * n]], [.. new int[n * n]], setup.Pauses)
            .Settled(standing, taken: -1);
    }

    /// <inheritdoc/>
    public void Moves(List<Move> moves)
    {
        var n = Clocks.Length;
        var from = moves.Count;
        Ensemble.Moves(moves);
        for (var m = moves.Count - 1; m >= from; m--)
            if (!Allows(moves[m])) moves.RemoveAt(m);
        for (var i = 0; i < n; i++)
        {
            if (MayTick(i)) moves.Add(new(Tick, i));
            if (MayGoOn(i)) moves.Add(new(Wake, i));
            if (Pauses == 0 || !IsUp(i)) continue;
            moves.Add(new(Pause, i));
            moves.Add(new(Pause, i, 0, Setup.LongestPause));
        }
    }

    /// <inheritdoc/>
    public TimedZab? After(Move move)
    {
        var i = move.Owner;
        if (move.Kind == Tick) return MayTick(i) ? Ticked(i) : null;
        if (move.Kind == Wake) return MayGoOn(i) ? Judged(this with { Clocks = Clocks.SetItem(i, Clocks[i] with { IsPaused = false, PausedFor = 0, PausesFor = 0 }), Trail = [$"{i + 1} goes on"] }, -1) : null;
        if (move.Kind == Pause)
            return Pauses > 0 && IsUp(i)
                ? Judged(this with { Pauses = Pauses - 1, Clocks = Clocks.SetItem(i, Clocks[i] with { IsPaused = true, PausesFor = move.Detail }), Trail = [$"{i + 1} stands still{(move.Detail > 0 ? $" for {move.Detail} ticks" : "")}"] }, -1)
                : null;
        if (!Allows(move)) return null;

        // the server's alarms are laid aside, so that what the move sets shows, also what was set before
        var rings = move.Kind is ZabMoves.Ring or ZabMoves.TimeOut ? 1 << move.Detail : 0;
        var before = Ensemble.Servers[i];
        var aside = Ensemble with { Servers = Ensemble.Servers.SetItem(i, before with { Alarms = rings }) };
        if (aside.After(move) is not { } after) return null;
        var set = after.Servers[i].Alarms;
        var kept = after.Servers[i].State is null || move.Kind == ZabMoves.Restart ? 0 : before.Alarms & ~rings;
        after = after with { Servers = after.Servers.SetItem(i, after.Servers[i] with { Alarms = kept | set }) };

        var left = Clocks[i].Left;
        for (; set != 0; set &= set - 1)
        {
            var alarm = BitOperations.TrailingZeroCount(set);
            left = left.SetItem(alarm, Setup.TicksOf((Alarm)alarm));
        }
        var clock = Clocks[i] with { Left = left, Disk = before.Pending.IsEmpty || move.Kind == ZabMoves.Persist ? Setup.DiskTicks : Clocks[i].Disk };
        var next = (this with { Ensemble = after, Clocks = Clocks.SetItem(i, clock), Trail = after.Trail }).Settled(Ensemble, move.Kind == ZabMoves.Deliver ? move.Other * Clocks.Length + i : -1);
        return Judged(next, i);
    }

    /// <inheritdoc/>
    public ulong Fingerprint(ulong seed)
    {
        var f = new Fingerprint(Ensemble.Fingerprint(seed));
        for (var i = 0; i < Clocks.Length; i++) Clocks[i].AddTo(ref f, Ensemble.Servers[i].Alarms, Ensemble.Servers[i].Pending.IsEmpty);
        foreach (var arrivals in Arrivals)
            foreach (var left in arrivals) f.Add(left);
        foreach (var ticks in Steady) f.Add(ticks);
        foreach (var ticks in Gone) f.Add(ticks);
        f.Add(Pauses);
        return f.Value;
    }

    private bool MayGoOn(int i) => Clocks[i].IsPaused && Clocks[i].PausedFor >= Clocks[i].PausesFor;

    private bool IsUp(int i) => Ensemble.Servers[i].State is not null && !Clocks[i].IsPaused;

    /// <summary>What the ensemble offers happens where nobody stands still, all writes at once, and an alarm at its time.</summary>
    private bool Allows(Move move) => move.Kind switch
    {
        ZabMoves.Restart or ZabMoves.Crash => !Clocks[move.Owner].IsPaused,
        ZabMoves.Connect => IsUp(move.Owner) && IsUp(move.Other),
        ZabMoves.Persist => IsUp(move.Owner) && move.Detail == Ensemble.Servers[move.Owner].Pending.Count,
        ZabMoves.Ring or ZabMoves.TimeOut => IsUp(move.Owner) && Clocks[move.Owner].Left[move.Detail] == 0,
        ZabMoves.Break => true,
        _ => IsUp(move.Owner),
    };

    private bool MayTick(int i)
    {
        if (Clocks[i].Ahead > 0) return false;
        if (Clocks[i].IsPaused) return Clocks[i].PausedFor < Setup.LongestPause;
        if (Ensemble.Servers[i].State is null) return true;
        if (!Ensemble.Servers[i].Pending.IsEmpty && Clocks[i].Disk == 0) return false;
        for (var alarms = Ensemble.Servers[i].Alarms; alarms != 0; alarms &= alarms - 1)
            if (Clocks[i].Left[BitOperations.TrailingZeroCount(alarms)] == 0) return false;
        for (var j = 0; j < Clocks.Length; j++)
        {
            if (j == i) continue;
            if (Arrivals[j * Clocks.Length + i] is [0, ..]) return false;
            if (IsUp(j) && Ensemble.Links.CanConnect(i, j)) return false;
        }
        return true;
    }

    /// <summary>One tick of a server's clock; once all have ticked, none is ahead.</summary>
    private TimedZab Ticked(int i)
    {
        var n = Clocks.Length;
        var (arrivals, steady, gone) = (Arrivals, Steady, Gone);
        for (var j = 0; j < n; j++)
        {
            if (j == i) continue;
            if (!arrivals[j * n + i].IsEmpty) arrivals = arrivals.SetItem(j * n + i, [.. arrivals[j * n + i].Select(left => Math.Max(0, left - 1))]);
            if (IsGood(i, j)) steady = steady.SetItem(i * n + j, Math.Min(steady[i * n + j] + 1, Setup.HeardAfter));
            if (IsUp(i) && !IsUp(j)) gone = gone.SetItem(j * n + i, Math.Min(gone[j * n + i] + 1, Setup.JoiningPeriod + 1));
        }
        var own = Clocks[i];
        own = own with
        {
            Ahead = 1,
            Left = [.. own.Left.Select(left => Math.Max(0, left - 1))],
            Disk = Math.Max(0, own.Disk - 1),
            PausedFor = own.IsPaused ? own.PausedFor + 1 : 0,
            Alone = IsUp(i) && Ensemble.Servers[i].State!.IsEstablished && !HasQuorum(i) ? Math.Min(own.Alone + 1, Setup.LeaderPeriod + 1) : 0,
        };
        var clocks = Clocks.SetItem(i, own);
        var all = clocks.All(c => c.Ahead > 0);
        if (all) clocks = [.. clocks.Select(c => c with { Ahead = 0 })];
        return Judged(this with { Clocks = clocks, Arrivals = arrivals, Steady = steady, Gone = gone, Now = all ? Now + 1 : Now, Trail = [$"{i + 1} tick"] }, -1);
    }

    /// <summary>Gives each new packet its time to arrive, and takes it from those that did, or were lost.</summary>
    private TimedZab Settled(ZabWorld before, int taken)
    {
        var n = Clocks.Length;
        var arrivals = Arrivals;
        for (var from = 0; from < n; from++)
            for (var to = 0; to < n; to++)
            {
                var pair = from * n + to;
                if (from == to || (ReferenceEquals(before.Links.Between(from, to), Ensemble.Links.Between(from, to)) && arrivals[pair].Length == Ensemble.Links.Queue(from, to).Count)) continue;
                var (left, count) = (arrivals[pair], Ensemble.Links.Queue(from, to).Count);
                if (pair == taken && !left.IsEmpty) left = left.RemoveAt(0);
                if (count < left.Length) left = left[..count];
                if (count > left.Length) left = left.AddRange(Enumerable.Repeat(Setup.MessageTicks, count - left.Length));
                if (left != arrivals[pair]) arrivals = arrivals.SetItem(pair, left);
            }
        return this with { Arrivals = arrivals };
    }
}

/// <summary>What a server knows of time.</summary>
/// <param name="Ahead">One if its clock is a tick ahead of the slowest.</param>
/// <param name="Left">For each alarm, ticks until it rings, if it's set.</param>
/// <param name="Disk">Ticks that the writes under way may still take.</param>
/// <param name="IsPaused">Whether it stands still.</param>
/// <param name="PausedFor">For how many ticks it has.</param>
/// <param name="PausesFor">For how many it must.</param>
/// <param name="Alone">For how many ticks it has led without a quorum.</param>
public sealed record ServerClock(int Ahead, ImmutableArray<int> Left, int Disk, bool IsPaused, int PausedFor, int PausesFor, int Alone)
{
    /// <summary>Adds what matters to <paramref name="f"/>: not the time of an alarm that isn't set, nor of a disk that does nothing.</summary>
    public void AddTo(ref Fingerprint f, int alarms, bool isIdle)
    {
        f.Add(Ahead);
        for (var a = 0; a < Left.Length; a++) f.Add((alarms >> a & 1) == 0 ? -1 : Left[a]);
        f.Add(isIdle ? -1 : Disk);
        f.Add(IsPaused ? PausedFor : -1);
        f.Add(PausesFor);
        f.Add(Alone);
    }
}
