using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Reference.Broker.Commands;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.ZooKeeper;
using Reference.Broker.ZooKeeper.Client;
using Reference.Coordination;

namespace Reference.Bench;

/// <summary>From kill -9 to service again: the ensemble's leader, a partition's leader, a partition's leader that is also the controller.</summary>
public static class Takeovers
{
    private const string Topic = "takeover";

    /// <summary>Kills each kind of leader some times, and starts it again each time.</summary>
    public static async Task<int> RunAsync(string? dir, int times)
    {
        var folder = dir ?? Directory.CreateTempSubdirectory("reference-takeover-").FullName;
        var first = LocalCluster.FreePorts(2 * LocalCluster.Size + 103);
        var cluster = LocalCluster.Prepare(folder, first, first + LocalCluster.Size);
        try
        {
            cluster.Start();
            await ClusterProbe.WaitUntilServing(cluster, CancellationToken.None);
            using var client = ClusterProbe.Client(cluster.Bootstrap, "takeover");
            var admin = new AdminClient(client);
            await admin.CreateTopicsAsync(new CreatableTopic { Name = Topic, PartitionCount = 3, ReplicationFactor = 3 });
            await Each(times, "ensemble leader: to the next successful write at a survivor", () => EnsembleLeader(cluster));
            await Each(times, "partition leader: to the next acknowledged record", () => PartitionLeader(cluster, admin, client, isController: false));
            await Each(times, "partition leader that is the controller: to the next acknowledged record", () => PartitionLeader(cluster, admin, client, isController: true));
            await Each(times, "partition leader that hangs (SIGSTOP): to the next acknowledged record", () => PartitionLeader(cluster, admin, client, isController: false, Hang));
            return 0;
        }
        finally
        {
            await cluster.DisposeAsync();
            if (dir is null) Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task Each(int count, string what, Func<Task<double>> once)
    {
        var times = new List<double>();
        for (var i = 0; i < count; i++) times.Add(await once());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {string.Join(", ", times.Select(t => $"{t:F0}"))} ms; median {times.Order().ElementAt(count / 2):F0}, most {times.Max():F0}"));
    }

    private static void Hang(ClusterProcess process) => Process.Start("kill", ["-STOP", process.Pid.ToString(CultureInfo.InvariantCulture)]).WaitForExit();

    private static async Task<double> EnsembleLeader(LocalCluster cluster)
    {
        var leader = (await ClusterProbe.EnsembleLeader(cluster))!;
        var survivor = cluster.Ensemble.First(s => s != leader);
        await using var client = new ZooKeeperClient(new() { Connect = survivor.Address, SessionTimeoutMs = 10_000 }, TcpNetwork.Instance, SystemClock.Instance, NullLogger.Instance);
        client.Start();
        await client.WaitConnectedAsync(10_000);
        var path = await client.CreateAsync("/takeover-", Blob.None, CreateMode.PersistentSequential);
        await client.SetDataAsync(path, Blob.None);
        var clock = Stopwatch.StartNew();
        leader.Kill();
        while (true)
        {
            try
            {
                await client.SetDataAsync(path, Blob.None);
                break;
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.ConnectionLoss)
            {
                await Task.Delay(1);
            }
        }
        var taken = clock.Elapsed.TotalMilliseconds;
        leader.Start();
        await ClusterProbe.WaitUntilServing(cluster, CancellationToken.None);
        return taken;
    }

    private static async Task<double> PartitionLeader(LocalCluster cluster, AdminClient admin, ClusterClient client, bool isController, Action<ClusterProcess>? end = null)
    {
        while (true)
        {
            var metadata = await admin.MetadataAsync([Topic]);
            var whole = metadata.Topics[0].Partitions.All(p => p.Isr.Length == LocalCluster.Size);
            var partition = metadata.Topics[0].Partitions.FirstOrDefault(p => p.LeaderId >= 0 && p.LeaderId == metadata.ControllerId == isController);
            if (whole && partition is not null)
            {
                var broker = cluster.Brokers.Single(b => b.Id == partition.LeaderId);
                using var producer = new Producer(client, new() { Acks = -1, RetryBackoffMs = 5 });
                await producer.SendAsync(Topic, null, [1], partition.Index);
                var clock = Stopwatch.StartNew();
                if (end is null) broker.Kill();
                else end(broker);
                await producer.SendAsync(Topic, null, [2], partition.Index);
                var taken = clock.Elapsed.TotalMilliseconds;
                broker.Kill();
                await broker.Ended;
                broker.Start();
                await ClusterProbe.WaitUntilServing(cluster, CancellationToken.None);
                return taken;
            }
            if (whole)
            {
                // Nobody leads who is (or isn't) the controller: let leadership move by another kill.
                var mover = cluster.Brokers.First(b => b.Id != metadata.ControllerId);
                await mover.StopAsync();
                mover.Start();
                await ClusterProbe.WaitUntilServing(cluster, CancellationToken.None);
            }
            await Task.Delay(50);
        }
    }
}
