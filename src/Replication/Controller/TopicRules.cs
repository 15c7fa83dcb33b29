namespace Reference.Replication.Control;

/// <summary>Which topics may be created or grown, with which partitions. As Kafka's; the words are ours.</summary>
public static class TopicRules
{
    /// <summary>The longest name: it names folders, with a hyphen and a number behind it.</summary>
    public const int LongestName = 249;

    /// <summary>What is wrong with a topic's name; null if nothing is.</summary>
    [Rule("CTRL-TOPIC-1")]
    public static string? RefuseName(string name)
    {
        if (name.Length == 0) return "A topic's name can't be empty.";
        if (name is "." or "..") return "A topic's name can't be '.' or '..'.";
        if (name.Length > LongestName) return $"A topic's name has at most {LongestName} characters, this one has {name.Length}.";
        return name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') ? null : $"Topic name '{name}' holds characters other than ASCII letters, digits, '.', '_' and '-'.";
    }

    /// <summary>Whether two names differ at most in '.' and '_', which metrics can't tell apart.</summary>
    [Rule("CTRL-TOPIC-1")]
    public static bool Collide(string one, string other) => one.Replace('.', '_') == other.Replace('.', '_');

    /// <summary>Why a topic can't be created; null if it can.</summary>
    public static TopicResult? Refuse(NewTopic topic, IEnumerable<string> existing, IEnumerable<BrokerId> live, ControllerSettings settings)
    {
        if (RefuseName(topic.Name) is { } wrong) return new(topic.Name, ErrorCode.InvalidTopic, wrong);
        foreach (var other in existing)
        {
            if (other == topic.Name) return new(topic.Name, ErrorCode.TopicAlreadyExists, $"Topic '{other}' already exists.");
            if (Collide(other, topic.Name)) return new(topic.Name, ErrorCode.InvalidTopic, $"Topic '{topic.Name}' collides with '{other}': '.' and '_' count as the same.");
        }
        return (topic.Assignment.IsEmpty ? RefuseNumbers(topic, live.Count(), settings) : RefuseAssignment(topic)) ?? RefuseSettings(topic);
    }

    private static TopicResult? RefuseNumbers(NewTopic topic, int brokers, ControllerSettings settings)
    {
        if (topic.Partitions is 0 or < -1) return new(topic.Name, ErrorCode.InvalidPartitions, "The number of partitions must be at least 1, or -1 for the default.");
        if (topic.ReplicationFactor is 0 or < -1) return new(topic.Name, ErrorCode.InvalidReplicationFactor, "The replication factor must be at least 1, or -1 for the default.");
        var factor = ReplicationFactor(topic, settings);
        return factor > brokers ? new(topic.Name, ErrorCode.InvalidReplicationFactor, $"Replication factor {factor} is larger than the number of live brokers, {brokers}.") : null;
    }

    private static TopicResult? RefuseAssignment(NewTopic topic)
    {
        if (topic.Partitions != -1 || topic.ReplicationFactor != -1) return new(topic.Name, ErrorCode.InvalidRequest, "Either the numbers or the replicas can be given, not both.");
        if (topic.Assignment.Keys.First() != 0 || topic.Assignment.Keys.Last() != topic.Assignment.Count - 1) return new(topic.Name, ErrorCode.InvalidReplicaAssignment, "Partitions are numbered from 0, without gaps.");
        return RefuseReplicas(topic.Name, topic.Assignment.Values, topic.Assignment[0].Length);
    }

    private static TopicResult? RefuseReplicas(string topic, IEnumerable<ImmutableArray<BrokerId>> partitions, int count)
    {
        foreach (var replicas in partitions)
        {
            if (replicas.IsEmpty || replicas.Distinct().Count() != replicas.Length || replicas.Any(r => r.Value < 0)) return new(topic, ErrorCode.InvalidReplicaAssignment, $"[{string.Join(',', replicas)}] isn't a list of different brokers.");
            if (replicas.Length != count) return new(topic, ErrorCode.InvalidReplicaAssignment, "All partitions must have the same number of replicas.");
        }
        return null;
    }

    private static TopicResult? RefuseSettings(NewTopic topic)
    {
        foreach (var (key, value) in topic.Settings)
        {
            if (TopicConfigs.Refuse(key, value) is { } wrong) return new(topic.Name, ErrorCode.InvalidConfig, wrong);
        }
        return null;
    }

    /// <summary>Why a topic can't be given more partitions; null if it can.</summary>
    public static TopicResult? Refuse(NewPartitions asked, TopicView? topic, IEnumerable<BrokerId> live)
    {
        if (topic?.Assignment is not { Partitions: [{ IsEmpty: false }, ..] now } || topic.Deleting) return new(asked.Name, ErrorCode.UnknownTopicOrPartition, $"Topic '{asked.Name}' doesn't exist.");
        if (asked.Count <= now.Length) return new(asked.Name, ErrorCode.InvalidPartitions, $"Topic '{asked.Name}' has {now.Length} partitions; their number can only grow.");
        if (asked.Assignment.IsEmpty)
        {
            return now[0].Length > live.Count() ? new(asked.Name, ErrorCode.InvalidReplicationFactor, $"Replication factor {now[0].Length} is larger than the number of live brokers, {live.Count()}.") : null;
        }
        if (asked.Assignment.Length != asked.Count - now.Length) return new(asked.Name, ErrorCode.InvalidReplicaAssignment, $"{asked.Count - now.Length} partitions are new, {asked.Assignment.Length} are assigned.");
        if (asked.Assignment.SelectMany(r => r).Except(live).Any()) return new(asked.Name, ErrorCode.InvalidReplicaAssignment, "A broker in the assignment isn't alive.");
        return RefuseReplicas(asked.Name, asked.Assignment, now[0].Length);
    }

    /// <summary>The replicas of a topic that may be created.</summary>
    public static TopicAssignment AssignmentOf(NewTopic topic, IEnumerable<BrokerId> live, ControllerSettings settings) => new(topic.Assignment.IsEmpty
        ? Spreading.Of([.. live], topic.Partitions == -1 ? settings.DefaultPartitions : topic.Partitions, ReplicationFactor(topic, settings), topic.Spread)
        : [.. topic.Assignment.Values]);

    /// <summary>The replicas of a topic that may grow: those it has stay as they are.</summary>
    public static TopicAssignment AssignmentOf(NewPartitions asked, TopicAssignment now, IEnumerable<BrokerId> live) => new(
        [.. now.Partitions, .. asked.Assignment.IsEmpty ? Spreading.More([.. live], now.Partitions, asked.Count) : asked.Assignment]);

    private static int ReplicationFactor(NewTopic topic, ControllerSettings settings) => topic.ReplicationFactor == -1 ? settings.DefaultReplicationFactor : topic.ReplicationFactor;
}
