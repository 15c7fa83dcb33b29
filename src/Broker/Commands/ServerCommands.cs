using System.CommandLine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Reference.Broker.Configuration;
using Reference.Broker.Ensemble;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka;

namespace Reference.Broker.Commands;

/// <summary><c>ensemble</c> and <c>broker</c>: one server process, from a configuration file.</summary>
public static class ServerCommands
{
    private static readonly Option<string> Config = new("--config") { Description = "The configuration file: zoo.cfg or server.properties.", Required = true };
    private static readonly Option<string[]> Override = new("--override") { Description = "key=value, in the place of the file's.", AllowMultipleArgumentsPerToken = false };
    private static readonly Option<string?> Trace = new("--trace") { Description = "Keep every input of the cores in this file, for replay." };
    private static readonly Option<bool> CheckInvariants = new("--check-invariants") { Description = "Evaluate the invariants after every step; stop if one is false." };
    private static readonly Option<bool> UntilStdinEnds = new("--until-stdin-ends") { Description = "End when standard input does, as a child of cluster.", Hidden = true };

    /// <summary>One server of the ensemble.</summary>
    public static Command MakeEnsemble()
    {
        var id = new Option<int?>("--id") { Description = "This server's number; else the file myid in the data folder says it." };
        var command = new Command("ensemble", "Run one server of the ensemble.") { Config, id, Override, Trace, CheckInvariants, UntilStdinEnds };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(UntilStdinEnds), async (loggers, ending) =>
        {
            var settings = EnsembleSettings.From(Read(parsed), parsed.GetValue(id)) with { Trace = parsed.GetValue(Trace), CheckInvariants = parsed.GetValue(CheckInvariants) };
            Report(loggers, settings.WithoutEffect);
            TcpNetwork.CompleteInline();
            using var server = EnsembleServer.Open(settings, TcpNetwork.Instance, new FileDisk(settings.DataDir), new SystemClock(), loggers);
            var run = server.RunAsync();
            new Thread(() => Rehearsal.Run()) { IsBackground = true, Name = "rehearsal", Priority = ThreadPriority.BelowNormal }.Start();
            await ending.Wait(run);
            server.Stop();
            await run;
        }));
        return command;
    }

    /// <summary>One broker.</summary>
    public static Command MakeBroker()
    {
        var command = new Command("broker", "Run one broker.") { Config, Override, Trace, CheckInvariants, UntilStdinEnds };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(UntilStdinEnds), async (loggers, ending) =>
        {
            var settings = BrokerSettings.From(Read(parsed)) with { Trace = parsed.GetValue(Trace), CheckInvariants = parsed.GetValue(CheckInvariants) };
            Report(loggers, settings.WithoutEffect);
            using var watch = new BrokerWatch(settings);
            await using var broker = new KafkaBroker(settings, TcpNetwork.Instance, new FileDisk(settings.LogDir), new SystemClock(), loggers, watch.Observers);
            await ending.Wait(broker.StartAsync());
            if (!ending.Token.IsCancellationRequested) await ending.Wait(broker.Failed);
            await broker.StopAsync();
        }));
        return command;
    }

    private static Properties Read(ParseResult parsed)
    {
        var properties = Properties.ReadFile(parsed.GetValue(Config)!);
        foreach (var assignment in parsed.GetValue(Override) ?? []) properties.Override(assignment);
        return properties;
    }

    private static void Report(ILoggerFactory loggers, IReadOnlyList<string> withoutEffect)
    {
        if (withoutEffect.Count > 0) loggers.CreateLogger("config").LogWarning("these keys have no effect here: {Keys}", string.Join(", ", withoutEffect));
    }

    /// <summary>Runs a server until it is asked to end. What a person must put right is one line and exit code 2; a file that isn't what was written, exit code 3; a broken invariant, 4.</summary>
    private static async Task<int> RunAsync(bool untilStdinEnds, Func<ILoggerFactory, Ending, Task> serve)
    {
        using var ending = new Ending(untilStdinEnds);
        using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff ";
            console.ColorBehavior = LoggerColorBehavior.Disabled;
            console.UseUtcTimestamp = true;
        }));
        _ = new IdleMemory(SystemClock.Instance).RunAsync(ending.Token);
        try
        {
            await serve(loggers, ending);
            return 0;
        }
        catch (CorruptFileException e)
        {
            Screen.Error(e.Message);
            return 3;
        }
        catch (InvariantBrokenException e)
        {
            Screen.Error(e.Message);
            return 4;
        }
    }
}
