using Reference.Systematic.Architecture;
using Reference.Systematic.World;

namespace Reference.Systematic.Explorer;

/// <summary>The explorer itself, on models whose answers are known.</summary>
public class ExplorerTests
{
    [Theory, InlineData(3, 288), InlineData(5, 8_832)]
    public void Two_phase_commit_has_as_many_states_as_published(int managers, long states)
    {
        var found = Explorer.Run(new TwoPhaseCommit(managers));
        Assert.True(found.Fixpoint, found.ToString());
        Assert.Equal(states, found.States);
        Assert.All(found.Reached, goal => Assert.True(goal.Value > 0, goal.Key));
    }

    [Fact]
    public void Fingerprints_that_are_too_narrow_miss_states() => Assert.True(Explorer.Run(new TwoPhaseCommit(5), new() { FingerprintBits = 16 }).States < 8_832);

    [Fact]
    public void One_model_and_seed_give_one_chain_of_state_hashes_with_any_number_of_workers_and_another_seed_another()
    {
        var chains = Enumerable.Range(0, 10).Select(run => Explorer.Run(new TwoPhaseCommit(5), new() { Workers = 1 + run % 3 }).Chain).Distinct();
        Assert.Single(chains);
        Assert.NotEqual(chains.Single(), Explorer.Run(new TwoPhaseCommit(5, seed: 1)).Chain);
    }

    [Fact]
    public void The_nearest_violation_is_found_and_its_moves_lead_there()
    {
        var found = Explorer.Run(new Counter(Limit: 7), new() { Workers = 1 });
        Assert.Equal([0, 1, 1], found.Violation!.Moves.Select(m => m.Kind));    // 1, 2, 4, 8
        Assert.Equal("TEST-2", found.Violation.Broken.Invariant);
        Assert.False(found.Fixpoint);
    }

    [Fact]
    public void The_example_of_the_documentation_is_this_model_and_its_naive_form_lets_two_in()
    {
        var found = Explorer.Run(new Peterson());
        Assert.True(found is { Fixpoint: true, Violation: null } && found.Reached["entered"] > 0, found.ToString());
        Assert.Equal("LOCK-1", Explorer.Run(new Peterson(isPolite: false)).Violation?.Broken.Invariant);
        var root = RuleIndex.Root();
        Assert.Contains(File.ReadAllText(Path.Combine(root, "tests/systematic/Explorer/Peterson.cs")).Trim(), File.ReadAllText(Path.Combine(root, "spec/exploration.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Nine_managers_have_as_many_states_as_published()
    {
        var found = Explorer.Run(new TwoPhaseCommit(9));
        Assert.True(found.Fixpoint, found.ToString());
        Assert.Equal(10_340_352, found.States);
    }

    [Fact]
    public void A_bound_is_named_and_is_no_fixpoint()
    {
        var found = Explorer.Run(new TwoPhaseCommit(9), new() { MaxStates = 10_000 });
        Assert.False(found.Fixpoint);
        Assert.StartsWith("bound reached at depth", found.Stopped);
        Assert.StartsWith("bound reached at depth 3", Explorer.Run(new TwoPhaseCommit(9), new() { MaxDepth = 3 }).Stopped);
    }

    /// <summary>A number that grows by one or doubles.</summary>
    private sealed record Counter(int Limit) : IModel<int>
    {
        public IReadOnlyList<string> Kinds => ["grow", "double"];
        public IEnumerable<int> Initial => [1];

        public ulong Fingerprint(in int state)
        {
            var f = new Fingerprint();
            f.Add(state);
            return f.Value;
        }

        public void Expand(in int state, Successors<int> to)
        {
            to.Add(new(0, 0), state + 1);
            to.Add(new(1, 0), 2 * state);
        }

        public Broken? Judge(in int state) => state > Limit ? new("TEST-2", "the number stays low", $"{state}") : null;
    }
}
