using Spectre.Console;

namespace Reference.Broker.Commands;

/// <summary>What a person sees: tables and colours on a terminal, plain lines elsewhere.</summary>
public static class Screen
{
    /// <summary>Whether a terminal is there to draw on.</summary>
    public static bool IsTerminal { get; } = !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

    /// <summary>One line. <paramref name="style"/> is Spectre's, and shows on a terminal only.</summary>
    public static void Line(string text, string style = "default")
    {
        if (IsTerminal) AnsiConsole.MarkupLineInterpolated($"[{style}]{text}[/]");
        else Console.Out.WriteLine(text);
    }

    /// <summary>One line on standard error.</summary>
    public static void Error(string text) => Console.Error.WriteLine(text);

    /// <summary>A table; elsewhere its rows as aligned columns.</summary>
    public static void Table(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (IsTerminal)
        {
            var table = new Table().Border(TableBorder.Rounded);
            foreach (var heading in headings) table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))));
            foreach (var row in rows) table.AddRow(row.Select(cell => new Text(cell)));
            AnsiConsole.Write(table);
            return;
        }
        var widths = headings.Select((h, i) => Math.Max(h.Length, rows.Count == 0 ? 0 : rows.Max(r => r[i].Length))).ToArray();
        foreach (var row in rows.Prepend(headings)) Console.Out.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
    }
}
