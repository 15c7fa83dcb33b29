using System.CommandLine;
using System.Text.Json;
using Reference.Systematic.Architecture;
using Reference.Systematic.World;

namespace Reference.Systematic.Breaking;

/// <summary><c>break RULE</c>: switches a rule off, and shows what it was for.</summary>
public static class BreakCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var rule = new Argument<string>("rule") { HelpName = "RULE", Description = "A rule of spec/, as ZAB-SYNC-9; or an area, as ZAB: all its rules, a line each." };
        rule.AcceptOnlyFromAmong([.. RuleBreaking.Breakable, .. RuleBreaking.Areas, .. Gaps.Reasons(RuleIndex.Root()).Keys.Except(RuleBreaking.Breakable)]);
        var seed = new Option<ulong>("--seed") { Description = "The seed of all draws.", DefaultValueFactory = _ => 1 };
        var runs = new Option<long>("--runs") { Description = "How many runs each form has in each world.", DefaultValueFactory = _ => 6_000 };
        var naive = new Option<bool>("--naive") { Description = "Leave out the zoo's animals: only the empty and naive forms." };
        var folder = new Option<string>("--folder") { Description = "Where the counterexample is kept.", DefaultValueFactory = _ => "counterexamples" };
        var mermaid = new Option<bool>("--mermaid") { Description = "Draw it as a Mermaid sequenceDiagram." };
        var json = new Option<string?>("--json") { Description = "Write what was found to a file." };
        var command = new Command("break", "Switch a rule off, and show what it was for. 1: something noticed; 0: nothing did; 2: no such rule.") { rule, seed, runs, naive, folder, mermaid, json };
        command.SetAction(parsed =>
        {
            var id = parsed.GetValue(rule)!;
            if (RuleBreaking.Areas.Contains(id)) return Sweep(id, parsed.GetValue(seed), parsed.GetValue(runs), !parsed.GetValue(naive));
            var entry = RuleIndex.Read(RuleIndex.Root()).Rules.First(r => r.Id == id);
            Console.Out.WriteLine($"{id}  {entry.Text}\n  {entry.Why}\n");
            var noticed = RuleBreaking.Hunt(id, entry.Why, parsed.GetValue(seed), parsed.GetValue(runs), !parsed.GetValue(naive));
            string? file = null;
            if (noticed?.Kept is { } kept)
            {
                file = Path.Combine(parsed.GetValue(folder)!, $"{id}.json");
                kept.Save(file);
                Console.Out.WriteLine($"Broken by: {noticed.Broken}\n");
                if (parsed.GetValue(mermaid)) Console.Out.Write(Diagram.Mermaid(kept));
                else Diagram.Write(kept, Console.Out, colours: !Console.IsOutputRedirected);
                Console.Out.WriteLine($"\nkept in {file}; again, step by step: replay {file} --step");
            }
            else if (noticed is not null) Console.Out.WriteLine($"Broken by: {noticed.Broken}. No invariant noticed, but the goal did: no run of {noticed.World} gets to '{noticed.LostGoal}' any more.");
            else Console.Out.WriteLine($"GAP: no invariant noticed, nor any goal{(Gaps.Reasons(RuleIndex.Root()).TryGetValue(id, out var reason) ? $". Justified in spec/gaps.md: {reason}" : "")}");
            if (parsed.GetValue(json) is { } to)
                File.WriteAllText(to, JsonSerializer.Serialize(new { rule = id, noticed = noticed is not null, by = noticed?.Broken, world = noticed?.World, invariant = noticed?.Kept?.Invariant, goal = noticed?.LostGoal, events = noticed?.Kept?.Moves.Length, file }));
            return noticed is null ? 0 : 1;
        });
        return command;
    }

    private static int Sweep(string area, ulong seed, long runs, bool animals)
    {
        var index = RuleIndex.Read(RuleIndex.Root()).Rules.ToDictionary(r => r.Id);
        var reasons = Gaps.Reasons(RuleIndex.Root());
        var any = false;
        foreach (var id in RuleBreaking.Breakable.Where(r => r.StartsWith(area + "-", StringComparison.Ordinal)))
        {
            var noticed = RuleBreaking.Hunt(id, index[id].Why, seed, runs, animals);
            any |= noticed is not null;
            Console.Out.WriteLine($"{id,-15} {noticed switch
            {
                { Kept: { } kept } => $"{kept.Invariant,-12} {kept.Moves.Length,3} moves in {noticed.World,-10} {noticed.Broken}",
                { LostGoal: { } goal } => $"goal '{goal}' in {noticed.World}: {noticed.Broken}",
                _ => $"GAP{(reasons.ContainsKey(id) ? ", justified" : "")}",
            }}");
        }
        return any ? 1 : 0;
    }
}
