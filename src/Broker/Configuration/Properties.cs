using System.Globalization;

namespace Reference.Broker.Configuration;

/// <summary>A file of <c>key=value</c> lines, as <c>server.properties</c> and <c>zoo.cfg</c> are; <c>#</c> and <c>!</c> begin a comment.</summary>
/// <remarks>What is asked for is known; <see cref="RefuseTheRest"/> then refuses what nobody asked for. Every refusal is a <see cref="UserError"/> that names file, line, key and value.</remarks>
public sealed class Properties
{
    private readonly string _source;
    private readonly SortedDictionary<string, (string Value, int Line)> _entries = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _known = new(StringComparer.Ordinal);

    private Properties(string source) => _source = source;

    /// <summary>Reads a file.</summary>
    public static Properties ReadFile(string path)
    {
        try
        {
            return Parse(path, File.ReadLines(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path}: can't be read ({e.Message}): name a readable configuration file with --config");
        }
    }

    /// <summary>Reads lines; <paramref name="source"/> names them in messages.</summary>
    public static Properties Parse(string source, IEnumerable<string> lines)
    {
        var properties = new Properties(source);
        var number = 0;
        foreach (var raw in lines)
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] is '#' or '!') continue;
            var at = line.IndexOf('=');
            if (at <= 0) throw new UserError($"{source}:{number}: '{line}' isn't of the form key=value");
            var key = line[..at].Trim();
            if (!properties._entries.TryAdd(key, (line[(at + 1)..].Trim(), number)))
                throw new UserError($"{source}:{number}: {key} stands twice (first in line {properties._entries[key].Line}): keep one of them");
        }
        return properties;
    }

    /// <summary>Sets or overrides a key, as <c>--override key=value</c> does.</summary>
    public void Override(string assignment)
    {
        var at = assignment.IndexOf('=');
        if (at <= 0) throw new UserError($"--override {assignment}: must be of the form key=value");
        _entries[assignment[..at].Trim()] = (assignment[(at + 1)..].Trim(), 0);
    }

    /// <summary>A text.</summary>
    public string Text(string key, string otherwise) => Value(key) ?? otherwise;

    /// <summary>A text that must be there.</summary>
    public string Required(string key, string meaning) =>
        Value(key) ?? throw new UserError($"{_source}: {key} is missing: {meaning}");

    /// <summary>A whole number within bounds.</summary>
    public int Int(string key, int otherwise, int least = 0, int most = int.MaxValue) => (int)Long(key, otherwise, least, most);

    /// <summary>A whole number within bounds.</summary>
    public long Long(string key, long otherwise, long least = 0, long most = long.MaxValue)
    {
        if (Value(key) is not { } value) return otherwise;
        if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        var bounds = most is long.MaxValue or int.MaxValue ? $"of at least {least}" : $"from {least} to {most}";
        throw Wrong(key, value, $"a whole number {bounds}");
    }

    /// <summary>true or false.</summary>
    public bool Bool(string key, bool otherwise) => Value(key) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        var value => throw Wrong(key, value, "true or false"),
    };

    /// <summary>One of a few words.</summary>
    public string OneOf(string key, string otherwise, params string[] allowed) =>
        Value(key) is not { } value ? otherwise : allowed.Contains(value, StringComparer.Ordinal) ? value : throw Wrong(key, value, "one of " + string.Join(", ", allowed));

    /// <summary>A comma-separated list without empty parts.</summary>
    public IReadOnlyList<string> List(string key, string otherwise) =>
        Text(key, otherwise).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>All keys that begin with <paramref name="prefix"/>, with the rest of the key and the value, in ordinal order.</summary>
    public IReadOnlyList<(string Name, string Value)> WithPrefix(string prefix)
    {
        var found = _entries.Where(e => e.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(e => (e.Key[prefix.Length..], e.Value.Value)).ToList();
        foreach (var (rest, _) in found) _known.Add(prefix + rest);
        return found;
    }

    /// <summary>The refusal of a value: file, line, key, value and what is allowed.</summary>
    public UserError Wrong(string key, string value, string allowed) => new($"{Where(key)}: {key}={value} is refused: it must be {allowed}");

    /// <summary>Refuses keys that nobody asked for; those in <paramref name="withoutEffect"/> are accepted and returned, to be reported.</summary>
    public IReadOnlyList<string> RefuseTheRest(IReadOnlySet<string> withoutEffect)
    {
        var rest = _entries.Keys.Where(key => !_known.Contains(key)).ToList();
        foreach (var key in rest.Where(key => !withoutEffect.Contains(key)))
        {
            var near = _known.Concat(withoutEffect).MinBy(known => Distance(key, known));
            var advice = near is not null && Distance(key, near) <= 3 ? $"did you mean {near}?" : "remove it or correct its name";
            throw new UserError($"{Where(key)}: unknown key {key}: {advice}");
        }
        return rest;
    }

    private string? Value(string key)
    {
        _known.Add(key);
        return _entries.TryGetValue(key, out var entry) && entry.Value.Length > 0 ? entry.Value : null;
    }

    private string Where(string key) => _entries.TryGetValue(key, out var entry) && entry.Line > 0 ? $"{_source}:{entry.Line}" : $"{_source} (--override)";

    /// <summary>Levenshtein's distance, for "did you mean".</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}
