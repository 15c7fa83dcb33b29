using System.Globalization;
using Reference.Broker.Commands;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Integration.Hosting;
using Reference.Integration.ZooKeeper.Client;
using Reference.Integration.ZooKeeper.Servers;

namespace Reference.Integration.Faults;

/// <summary>A bit that the disk turned round: the process stops and names the file and the offset, rather than serve what was never written.</summary>
[Collection(OwnProcesses.Name)]
public sealed class FlippedBits
{
    [Fact]
    public async Task In_the_log_of_a_partition_or_of_the_ensemble()
    {
        using var folder = new TemporaryFolder();
        string data = folder.At("ensemble"), logs = folder.At("broker");
        Directory.CreateDirectory(data);
        Directory.CreateDirectory(logs);
        File.WriteAllText(Path.Combine(data, "myid"), "1\n");
        var (ensemblePort, brokerPort) = (Ports.Free(), Ports.Free());
        var at = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{ensemblePort}");
        string[] ensembleConfig = ServerProcess.Ensemble(data, ensemblePort), brokerConfig = ServerProcess.Broker(1, logs, brokerPort, at);

        await using var ensemble = ServerProcess.Start("ensemble", folder, ensembleConfig);
        await FourLetters.ServingAsync(ensemblePort);
        await using (var broker = ServerProcess.Start("broker", folder, brokerConfig))
        {
            await broker.BrokerServesAsync(brokerPort);
            using var client = ClusterProbe.Client(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{brokerPort}"));
            var created = await new AdminClient(client).CreateTopicsAsync(new CreatableTopic { Name = "t", PartitionCount = 1, ReplicationFactor = 1 });
            Assert.Equal(ErrorCode.None, created[0].Error);
            using var producer = new Producer(client, new());
            for (var i = 0; i < 5; i++) Assert.Equal(ErrorCode.None, (await producer.SendAsync("t", null, "a value of some length"u8.ToArray())).Error);
            await broker.KillAsync();
        }
        var segment = Path.Combine(logs, "t-0", "00000000000000000000.log");
        Flip(segment, 70);
        await using (var broker = ServerProcess.Start("broker", folder, brokerConfig)) await StopsAsync(broker, segment);

        await using (var session = await ClientSession.ConnectAsync(at))
            for (var i = 0; i < 5; i++) await session.Client.CreateAsync($"/{i}", ClientSession.Bytes("data"));
        await ensemble.KillAsync();
        var log = Directory.EnumerateFiles(data, "log.*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        Flip(log, 70);
        await using (var again = ServerProcess.Start("ensemble", folder, ensembleConfig)) await StopsAsync(again, log);
    }

    private static void Flip(string file, long offset)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = offset;
        var there = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(there ^ 1));
    }

    private static async Task StopsAsync(ServerProcess process, string file)
    {
        var code = await process.EndedAsync();
        Assert.True(code == 3, $"exit code {code}: {process.Errors}{process.Output}");
        Assert.Contains(file, process.Errors, StringComparison.Ordinal);
        Assert.Matches(@"at offset \d+", process.Errors);
    }
}
