namespace Reference.Systematic.World;

/// <summary>A counterexample as a person reads it.</summary>
public static class Story
{
    /// <summary>Does the moves again and writes what each did, a line an event, and at the end the claim that broke.</summary>
    public static void Tell(Stage stage, Finding finding, TextWriter to)
    {
        to.WriteLine($"{finding.World}, {finding.Moves.Length} moves:");
        foreach (var told in stage.Tell(finding.Moves)) to.WriteLine($"{told.Move,4}  {(told.Kind == ToldKind.Message ? $"{told.From}→{told.Node} " : "")}{told.Text}");
        to.WriteLine($"      broken: {finding.Broken}");
    }
}
