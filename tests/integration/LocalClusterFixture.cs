using Reference.Broker.Commands;

namespace Reference.Integration;

/// <summary>Three ensemble servers and three brokers, each a process of its own, in a temporary folder; they end with the fixture, also when a test fails.</summary>
public sealed class LocalClusterFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("local-cluster-").FullName;
    private int _names;

    /// <summary>The cluster.</summary>
    public LocalCluster Cluster { get; private set; } = null!;

    /// <summary>Starts the six, and waits until all of them serve.</summary>
    public async Task InitializeAsync()
    {
        var first = LocalCluster.FreePorts(2 * LocalCluster.Size + 103);
        Cluster = LocalCluster.Prepare(_folder, first, first + LocalCluster.Size);
        Cluster.Start();
        await ServingAsync();
    }

    /// <summary>A topic's or znode's name that no other test has.</summary>
    public string NewName(string what) => $"{what}-{Interlocked.Increment(ref _names)}";

    /// <summary>Waits until all six serve; starts what was killed.</summary>
    public async Task ServingAsync()
    {
        foreach (var process in Cluster.Processes)
            if (!process.Runs) process.Start();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        await ClusterProbe.WaitUntilServing(Cluster, patience.Token);
    }

    /// <summary>The server that leads the ensemble; waited for, since an election may be under way.</summary>
    public async Task<ClusterProcess> EnsembleLeaderAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            if (await ClusterProbe.EnsembleLeader(Cluster, patience.Token) is { } leader) return leader;
            await Task.Delay(20, patience.Token);
        }
    }

    /// <summary>Ends the six; they are killed, since nothing that they keep is wanted any more.</summary>
    public async Task DisposeAsync()
    {
        foreach (var process in Cluster.Processes)
        {
            process.Kill();
            await process.Ended;
        }
        await Cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>The tests that use one cluster one after the other, and leave it serving. Nothing else runs meanwhile: six processes want the machine.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SharedCluster : ICollectionFixture<LocalClusterFixture>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "local cluster";
}

/// <summary>The tests that start processes of their own, one after the other and with nothing else beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OwnProcesses
{
    /// <summary>The collection's name.</summary>
    public const string Name = "own processes";
}
