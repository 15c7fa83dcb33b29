using Reference.Systematic.Architecture;

namespace Reference.Systematic.Spec;

/// <summary>The generated pages are what they are generated from; whoever edits one, or changes the machine under it, is told.</summary>
public class SpecTests
{
    private static readonly Lazy<ImmutableSortedDictionary<string, string>> Pages = new(() => SpecPages.All(RuleIndex.Root()));

    [Fact]
    public void The_generated_pages_are_current() => Assert.Empty(SpecPages.Differences(RuleIndex.Root(), Pages.Value));

    [Fact]
    public void A_page_edited_by_hand_is_a_difference()
    {
        var root = Directory.CreateTempSubdirectory("pages-").FullName;
        try
        {
            foreach (var (file, text) in Pages.Value)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, file))!);
                File.WriteAllText(Path.Combine(root, file), text);
            }
            Assert.Empty(SpecPages.Differences(root, Pages.Value));
            var phases = Path.Combine(root, "spec", "generated", "phases.md");
            File.WriteAllText(phases, File.ReadAllText(phases).Replace("Discovery --> Synchronization", "Discovery --> Broadcast", StringComparison.Ordinal));
            Assert.Equal("spec/generated/phases.md", Assert.Single(SpecPages.Differences(root, Pages.Value)));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void Every_kept_trace_breaks_its_claim_again() => Assert.Equal([], SpecTrace.All.Where(t => !t.IsKept(RuleIndex.Root())).Select(t => t.Name));

    [Fact]
    public void Every_trace_names_a_rule_of_the_spec()
    {
        var rules = RuleIndex.Read(RuleIndex.Root()).Rules.Select(r => r.Id).ToHashSet();
        Assert.Equal([], SpecTrace.All.Select(t => t.Rule).Where(r => !rules.Contains(r)));
    }

    /// <summary>What the build and the tests say when a rule of spec/zab.md is deleted, and when code cites one that isn't there.</summary>
    [Fact]
    public void A_rule_deleted_from_the_spec_and_a_citation_of_no_rule_are_faults()
    {
        var root = Directory.CreateTempSubdirectory("spec-").FullName;
        try
        {
            foreach (var folder in new[] { "src/Zab", "src/Kernel", "spec", "tests" }) Directory.CreateDirectory(Path.Combine(root, folder));
            foreach (var file in Directory.EnumerateFiles(Path.Combine(RuleIndex.Root(), "src", "Zab"), "*.cs")) File.Copy(file, Path.Combine(root, "src", "Zab", Path.GetFileName(file)));
            File.Copy(Path.Combine(RuleIndex.Root(), "src", "Kernel", "Quorum.cs"), Path.Combine(root, "src", "Kernel", "Quorum.cs"));
            foreach (var file in (string[])["zab.md", "invariants.md", "kernel.md"]) File.Copy(Path.Combine(RuleIndex.Root(), "spec", file), Path.Combine(root, "spec", file));
            bool IsOfZab(string fault) => fault.Contains("ZAB-", StringComparison.Ordinal);
            Assert.DoesNotContain(RuleIndex.Read(root).Faults, IsOfZab);

            var zab = Path.Combine(root, "spec", "zab.md");
            File.WriteAllLines(zab, File.ReadAllLines(zab).Where(line => !line.StartsWith("> **ZAB-SYNC-9**", StringComparison.Ordinal)));
            Assert.Contains(RuleIndex.Read(root).Faults, f => f.Contains("error RULE002: ZAB-SYNC-9 is cited, but spec/ defines no such rule", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Theory]
    [InlineData(0.0, "0"), InlineData(0.034, "0.03"), InlineData(44.0, "40"), InlineData(960.0, "1000"), InlineData(3.0, "3")]
    public void Frequencies_are_told_to_one_digit(double number, string told) => Assert.Equal(told, Coverage.OneDigit(number));
}
