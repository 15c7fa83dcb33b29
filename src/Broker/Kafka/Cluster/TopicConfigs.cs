using Reference.Broker.Configuration;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>The settings of the topics that this broker has to do with, over its own; read from /config/topics when first needed, and again when /config/changes says so.</summary>
/// <param name="settings">The broker's.</param>
/// <param name="read">Reads what a topic itself says; empty if nothing.</param>
internal sealed class TopicConfigs(BrokerSettings settings, Func<string, Task<ImmutableSortedDictionary<string, string>>> read)
{
    private readonly TopicSettings _none = TopicSettings.Of(settings);
    private ImmutableDictionary<string, TopicSettings> _known = ImmutableDictionary<string, TopicSettings>.Empty;

    /// <summary>A topic's settings; the broker's where the topic's own haven't been read.</summary>
    public TopicSettings Of(string topic) => Volatile.Read(ref _known).GetValueOrDefault(topic, _none);

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
    public void Forget(string topic) => ImmutableInterlocked.TryRemove(ref _known, topic, out _);

    private async Task Read(string topic)
    {
        var overrides = await read(topic).ConfigureAwait(false);
        ImmutableInterlocked.AddOrUpdate(ref _known, topic, TopicSettings.Of(settings, overrides), (_, _) => TopicSettings.Of(settings, overrides));
    }
}
