using System.CommandLine;
using System.Text.Json;

namespace Reference.Systematic.World;

/// <summary><c>walk WORLD</c>: a seeded walk, as long as wanted; a counterexample is shrunk and told.</summary>
public static class WalkCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var world = new Argument<string>("world") { Description = "Which world." };
        world.AcceptOnlyFromAmong([.. Worlds.All.Select(w => w.Name)]);
        var seed = new Option<ulong>("--seed") { Description = "The seed of all draws.", DefaultValueFactory = _ => 1 };
        var seconds = new Option<double>("--seconds") { Description = "How long.", DefaultValueFactory = _ => 10 };
        var steps = new Option<int>("--steps") { Description = "The length of a run.", DefaultValueFactory = _ => 250 };
        var json = new Option<string?>("--json") { Description = "Write the ledger of the walk to a file." };
        var command = new Command("walk", "Walk at random through a world of cores, with all invariants after every step.") { world, seed, seconds, steps, json };
        command.SetAction(parsed =>
        {
            var stage = Worlds.Find(parsed.GetValue(world)!)!.Make(Rules.True, [], null);
            var result = stage.Walk(parsed.GetValue(seed), budget: TimeSpan.FromSeconds(parsed.GetValue(seconds)), stepsPerRun: parsed.GetValue(steps));
            Console.Out.WriteLine($"{stage.World}, seed {parsed.GetValue(seed)}: {result}");
            if (parsed.GetValue(json) is { } file)
                File.WriteAllText(file, JsonSerializer.Serialize(new { world = stage.World, seed = parsed.GetValue(seed), runs = result.Runs, steps = result.Steps, seconds = result.Seconds, reached = result.Reached, violation = result.Found?.Broken.ToString() }));
            if (result.Found is not { } found) return 0;
            Story.Tell(stage, stage.Shrink(found), Console.Out);
            return 1;
        });
        return command;
    }
}
