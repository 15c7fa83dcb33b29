using System.Globalization;
using System.Text.Json;
using Reference.Integration.Clients;
using Reference.Integration.Hosting;
using Reference.Integration.ZooKeeper.Client;
using Reference.Integration.ZooKeeper.Servers;

namespace Reference.Integration.Faults;

/// <summary>A broker alone, as a process, on Apache ZooKeeper 3.8.</summary>
[Collection(OwnProcesses.Name)]
public sealed class OnApacheZooKeeper
{
    [InstalledFact(Installed.ApacheZooKeeper)]
    public async Task A_broker_registers_becomes_controller_and_serves_kcat()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.At("broker"));
        await using var zooKeeper = await ApacheZooKeeper.StartAsync();
        var port = Ports.Free();
        await using var broker = ServerProcess.Start("broker", folder, ServerProcess.Broker(7, folder.At("broker"), port, zooKeeper.Connect));
        await broker.BrokerServesAsync(port);

        await using var session = await ClientSession.ConnectAsync(zooKeeper.Connect);
        Assert.Equal("7", Assert.Single(await session.Client.GetChildrenAsync("/brokers/ids")));
        using var controller = JsonDocument.Parse((await session.Client.GetDataAsync("/controller")).Data.Memory);
        Assert.Equal(7, controller.RootElement.GetProperty("brokerid").GetInt32());

        var at = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        var lines = string.Concat(Enumerable.Range(0, 500).Select(i => $"line {i}\n"));
        var produced = await Installed.Run(Installed.Kcat, lines, "-b", at, "-P", "-t", "t", "-X", "acks=all", "-X", "enable.idempotence=false");
        Assert.True(produced.ExitCode == 0, produced.StandardError);
        var consumed = await Installed.Run(Installed.Kcat, "", "-b", at, "-C", "-t", "t", "-o", "beginning", "-e", "-q");
        Assert.Equal(lines.Split('\n'), consumed.StandardOutput.Split('\n').Distinct());
    }
}
