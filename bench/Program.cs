using System.CommandLine;
using Reference.Bench;

var dir = new Option<string?>("--dir") { Description = "Where data lies; a real disk, not tmpfs. Without it, a temporary folder.", Recursive = true };
var seconds = new Option<double>("--seconds") { Description = "How long each load is measured.", DefaultValueFactory = _ => 5 };
var paths = new Command("paths", "Ensemble writes and produce, beside one fdatasync of the same disk.") { seconds };
paths.SetAction((parsed, _) => DataPaths.RunAsync(parsed.GetValue(dir), TimeSpan.FromSeconds(parsed.GetValue(seconds))));
var times = new Option<int>("--times") { Description = "How often each is killed.", DefaultValueFactory = _ => 5 };
var takeovers = new Command("takeovers", "From kill -9 of a leader to service again, some times each.") { times };
takeovers.SetAction((parsed, _) => Takeovers.RunAsync(parsed.GetValue(dir), parsed.GetValue(times)));
var groups = new Command("groups", "From kill -9 of a member of a group of three to the others reading its partitions.") { times };
groups.SetAction((parsed, _) => GroupTakeovers.RunAsync(parsed.GetValue(dir), parsed.GetValue(times)));
var root = new RootCommand("Measures a cluster of its own: three ensemble servers, three brokers, and the load, on one machine.") { paths, takeovers, groups };
root.Options.Add(dir);
return await root.Parse(args).InvokeAsync();
