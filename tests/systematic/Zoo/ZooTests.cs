namespace Reference.Systematic.Zoo;

/// <summary>Each animal falls to the claim named, within its budget; its counterexample is short, and breaks the same claim under Coyote; the true rules stay clean where it fell.</summary>
public class ZooTests
{
    public static TheoryData<string> Ids => [.. Animals.All.Select(a => a.Id)];

    [Theory, MemberData(nameof(Ids))]
    public void An_animal_is_killed_by_the_claim_that_it_breaks(string id)
    {
        var animal = Animals.All.Single(a => a.Id == id);
        var result = animal.Hunt(3, Effort.Usual with { Workers = 1 });
        Assert.True(result.Found is not null, $"{animal.Name} is alive after {result.Work:N0}");
        Assert.Contains(result.Found.Broken.Invariant, animal.Invariants);

        var shrunk = animal.Stage.Shrink(result.Found);
        Assert.Equal(result.Found.Broken.Invariant, shrunk.Broken.Invariant);
        Assert.True(shrunk.Moves.Length <= result.Found.Moves.Length);

        var report = animal.Stage.ReplayUnderCoyote(shrunk);
        Assert.Contains(shrunk.Broken.Invariant, Assert.Single(report.BugReports));

        var unchanged = animal.HuntUnchanged(3, new(Math.Max(500, result.Work), Math.Max(10_000, result.Work), Workers: 1));
        Assert.True(unchanged.Found is null, $"the true rules break in {animal.World}: {unchanged.Found}");
    }

    [Fact]
    public void An_equivalent_mutant_survives()
    {
        foreach (var control in Animals.Controls)
        {
            var result = control.Hunt(1, new(1_000, 100_000));
            Assert.True(result.Found is null, $"{control.Name} was killed: {result.Found}");
        }
    }

    [Fact]
    public void Each_engine_sees_the_canary_die_in_each_world()
    {
        foreach (var animal in Animals.All.DistinctBy(a => (a.Engine, a.World)))
            Assert.True(animal.Canary().Found?.Broken == Canaries.Dead, $"{animal.World}, {animal.Engine}");
    }
}
