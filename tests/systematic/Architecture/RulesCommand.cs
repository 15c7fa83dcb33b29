using System.CommandLine;

namespace Reference.Systematic.Architecture;

/// <summary><c>rules</c>: checks that rules, code and tests are tied together; the build runs it.</summary>
public static class RulesCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var write = new Option<bool>("--write") { Description = "Write spec/generated/rules.md." };
        var command = new Command("rules", "Check that every rule of spec/ is cited by code and every citation names a rule.") { write };
        command.SetAction(parsed =>
        {
            var root = RuleIndex.Root();
            var index = RuleIndex.Read(root);
            foreach (var fault in index.Faults) Console.Out.WriteLine(fault);
            if (parsed.GetValue(write)) Directory.CreateDirectory(Path.Combine(root, "spec", "generated"));
            if (parsed.GetValue(write)) File.WriteAllText(Path.Combine(root, "spec", "generated", "rules.md"), index.ToMarkdown());
            return index.Faults.IsEmpty ? 0 : 1;
        });
        return command;
    }
}
