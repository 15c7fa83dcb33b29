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

/// <summary>Answers AlterConfigs and IncrementalAlterConfigs: writes the settings of a topic, of this broker or of all into the ensemble, together with the note by which all brokers learn of it.</summary>
/// <param name="settings">This broker's.</param>
/// <param name="cluster">The way to the ensemble.</param>
/// <param name="changed">Told when settings have changed.</param>
internal sealed class ConfigAlteration(BrokerSettings settings, BrokerCluster cluster, Action changed)
{
    private const sbyte OfTopic = 2, OfBroker = 4;

    private delegate ConfigOutcome Change(Replication.Control.TopicSettings now, ConfigKind kind);

    /// <summary>Answers AlterConfigs.</summary>
    public async Task<AlterConfigsResponse> ReplaceAsync(AlterConfigsRequest request) => new()
    {
        Results = await AnswerAsync([.. request.Resources.Select(r => (r.Type, r.Name, (Change)((_, kind) =>
            ConfigChanges.Replace([.. r.Configs.Select(c => new ConfigChange(c.Name, ConfigOperation.Set, c.Value))], RefusalOf(kind)))))], request.ValidateOnly).ConfigureAwait(false),
    };

    /// <summary>Answers IncrementalAlterConfigs.</summary>
    public async Task<IncrementalAlterConfigsResponse> ApplyAsync(IncrementalAlterConfigsRequest request) => new()
    {
        Results = await AnswerAsync([.. request.Resources.Select(r => (r.Type, r.Name, (Change)((now, kind) =>
            ConfigChanges.Apply(now, [.. r.Configs.Select(c => new ConfigChange(c.Name, (ConfigOperation)c.Operation, c.Value))], DefaultOf, RefusalOf(kind)))))], request.ValidateOnly).ConfigureAwait(false),
    };

    private static Func<string, string?, string?>? RefusalOf(ConfigKind kind) => kind == ConfigKind.Broker ? DynamicSettings.Refuse : null;

    private string DefaultOf(string name) => TopicSetting.All.FirstOrDefault(s => s.Name == name || s.BrokerName == name)?.Of(TopicSettings.Of(cluster.Configs.Broker.Settings)) ?? "";

    private async Task<AlterConfigsResult[]> AnswerAsync(ImmutableArray<(sbyte Type, string Name, Change Change)> asked, bool validateOnly)
    {
        var results = new List<AlterConfigsResult>();
        foreach (var (type, name, change) in asked)
        {
            var (error, why) = asked.Count(other => (other.Type, other.Name) == (type, name)) > 1 ? (ErrorCode.InvalidRequest, "Each resource must appear at most once.")
                : type == OfTopic && cluster.View.Topics.ContainsKey(name) ? await AlterAsync(ConfigKind.Topic, name, change, validateOnly).ConfigureAwait(false)
                : type == OfTopic ? (ErrorCode.UnknownTopicOrPartition, $"Topic {name} isn't there.")
                : type == OfBroker && (name.Length == 0 || name == settings.BrokerId.ToString(CultureInfo.InvariantCulture)) ? await AlterAsync(ConfigKind.Broker, name.Length == 0 ? TopicConfigs.AllBrokers : name, change, validateOnly).ConfigureAwait(false)
                : type == OfBroker ? (ErrorCode.InvalidRequest, $"Broker {settings.BrokerId} was asked to change the settings of broker {name}: ask that one, or name none for all brokers.")
                : (ErrorCode.InvalidRequest, $"Resources of type {type} have no settings.");
            results.Add(new() { Type = type, Name = name, Error = error, ErrorMessage = why });
        }
        return [.. results];
    }

    private async Task<(ErrorCode, string?)> AlterAsync(ConfigKind kind, string name, Change change, bool validateOnly)
    {
        try
        {
            var outcome = await cluster.Retry(client => WriteAsync(client, kind, name, change, validateOnly)).ConfigureAwait(false);
            if (outcome.Error != Replication.Control.ErrorCode.None || validateOnly) return ((ErrorCode)outcome.Error, outcome.Message);
            if (kind == ConfigKind.Topic) await cluster.Configs.ReadAgain(name).ConfigureAwait(false);
            else await cluster.Configs.ReadBroker().ConfigureAwait(false);
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
    private async Task<ConfigOutcome> WriteAsync(ZooKeeperClient client, ConfigKind kind, string name, Change change, bool validateOnly)
    {
        var path = BrokerCluster.ConfigPath(kind, name);
        while (true)
        {
            var (now, version) = await ReadAsync(client, path).ConfigureAwait(false);
            var outcome = change(now, kind);
            if (outcome.Error != Replication.Control.ErrorCode.None || validateOnly) return outcome;
            var data = Blob.Wrap(ZnodeJson.Write(outcome.Settings, 0));
            var note = new CreateOperation($"{ConfigWatch.Path}/config_change_", Blob.Wrap(NoteOf(kind, name)), CreateMode.PersistentSequential);
            try
            {
                var isThere = new CheckOperation(kind == ConfigKind.Topic ? MetadataKey.Topic(name).Path : "/config/brokers", -1);
                var made = await client.MultiAsync(isThere, version is { } v ? new SetDataOperation(path, data, v) : new CreateOperation(path, data), note).ConfigureAwait(false);
                await RemoveOlderNotes(client, made[^1].Path).ConfigureAwait(false);
                return outcome;
            }
            catch (ZooKeeperMultiException e) when (e is { Error: ZooKeeperError.NoNode, Failed: 0 })
            {
                return new(Replication.Control.ErrorCode.UnknownTopicOrPartition, $"Topic {name} isn't there.", Replication.Control.TopicSettings.None);
            }
            catch (ZooKeeperMultiException e) when (e.Error is ZooKeeperError.BadVersion or ZooKeeperError.NodeExists or ZooKeeperError.NoNode)
            {
                // somebody was faster
            }
        }
    }

    private static async Task<(Replication.Control.TopicSettings Settings, int? Version)> ReadAsync(ZooKeeperClient client, string path)
    {
        try
        {
            var (data, stat) = await client.GetDataAsync(path).ConfigureAwait(false);
            return (ConfigWatch.SettingsIn(data.Memory), stat.Version);
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

    private static byte[] NoteOf(ConfigKind kind, string name) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"version":2,"entity_path":{{JsonSerializer.Serialize($"{(kind == ConfigKind.Topic ? "topics" : "brokers")}/{name}")}}}"""));
}
