namespace Reference.Systematic.World;

/// <summary>A counterexample as a person reads it.</summary>
public static class Story
{
    /// <summary>Does the moves again and draws what each did, and at the end the claim that broke.</summary>
    public static void Tell(Stage stage, Finding finding, TextWriter to) => Diagram.Write(Counterexample.Of(stage, finding, "walk"), to);
}
