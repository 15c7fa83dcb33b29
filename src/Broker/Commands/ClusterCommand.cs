using System.CommandLine;
using Reference.Broker.Configuration;

namespace Reference.Broker.Commands;

/// <summary><c>cluster</c>: three ensemble servers and three brokers on loopback, until Ctrl-C.</summary>
public static class ClusterCommand
{
    /// <summary>The command.</summary>
    public static Command Make()
    {
        var dir = new Option<string?>("--dir") { Description = "The folder of configuration, data and logs; without it a temporary one, deleted at the end." };
        var ports = new Option<int>("--ports") { Description = "The first of the brokers' three ports.", DefaultValueFactory = _ => 19092 };
        var ensemblePorts = new Option<int>("--ensemble-ports") { Description = "The first of the ensemble's three client ports; its servers talk among themselves a hundred above.", DefaultValueFactory = _ => 12181 };
        var trace = new Option<bool>("--trace") { Description = "Keep every input of every core, for replay." };
        var check = new Option<bool>("--check-invariants") { Description = "Evaluate the invariants after every step; a process that finds one false stops." };
        var command = new Command("cluster", "Start three ensemble servers and three brokers, each a process of its own on loopback, and wait.") { dir, ports, ensemblePorts, trace, check };
        foreach (var option in new[] { ports, ensemblePorts })
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() is < 1 or > 65535 - 102) result.AddError($"{option.Name} must be a port from 1 to {65535 - 102}.");
            });
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(dir), parsed.GetValue(ports), parsed.GetValue(ensemblePorts), parsed.GetValue(trace), parsed.GetValue(check)));
        return command;
    }

    private static async Task<int> RunAsync(string? dir, int ports, int ensemblePorts, bool trace, bool check)
    {
        using var ending = new Ending(untilStdinEnds: false);
        var folder = dir ?? Directory.CreateTempSubdirectory("reference-").FullName;
        try
        {
            await using var cluster = LocalCluster.Prepare(folder, ports, ensemblePorts, trace, check);
            cluster.Start();
            var deaths = cluster.Processes.Select(ReportEnd).ToArray();
            try
            {
                await ClusterProbe.WaitUntilServing(cluster, ending.Token);
            }
            catch (OperationCanceledException)
            {
                Screen.Line("ending before it was ready");
                return 1;
            }
            Describe(cluster);
            await ending.Wait(Task.WhenAll(deaths));
            if (!ending.Token.IsCancellationRequested)
            {
                Screen.Error($"all six processes have ended; their logs are in {cluster.Folder}");
                return 1;
            }
            Screen.Line("ending: brokers first, then the ensemble");
            await cluster.StopAsync();
            return 0;

            async Task ReportEnd(ClusterProcess process)
            {
                var code = await process.Ended;
                if (ending.Token.IsCancellationRequested) return;
                Screen.Line($"{process.Name} (pid {process.Pid}) has ended with exit code {code}; its log is {process.LogFile}", "yellow");
                if (code is not 137) foreach (var line in process.LastLines(3)) Screen.Line("  " + line, "grey");
                Screen.Line($"to start it again: {process.CommandLine}", "grey");
            }
        }
        finally
        {
            if (dir is null) Directory.Delete(folder, recursive: true);
        }
    }

    private static void Describe(LocalCluster cluster)
    {
        Screen.Table(["process", "pid", "address", "data and log"], [.. cluster.Processes.Select(p => new[] { p.Name, $"{p.Pid}", p.Address, p.Folder })]);
        Screen.Line($"bootstrap: {cluster.Bootstrap}", "bold");
        Screen.Line($"ensemble: {cluster.EnsembleAddresses}", "bold");
        Screen.Line($"try: kcat -b {cluster.Brokers.First().Address} -L   |   zkCli.sh -server {cluster.Ensemble.First().Address} ls /brokers/ids   |   Ctrl-C ends all", "grey");
    }
}
