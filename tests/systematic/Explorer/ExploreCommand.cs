using System.CommandLine;
using System.Text.Json;
using Reference.Systematic.World;

namespace Reference.Systematic.Explorer;

/// <summary><c>explore WORLD</c>: every state of a world, to a fixpoint or to a bound that is named.</summary>
public static class ExploreCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var world = new Argument<string[]>("world") { Description = "Which worlds; see --list.", Arity = ArgumentArity.ZeroOrMore };
        world.AcceptOnlyFromAmong([.. ExploredWorlds.All.Select(w => w.Name)]);
        var list = new Option<bool>("--list") { Description = "List the worlds." };
        var nightly = new Option<bool>("--nightly") { Description = "Every world." };
        var quick = new Option<bool>("--short") { Description = "Every world that takes less than a minute or so." };
        var seed = new Option<ulong>("--seed") { Description = "The seed of the fingerprints: a second one confirms that none collided." };
        var max = new Option<long>("--max-states") { Description = "Stop at so many distinct states.", DefaultValueFactory = _ => 100_000_000 };
        var workers = new Option<int>("--workers") { Description = "Threads; 0: one a core." };
        var whole = new Option<bool>("--no-reduction") { Description = "Don't merge steps that commute." };
        var json = new Option<string?>("--json") { Description = "Write the ledger to a file." };
        var command = new Command("explore", "Explore every state of a world.") { world, list, nightly, quick, seed, max, workers, whole, json };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(list))
            {
                foreach (var each in ExploredWorlds.All) Console.Out.WriteLine($"{each.Name,-22} {each.Says}{(each.IsLong ? " (long)" : "")}");
                return 0;
            }
            var chosen = parsed.GetValue(nightly) ? ExploredWorlds.All : parsed.GetValue(quick) ? ExploredWorlds.Short : [.. ExploredWorlds.All.Where(w => parsed.GetValue(world)!.Contains(w.Name))];
            if (chosen.IsEmpty)
            {
                Console.Error.WriteLine($"name a world to explore, --short for the quick ones, --nightly for all: {string.Join(", ", ExploredWorlds.All.Select(w => w.Name))}");
                return 2;
            }
            var ledgers = new List<object>();
            var violations = 0;
            foreach (var each in chosen)
            {
                var watch = new Watcher(each.Name);
                var found = each.Explore(new(parsed.GetValue(seed), !parsed.GetValue(whole), new Bounds(parsed.GetValue(max), Workers: parsed.GetValue(workers)) { Watch = watch.See }));
                watch.End();
                Console.Out.WriteLine($"{each.Name}: {found}");
                Console.Out.WriteLine($"  reached: {string.Join(", ", found.Reached.Select(r => $"{r.Key} {r.Value:N0}"))}; budgets spent: {string.Join(", ", found.Limited.Where(l => l.Value > 0).Select(l => $"{l.Key} {l.Value:N0}"))}; odds of a collision {found.CollisionOdds:E1}");
                if (found.Violation is { } violation)
                {
                    violations++;
                    each.Tell(violation, Console.Out);
                }
                ledgers.Add(new
                {
                    world = each.Name, states = found.States, transitions = found.Transitions, depth = found.Depth, fixpoint = found.Fixpoint, stopped = found.Stopped, seconds = found.Seconds,
                    violations = found.Violation is null ? Array.Empty<object>() : [new { invariant = found.Violation.Broken.Invariant, moves = found.Violation.Moves.Length, facts = found.Violation.Broken.Facts }],
                    reached = found.Reached, limited = found.Limited, moves = found.Moves, collisionOdds = found.CollisionOdds, seed = parsed.GetValue(seed), chain = found.Chain.ToString("x16"), peakFrontier = found.PeakFrontier,
                });
            }
            if (parsed.GetValue(json) is { } file) File.WriteAllText(file, JsonSerializer.Serialize(ledgers.Count == 1 ? ledgers[0] : ledgers));
            return violations == 0 ? 0 : 1;
        });
        return command;
    }

    /// <summary>A line every two seconds, where someone watches: rate, frontier, and what the frontier's shrinking promises.</summary>
    private sealed class Watcher(string name)
    {
        private double _next = 2;
        private (long States, double Seconds) _last;
        private readonly bool _isSeen = !Console.IsErrorRedirected;

        public void See(Progress p)
        {
            if (!_isSeen || p.Seconds < Volatile.Read(ref _next)) return;
            lock (this)
            {
                if (p.Seconds < _next) return;
                var rate = (p.States - _last.States) / Math.Max(0.1, p.Seconds - _last.Seconds);
                Console.Error.Write($"\r{name}: depth {p.Depth}, {p.States:N0} states, {rate:N0}/s, {p.Frontier:N0} waiting: at least {p.Frontier / Math.Max(1, rate):N0} s more   ");
                _last = (p.States, p.Seconds);
                _next = p.Seconds + 2;
            }
        }

        public void End()
        {
            if (_isSeen) Console.Error.Write("\r" + new string(' ', 110) + "\r");
        }
    }
}
