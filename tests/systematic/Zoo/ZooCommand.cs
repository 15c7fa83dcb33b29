using System.CommandLine;
using System.Text.Json;
using Reference.Systematic.World;

namespace Reference.Systematic.Zoo;

/// <summary><c>zoo [ID…]</c>: each animal is hunted in its world, and its counterexample told.</summary>
public static class ZooCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var ids = new Argument<string[]>("id") { Description = "Which animals; without any, all.", Arity = ArgumentArity.ZeroOrMore };
        ids.AcceptOnlyFromAmong([.. Animals.All.Select(a => a.Id)]);
        var seed = new Option<ulong>("--seed") { Description = "The seed of all draws.", DefaultValueFactory = _ => 1 };
        var seconds = new Option<double>("--seconds") { Description = "The budget of each.", DefaultValueFactory = _ => 10 };
        var json = new Option<string?>("--json") { Description = "Write the results to a file." };
        var tell = new Option<bool>("--tell") { Description = "Tell each counterexample." };
        var command = new Command("zoo", "Hunt the historical bugs.") { ids, seed, seconds, json, tell };
        command.SetAction(parsed =>
        {
            var chosen = parsed.GetValue(ids) is { Length: > 0 } some ? Animals.All.Where(a => some.Contains(a.Id)) : Animals.All;
            var results = new List<object>();
            var alive = 0;
            foreach (var animal in chosen)
            {
                var result = animal.Hunt(animal, parsed.GetValue(seed), long.MaxValue, TimeSpan.FromSeconds(parsed.GetValue(seconds)));
                var shrunk = result.Found is { } found ? animal.Shrink(animal, found) : null;
                if (shrunk is null) alive++;
                Console.Out.WriteLine(shrunk is null
                    ? $"{animal.Id,-4} {animal.Name,-28} ALIVE after {result.Runs:N0} runs in {result.Seconds:F1} s"
                    : $"{animal.Id,-4} {animal.Name,-28} killed by {shrunk.Broken.Invariant} in {result.Seconds:F2} s, run {result.Runs:N0}; {shrunk.Moves.Length} moves");
                if (shrunk is not null && parsed.GetValue(tell)) animal.Tell(animal, shrunk, Console.Out);
                results.Add(new { id = animal.Id, name = animal.Name, killed = shrunk is not null, engine = "walk", invariant = shrunk?.Broken.Invariant, seconds = result.Seconds, events = shrunk?.Moves.Length });
            }
            var survivors = Animals.Controls.Select(c => (c, Found: c.Hunt(c, parsed.GetValue(seed), long.MaxValue, TimeSpan.FromSeconds(Math.Min(2, parsed.GetValue(seconds)))).Found)).ToList();
            foreach (var (control, found) in survivors) Console.Out.WriteLine($"{control.Id} {control.Name} {(found is null ? "survived, as it should" : $"was killed by {found.Broken.Invariant}: the check is too strict")}");
            if (parsed.GetValue(json) is { } file)
                File.WriteAllText(file, JsonSerializer.Serialize(new { animals = results, controls = survivors.Select(s => new { id = s.c.Id, survived = s.Found is null }) }));
            return alive == 0 && survivors.All(s => s.Found is null) ? 0 : 1;
        });
        return command;
    }
}
