using System.CommandLine;
using Reference.Broker.Configuration;

namespace Reference.Broker.Commands;

/// <summary>The command line. Exit code 0: done; 1: it failed, or something acknowledged was lost; 2: wrong usage or configuration, in one line.</summary>
public static class Root
{
    /// <summary>Parses and runs.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand("ZAB and ISR replication: an ensemble and brokers that unmodified ZooKeeper and Kafka clients use.")
        {
            ClusterCommand.Make(),
            DemoCommand.Make(),
            ServerCommands.MakeEnsemble(),
            ServerCommands.MakeBroker(),
            ClientCommands.MakeTopics(),
            ClientCommands.MakeProduce(),
            ConsumeCommand.Make(),
            StatusCommand.Make(),
            DumpLogCommand.Make(),
        };
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            Screen.Error($"{string.Join(' ', parsed.Errors.Select(e => e.Message))} See {string.Join(' ', Names(parsed.CommandResult).Append("--help"))}.");
            return 2;
        }
        try
        {
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (UserError e)
        {
            Screen.Error(e.Message);
            return 2;
        }
    }

    private static IEnumerable<string> Names(System.CommandLine.Parsing.CommandResult result)
    {
        for (var at = result; at is not null; at = at.Parent as System.CommandLine.Parsing.CommandResult)
            if (at.Command is not RootCommand) yield return at.Command.Name;
    }
}
