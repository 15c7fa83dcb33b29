namespace Reference.Systematic.Architecture;

public class RuleTests
{
    [Fact]
    public void Every_rule_is_cited_and_every_citation_names_a_rule() => Assert.Empty(RuleIndex.Read(RuleIndex.Root()).Faults);

    [Fact]
    public void The_generated_index_of_rules_is_current()
    {
        var root = RuleIndex.Root();
        Assert.Equal(RuleIndex.Read(root).ToMarkdown(), File.ReadAllText(Path.Combine(root, "spec", "generated", "rules.md")));
    }

    [Fact]
    public void A_rule_that_nothing_cites_and_a_citation_of_no_rule_are_faults()
    {
        var root = Directory.CreateTempSubdirectory("rules-").FullName;
        try
        {
            foreach (var folder in new[] { "spec", "src", "tests" }) Directory.CreateDirectory(Path.Combine(root, folder));
            File.WriteAllText(Path.Combine(root, "spec", "a.md"), "> **A-B-1** one\n> **A-B-2** two\n> **A-B-3** withdrawn, because of 2\n");
            File.WriteAllText(Path.Combine(root, "src", "a.cs"), "[Rule(\"A-B-1\")]\nvoid One() { }\n[Rule(\"A-B-9\")]\nvoid Nine() { }\n");
            var faults = RuleIndex.Read(root).Faults;
            Assert.Equal(2, faults.Length);
            Assert.Contains("RULE002: A-B-9", faults[0]);
            Assert.Contains("no code cites rule A-B-2", faults[1]);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
