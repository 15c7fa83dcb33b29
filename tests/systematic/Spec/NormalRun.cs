using System.Text;
using Reference.Systematic.World;
using Reference.Zab;

namespace Reference.Systematic.Spec;

/// <summary>A run without faults, from three empty disks to a transaction that all services have applied: found by walking, then shortened as counterexamples are.</summary>
public static class NormalRun
{
    private const int Steps = 400;

    /// <summary>The page spec/generated/normal-run.md.</summary>
    public static string Page()
    {
        var stage = new Stage<ZabWorld>(Make) { World = "zab", Nodes = 3 };
        var telling = stage.Tell(Moves());
        var page = new StringBuilder($"""
            # A run without faults

            {SpecPages.Notice}
            From three empty disks to a transaction that every service has applied: election, discovery, synchronisation, broadcast. It is a run of the machine itself, found by a seeded walk and shortened until no event can be left out.
            An arrow stands where its message arrives; in brackets the rules that acted; each is in [zab.md](../zab.md).

            ```mermaid
            {Diagram.Mermaid(telling.Events, 3, [])}```

            The same as a terminal shows it:

            ```

            """);
        foreach (var told in telling.Events)
            foreach (var row in Diagram.Rows(told, 3)) page.Append(row).Append('\n');
        return page.Append("```\n").ToString();
    }

    private static ZabWorld Make() => Worlds.Zab(crashes: 0, breaks: 0, proposals: 1, snapshots: 0);

    private static bool AllHaveApplied(ZabWorld world) => world.Servers.All(s => s.Service.Count == 1);

    private static ImmutableArray<Move> Moves()
    {
        for (ulong seed = 1; ; seed++)
        {
            var draws = new Draws(seed);
            var world = Make();
            var moves = new List<Move>();
            var path = ImmutableArray.CreateBuilder<Move>();
            while (path.Count < Steps && !AllHaveApplied(world))
            {
                moves.Clear();
                world.Moves(moves);
                moves.RemoveAll(m => ZabWorld.Kinds[m.Kind][0] == '!');
                if (moves.Count == 0) break;
                path.Add(moves[draws.Below(moves.Count)]);
                world = world.After(path[^1])!;
            }
            if (AllHaveApplied(world)) return Walk.Shorten(Make, path.ToImmutable(), AllHaveApplied);
        }
    }
}
