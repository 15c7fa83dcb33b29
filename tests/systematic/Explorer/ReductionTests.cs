using System.Collections.Concurrent;
using Reference.Replication;
using Reference.Replication.Replicas;
using Reference.Systematic.World;

namespace Reference.Systematic.Explorer;

/// <summary>Steps that are merged lose nothing: on small worlds the same disks come about, the same goals are reached and the same claims hold, with reductions and without.</summary>
public class ReductionTests
{
    [Theory]
    [InlineData(1, 0, 0, 1)]
    [InlineData(1, 1, 0, 0)]
    [InlineData(1, 0, 1, 0)]
    public void With_and_without_reductions_the_same_disks_come_about(int rounds, int crashes, int breaks, int proposals)
    {
        var (reduced, disks) = Explored(Worlds.Oracle(rounds: rounds, crashes: crashes, breaks: breaks, proposals: proposals));
        var (whole, allDisks) = Explored(Worlds.Oracle(rounds: rounds, crashes: crashes, breaks: breaks, proposals: proposals) with { Reduced = false });
        Assert.True(reduced.Fixpoint && whole.Fixpoint, $"{reduced}; {whole}");
        Assert.True(whole.States > 3 * reduced.States, $"{whole.States} and {reduced.States} states: the reduction does little");
        Assert.Empty(allDisks.Except(disks));
        Assert.Empty(disks.Except(allDisks));
        Assert.Equal(whole.Reached.Where(r => r.Value > 0).Select(r => r.Key), reduced.Reached.Where(r => r.Value > 0).Select(r => r.Key));
    }

    /// <summary>A world of objects and a world of numbers are one world.</summary>
    [Fact]
    public void The_interned_model_has_the_states_of_the_world_that_is_walked()
    {
        var setup = Worlds.Oracle(rounds: 1, crashes: 1, breaks: 0, proposals: 1);
        var numbers = Explorer.Run(new ZabModel(setup));
        var objects = Explorer.Run(new WorldModel<ZabWorld>(() => ZabWorld.Start(setup)));
        Assert.Equal((numbers.States, numbers.Transitions, numbers.Depth), (objects.States, objects.Transitions, objects.Depth));
    }

    /// <summary>The same of a partition: the same logs beside the same state in the store come about, once nobody who runs waits for its first orders.</summary>
    [Theory]
    [InlineData(2, 1, 2, 1, 0, 0, 0)]
    [InlineData(2, 1, 2, 1, 1, 1, 0)]
    [InlineData(2, 2, 1, 1, 1, 1, 1)]
    [InlineData(2, 1, 2, 1, 0, 0, 1)]
    public void With_and_without_reductions_the_same_logs_come_about(int brokers, int minInSync, int epochs, int records, int shrinks, int expands, int crashes)
    {
        var setup = Worlds.Isr(null, brokers, minInSync, epochs, records, shrinks, expands, crashes) with { Tells = false };
        var (reduced, logs) = Explored(setup);
        var (whole, allLogs) = Explored(setup with { Reduced = false });
        Assert.True(reduced.Fixpoint && whole.Fixpoint, $"{reduced}; {whole}");
        Assert.True(whole.States > 3 * reduced.States, $"{whole.States} and {reduced.States} states: the reduction does little");
        Assert.Empty(allLogs.Except(logs));
        Assert.Empty(logs.Except(allLogs));
        Assert.Equal(whole.Reached.Where(r => r.Value > 0).Select(r => r.Key), reduced.Reached.Where(r => r.Value > 0).Select(r => r.Key));
    }

    /// <summary>And of a cluster: the same logs beside the same leaders, terms and registrations come about.</summary>
    [Theory]
    [InlineData(2, 1, 0, 1, false)]
    [InlineData(2, 1, 1, 0, false)]
    [InlineData(2, 2, 1, 0, true)]
    [InlineData(3, 2, 1, 0, true)]
    public void With_and_without_reductions_the_same_clusters_come_about(int brokers, int minInSync, int crashes, int expiries, bool onlyKills)
    {
        var setup = Worlds.Cluster(brokers: brokers, minInSync: minInSync, crashes: crashes, expiries: expiries, onlyKills: onlyKills).Telling(false);
        var (reduced, clusters) = Explored(setup);
        var (whole, allClusters) = Explored(setup with { Reduced = false });
        Assert.True(reduced.Fixpoint && whole.Fixpoint, $"{reduced}; {whole}");
        Assert.True(whole.States > 2 * reduced.States, $"{whole.States} and {reduced.States} states: the reduction does little");
        Assert.Empty(allClusters.Except(clusters));
        Assert.Empty(clusters.Except(allClusters));
        Assert.Equal(whole.Reached.Where(r => r.Value > 0).Select(r => r.Key), reduced.Reached.Where(r => r.Value > 0).Select(r => r.Key));
    }

    private static (Exploration Ledger, HashSet<ulong> Clusters) Explored(ClusterSetup setup)
    {
        var clusters = new ConcurrentDictionary<ulong, bool>();
        var ledger = Explorer.Run(new WorldModel<ClusterWorld>(() => ClusterWorld.Start(setup), judge: world =>
        {
            var f = new Fingerprint();
            foreach (var (key, node) in world.Stored.Entries)
            {
                f.Add(key);
                f.Add(node.Value);
            }
            for (var i = 0; i < setup.Partition.Brokers; i++)
            {
                foreach (var record in world.Data.Broker(i).Records) f.Add(record.Epoch.Value << 8 | record.Value);
                f.Add(world.Data.Broker(i).Records.Count);
                f.Add(world.Data.Broker(i).IsUp);
            }
            clusters.TryAdd(f.Value, true);
            return null;
        }));
        return (ledger, [.. clusters.Keys]);
    }

    private static (Exploration Ledger, HashSet<ulong> Logs) Explored(IsrSetup setup)
    {
        var logs = new ConcurrentDictionary<ulong, bool>();
        var ledger = Explorer.Run(new WorldModel<IsrWorld>(() => IsrWorld.Start(setup), judge: world =>
        {
            var brokers = Enumerable.Range(0, setup.Brokers).Select(world.Broker).ToArray();
            if (!brokers.Any(b => b is { IsUp: true, State.Phase: ReplicaPhase.Offline })) logs.TryAdd(Renaming.All(setup.Brokers).Min(r => HashOf(r, world.Stored, brokers)), true);
            return null;
        }));
        return (ledger, [.. logs.Keys]);
    }

    private static ulong HashOf(Renaming renaming, PartitionState stored, IEnumerable<IsrBroker> brokers)
    {
        var f = new Fingerprint();
        foreach (var broker in brokers.Select(renaming.Of).OrderBy(b => b.Place))
        {
            foreach (var record in broker.Records) f.Add(record.Epoch.Value << 8 | record.Value / 2);
            f.Add(broker.Records.Count);
            f.Add(broker.State.Log.Epochs);
            f.Add(broker.IsUp);
        }
        f.Add(renaming.Of(stored));
        return f.Value;
    }

    private static (Exploration Ledger, HashSet<ulong> Disks) Explored(ZabSetup setup)
    {
        var disks = new ConcurrentDictionary<ulong, bool>();
        var ledger = Explorer.Run(new ZabModel(setup, judge: world =>
        {
            var f = new Fingerprint();
            foreach (var server in world.Servers) f.Add(server.Disk);
            disks.TryAdd(f.Value, true);
            return null;
        }));
        return (ledger, [.. disks.Keys]);
    }
}
