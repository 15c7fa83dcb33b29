using Reference.Systematic.Architecture;
using Reference.Systematic.World;
using Reference.Systematic.Zoo;
using Reference.Zab;

namespace Reference.Systematic.Breaking;

/// <summary>Recording changes nothing; each broken rule is noticed or its gap justified; a counterexample's file is enough to break the claim again.</summary>
public class BreakTests
{
    private static readonly Lazy<Counterexample> Promise = new(() => RuleBreaking.Hunt("ZAB-DISC-5", "zoo animal A7", 3, 6_000)!.Kept!);

    [Fact]
    public void A_recorder_does_what_its_core_does_and_knows_which_rules_acted()
    {
        var log = new RuleLog();
        var plain = Worlds.Find("zab")!.Make(Rules.True, [], null).Walk(7, 40);
        var noted = Worlds.Find("zab")!.Make(Rules.True.NotedIn(log), [], null).Walk(7, 40);
        Assert.Equal((plain.Steps, plain.Chain), (noted.Steps, noted.Chain));
        Assert.Equal(plain.Reached, noted.Reached);
        Assert.True(log.Counts["ZAB-ELECT-2"] > 0);
        Assert.True(log.Counts["ZAB-BCAST-5"] > 0);
    }

    [Fact]
    public void Every_animal_of_the_broadcast_can_be_recorded() =>
        Assert.Equal([], Animals.All.Concat(Animals.Controls).Select(a => a.Name).Where(name => typeof(Animals).Assembly.GetTypes().Any(t => t.Name == name && t.IsSubclassOf(typeof(Peer)) && t.IsSealed)));

    [Fact]
    public void A_naive_form_differs_in_its_rule_alone()
    {
        var form = NaiveForm.Of("ZAB-ELECT-2").Single(f => f.Name == "never");
        var peer = Rules.True.With(form.Player).New<Peer>(new PeerSettings(new(1), [new(1), new(2), new(3)]));
        Assert.IsAssignableFrom<Peer>(peer);
        Assert.Equal(Peer.Recover(Durable.New).Phase, peer.Take(Peer.Recover(Durable.New), new Started()).State.Phase);
        Assert.Same(form.Player, form.Player);
        Assert.Equal(form.Id, NaiveForm.Named("ZAB-ELECT-2/IsBetter/never")!.Id);
    }

    [Fact]
    public void A_counterexample_is_1_minimal_and_states_two_facts()
    {
        var kept = Promise.Value;
        var stage = kept.Stage();
        var moves = kept.MovesIn(stage);
        Assert.Equal("ZAB-INV-12", stage.Do(moves).Broken!.Invariant);
        for (var i = 0; i < moves.Length; i++) Assert.NotEqual("ZAB-INV-12", stage.Do(moves.RemoveAt(i)).Broken?.Invariant);
        Assert.Equal(2, kept.Facts.Length);
    }

    [Fact]
    public void A_file_is_enough_to_break_the_claim_again()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("counterexample-").FullName, "promise.json");
        try
        {
            Promise.Value.Save(file);
            Assert.True(Counterexample.IsOne(file));
            var read = Counterexample.Load(file);
            Assert.Equal(Promise.Value.ToJson(), read.ToJson());
            var (broken, done) = read.Stage().Do(read.MovesIn(read.Stage()));
            Assert.Equal(read.Invariant, broken!.Invariant);
            Assert.Equal(read.Moves.Length, done.Length);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }

    [Fact]
    public void A_diagram_shows_the_crash_what_was_lost_where_the_rule_was_broken_and_both_facts()
    {
        var text = new StringWriter();
        Diagram.Write(Promise.Value, text);
        foreach (var part in (string[])["CRASH", "never reached its disk: ACCEPTEPOCH 1", "RULE BROKEN HERE: sends ACKEPOCH", "NEWEPOCH 1", "BROKEN  ZAB-INV-12", "fact 1: epoch 1 was promised to", "fact 2: epoch 1 was promised to"])
            Assert.Contains(part, text.ToString());
        Assert.StartsWith("sequenceDiagram\n    participant 1\n", Diagram.Mermaid(Promise.Value));
    }

    [Fact]
    public void A_step_that_throws_is_a_broken_claim_of_a_mutant()
    {
        var form = NaiveForm.Of("ZAB-BEAT-1").Single(f => f is { Method.Name: "OnDisconnected", Name: "nothing" });
        var found = Worlds.Find("zab")!.Make(Rules.True.With(form.Player), [], form.Id).Walk(1, 400).Found;
        Assert.NotNull(found);
    }

    /// <summary>Each rule of these that can be broken is noticed by a claim or a goal, but for the gaps that the spec justifies.</summary>
    [Theory, InlineData("ZAB-"), InlineData("REPL-IDEM-"), InlineData("GROUP-")]
    public void Every_rule_is_noticed_when_it_is_broken_or_its_gap_is_justified(string area)
    {
        var reasons = Gaps.Reasons(RuleIndex.Root());
        var index = RuleIndex.Read(RuleIndex.Root()).Rules.ToDictionary(r => r.Id);
        var gaps = RuleBreaking.Breakable.Where(r => r.StartsWith(area, StringComparison.Ordinal)).Where(r => RuleBreaking.Hunt(r, index[r].Why, 1, 300, goalIsEnough: true) is null).ToList();
        Assert.Empty(gaps.Except(reasons.Keys));
    }
}
