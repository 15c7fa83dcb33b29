namespace Reference.Systematic.Zoo;

/// <summary>Each animal falls to the claim named, within its budget; its counterexample is short, and breaks the same claim under Coyote; the true rules stay clean where it fell.</summary>
public class ZooTests
{
    /// <summary>What a quiet core walks in well under ten seconds; counted in runs, so that a busy machine only takes longer.</summary>
    private const long Runs = 6_000;

    public static TheoryData<string> Ids => [.. Animals.All.Select(a => a.Id)];

    [Theory, MemberData(nameof(Ids))]
    public void An_animal_is_killed_by_the_claim_that_it_breaks(string id)
    {
        var animal = Animals.All.Single(a => a.Id == id);
        var result = animal.Hunt(animal, 3, Runs, null);
        Assert.True(result.Found is not null, $"{animal.Name} is alive: {result}");
        Assert.Contains(result.Found.Broken.Invariant, animal.Invariants);

        var shrunk = animal.Shrink(animal, result.Found);
        Assert.Equal(result.Found.Broken.Invariant, shrunk.Broken.Invariant);
        Assert.True(shrunk.Moves.Length <= result.Found.Moves.Length);

        var report = animal.ReplayUnderCoyote(animal, shrunk);
        Assert.Contains(shrunk.Broken.Invariant, Assert.Single(report.BugReports));

        var unchanged = animal.HuntUnchanged(animal, 3, Math.Max(500, result.Runs), null);
        Assert.True(unchanged.Found is null, $"the true rules break in {animal.World}: {unchanged}");
    }

    [Fact]
    public void An_equivalent_mutant_survives()
    {
        foreach (var control in Animals.Controls)
        {
            var result = control.Hunt(control, 1, 1_000, null);
            Assert.True(result.Found is null, $"{control.Name} was killed: {result}");
        }
    }
}
