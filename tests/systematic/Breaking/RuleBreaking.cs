using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Reference.Systematic.Architecture;
using Reference.Systematic.World;
using Reference.Systematic.Zoo;

namespace Reference.Systematic.Breaking;

/// <summary>What a broken rule was noticed by.</summary>
/// <param name="Broken">Who or what broke it: an animal, or the naive form.</param>
/// <param name="Kept">The shrunk run that breaks a claim; null if none was found.</param>
/// <param name="LostGoal">Without a broken claim: what no run gets to any more, and the true rules do; null if there's no such goal.</param>
public sealed record Noticed(string Broken, string World, Counterexample? Kept, string? LostGoal);

/// <summary>Switches rules off, one at a time, to see what they are for.</summary>
public static partial class RuleBreaking
{
    /// <summary>The rules that some method carries out which can be overridden, by core as <see cref="Worlds"/> has them, then by number.</summary>
    public static ImmutableArray<string> Breakable { get; } =
        [.. NaiveForm.Cores.SelectMany(core => RuleRecorder.RuleMethods(core).SelectMany(m => m.Rules).Distinct().OrderBy(r => r, Comparer<string>.Create(RuleIndex.ById))).Distinct()];

    /// <summary>The areas of <see cref="Breakable"/>.</summary>
    public static ImmutableArray<string> Areas { get; } = [.. Breakable.Select(r => r[..r.IndexOf('-', StringComparison.Ordinal)]).Distinct()];

    /// <summary>The animals that the spec names with the rule, then those that override a method which cites it, those first that override little else.</summary>
    public static ImmutableArray<Animal> AnimalsOf(string rule, string why)
    {
        var named = NamedAnimals(why);
        return [.. Animals.All.Select(a => (Animal: a, Named: named.Contains(a.Id), Rules: Overridden(a))).Where(a => a.Named || a.Rules.Contains(rule)).OrderBy(a => a.Named ? 0 : a.Rules.Length).Select(a => a.Animal)];
    }

    /// <summary>The animals of a rule's "Checked by": <c>zoo animals A1, A2</c>, <c>B3 to B6</c>.</summary>
    private static ImmutableHashSet<string> NamedAnimals(string why)
    {
        var ids = ImmutableHashSet.CreateBuilder<string>();
        foreach (Match match in Named().Matches(why))
        {
            ids.Add(match.Groups[1].Value + match.Groups[2].Value);
            if (match.Groups[3].Success)
                for (var n = Number(match.Groups[2]); n <= Number(match.Groups[3]); n++) ids.Add(string.Create(CultureInfo.InvariantCulture, $"{match.Groups[1].Value}{n}"));
        }
        return ids.ToImmutable();

        static int Number(Group digits) => int.Parse(digits.Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"\b([A-E])(\d+)(?: to [A-E](\d+))?\b")]
    private static partial Regex Named();

    /// <summary>The rules that an animal has otherwise.</summary>
    public static ImmutableArray<string> Overridden(Animal animal) =>
        typeof(Animals).Assembly.GetTypes().FirstOrDefault(t => t.Name == animal.Name && t.Namespace == typeof(Animals).Namespace) is not { } type ? []
            : [.. RuleRecorder.RuleMethods(type).Where(m => m.Method.DeclaringType!.Assembly == type.Assembly).SelectMany(m => m.Rules).Distinct()];

    /// <summary>Breaks a rule in every form there is, until a claim breaks; else the first form by which a goal is lost; null if nothing notices.</summary>
    /// <param name="why">What the spec says below the rule.</param>
    /// <param name="runs">How many runs each form has in each world; fewer if a goal is lost, and where each move is dear.</param>
    /// <param name="goalIsEnough">Whether to stop at a form by which a goal is lost, rather than go on to find a claim that breaks.</param>
    public static Noticed? Hunt(string rule, string why, ulong seed, long runs, bool animals = true, bool goalIsEnough = false)
    {
        foreach (var animal in animals ? AnimalsOf(rule, why) : [])
            if (animal.Hunt(seed, Effort.Usual).Found is { } found)
                return new($"zoo animal {animal.Id}, {animal.Name}", animal.World, Counterexample.Of(animal.Stage, animal.Stage.Shrink(found), "break"), null);

        Noticed? goal = null;
        var rest = new List<Stage>();
        var few = Math.Max(200, runs / 10);
        foreach (var form in NaiveForm.Of(rule))
            foreach (var world in WorldsOf(form).Where(w => w.Name != Dear))
            {
                if (goal is not null && goalIsEnough) return goal;
                var stage = world.Make(Rules.True.With(form.Player), [], form.Id);
                var result = stage.Walk(seed, few);
                if (result.Found is { } found) return Kept(stage, found);
                if (Lost(result, RightWalk(world, seed, few)) is { } lost) goal ??= new(form.About, world.Name, null, lost);
                else rest.Add(stage);
            }
        if (goal is not null && goalIsEnough) return goal;
        foreach (var form in NaiveForm.Of(rule))
            foreach (var world in WorldsOf(form).Where(w => w.Name == Dear))
            {
                var stage = world.Make(Rules.True.With(form.Player), [], form.Id);
                if (stage.Walk(seed, Math.Max(10, runs / 50)).Found is { } found) return Kept(stage, found);
            }
        foreach (var stage in rest)
        {
            var result = stage.Walk(seed + 1, runs);
            if (result.Found is { } found) return Kept(stage, found);
            if (Lost(result, RightWalk(Worlds.Find(stage.World)!, seed + 1, runs)) is { } lost) goal ??= new(NaiveForm.Named(stage.Mutant!)!.About, stage.World, null, lost);
        }
        return goal;
    }

    /// <summary>The world whose moves ask whether all would heal: each costs as much as a run elsewhere.</summary>
    private const string Dear = "heal";

    private static IEnumerable<WorldEntry> WorldsOf(NaiveForm form) => Worlds.All.Where(w => w.Cores.Contains(form.Method.ReflectedType!));

    private static Noticed Kept(Stage stage, Finding found) => new(NaiveForm.Named(stage.Mutant!)!.About, stage.World, Counterexample.Of(stage, stage.Shrink(found), "break"), null);

    /// <summary>A goal that at least fifteen true runs get to, and none of as many of these: no chance.</summary>
    private static string? Lost(WalkResult broken, WalkResult right) => right.Reached.FirstOrDefault(g => g.Value >= 15 && broken.Reached[g.Key] == 0).Key;

    private static readonly ConcurrentDictionary<(string World, ulong Seed, long Runs), WalkResult> RightWalks = [];

    private static WalkResult RightWalk(WorldEntry world, ulong seed, long runs) => RightWalks.GetOrAdd((world.Name, seed, runs), _ => world.Make(Rules.True, [], null).Walk(seed, runs));
}
