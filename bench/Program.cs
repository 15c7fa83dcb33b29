using System.CommandLine;
using Reference.Bench;

var dir = new Option<string?>("--dir") { Description = "Where data lies; a real disk, not tmpfs. Without it, a temporary folder." };
var seconds = new Option<double>("--seconds") { Description = "How long each load is measured.", DefaultValueFactory = _ => 5 };
var root = new RootCommand("Measures both data paths on a cluster of its own, beside one fdatasync of the same disk in the same run.") { dir, seconds };
root.SetAction((parsed, _) => DataPaths.RunAsync(parsed.GetValue(dir), TimeSpan.FromSeconds(parsed.GetValue(seconds))));
return await root.Parse(args).InvokeAsync();
