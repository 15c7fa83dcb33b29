using System.Text;

namespace Reference.Systematic.World;

/// <summary>Counterexamples as sequence diagrams: for a terminal, and as Mermaid's.</summary>
public static class Diagram
{
    private const int Left = 8, Gap = 34;

    /// <summary>The whole diagram for a terminal.</summary>
    public static void Write(Counterexample of, TextWriter to, bool colours = false)
    {
        foreach (var line in Head(of)) to.WriteLine(line);
        foreach (var told in of.Told)
            foreach (var line in Rows(told, of.Nodes)) to.WriteLine(colours ? Coloured(told.Kind, line) : line);
        foreach (var line in Foot(of)) to.WriteLine(line);
    }

    /// <summary>What stands above the columns.</summary>
    public static IEnumerable<string> Head(Counterexample of)
    {
        yield return $"{of.World}{(of.Mutant is null ? "" : $", {of.Mutant}")}: {of.Moves.Length} moves. An arrow stands where its message arrives; [rules] acted there.";
        yield return "";
        var head = new StringBuilder(new string(' ', Left));
        for (var node = 1; node <= of.Nodes; node++) Put(head, X(node), $"{node}");
        yield return head.ToString();
    }

    /// <summary>What stands below them: the claim and the facts.</summary>
    public static IEnumerable<string> Foot(Counterexample of)
    {
        yield return "";
        yield return $"BROKEN  {of.Invariant}: {of.Claim}";
        for (var fact = 0; fact < of.Facts.Length; fact++) yield return $"  fact {fact + 1}: {of.Facts[fact]}";
    }

    /// <summary>The rows of one event.</summary>
    public static IEnumerable<string> Rows(Told told, int nodes)
    {
        var row = new StringBuilder(new string(' ', Left));
        for (var node = 1; node <= nodes; node++) Put(row, X(node), "│");
        var rules = told.Rules.IsDefaultOrEmpty ? "" : $"  [{string.Join(' ', told.Rules.Take(3))}{(told.Rules.Length > 3 ? " …" : "")}]";
        Put(row, 0, $"{told.Move,4}");
        if (told.From != told.Node && (told.Kind == ToldKind.Message || (told.From > 0 && !told.Text.StartsWith("lost", StringComparison.Ordinal))))
        {
            var (a, b) = (Math.Min(told.From, told.Node), Math.Max(told.From, told.Node));
            var remark = told.Text.IndexOf("  (", StringComparison.Ordinal) is >= 0 and var at ? at : told.Text.Length;
            var (label, rest) = (told.Text[..remark], told.Text[remark..]);
            var shaft = new string(told.Kind == ToldKind.Fault ? '╌' : '─', X(b) - X(a) - 1);
            Put(row, X(a), told.Kind != ToldKind.Message ? "├" : told.Node == a ? "◀" : "├");
            Put(row, X(a) + 1, shaft);
            Put(row, X(b), told.Kind != ToldKind.Message ? "┤" : told.Node == b ? "▶" : "┤");
            var inside = label.Length <= shaft.Length - 6;
            if (inside) Put(row, X(a) + 1 + (shaft.Length - label.Length) / 2 - 1, $" {label} ");
            yield return Beside(row, (inside ? "" : $" {label}") + rest + rules, inside ? nodes : b);
            yield break;
        }
        var mark = told.Kind switch { ToldKind.Fault => "✗", ToldKind.Difference => "►", _ => "●" };
        var text = told.Text + rules;
        var room = Math.Max(70, X(nodes) + 50 - X(told.Node));
        var first = true;
        foreach (var part in Wrapped(text, room))
        {
            var line = new StringBuilder(row.ToString());
            if (!first) Put(line, 0, "    ");
            if (first) Put(line, X(told.Node), mark);
            Put(line, X(told.Node) + 1, $" {part} ");
            first = false;
            yield return line.ToString().TrimEnd();
        }
    }

    /// <summary>The diagram as Mermaid draws it.</summary>
    public static string Mermaid(Counterexample of) => Mermaid(of.Told, of.Nodes, of.Facts.Prepend($"BROKEN {of.Invariant}: {of.Claim}"));

    /// <summary>Events as Mermaid draws them, with a last note below.</summary>
    public static string Mermaid(IEnumerable<Told> events, int nodes, IEnumerable<string> last)
    {
        var page = new StringBuilder("sequenceDiagram\n");
        for (var node = 1; node <= nodes; node++) page.Append($"    participant {node}\n");
        foreach (var told in events)
        {
            var text = Safe(told.Text) + (told.Rules.IsDefaultOrEmpty ? "" : $"<br/>[{string.Join(' ', told.Rules)}]");
            page.Append(told switch
            {
                { Kind: ToldKind.Message } => $"    {told.From}->>{told.Node}: {text}\n",
                { Kind: ToldKind.Fault, From: > 0 } => $"    Note over {Math.Min(told.From, told.Node)},{Math.Max(told.From, told.Node)}: ✗ {text}\n",
                { From: > 0 } => $"    Note over {Math.Min(told.From, told.Node)},{Math.Max(told.From, told.Node)}: {text}\n",
                _ => $"    Note over {told.Node}: {(told.Kind switch { ToldKind.Fault => "✗ ", ToldKind.Difference => "► ", _ => "" })}{text}\n",
            });
        }
        var note = string.Join("<br/>", last.Select(Safe));
        if (note.Length > 0) page.Append($"    Note over 1,{nodes}: {note}\n");
        return page.ToString();
    }

    private static string Safe(string text) => text.Replace(";", ",", StringComparison.Ordinal).Replace("#", "no. ", StringComparison.Ordinal);

    internal static string Coloured(ToldKind kind, string line) => kind switch
    {
        ToldKind.Fault => $"\e[31m{line}\e[0m",
        ToldKind.Difference => $"\e[33m{line}\e[0m",
        _ => line,
    };

    private static int X(int node) => Left + 2 + (node - 1) * Gap;

    private static string Beside(StringBuilder row, string text, int node)
    {
        Put(row, X(node) + 1, text);
        return row.ToString().TrimEnd();
    }

    private static void Put(StringBuilder row, int at, string text)
    {
        while (row.Length < at + text.Length) row.Append(' ');
        for (var i = 0; i < text.Length; i++) row[at + i] = text[i];
    }

    private static IEnumerable<string> Wrapped(string text, int width)
    {
        while (text.Length > width)
        {
            var at = text.LastIndexOf(' ', width);
            if (at <= 0) break;
            yield return text[..at];
            text = "  " + text[(at + 1)..];
        }
        yield return text;
    }
}
