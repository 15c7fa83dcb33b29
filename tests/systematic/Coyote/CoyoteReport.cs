using System.Globalization;
using System.Text.Json;

namespace Reference.Systematic.Coyote;

/// <summary>What one exploration under Coyote saw.</summary>
/// <param name="Uncontrolled">Calls that Coyote saw and couldn't control: with any, a schedule is no longer Coyote's alone.</param>
/// <param name="Reached">How many schedules reached each goal.</param>
/// <param name="Bug">What was found, if anything.</param>
public sealed record CoyoteReport(
    string World, string Strategy, long Iterations, double Seconds, int Bugs, ImmutableSortedSet<string> Uncontrolled, ImmutableSortedDictionary<string, long> Reached, string? Bug = null)
{
    /// <summary>Schedules a second.</summary>
    public double PerSecond => Iterations / Math.Max(Seconds, 1e-9);

    /// <summary>Two explorations of one world that ran beside each other.</summary>
    public CoyoteReport With(CoyoteReport other) => this with
    {
        Iterations = Iterations + other.Iterations,
        Seconds = Math.Max(Seconds, other.Seconds),
        Bugs = Bugs + other.Bugs,
        Uncontrolled = Uncontrolled.Union(other.Uncontrolled),
        Reached = Reached.ToImmutableSortedDictionary(r => r.Key, r => r.Value + other.Reached[r.Key], StringComparer.Ordinal),
        Bug = Bug ?? other.Bug,
    };

    /// <summary>As the command's JSON has it.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new { world = World, strategy = Strategy, iterations = Iterations, seconds = Seconds, schedulesPerSecond = PerSecond, bugs = Bugs, uncontrolled = Uncontrolled.Count, uncontrolledCalls = Uncontrolled, reached = Reached, bug = Bug });

    /// <summary>From that JSON.</summary>
    public static CoyoteReport FromJson(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new(root.GetProperty("world").GetString()!, root.GetProperty("strategy").GetString()!, root.GetProperty("iterations").GetInt64(), root.GetProperty("seconds").GetDouble(), root.GetProperty("bugs").GetInt32(),
            [.. root.GetProperty("uncontrolledCalls").EnumerateArray().Select(e => e.GetString()!)],
            root.GetProperty("reached").EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => p.Value.GetInt64(), StringComparer.Ordinal), root.GetProperty("bug").GetString());
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{World}, {Strategy}: {Iterations:N0} schedules in {Seconds:F1} s ({PerSecond:N0}/s), {Uncontrolled.Count} uncontrolled invocations; reached {string.Join(", ", Reached.Select(r => $"{r.Key} {r.Value:N0}"))}; {(Bugs == 0 ? "no bug found" : Bug)}");
}
