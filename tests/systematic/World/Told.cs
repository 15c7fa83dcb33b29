using System.Globalization;
using System.Text.RegularExpressions;

namespace Reference.Systematic.World;

/// <summary>How an event is drawn.</summary>
public enum ToldKind
{
    /// <summary>An arrow between two nodes.</summary>
    Message,

    /// <summary>Something at one node.</summary>
    Note,

    /// <summary>A fault: a crash, a link that breaks.</summary>
    Fault,

    /// <summary>Where a broken rule made a difference.</summary>
    Difference,
}

/// <summary>One event of a run, as a person is told it.</summary>
/// <param name="Move">The number of the move that did it, from 1.</param>
/// <param name="Node">Where it happened, from 1.</param>
/// <param name="From">Of a message, its sender; of a link, its other end; else 0.</param>
/// <param name="Text">What happened, on one line.</param>
/// <param name="Rules">The rules that acted.</param>
public sealed partial record Told(int Move, ToldKind Kind, int Node, int From, string Text, ImmutableArray<string> Rules)
{
    /// <summary>Events from a trail's lines: those that begin <c>1→2</c> are messages.</summary>
    public static IEnumerable<Told> OfTrail(IEnumerable<string> trail, int node, int move)
    {
        foreach (var line in trail)
        {
            if (Arrow().Match(line) is { Success: true } arrow)
                yield return new(move, ToldKind.Message, Number(arrow.Groups[2]), Number(arrow.Groups[1]), arrow.Groups[3].Value, []);
            else yield return new(move, ToldKind.Note, node, 0, line, []);
        }

        static int Number(Group digits) => int.Parse(digits.Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^(\d+)→(\d+) (.*)$")]
    private static partial Regex Arrow();
}

/// <summary>A world that tells its moves in more than its trail: the notes that a person needs to follow, and the rules that acted.</summary>
public interface ITelling<TSelf>
{
    /// <summary>What <paramref name="move"/> did, that led from <paramref name="before"/> to this world.</summary>
    IEnumerable<Told> Tell(TSelf before, Move move, int number);

    /// <summary>The facts that contradict the broken claim, one a line: best two.</summary>
    ImmutableArray<string> Facts { get; }
}
