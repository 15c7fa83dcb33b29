using System.CommandLine;
using Reference.Systematic.Architecture;

namespace Reference.Systematic.Spec;

/// <summary><c>spec</c>: whether the generated pages of spec/ are what the machine says; with <c>--write</c>, makes them so.</summary>
public static class SpecCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var write = new Option<bool>("--write") { Description = "Write the pages; hunt for a trace whose run no longer breaks its claim." };
        var command = new Command("spec", "Compare the generated pages of spec/ with what they are made from. 1: one differs.") { write };
        command.SetAction(parsed =>
        {
            var root = RuleIndex.Root();
            if (parsed.GetValue(write))
                foreach (var trace in SpecTrace.All.Where(t => !t.IsKept(root))) trace.HuntAndKeep(root);
            var pages = SpecPages.All(root);
            var differences = SpecPages.Differences(root, pages);
            foreach (var file in differences)
            {
                Console.Out.WriteLine(parsed.GetValue(write) ? $"{file}: written" : $"{file}: error SPEC001: isn't what it is generated from: run spec --write, and read the difference");
                if (!parsed.GetValue(write)) continue;
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, file))!);
                File.WriteAllText(Path.Combine(root, file), pages[file]);
            }
            return differences.IsEmpty || parsed.GetValue(write) ? 0 : 1;
        });
        return command;
    }
}
