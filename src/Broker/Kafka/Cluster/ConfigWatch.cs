using Reference.Broker.ZooKeeper.Client;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>Watches /config/changes: whoever changes a topic's settings leaves a note there. The settings in use are then read again.</summary>
/// <param name="cluster">Whose topic settings.</param>
/// <param name="changed">Told when some have changed.</param>
internal sealed class ConfigWatch(BrokerCluster cluster, Action changed) : ISessionListener
{
    /// <summary>Where the notes are left.</summary>
    public const string Path = "/config/changes";

    private readonly object _gate = new();
    private Task _reading = Task.CompletedTask;

    /// <inheritdoc/>
    public void OnConnected(ZooKeeperClient client) => Look(client);

    /// <inheritdoc/>
    public void OnDisconnected()
    {
        // looks again when connected
    }

    /// <inheritdoc/>
    public void OnExpired()
    {
        // looks again when connected
    }

    /// <summary>The settings that an entry holds; none if it holds none that can be understood, so that a change puts it right.</summary>
    public static Replication.Control.TopicSettings SettingsIn(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return (Replication.Control.TopicSettings)ZnodeJson.Read(Replication.Control.MetadataKey.TopicSettings(""), bytes, 0);
        }
        catch (InvalidDataException)
        {
            return Replication.Control.TopicSettings.None;
        }
    }

    private void Look(ZooKeeperClient client)
    {
        lock (_gate) _reading = ReadAsync(client, _reading);
    }

    private async Task ReadAsync(ZooKeeperClient client, Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await client.GetChildrenAsync(Path, _ => Look(client)).ConfigureAwait(false);
        }
        catch (ZooKeeperException)
        {
            return;      // the connection or the session is gone: the next one looks
        }
        var broker = await cluster.Configs.ReadBroker().ConfigureAwait(false);
        var known = cluster.Configs.Known.ToArray();
        var different = await Task.WhenAll([.. known.Select(cluster.Configs.ReadAgain)]).ConfigureAwait(false);
        if (broker || different.Contains(true)) changed();
    }
}
