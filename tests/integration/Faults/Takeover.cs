using Reference.Broker.Commands;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Integration.ZooKeeper.Client;

namespace Reference.Integration.Faults;

/// <summary>Brokers whose sessions last for forty seconds: a killed one's partitions and its seat are taken over while its registration still stands.</summary>
[Collection(OwnProcesses.Name)]
public sealed class Takeover
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact, Trait("Rule", "CTRL-DOUBT-1"), Trait("Rule", "CTRL-SEAT-5")]
    public async Task A_killed_leader_and_controller_is_replaced_though_its_session_lives()
    {
        var folder = Directory.CreateTempSubdirectory("takeover-").FullName;
        var first = LocalCluster.FreePorts(2 * LocalCluster.Size + 103);
        await using var cluster = LocalCluster.Prepare(folder, first, first + LocalCluster.Size);
        foreach (var broker in cluster.Brokers)
            await File.WriteAllTextAsync(broker.Configuration, (await File.ReadAllTextAsync(broker.Configuration)).Replace("session.timeout.ms=1000", "session.timeout.ms=40000", StringComparison.Ordinal));
        cluster.Start();
        using var patience = new CancellationTokenSource(Limit);
        await ClusterProbe.WaitUntilServing(cluster, patience.Token);
        using var client = ClusterProbe.Client(cluster.Bootstrap);
        var admin = new AdminClient(client);
        Assert.Equal(ErrorCode.None, (await admin.CreateTopicsAsync(new CreatableTopic { Name = "t", PartitionCount = 3, ReplicationFactor = 3 }))[0].Error);

        var metadata = await admin.MetadataAsync(["t"]);
        var controller = cluster.Brokers.Single(b => b.Id == metadata.ControllerId);
        using var producer = new Producer(client, new());
        for (var p = 0; p < 3; p++) Assert.Equal(ErrorCode.None, (await producer.SendAsync("t", null, [1], p)).Error);
        controller.Kill();
        await controller.Ended;
        for (var p = 0; p < 3; p++) Assert.Equal((ErrorCode.None, 1L), await producer.SendAsync("t", null, [2], p).WaitAsync(Limit) is var d ? (d.Error, d.Offset) : default);

        await using (var session = await ClientSession.ConnectAsync(cluster.EnsembleAddresses))
            Assert.NotNull(await session.Client.ExistsAsync($"/brokers/ids/{controller.Id}"));
        foreach (var process in cluster.Processes) process.Kill();
        await Task.WhenAll(cluster.Processes.Select(p => p.Ended).ToArray());
        Directory.Delete(folder, recursive: true);
    }
}
