namespace Reference.Systematic.Zoo;

/// <summary>Each animal falls to the claim named, within its budget; its counterexample is short, and breaks the same claim under Coyote; the true rules stay clean where it fell.</summary>
public class ZooTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(10);

    public static TheoryData<string> Ids => [.. Animals.All.Select(a => a.Id)];

    [Theory, MemberData(nameof(Ids))]
    public void An_animal_is_killed_by_the_claim_that_it_breaks(string id)
    {
        var animal = Animals.All.Single(a => a.Id == id);
        var result = animal.Hunt(animal, 1, Budget);
        Assert.True(result.Found is not null, $"{animal.Name} is alive: {result}");
        Assert.Contains(result.Found.Broken.Invariant, animal.Invariants);

        var shrunk = animal.Shrink(animal, result.Found);
        Assert.Equal(result.Found.Broken.Invariant, shrunk.Broken.Invariant);
        Assert.True(shrunk.Moves.Length <= result.Found.Moves.Length);

        var report = animal.ReplayUnderCoyote(animal, shrunk);
        Assert.Contains(shrunk.Broken.Invariant, Assert.Single(report.BugReports));

        var unchanged = animal.HuntUnchanged(animal, 1, Max(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(result.Seconds)));
        Assert.True(unchanged.Found is null, $"the true rules break in {animal.World}: {unchanged}");
    }

    [Fact]
    public void An_equivalent_mutant_survives()
    {
        foreach (var control in Animals.Controls)
        {
            var result = control.Hunt(control, 1, TimeSpan.FromSeconds(2));
            Assert.True(result.Found is null, $"{control.Name} was killed: {result}");
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
