using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Reference.Systematic.World;

/// <summary>A run that broke a claim, as every engine keeps it: enough to do it again, and what a person needs to read it without doing so.</summary>
/// <param name="Counterexample">The version of this format: 1.</param>
/// <param name="World">A name of <see cref="Worlds"/>.</param>
/// <param name="Mutant">An animal's number, or <c>RULE/Method/form</c> of a rule that was broken for the run; null if the true rules broke the claim.</param>
/// <param name="Seed">The seed of the run that it was shrunk from.</param>
/// <param name="Engine">Who found it.</param>
/// <param name="Nodes">How many nodes there are.</param>
/// <param name="Moves">A move each: its kind, owner, other and detail, as the world counts them from 0.</param>
/// <param name="Invariant">The claim that broke.</param>
/// <param name="Facts">The facts that contradict it.</param>
/// <param name="Told">What happened.</param>
public sealed record Counterexample(
    [property: JsonPropertyName("counterexample")] int Format, string World, string? Mutant, ulong Seed, string Engine, int Nodes, ImmutableArray<string> Moves, string Invariant, string Claim, ImmutableArray<string> Facts, ImmutableArray<Told> Told)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        RespectRequiredConstructorParameters = false,
    };

    /// <summary>The counterexample of a finding, which is shrunk already.</summary>
    public static Counterexample Of(Stage stage, Finding finding, string engine)
    {
        var telling = stage.Tell(finding.Moves);
        return new(1, stage.World, stage.Mutant, finding.Seed, engine, stage.Nodes, [.. finding.Moves.Select(m => string.Create(CultureInfo.InvariantCulture, $"{stage.Kinds[m.Kind]} {m.Owner} {m.Other} {m.Detail}"))],
            finding.Broken.Invariant, finding.Broken.Claim, telling.Facts.IsEmpty ? [finding.Broken.Facts] : telling.Facts, telling.Events);
    }

    /// <summary>The stage that the file names.</summary>
    /// <exception cref="InvalidDataException">There is no such world or mutant any more.</exception>
    public Stage Stage() => Breaking.Mutants.Stage(World, Mutant) ?? throw new InvalidDataException($"there is no world {World}{(Mutant is null ? "" : $" with {Mutant}")}");

    /// <summary>The moves, as <paramref name="stage"/> counts them.</summary>
    /// <exception cref="InvalidDataException">A move is of a kind that the world doesn't have.</exception>
    public ImmutableArray<Move> MovesIn(Stage stage) => [.. Moves.Select(line =>
    {
        var words = line.Split(' ');
        if (words.Length < 4) throw new InvalidDataException($"'{line}' is no move");
        var name = string.Join(' ', words[..^3]);
        for (var kind = 0; kind < stage.Kinds.Count; kind++)
            if (stage.Kinds[kind] == name) return new Move(kind, Number(words[^3]), Number(words[^2]), Number(words[^1]));
        throw new InvalidDataException($"the world {World} has no move '{name}'");

        int Number(string word) => int.TryParse(word, CultureInfo.InvariantCulture, out var number) ? number : throw new InvalidDataException($"'{line}' is no move");
    })];

    /// <summary>Writes the file.</summary>
    public void Save(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        File.WriteAllText(path, ToJson());
    }

    /// <summary>The file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>Whether a file is one of these, by how it begins.</summary>
    public static bool IsOne(string path)
    {
        using var file = File.OpenRead(path);
        var head = new byte[64];
        var read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return System.Text.Encoding.UTF8.GetString(head.AsSpan(0, read)).TrimStart().StartsWith('{') && System.Text.Encoding.UTF8.GetString(head.AsSpan(0, read)).Contains("\"counterexample\"", StringComparison.Ordinal);
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidDataException">It isn't one, or one of a later version.</exception>
    public static Counterexample Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Counterexample>(File.ReadAllText(path), Json) is { Format: 1, World: not null, Moves.IsDefault: false, Told.IsDefault: false, Facts.IsDefault: false } read ? read : throw new InvalidDataException("no counterexample of format 1");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"no counterexample: {e.Message}", e);
        }
    }
}
