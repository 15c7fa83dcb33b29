using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Reference.Broker.Configuration;
using Reference.Broker.Ensemble;
using Reference.Broker.Hosting;
using Reference.Broker.Tracing;
using Reference.Broker.ZooKeeper.Client;
using Reference.Coordination;

namespace Reference.Integration.Ensemble;

public sealed class EnsembleTests
{
    [Fact]
    public async Task It_elects_serves_survives_its_leader_and_converges()
    {
        await using var cluster = new Cluster();
        var leader = await cluster.LeaderAsync();
        await using var client = await cluster.ClientAsync();
        await client.CreateAsync("/a", Blob.Of("one"u8));

        await cluster.StopAsync(leader);
        await cluster.LeaderAsync();
        await RetriedAsync(() => client.SetDataAsync("/a", Blob.Of("two"u8)));
        cluster.Start(leader);
        await cluster.LeaderAsync();
        await RetriedAsync(() => client.SetDataAsync("/a", Blob.Of("three"u8)));
        await cluster.ConvergedAsync();
        Assert.All(cluster.Up, id => Assert.Equal("three", Encoding.UTF8.GetString(cluster.StatusOf(id).Service.Tree.Find("/a")!.Data.Span)));
    }

    [Fact]
    public async Task All_of_it_comes_back_after_all_were_stopped()
    {
        await using var cluster = new Cluster(s => s with { SnapCount = 50 });
        await cluster.LeaderAsync();
        await using var client = await cluster.ClientAsync();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.CreateAsync($"/n{i}", Blob.Of([(byte)i]))).ToArray());
        await cluster.ConvergedAsync();
        var before = cluster.StatusOf(1).Service;

        foreach (var id in cluster.Up.ToArray()) await cluster.StopAsync(id);
        foreach (var id in cluster.Peers.Keys) cluster.Start(id);
        await cluster.LeaderAsync();
        await cluster.ConvergedAsync();
        Assert.Equal(before.Tree.Hash, cluster.StatusOf(3).Service.Tree.Hash);
    }

    [Fact]
    public async Task A_server_that_missed_much_takes_the_leaders_snapshot()
    {
        await using var cluster = new Cluster(s => s with { SnapCount = 600 });
        var leader = await cluster.LeaderAsync();
        var away = cluster.Up.First(id => id != leader);
        await using var client = await cluster.ClientAsync();
        await cluster.StopAsync(away);
        for (var batch = 0; batch < 10; batch++)
            await Task.WhenAll(Enumerable.Range(0, 300).Select(i => CreatedAsync(client, $"/n{batch}-{i}", new byte[100])).ToArray());

        cluster.Start(away);
        await cluster.LeaderAsync();
        await CreatedAsync(client, "/last", []);
        await cluster.ConvergedAsync();
        Assert.Equal(3005, cluster.StatusOf(away).Service.Tree.Count);
    }

    /// <summary>Creates a znode though the client may have to move: a try whose answer was lost may have done it.</summary>
    private static async Task CreatedAsync(ZooKeeperClient client, string path, byte[] data)
    {
        try
        {
            await RetriedAsync(() => client.CreateAsync(path, Blob.Of(data)));
        }
        catch (ZooKeeperException e) when (e.Error is ZooKeeperError.NodeExists)
        {
            // An earlier try was taken.
        }
    }

    [Fact]
    public async Task Garbage_on_the_port_between_servers_harms_nobody()
    {
        await using var cluster = new Cluster();
        await cluster.LeaderAsync();
        byte[][] garbage = [Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n"), [255, 255, 255, 255], [0, 0, 0, 3, 193, 193, 193], [0, 0, 0, 0], [0, 0, 1, 0, 1]];
        foreach (var bytes in garbage)
        {
            using var connection = await TcpNetwork.Instance.ConnectAsync("127.0.0.1", cluster.Peers[1].Port, default);
            await connection.WriteAsync(bytes, default);
            if (bytes is not [0, 0, 1, ..]) Assert.True(await EndsAsync(connection));
        }
        await using var client = await cluster.ClientAsync();
        await client.CreateAsync("/still", Blob.Of([]));
    }

    [Fact]
    public async Task A_second_server_on_the_folder_or_the_port_is_refused_with_what_to_do()
    {
        await using var cluster = new Cluster();
        var settings = new EnsembleSettings { MyId = 1, DataDir = cluster.Folder.At("1"), Servers = cluster.Peers, ClientAddress = cluster.Clients[1] };
        using var same = new FileDisk(settings.DataDir);
        Assert.Contains("in use by process", Refusal(settings, same), StringComparison.Ordinal);
        using var other = new FileDisk(cluster.Folder.At("other"));
        Assert.Contains($"port {cluster.Peers[1].Port} is in use", Refusal(settings, other), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_replays_to_the_same_effects_and_states_up_to_where_it_was_cut()
    {
        using var traces = new Hosting.TemporaryFolder();
        await using (var cluster = new Cluster(s => s with { Trace = traces.At($"trace{s.MyId}"), SnapCount = 100 }))
        {
            await cluster.LeaderAsync();
            await using var client = await cluster.ClientAsync();
            await client.CreateAsync("/seq", Blob.Of([]));
            await Task.WhenAll(Enumerable.Range(0, 300).Select(i => client.CreateAsync("/seq/n", Blob.None, i % 2 == 0 ? CreateMode.PersistentSequential : CreateMode.EphemeralSequential)).ToArray());
            await client.MultiAsync(new CreateOperation("/m", Blob.Of([1])), new SetDataOperation("/seq", Blob.Of([2])));
            await client.GetChildrenAsync("/seq");
        }

        foreach (var file in Directory.GetFiles(traces.Path))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            var report = Replay.Run(new MemoryStream(bytes));
            Assert.True(report.Conforms, report.Difference);
            Assert.Equal(["broadcast", "service"], report.Cores.Select(c => c.Kind));
            Assert.Equal(0, report.TornBytes);
            Assert.All(report.Cores, core => Assert.True(core.Steps > 300));

            var cut = Replay.Run(new MemoryStream(bytes, 0, bytes.Length / 2));
            Assert.True(cut.Conforms, cut.Difference);
            Assert.True(cut.Cores[0].Steps < report.Cores[0].Steps);
        }
    }

    private static string Refusal(EnsembleSettings settings, FileDisk disk) =>
        Assert.Throws<UserError>(() => EnsembleServer.Open(settings, TcpNetwork.Instance, disk, SystemClock.Instance, NullLoggerFactory.Instance)).Message;

    private static async Task<bool> EndsAsync(IConnection connection)
    {
        try
        {
            return await connection.ReadAsync(new byte[1], default) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>A request whose connection broke may be asked again.</summary>
    private static async Task RetriedAsync(Func<Task> request)
    {
        while (true)
        {
            try
            {
                await request();
                return;
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.ConnectionLoss)
            {
                await SystemClock.Instance.Delay(20, default);
            }
        }
    }
}
