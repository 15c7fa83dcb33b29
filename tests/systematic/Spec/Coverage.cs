using System.Globalization;
using System.Text;
using Reference.Systematic.Architecture;
using Reference.Systematic.Breaking;
using Reference.Systematic.World;
using Reference.Systematic.Zoo;

namespace Reference.Systematic.Spec;

/// <summary>Which worlds and animals exercise each rule, and how often: fixed-seed walks whose cores note every rule that acts.</summary>
public static class Coverage
{
    private const long Runs = 40;
    private const string Dear = "heal";

    /// <summary>The page spec/coverage.md.</summary>
    public static string Page(RuleIndex index)
    {
        var worlds = Worlds.All.Where(w => w.Name != Dear).Select(Walked).ToList();
        var animals = Animals.All.Concat(Animals.Controls).Select(a => (a.Id, Rules: RuleBreaking.Overridden(a))).ToList();
        var page = new StringBuilder($"""
            # Coverage: each rule, its code, and who exercises it

            {SpecPages.Notice}
            Walks of {Runs} runs, with seed 1, through each world, with cores that note which rule acts: so many times in 1,000 moves, to one digit. A rule that no method of a core carries out, or that is carried out by data, is not counted (–); who tests it is in [generated/rules.md](generated/rules.md).
            Animals are those of the zoo that have a method of the rule otherwise.

            """);
        foreach (var file in index.Rules.Where(r => !r.Id.Contains("-INV-", StringComparison.Ordinal)).GroupBy(r => r.File))
        {
            page.Append($"\n## {Path.GetFileNameWithoutExtension(file.Key)}\n\n| rule | code | in 1,000 moves | animals |\n|---|---|---|---|\n");
            foreach (var rule in file)
            {
                var often = string.Join(", ", worlds.Where(w => w.Counts.ContainsKey(rule.Id)).Select(w => $"{w.Name} {OneDigit(w.Counts[rule.Id] * 1000.0 / w.Moves)}"));
                var who = string.Join(", ", animals.Where(a => a.Rules.Contains(rule.Id)).Select(a => a.Id));
                page.Append($"| {rule.Id} | {string.Join("<br>", rule.Code)} | {(often.Length > 0 ? often : "–")} | {(who.Length > 0 ? who : "–")} |\n");
            }
        }
        return page.ToString();
    }

    private static (string Name, long Moves, ImmutableSortedDictionary<string, long> Counts) Walked(WorldEntry world)
    {
        var log = new RuleLog();
        var walked = world.Make(Rules.True.NotedIn(log), [], null).Walk(1, Runs);
        return (world.Name, Math.Max(1, walked.Steps), log.Counts);
    }

    /// <summary>A number to one digit: 40, 0.3.</summary>
    public static string OneDigit(double number)
    {
        if (number <= 0) return "0";
        var unit = Math.Pow(10, Math.Floor(Math.Log10(number)));
        return Math.Max(0.001, Math.Round(number / unit) * unit).ToString("0.###", CultureInfo.InvariantCulture);
    }
}
