using System.Globalization;
using System.Text;
using Reference.Broker.Hosting;

namespace Reference.Broker.Storage;

/// <summary>Kafka's checkpoint files: a line with the version 0, one with the number of entries, then an entry a line, in words.</summary>
internal static class CheckpointText
{
    private const string Remedy = "Remove the file: what it says is found again from the logs and the other replicas.";

    /// <summary>The entries' words, each with its place in the file; none if the file is missing.</summary>
    /// <exception cref="CorruptFileException">Not of the format.</exception>
    public static List<(string[] Values, long Offset)> Read(IDisk disk, string path)
    {
        if (!disk.Exists(path)) return [];
        var text = TextFile.Read(disk, path);
        var lines = new List<(string Text, long Offset)>();
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at);
            if (end < 0) throw Corrupt(disk, path, at, "the last line has no end");
            lines.Add((text[at..end].TrimEnd('\r'), at));
            at = end + 1;
        }
        if (lines.Count < 2 || lines[0].Text != "0") throw Corrupt(disk, path, 0, "it doesn't begin with version 0");
        if (!int.TryParse(lines[1].Text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count != lines.Count - 2)
            throw Corrupt(disk, path, lines[1].Offset, $"it names {lines[1].Text} entries and has {lines.Count - 2}");
        return [.. lines.Skip(2).Select(line => (line.Text.Split(' '), line.Offset))];
    }

    /// <summary>The text of a file with <paramref name="entries"/>.</summary>
    public static string Format(IEnumerable<string> entries)
    {
        var lines = entries.ToList();
        var text = new StringBuilder().Append("0\n").Append(CultureInfo.InvariantCulture, $"{lines.Count}\n");
        foreach (var line in lines) text.Append(line).Append('\n');
        return text.ToString();
    }

    public static CorruptFileException Corrupt(IDisk disk, string path, long offset, string what) => new(Path.Combine(disk.Root, path), offset, what, Remedy);
}

/// <summary>Small text files, replaced whole.</summary>
internal static class TextFile
{
    private const string Temporary = ".tmp";

    public static string Read(IDisk disk, string path)
    {
        using var file = disk.Open(path, create: false);
        var bytes = new byte[file.Length];
        return Encoding.UTF8.GetString(bytes.AsSpan(0, file.Read(0, bytes)));
    }

    /// <summary>By a temporary file, a flush and a rename: durable, at once or not at all.</summary>
    public static void Replace(IDisk disk, string path, string text)
    {
        using (var file = Begin(disk, path, text)) file.Flush();
        disk.Rename(path + Temporary, path);
        disk.FlushFolder(Path.GetDirectoryName(path) ?? "");
    }

    /// <summary>The same, waiting for the disk beside other work; the name may come back as the old file's after a loss of power.</summary>
    public static async Task ReplaceAsync(IDisk disk, string path, string text)
    {
        using (var file = Begin(disk, path, text)) await file.FlushAsync().ConfigureAwait(false);
        disk.Rename(path + Temporary, path);
    }

    private static IFile Begin(IDisk disk, string path, string text)
    {
        var file = disk.Open(path + Temporary, create: true);
        file.SetLength(0);
        file.Write(0, Encoding.UTF8.GetBytes(text));
        return file;
    }
}
