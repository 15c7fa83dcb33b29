using Reference.Zab;

namespace Reference.Systematic.World;

/// <summary>What an onlooker who sees all clocks claims.</summary>
public sealed partial record TimedZab
{
    /// <summary>Whether one leads and the other serves under it, both live and the link between them is whole.</summary>
    private bool IsGood(int leader, int follower) =>
        IsUp(leader) && IsUp(follower) && Ensemble.Servers[leader].State is { IsEstablished: true } l && Liveness.ServesUnder(Ensemble.Servers[follower].State!, l) && IsWhole(leader, follower);

    private bool IsWhole(int a, int b) =>
        Ensemble.Links.IsOpen(a, b) && Ensemble.Links.IsOpen(b, a) && Ensemble.Links.CanBreak(a, b);

    private bool HasQuorum(int leader) => Quorum.Holds([Id(leader), .. Enumerable.Range(0, Clocks.Length).Where(j => j != leader && IsGood(leader, j)).Select(Id)], Members);

    private static NodeId Id(int i) => new(i + 1);

    private ImmutableSortedSet<NodeId> Members => Ensemble.Ghost.Members;

    /// <summary>The world with every claim evaluated: of server <paramref name="stepped"/>'s step, if one took a step, and of all spells.</summary>
    private TimedZab Judged(TimedZab next, int stepped)
    {
        var n = Clocks.Length;
        var (steady, gone) = (next.Steady, next.Gone);
        for (var i = 0; i < n; i++)
        {
            if (next.Clocks[i].Alone > 0 && (!next.IsUp(i) || !next.Ensemble.Servers[i].State!.IsEstablished || next.HasQuorum(i))) next = next with { Clocks = next.Clocks.SetItem(i, next.Clocks[i] with { Alone = 0 }) };
            for (var j = 0; j < n; j++)
            {
                if (steady[i * n + j] > 0 && !next.IsGood(i, j)) steady = steady.SetItem(i * n + j, 0);
                if (gone[i * n + j] > 0 && (next.IsUp(i) || !next.IsUp(j))) gone = gone.SetItem(i * n + j, 0);
            }
        }
        next = next with { Steady = steady, Gone = gone };
        return next with { Broken = next.Ensemble.Broken ?? (stepped < 0 ? null : Left(next, stepped)) ?? next.Overdue(), Reached = Reached | next.Ensemble.Reached | GoalsOf(next, stepped) << ZabWorld.Goals.Count };
    }

    /// <summary>ZAB-TIME-1, of one that gave up a term.</summary>
    private Broken? Left(TimedZab next, int i)
    {
        if (!Ensemble.Setup.Judges(Timeliness.NobodyHeardIsGivenUp.Rule) || Ensemble.Servers[i].State is not { } before || next.Ensemble.Servers[i].State is not { } after) return null;
        var n = Clocks.Length;
        Departure? departure = null;
        if (before.IsEstablished && !after.IsEstablished)
            departure = new(before, [Id(i), .. Enumerable.Range(0, n).Where(j => j != i && Steady[i * n + j] >= Setup.HeardAfter).Select(Id)]);
        else if (before.Following?.Stage == FollowerStage.Serving && after.Following is null)
            departure = new(before, [.. Enumerable.Range(0, n).Where(j => j != i && Id(j) == before.Vote.Candidate && Steady[j * n + i] >= Setup.HeardAfter).Select(Id)]);
        return departure is null || Timeliness.NobodyHeardIsGivenUp.Holds((departure, Members)) ? null : new(Timeliness.NobodyHeardIsGivenUp.Rule, Timeliness.NobodyHeardIsGivenUp.Claim, $"server {i + 1} left; with it were {string.Join(", ", departure.Others)}");
    }

    /// <summary>ZAB-TIME-2 and -3.</summary>
    private Broken? Overdue()
    {
        var n = Clocks.Length;
        for (var i = 0; i < n; i++)
        {
            var alone = new Spell(Clocks[i].Alone, Setup.LeaderPeriod);
            if (Ensemble.Setup.Judges(Timeliness.WhoLeadsHasAQuorum.Rule) && !Timeliness.WhoLeadsHasAQuorum.Holds(alone))
                return new(Timeliness.WhoLeadsHasAQuorum.Rule, Timeliness.WhoLeadsHasAQuorum.Claim, $"server {i + 1} has led without a quorum for more than {alone.Period} ticks");
            if (!Ensemble.Setup.Judges(Timeliness.NobodyFollowsTheDead.Rule) || !IsUp(i) || Ensemble.Servers[i].State is not { Following: { } term } follower) continue;
            var leader = follower.Vote.Candidate.Value - 1;
            var spell = new Spell(Gone[leader * n + i], term.Stage == FollowerStage.Serving ? Setup.ServingPeriod : Setup.JoiningPeriod);
            if (!Timeliness.NobodyFollowsTheDead.Holds(spell))
                return new(Timeliness.NobodyFollowsTheDead.Rule, Timeliness.NobodyFollowsTheDead.Claim, $"server {i + 1} follows {leader + 1}, dead for more than {spell.Period} ticks");
        }
        return null;
    }

    private ulong GoalsOf(TimedZab next, int i)
    {
        ulong goals = next.Now >= 8 * Setup.TicksOf(Alarm.QuorumCheck) ? 8ul : 0;
        for (var leader = 0; leader < Clocks.Length; leader++)
            if (Clocks[leader].Alone > 0 && next.IsUp(leader) && next.Ensemble.Servers[leader].State!.IsEstablished && next.HasQuorum(leader)) goals |= 4;
        if (i < 0 || Ensemble.Servers[i].State is not { } before || next.Ensemble.Servers[i].State is not { } after) return goals;
        if (before.IsEstablished && after.Leading is null) goals |= 1;
        if (before.Following?.Stage == FollowerStage.Serving && after.Following is null && Gone[(before.Vote.Candidate.Value - 1) * Clocks.Length + i] > 0) goals |= 2;
        return goals;
    }
}
