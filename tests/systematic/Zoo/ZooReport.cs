using System.Globalization;
using System.Text.Json;
using Reference.Systematic.World;
using Spectre.Console;

namespace Reference.Systematic.Zoo;

/// <summary>What the zoo's hunts came to, as it is gathered and then shown.</summary>
/// <param name="folder">Where counterexamples are kept; nowhere if null.</param>
public sealed class ZooReport(bool tells, string? folder)
{
    private sealed record Hunted(Animal Animal, ulong Seed, HuntResult Result, Finding? Shrunk, string? File)
    {
        public bool IsKilled => Shrunk is not null;
    }

    private readonly List<Hunted> _hunted = [];
    private readonly List<(Animal Control, HuntResult Result)> _spared = [];
    private readonly List<(Animal Animal, bool Died)> _canaries = [];
    private readonly List<(Animal Animal, HuntResult Result)> _watched = [];

    /// <summary>Whether all that was hunted is dead, all controls are alive, each canary died, and the true rules hold.</summary>
    public bool IsGood => _hunted.All(h => h.IsKilled) && _spared.All(s => s.Result.Found is null) && _canaries.All(c => c.Died) && _watched.All(w => w.Result.Found is null);

    /// <summary>Hunts an animal, and shrinks what is found.</summary>
    public void Hunt(Animal animal, ulong seed)
    {
        var result = animal.Hunt(seed, Effort.Usual);
        var shrunk = result.Found is { } found ? animal.Stage.Shrink(found) : null;
        var file = shrunk is null || folder is null ? null : Path.Combine(folder, $"{animal.Id}.json");
        if (file is not null) Counterexample.Of(animal.Stage, shrunk!, animal.Engine).Save(file);
        _hunted.Add(new(animal, seed, result, shrunk, file));
        var line = shrunk is null
            ? $"{animal.Id,-4} {animal.Name,-26} ALIVE after {Work(animal, result)} in {result.Seconds:F1} s{(result.IsWhole ? ": everything was seen" : "")}"
            : string.Create(CultureInfo.InvariantCulture, $"{animal.Id,-4} {animal.Name,-26} killed by {shrunk.Broken.Invariant} in {result.Seconds:F2} s, {Work(animal, result)} of {animal.World}; {shrunk.Moves.Length} events");
        if (!IsWatched || tells) Console.Out.WriteLine(line);
        else Console.Error.Write($"\r{line,-110}");
        if (shrunk is not null && tells) Story.Tell(animal.Stage, shrunk, Console.Out);
    }

    /// <summary>Hunts a control, which must survive.</summary>
    public void Spare(Animal control)
    {
        var result = control.Hunt(1, new(1_000, 400_000));
        _spared.Add((control, result));
        if (!IsWatched) Console.Out.WriteLine($"{control.Id} {control.Name} {(result.Found is null ? $"survived {Work(control, result)}, as it should" : $"was killed by {result.Found.Broken.Invariant}: the check is too strict")}");
    }

    /// <summary>Lets a canary loose in an animal's world.</summary>
    public void Sing(Animal animal)
    {
        var died = animal.Canary().Found?.Broken == Canaries.Dead;
        _canaries.Add((animal, died));
        if (!died) Console.Out.WriteLine($"the canary of {animal.World} is alive: the {animal.Engine} sees nothing there, and what it didn't find says nothing");
    }

    /// <summary>Looks for any claim's end under the true rules in the animals' worlds, ten times as long as for an animal: an explorer uses every processor, walks go beside each other.</summary>
    public void Watch(IReadOnlyCollection<Animal> animals)
    {
        foreach (var animal in animals.Where(a => a.Engine == Animal.ByExplorer)) Watch(animal);
        Parallel.ForEach(animals.Where(a => a.Engine == Animal.ByWalk), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, Watch);
    }

    private void Watch(Animal animal)
    {
        var result = animal.HuntAny(2, Effort.Usual.Times(10));
        lock (_watched)
        {
            _watched.Add((animal, result));
            Console.Out.WriteLine($"{animal.World}, {animal.Engine}, true rules: {(result.Found is { } found ? $"BROKEN: {found.Broken}" : $"clean for {Work(animal, result)}{(result.IsWhole ? ", which is everything" : "")}")} in {result.Seconds:F0} s");
        }
    }

    /// <summary>A table for people, and a last line for everyone.</summary>
    public void Print()
    {
        if (IsWatched)
        {
            Console.Error.Write($"\r{"",-110}\r");
            var table = new Table().Border(TableBorder.Simple).AddColumns("", "animal", "killed by", "engine", "world");
            table.AddColumn(new TableColumn("seconds").RightAligned()).AddColumn(new TableColumn("events").RightAligned());
            foreach (var h in _hunted)
                table.AddRow(h.Animal.Id, h.Animal.Name, h.Shrunk is { } shrunk ? $"[green]{shrunk.Broken.Invariant}[/]" : "[red]ALIVE[/]", h.Animal.Engine, h.Animal.World.EscapeMarkup(),
                    h.Result.Seconds.ToString("F2", CultureInfo.InvariantCulture), h.Shrunk?.Moves.Length.ToString(CultureInfo.InvariantCulture) ?? "");
            foreach (var (control, result) in _spared) table.AddRow("", control.Name, result.Found is null ? "survived, as it should" : $"[red]{result.Found.Broken.Invariant}[/]", control.Engine, control.World.EscapeMarkup(), "", "");
            AnsiConsole.Write(table);
        }
        var killed = _hunted.Where(h => h.IsKilled).ToList();
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{killed.Count} of {_hunted.Count} killed, in {Median(_hunted.Select(h => h.Result.Seconds)):F2} s (median), at most {_hunted.Select(h => h.Result.Seconds).DefaultIfEmpty().Max():F2} s; events after shrinking: {Median(killed.Select(h => (double)h.Shrunk!.Moves.Length)):F0} (median); controls alive: {_spared.Count(s => s.Result.Found is null)} of {_spared.Count}; canaries dead: {_canaries.Count(c => c.Died)} of {_canaries.Count}"));
    }

    /// <summary>The results for programs.</summary>
    public string ToJson() => JsonSerializer.Serialize(new
    {
        animals = _hunted.Select(h => new { id = h.Animal.Id, name = h.Animal.Name, killed = h.IsKilled, engine = h.Animal.Engine, world = h.Animal.World, seed = h.Seed, invariant = h.Shrunk?.Broken.Invariant, seconds = h.Result.Seconds, events = h.Shrunk?.Moves.Length, file = h.File }),
        controls = _spared.Select(s => new { id = s.Control.Id, survived = s.Result.Found is null }),
        canary = _canaries.Select(c => new { world = c.Animal.World, engine = c.Animal.Engine, died = c.Died }),
        clean = _watched.Select(w => new { world = w.Animal.World, engine = w.Animal.Engine, work = w.Result.Work, fixpoint = w.Result.IsWhole, seconds = w.Result.Seconds, violation = w.Result.Found?.Broken.ToString() }),
    });

    private static bool IsWatched => !Console.IsOutputRedirected && !Console.IsErrorRedirected;

    private static string Work(Animal animal, HuntResult result) => string.Create(CultureInfo.InvariantCulture, $"{result.Work:N0} {(animal.Engine == Animal.ByWalk ? "runs" : "states")}");

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? 0 : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
