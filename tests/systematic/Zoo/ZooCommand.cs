using System.CommandLine;

namespace Reference.Systematic.Zoo;

/// <summary><c>zoo [ID…]</c>: each animal is hunted in its world, and its counterexample kept.</summary>
public static class ZooCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var ids = new Argument<string[]>("id") { Description = "Which animals; without any, all.", Arity = ArgumentArity.ZeroOrMore };
        var seed = new Option<ulong>("--seed") { Description = "The seed of all draws.", DefaultValueFactory = _ => 1 };
        var seeds = new Option<int>("--seeds") { Description = "How many seeds to hunt with, where runs are drawn.", DefaultValueFactory = _ => 1 };
        var nightly = new Option<bool>("--nightly") { Description = "Also look for ten times as long into each world under the true rules." };
        var json = new Option<string?>("--json") { Description = "Write the results to a file." };
        var tell = new Option<bool>("--tell") { Description = "Tell each counterexample." };
        var folder = new Option<string?>("--folder") { Description = "Where the counterexamples are kept, a file an animal.", DefaultValueFactory = _ => "counterexamples" };
        var command = new Command("zoo", "Hunt the historical bugs.") { ids, seed, seeds, nightly, json, tell, folder };
        command.SetAction(parsed =>
        {
            var named = parsed.GetValue(ids) ?? [];
            if (named.Except(Animals.All.Select(a => a.Id), StringComparer.OrdinalIgnoreCase).ToList() is { Count: > 0 } unknown)
            {
                Console.Error.WriteLine($"no such animal: {string.Join(", ", unknown)}. There are:");
                foreach (var animal in Animals.All) Console.Error.WriteLine($"  {animal.Id,-4} {animal.Name}");
                return 2;
            }
            var chosen = Animals.All.Where(a => named.Length == 0 || named.Contains(a.Id, StringComparer.OrdinalIgnoreCase)).ToImmutableArray();
            var report = new ZooReport(parsed.GetValue(tell), parsed.GetValue(folder));
            foreach (var animal in chosen)
            {
                var hunts = animal.Engine == Animal.ByWalk ? Math.Max(1, parsed.GetValue(seeds)) : 1;
                for (var hunt = 0; hunt < hunts; hunt++) report.Hunt(animal, parsed.GetValue(seed) + (ulong)hunt);
            }
            foreach (var control in named.Length == 0 ? Animals.Controls : []) report.Spare(control);
            foreach (var world in chosen.DistinctBy(a => (a.Engine, a.World))) report.Sing(world);
            if (parsed.GetValue(nightly))
                report.Watch([.. chosen.DistinctBy(a => (a.Engine, a.World))]);
            report.Print();
            if (parsed.GetValue(json) is { } file) File.WriteAllText(file, report.ToJson());
            return report.IsGood ? 0 : 1;
        });
        return command;
    }
}
