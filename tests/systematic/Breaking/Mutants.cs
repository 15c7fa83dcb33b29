using Reference.Systematic.World;

namespace Reference.Systematic.Breaking;

/// <summary>Stages by name: what a counterexample's file says is enough to build its world again, mutant included.</summary>
public static class Mutants
{
    /// <summary>The stage of a world under the true rules, with an animal of the zoo, or with a rule broken for a run; null if there's none of that name.</summary>
    public static Stage? Stage(string world, string? mutant)
    {
        if (mutant is not null && Zoo.Animals.All.Concat(Zoo.Animals.Controls).FirstOrDefault(a => a.Id == mutant) is { } animal) return animal.World == world ? animal.Stage : null;
        if (Worlds.Find(world) is not { } entry) return null;
        if (mutant is null) return entry.Make(Rules.True, [], null);
        return NaiveForm.Named(mutant) is { } form ? entry.Make(Rules.True.With(form.Player), [], mutant) : null;
    }
}
