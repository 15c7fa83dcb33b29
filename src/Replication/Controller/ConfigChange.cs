namespace Reference.Replication.Control;

/// <summary>What a change does with one setting, with Kafka's numbers.</summary>
public enum ConfigOperation : sbyte
{
    /// <summary>It gets the value.</summary>
    Set = 0,

    /// <summary>It is no more the topic's own.</summary>
    Delete = 1,

    /// <summary>The value's parts come to those of a list.</summary>
    Append = 2,

    /// <summary>The value's parts leave a list.</summary>
    Subtract = 3,
}

/// <summary>One change of one setting.</summary>
public readonly record struct ConfigChange(string Name, ConfigOperation Operation, string? Value);

/// <summary>A topic's settings after a change, or why it can't be.</summary>
/// <param name="Error">None, or why not.</param>
/// <param name="Message">The same in words.</param>
/// <param name="Settings">The topic's own settings then.</param>
public sealed record ConfigOutcome(ErrorCode Error, string? Message, TopicSettings Settings);

/// <summary>How the settings of a topic change: AlterConfigs and IncrementalAlterConfigs.</summary>
public static class ConfigChanges
{
    private static readonly ImmutableArray<string> Lists = ["cleanup.policy", "log.cleanup.policy", "follower.replication.throttled.replicas", "leader.replication.throttled.replicas"];

    /// <summary>AlterConfigs: the settings given, and no others, are the topic's own.</summary>
    [Rule("CTRL-CONFIG-1")]
    public static ConfigOutcome Replace(IReadOnlyList<ConfigChange> given, Func<string, string?, string?>? refuse = null) => Apply(TopicSettings.None, given, refuse: refuse);

    /// <summary>IncrementalAlterConfigs: what isn't named stays as it is. All of it, or nothing.</summary>
    /// <param name="now">The topic's own settings.</param>
    /// <param name="changes">What changes, each setting once; the default is what a list begins with that isn't the topic's own yet.</param>
    /// <param name="defaultOf">What holds where the topic says nothing.</param>
    /// <param name="refuse">What is wrong with a value, or with a name; a topic's settings if not given.</param>
    [Rule("CTRL-CONFIG-2")]
    public static ConfigOutcome Apply(TopicSettings now, IReadOnlyList<ConfigChange> changes, Func<string, string>? defaultOf = null, Func<string, string?, string?>? refuse = null)
    {
        if (changes.GroupBy(change => change.Name).FirstOrDefault(same => same.Count() > 1) is { } twice) return Refused($"Error due to duplicate config keys: {twice.Key}.");
        var values = now.Values;
        foreach (var (name, operation, value) in changes)
        {
            if (refuse is null && !TopicConfigs.Names.Contains(name)) return new(ErrorCode.InvalidConfig, $"Unknown topic config name: {name}.", TopicSettings.None);
            if (operation == ConfigOperation.Delete)
            {
                values = values.Remove(name);
                continue;
            }
            if (value is null) return Refused($"Null value not supported for : {name}.");
            if (operation is ConfigOperation.Append or ConfigOperation.Subtract && !Lists.Contains(name)) return Refused($"Config value {(operation == ConfigOperation.Append ? "append" : "subtract")} is not allowed for config key: {name}.");
            var next = operation switch
            {
                ConfigOperation.Set => value,
                ConfigOperation.Append => string.Join(',', Parts(Before(name)).Union(Parts(value))),
                ConfigOperation.Subtract => string.Join(',', Parts(Before(name)).Except(Parts(value))),
                _ => null,
            };
            if (next is null) return Refused($"Unknown operation {(sbyte)operation} for config key: {name}.");
            if ((refuse ?? TopicConfigs.Refuse)(name, next) is { } wrong) return Refused(wrong);
            values = values.SetItem(name, next);
        }
        return new(ErrorCode.None, null, new(values));

        string Before(string name) => values.GetValueOrDefault(name) ?? defaultOf?.Invoke(name) ?? "";
    }

    private static IEnumerable<string> Parts(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static ConfigOutcome Refused(string why) => new(ErrorCode.InvalidRequest, why, TopicSettings.None);
}
