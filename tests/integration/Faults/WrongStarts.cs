using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Reference.Integration.Hosting;
using Reference.Integration.ZooKeeper.Servers;

namespace Reference.Integration.Faults;

/// <summary>What a person has to put right is one line on standard error, and exit code 2.</summary>
[Collection(OwnProcesses.Name)]
public sealed class WrongStarts
{
    [Theory]
    [InlineData("ensemble", "tickTme=200", "tickTime")]
    [InlineData("ensemble", "syncLimit=many", "whole number")]
    [InlineData("broker", "broker.idd=7", "broker.id")]
    [InlineData("broker", "min.insync.replicas=-1", "whole number")]
    [InlineData("broker", "log.flush.order", "key=value")]
    public async Task A_wrong_configuration(string command, string line, string advice)
    {
        using var folder = new TemporaryFolder();
        string[] rest = command == "ensemble" ? ServerProcess.Ensemble(Data(folder), Ports.Free()) : ServerProcess.Broker(1, Data(folder), Ports.Free(), "127.0.0.1:1");
        await using var process = ServerProcess.Start(command, folder, [.. rest, line]);
        await RefusedAsync(process, line.Split('=')[0], advice);
    }

    [Theory]
    [InlineData("ensemble")]
    [InlineData("broker")]
    public async Task A_port_that_is_in_use(string command)
    {
        using var folder = new TemporaryFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var taken = ((IPEndPoint)listener.LocalEndpoint).Port;
        var alone = Ports.Free();
        using var other = new TemporaryFolder();
        await using var ensemble = ServerProcess.Start("ensemble", other, ServerProcess.Ensemble(Data(other), alone));
        await FourLetters.ServingAsync(alone);
        await using var process = ServerProcess.Start(command, folder, command == "ensemble" ? ServerProcess.Ensemble(Data(folder), taken) : ServerProcess.Broker(1, Data(folder), taken, At(alone)));
        await RefusedAsync(process, taken.ToString(CultureInfo.InvariantCulture), "in use");
    }

    [Fact]
    public async Task A_folder_that_is_in_use_or_anothers()
    {
        using var folder = new TemporaryFolder();
        var (ensemblePort, brokerPort) = (Ports.Free(), Ports.Free());
        Directory.CreateDirectory(folder.At("broker"));
        await using var ensemble = ServerProcess.Start("ensemble", folder, ServerProcess.Ensemble(Data(folder), ensemblePort));
        await FourLetters.ServingAsync(ensemblePort);
        await using var broker = ServerProcess.Start("broker", folder, ServerProcess.Broker(1, folder.At("broker"), brokerPort, At(ensemblePort)));
        await broker.BrokerServesAsync(brokerPort);

        await using (var second = ServerProcess.Start("ensemble", folder, ServerProcess.Ensemble(Data(folder), Ports.Free())))
            await RefusedAsync(second, Data(folder), ensemble.Pid.ToString(CultureInfo.InvariantCulture));
        await using (var second = ServerProcess.Start("broker", folder, ServerProcess.Broker(2, folder.At("broker"), Ports.Free(), At(ensemblePort))))
            await RefusedAsync(second, folder.At("broker"), broker.Pid.ToString(CultureInfo.InvariantCulture));

        await broker.KillAsync();
        await using (var stranger = ServerProcess.Start("broker", folder, ServerProcess.Broker(2, folder.At("broker"), Ports.Free(), At(ensemblePort))))
            await RefusedAsync(stranger, folder.At("broker"), "broker 1");
        await ensemble.KillAsync();
        File.WriteAllText(Path.Combine(Data(folder), "myid"), "2\n");
        await using (var stranger = ServerProcess.Start("ensemble", folder, ServerProcess.Ensemble(Data(folder), Ports.Free())))
            await RefusedAsync(stranger, Data(folder), "1");
    }

    private static string At(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    /// <summary>A data folder of server 1, made when it's first asked for.</summary>
    private static string Data(TemporaryFolder folder)
    {
        var data = folder.At("data");
        if (Directory.Exists(data)) return data;
        Directory.CreateDirectory(data);
        File.WriteAllText(Path.Combine(data, "myid"), "1\n");
        return data;
    }

    private static async Task RefusedAsync(ServerProcess process, params string[] named)
    {
        var code = await process.EndedAsync();
        Assert.True(code == 2, $"exit code {code}: {process.Errors}{process.Output}");
        var line = Assert.Single(process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        foreach (var name in named) Assert.Contains(name, line, StringComparison.Ordinal);
    }
}
