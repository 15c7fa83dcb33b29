using System.Globalization;
using Reference.Broker.Configuration;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>The settings of the topics that this broker has to do with, over its own; read from /config/topics when first needed, and again when /config/changes says so.</summary>
/// <param name="settings">The broker's, of its file.</param>
/// <param name="read">Reads what a topic itself says, or /config/brokers: empty if nothing, null if it can't be understood.</param>
internal sealed class TopicConfigs(BrokerSettings settings, Func<ConfigKind, string, Task<ImmutableSortedDictionary<string, string>?>> read)
{
    /// <summary>The name under /config/brokers of what holds for all brokers.</summary>
    public const string AllBrokers = "<default>";

    private static readonly ImmutableSortedDictionary<string, string> Nothing = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    private readonly object _gate = new();
    private BrokerLayers _layers = new(settings, Nothing, Nothing);
    private TopicSettings _none = TopicSettings.Of(settings);
    private ImmutableDictionary<string, TopicSettings> _known = ImmutableDictionary<string, TopicSettings>.Empty;

    /// <summary>A topic's settings; the broker's where the topic's own haven't been read.</summary>
    public TopicSettings Of(string topic) => Volatile.Read(ref _known).GetValueOrDefault(topic, Volatile.Read(ref _none));

    /// <summary>The broker's settings, and what the ensemble says of them.</summary>
    public BrokerLayers Broker => Volatile.Read(ref _layers);

    /// <summary>Reads what the ensemble says of the broker's settings; whether that has changed. What topics don't say themselves changes with it.</summary>
    public async Task<bool> ReadBroker()
    {
        var (all, own) = (await read(ConfigKind.Broker, AllBrokers).ConfigureAwait(false), await read(ConfigKind.Broker, settings.BrokerId.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false));
        lock (_gate)
        {
            var before = _layers;
            var now = new BrokerLayers(DynamicSettings.Over(settings, all ?? before.OfAll, own ?? before.Own), all ?? before.OfAll, own ?? before.Own);
            if (before.OfAll.SequenceEqual(now.OfAll) && before.Own.SequenceEqual(now.Own)) return false;
            Volatile.Write(ref _layers, now);
            Volatile.Write(ref _none, TopicSettings.Of(now.Settings));
            Volatile.Write(ref _known, _known.ToImmutableDictionary(t => t.Key, t => TopicSettings.Of(now.Settings, t.Value.Overrides)));
            return true;
        }
    }

    /// <summary>Reads the settings of those <paramref name="topics"/> that aren't known yet.</summary>
    public async Task ReadUnknown(IEnumerable<string> topics)
    {
        var known = Volatile.Read(ref _known);
        await Task.WhenAll([.. topics.Where(topic => !known.ContainsKey(topic)).Select(Read)]).ConfigureAwait(false);
    }

    /// <summary>Reads a topic's settings again, if they are known; whether they have changed.</summary>
    public async Task<bool> ReadAgain(string topic)
    {
        if (!Volatile.Read(ref _known).TryGetValue(topic, out var before)) return false;
        await Read(topic).ConfigureAwait(false);
        return !Of(topic).Overrides.SequenceEqual(before.Overrides);
    }

    /// <summary>All topics whose settings are known.</summary>
    public IEnumerable<string> Known => Volatile.Read(ref _known).Keys;

    /// <summary>A topic that is gone: one of the same name may have other settings.</summary>
    public void Forget(string topic)
    {
        lock (_gate) Volatile.Write(ref _known, _known.Remove(topic));
    }

    private async Task Read(string topic)
    {
        var overrides = await read(ConfigKind.Topic, topic).ConfigureAwait(false);
        lock (_gate) Volatile.Write(ref _known, _known.SetItem(topic, TopicSettings.Of(_layers.Settings, overrides ?? (_known.TryGetValue(topic, out var before) ? before.Overrides : Nothing))));
    }
}

/// <summary>Whose settings.</summary>
internal enum ConfigKind
{
    /// <summary>A topic's: /config/topics.</summary>
    Topic,

    /// <summary>A broker's, or all brokers': /config/brokers.</summary>
    Broker,
}

/// <summary>A broker's settings, and what the ensemble says of them.</summary>
/// <param name="Settings">Those that hold.</param>
/// <param name="OfAll">What is said for all brokers.</param>
/// <param name="Own">What is said for this one; it comes before the former.</param>
internal sealed record BrokerLayers(BrokerSettings Settings, ImmutableSortedDictionary<string, string> OfAll, ImmutableSortedDictionary<string, string> Own);
