using Reference.Broker.Hosting;
using Microsoft.Extensions.Logging;
using Reference.Broker.ZooKeeper.Client;
using Reference.Coordination;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>The persistent znodes under which brokers keep their state, as Kafka 2.x makes them.</summary>
internal static class EnsembleFolders
{
    private static readonly ImmutableArray<string> Paths =
    [
        "/consumers", "/brokers", "/brokers/ids", "/brokers/topics", "/brokers/seqid", "/config", "/config/changes", "/config/topics", "/config/clients", "/config/users", "/config/brokers",
        "/admin", "/admin/delete_topics", "/isr_change_notification", "/latest_producer_id_block", "/log_dir_event_notification", "/cluster",
    ];

    /// <summary>Makes those that are missing.</summary>
    /// <exception cref="ZooKeeperException">Other than that they are there.</exception>
    public static async Task MakeAsync(ZooKeeperClient client) => await Task.WhenAll([.. Paths.Select(path => Make(client, path))]).ConfigureAwait(false);

    /// <summary>Makes the folder that <c>zookeeper.connect</c> names after the servers, and those above it.</summary>
    public static async Task MakeChrootAsync(string connect, ZooKeeperClientSettings settings, INetwork network, IClock clock, ILogger log, int timeoutMs)
    {
        var slash = connect.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || connect[slash..].Trim('/').Length == 0) return;
        await using var client = new ZooKeeperClient(settings with { Connect = connect[..slash] }, network, clock, log);
        client.Start();
        await client.WaitConnectedAsync(timeoutMs).ConfigureAwait(false);
        var path = "";
        foreach (var name in connect[slash..].Split('/', StringSplitOptions.RemoveEmptyEntries)) await Make(client, path += $"/{name}").ConfigureAwait(false);
    }

    private static async Task Make(ZooKeeperClient client, string path)
    {
        try
        {
            await client.CreateAsync(path, Blob.None).ConfigureAwait(false);
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NodeExists)
        {
            // as it should be
        }
    }
}
