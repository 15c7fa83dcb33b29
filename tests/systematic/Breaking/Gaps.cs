using System.Text.RegularExpressions;

namespace Reference.Systematic.Breaking;

/// <summary>The rules that no walk misses when they are broken, each with the reason, as spec/gaps.md has them.</summary>
public static partial class Gaps
{
    /// <summary>Rule and reason, of lines <c>| RULE | reason |</c>.</summary>
    public static ImmutableSortedDictionary<string, string> Reasons(string root) =>
        File.ReadLines(Path.Combine(root, "spec", "gaps.md")).Select(line => Row().Match(line)).Where(m => m.Success).ToImmutableSortedDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value, StringComparer.Ordinal);

    [GeneratedRegex(@"^\| ([A-Z]+-[A-Z]+-\d+) \| (.+) \|$")]
    private static partial Regex Row();
}
