namespace Reference.Systematic.World;

/// <summary>A counterexample as a person reads it.</summary>
public static class Story
{
    /// <summary>Does the moves again and writes what each did, a line an event, and at the end the claim that broke.</summary>
    public static void Tell<TWorld>(Func<TWorld> make, Finding finding, TextWriter to) where TWorld : class, IWorld<TWorld>
    {
        to.WriteLine($"{finding.World}, {finding.Moves.Length} moves:");
        var number = 0;
        Walk.Do(make, finding.Moves, (_, world) =>
        {
            number++;
            foreach (var line in world.Trail) to.WriteLine($"{number,4}  {line}");
        });
        to.WriteLine($"      broken: {finding.Broken}");
    }
}
