using System.Globalization;
using System.Text;
using System.Text.Json;
using Reference.Broker.Configuration;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.ZooKeeper.Client;
using Reference.Coordination;
using Reference.Replication.Control;
using ErrorCode = Reference.Broker.Kafka.Protocol.ErrorCode;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>Answers AlterConfigs and IncrementalAlterConfigs: writes a topic's settings into the ensemble, together with the note by which all brokers learn of it.</summary>
/// <param name="settings">This broker's.</param>
/// <param name="cluster">The way to the ensemble.</param>
/// <param name="changed">Told when settings have changed.</param>
internal sealed class ConfigAlteration(BrokerSettings settings, BrokerCluster cluster, Action changed)
{
    private const sbyte OfTopic = 2, OfBroker = 4;

    private delegate ConfigOutcome Change(Replication.Control.TopicSettings now);

    /// <summary>Answers AlterConfigs.</summary>
    public async Task<AlterConfigsResponse> ReplaceAsync(AlterConfigsRequest request) => new()
    {
        Results = await AnswerAsync([.. request.Resources.Select(r => (r.Type, r.Name, (Change)(_ =>
            ConfigChanges.Replace([.. r.Configs.Select(c => new ConfigChange(c.Name, ConfigOperation.Set, c.Value))]))))], request.ValidateOnly).ConfigureAwait(false),
    };

    /// <summary>Answers IncrementalAlterConfigs.</summary>
    public async Task<IncrementalAlterConfigsResponse> ApplyAsync(IncrementalAlterConfigsRequest request) => new()
    {
        Results = await AnswerAsync([.. request.Resources.Select(r => (r.Type, r.Name, (Change)(now =>
            ConfigChanges.Apply(now, [.. r.Configs.Select(c => new ConfigChange(c.Name, (ConfigOperation)c.Operation, c.Value))], DefaultOf))))], request.ValidateOnly).ConfigureAwait(false),
    };

    private string DefaultOf(string name) => TopicSetting.All.FirstOrDefault(s => s.Name == name)?.Of(TopicSettings.Of(settings)) ?? "";

    private async Task<AlterConfigsResult[]> AnswerAsync(ImmutableArray<(sbyte Type, string Name, Change Change)> asked, bool validateOnly)
    {
        var results = new List<AlterConfigsResult>();
        foreach (var (type, name, change) in asked)
        {
            var (error, why) = asked.Count(other => (other.Type, other.Name) == (type, name)) > 1 ? (ErrorCode.InvalidRequest, "Each resource must appear at most once.")
                : type == OfTopic && cluster.View.Topics.ContainsKey(name) ? await AlterAsync(name, change, validateOnly).ConfigureAwait(false)
                : type == OfTopic ? (ErrorCode.UnknownTopicOrPartition, $"Topic {name} isn't there.")
                : type == OfBroker ? (ErrorCode.InvalidRequest, "A broker's settings can't be updated dynamically: they are those of its file.")
                : (ErrorCode.InvalidRequest, $"Resources of type {type} have no settings.");
            results.Add(new() { Type = type, Name = name, Error = error, ErrorMessage = why });
        }
        return [.. results];
    }

    private async Task<(ErrorCode, string?)> AlterAsync(string topic, Change change, bool validateOnly)
    {
        try
        {
            var outcome = await cluster.Retry(client => WriteAsync(client, topic, change, validateOnly)).ConfigureAwait(false);
            if (outcome.Error != Replication.Control.ErrorCode.None || validateOnly) return ((ErrorCode)outcome.Error, outcome.Message);
            await cluster.Configs.ReadAgain(topic).ConfigureAwait(false);
            changed();
            return (ErrorCode.None, null);
        }
        catch (OperationCanceledException)
        {
            return (ErrorCode.BrokerNotAvailable, "This broker is closing.");
        }
    }

    /// <summary>Reads, changes and writes, until nobody was faster. When the answer is lost it may all happen twice, which comes to the same.</summary>
    [Rule("CTRL-CONFIG-3")]
    private async Task<ConfigOutcome> WriteAsync(ZooKeeperClient client, string topic, Change change, bool validateOnly)
    {
        var key = MetadataKey.TopicSettings(topic);
        while (true)
        {
            var (now, version) = await ReadAsync(client, key).ConfigureAwait(false);
            var outcome = change(now);
            if (outcome.Error != Replication.Control.ErrorCode.None || validateOnly) return outcome;
            var data = Blob.Wrap(ZnodeJson.Write(outcome.Settings, 0));
            var note = new CreateOperation($"{ConfigWatch.Path}/config_change_", Blob.Wrap(NoteOf(topic)), CreateMode.PersistentSequential);
            try
            {
                var made = await client.MultiAsync(new CheckOperation(MetadataKey.Topic(topic).Path, -1),
                    version is { } v ? new SetDataOperation(key.Path, data, v) : new CreateOperation(key.Path, data), note).ConfigureAwait(false);
                await RemoveOlderNotes(client, made[^1].Path).ConfigureAwait(false);
                return outcome;
            }
            catch (ZooKeeperMultiException e) when (e is { Error: ZooKeeperError.NoNode, Failed: 0 })
            {
                return new(Replication.Control.ErrorCode.UnknownTopicOrPartition, $"Topic {topic} isn't there.", Replication.Control.TopicSettings.None);
            }
            catch (ZooKeeperMultiException e) when (e.Error is ZooKeeperError.BadVersion or ZooKeeperError.NodeExists or ZooKeeperError.NoNode)
            {
                // somebody was faster
            }
        }
    }

    private static async Task<(Replication.Control.TopicSettings Settings, int? Version)> ReadAsync(ZooKeeperClient client, MetadataKey key)
    {
        try
        {
            var (data, stat) = await client.GetDataAsync(key.Path).ConfigureAwait(false);
            return ((Replication.Control.TopicSettings)ZnodeJson.Read(key, data.Memory, stat.Version), stat.Version);
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
        {
            return (Replication.Control.TopicSettings.None, null);
        }
    }

    /// <summary>A note rings once; whoever hears it reads all settings that it knows. Those before it have nothing more to say.</summary>
    private static async Task RemoveOlderNotes(ZooKeeperClient client, string? mine)
    {
        try
        {
            var names = await client.GetChildrenAsync(ConfigWatch.Path).ConfigureAwait(false);
            await Task.WhenAll([.. names.Where(name => string.CompareOrdinal($"{ConfigWatch.Path}/{name}", mine) < 0).Select(name => client.DeleteAsync($"{ConfigWatch.Path}/{name}"))]).ConfigureAwait(false);
        }
        catch (ZooKeeperException e) when (e.Error is ZooKeeperError.NoNode or ZooKeeperError.ConnectionLoss or ZooKeeperError.SessionExpired or ZooKeeperError.SessionMoved)
        {
            // the next change removes what is left
        }
    }

    private static byte[] NoteOf(string topic) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"version":2,"entity_path":{{JsonSerializer.Serialize($"topics/{topic}")}}}"""));
}
