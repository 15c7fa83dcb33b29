using System.CommandLine;
using Reference.Hosts;
using Reference.Systematic.World;

namespace Reference.Systematic.Coyote;

/// <summary><c>coyote [WORLD]</c>: the cores' worlds, and the real hosts, under Coyote's strategies.</summary>
public static class CoyoteCommand
{
    /// <summary>Its name.</summary>
    public const string Name = "coyote";

    private const uint CoreIterations = 10_000, HostIterations = 1_000;

    /// <summary>The command.</summary>
    public static Command Make()
    {
        var world = new Argument<string?>("world") { Description = $"One of {string.Join(", ", CoreWorlds.Names)}; {string.Join(", ", HostSetup.All.Select(h => h.Name))}. All if left out.", Arity = ArgumentArity.ZeroOrOne };
        var iterations = new Option<uint?>("--iterations") { Description = $"How many schedules a world: {CoreIterations} for cores, {HostIterations} for hosts if left out." };
        var strategy = new Option<string>("--strategy") { Description = string.Join(", ", CoyoteStrategies.Names) + ".", DefaultValueFactory = _ => "random" };
        var seed = new Option<uint>("--seed") { Description = "The seed of all choices.", DefaultValueFactory = _ => 1 };
        var disk = new Option<DiskKind>("--disk") { Description = "The disks of the hosts: Sound, or broken in a way that must be found.", DefaultValueFactory = _ => DiskKind.Sound };
        var canary = new Option<bool>("--canary") { Description = "Claim what is false, to see it found." };
        var processes = new Option<int>("--processes") { Description = "How many processes explore beside each other, each with a seed of its own.", DefaultValueFactory = _ => CoyoteProcesses.Usual };
        var here = new Option<bool>("--here") { Description = "Explore in this process alone.", Hidden = true };
        var json = new Option<string?>("--json") { Description = "Write what was seen to a file; several worlds give a list." };
        var command = new Command(Name, "Explore the cores, or the real hosts, under Coyote's strategies.") { world, iterations, strategy, seed, disk, canary, processes, here, json };
        command.SetAction(parsed =>
        {
            var (name, how) = (parsed.GetValue(world), parsed.GetValue(strategy)!);
            string[] all = [.. CoreWorlds.Names, .. HostSetup.All.Select(h => h.Name)];
            if (name is not null && !all.Contains(name)) return Wrong($"there is no world {name}: there are {string.Join(", ", all)}");
            if (!CoyoteStrategies.Names.Contains(how)) return Wrong($"there is no strategy {how}: there are {string.Join(", ", CoyoteStrategies.Names)}");
            List<CoyoteReport> reports = [];
            foreach (var one in name is null ? all : [name])
            {
                var hosts = HostSetup.All.SingleOrDefault(h => h.Name == one);
                var count = parsed.GetValue(iterations) ?? (hosts is null ? CoreIterations : HostIterations);
                var report = (hosts is null ? null : hosts with { Disk = parsed.GetValue(disk), Canary = parsed.GetValue(canary) }, parsed.GetValue(here)) switch
                {
                    (null, true) => CoreWorlds.Explore(one, how, count, parsed.GetValue(seed), parsed.GetValue(canary)),
                    (null, false) => CoyoteProcesses.Explore(one, how, count, parsed.GetValue(seed), parsed.GetValue(canary), parsed.GetValue(processes)),
                    ({ } setup, true) => CoyoteProcesses.Here(setup, how, count, parsed.GetValue(seed), parsed.GetValue(json)),
                    ({ } setup, false) => CoyoteProcesses.Explore(setup, how, count, parsed.GetValue(seed), parsed.GetValue(processes)),
                };
                Console.Out.WriteLine(report);
                foreach (var call in report.Uncontrolled) Console.Out.WriteLine($"  uncontrolled: {call}");
                reports.Add(report);
            }
            if (parsed.GetValue(json) is { } file) File.WriteAllText(file, name is null ? $"[{string.Join(",\n", reports.Select(r => r.ToJson()))}]" : reports[0].ToJson());
            return reports.Any(r => r.Bugs > 0) ? 1 : 0;
        });
        return command;
    }

    private static int Wrong(string what)
    {
        Console.Error.WriteLine(what);
        return 2;
    }
}
