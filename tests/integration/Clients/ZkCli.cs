using System.Text.Json;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Commands;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Integration.Clients;

/// <summary>ZooKeeper's own shell, looking at what the brokers keep.</summary>
[Collection(SharedCluster.Name)]
public sealed class ZkCli(LocalClusterFixture fixture)
{
    [InstalledFact(Installed.ZkCli)]
    public async Task It_shows_the_brokers_the_controller_and_a_partitions_state()
    {
        await fixture.ServingAsync();
        Assert.Contains("[1, 2, 3]", await Say("ls", "/brokers/ids"));

        using var controller = Json(await Say("get", "/controller"));
        Assert.InRange(controller.RootElement.GetProperty("brokerid").GetInt32(), 1, 3);
        Assert.Equal(1, controller.RootElement.GetProperty("version").GetInt32());
        Assert.True(long.Parse(controller.RootElement.GetProperty("timestamp").GetString()!, System.Globalization.CultureInfo.InvariantCulture) > 0);

        var topic = fixture.NewName("state");
        using var client = ClusterProbe.Client(fixture.Cluster.Bootstrap);
        var created = await new AdminClient(client).CreateTopicsAsync(new CreatableTopic { Name = topic, PartitionCount = 1, ReplicationFactor = 3 });
        Assert.Equal(ErrorCode.None, created[0].Error);
        using var state = Json(await Say("get", $"/brokers/topics/{topic}/partitions/0/state"));
        Assert.InRange(state.RootElement.GetProperty("leader").GetInt32(), 1, 3);
        Assert.True(state.RootElement.GetProperty("leader_epoch").GetInt32() >= 0);
        Assert.True(state.RootElement.GetProperty("controller_epoch").GetInt32() >= 1);
        Assert.Equal(1, state.RootElement.GetProperty("version").GetInt32());
        Assert.NotEmpty(state.RootElement.GetProperty("isr").EnumerateArray());
    }

    private async Task<string[]> Say(params string[] words)
    {
        var ran = await Installed.Run(Installed.ZkCli, "", ["-server", fixture.Cluster.EnsembleAddresses, .. words]);
        Assert.True(ran.ExitCode == 0, ran.StandardOutput + ran.StandardError);
        return ran.StandardOutput.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    private static JsonDocument Json(string[] printed) => JsonDocument.Parse(Assert.Single(printed, line => line.StartsWith('{')));
}
