using System.CommandLine;
using System.Text.Json;

namespace Reference.Systematic.World;

/// <summary><c>walk WORLD</c>: a seeded walk, as long as wanted; a counterexample is shrunk and told.</summary>
public static class WalkCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var world = new Argument<string>("world") { Description = "zab, partition3 or partition2." };
        world.AcceptOnlyFromAmong("zab", "partition3", "partition2");
        var seed = new Option<ulong>("--seed") { Description = "The seed of all draws.", DefaultValueFactory = _ => 1 };
        var seconds = new Option<double>("--seconds") { Description = "How long.", DefaultValueFactory = _ => 10 };
        var steps = new Option<int>("--steps") { Description = "The length of a run.", DefaultValueFactory = _ => 250 };
        var json = new Option<string?>("--json") { Description = "Write the ledger of the walk to a file." };
        var command = new Command("walk", "Walk at random through a world of cores, with all invariants after every step.") { world, seed, seconds, steps, json };
        command.SetAction(parsed =>
        {
            return parsed.GetValue(world) switch
            {
                "zab" => Run("zab", () => Worlds.Zab()),
                "partition2" => Run("partition2", () => Worlds.Partition2()),
                _ => Run("partition3", () => Worlds.Partition3()),
            };

            int Run<TWorld>(string name, Func<TWorld> make) where TWorld : class, IWorld<TWorld>
            {
                var result = Walk.Run(name, make, parsed.GetValue(seed), budget: TimeSpan.FromSeconds(parsed.GetValue(seconds)), stepsPerRun: parsed.GetValue(steps));
                Console.Out.WriteLine($"{name}, seed {parsed.GetValue(seed)}: {result}");
                if (parsed.GetValue(json) is { } file)
                    File.WriteAllText(file, JsonSerializer.Serialize(new { world = name, seed = parsed.GetValue(seed), runs = result.Runs, steps = result.Steps, seconds = result.Seconds, reached = result.Reached, violation = result.Found?.Broken.ToString() }));
                if (result.Found is not { } found) return 0;
                Story.Tell(make, Walk.Shrink(make, found), Console.Out);
                return 1;
            }
        });
        return command;
    }
}
