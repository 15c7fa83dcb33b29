namespace Reference.Replication.Control;

/// <summary>A call that waits for what it asked to be done.</summary>
public abstract record Call : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>What a call on topics asks for.</summary>
public enum TopicWish
{
    /// <summary>CreateTopics, CreatePartitions: that its partitions be there, led, and known to all.</summary>
    Present,

    /// <summary>DeleteTopics: that it be gone.</summary>
    Absent,
}

/// <summary>CreateTopics, CreatePartitions or DeleteTopics.</summary>
/// <param name="Wish">What it asks for.</param>
/// <param name="Done">The topics whose fate is known.</param>
/// <param name="Waiting">The topics for which it waits, each with the number of partitions that it is to have.</param>
/// <param name="Order">All its topics, as asked: the answer has them in that order.</param>
public sealed record TopicsCall(
    TopicWish Wish, ImmutableSortedDictionary<string, TopicResult> Done, ImmutableSortedDictionary<string, int> Waiting, ImmutableArray<string> Order) : Call
{
    /// <summary>A call none of whose topics has been looked at.</summary>
    public static TopicsCall Of(TopicWish wish, IEnumerable<string> topics) => new(
        wish, ImmutableSortedDictionary.Create<string, TopicResult>(StringComparer.Ordinal), ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal), [.. topics.Distinct()]);

    /// <summary>With a topic's fate known.</summary>
    public TopicsCall End(TopicResult result) => this with { Done = Done.SetItem(result.Topic, result), Waiting = Waiting.Remove(result.Topic) };

    /// <summary>With a topic to wait for.</summary>
    public TopicsCall Await(string topic, int partitions) => this with { Waiting = Waiting.SetItem(topic, partitions) };

    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add((int)Wish);
        fingerprint.AddAll(Done.Values);
        foreach (var (topic, partitions) in Waiting)
        {
            fingerprint.Add(topic);
            fingerprint.Add(partitions);
        }
        fingerprint.Add(Waiting.Count);
        foreach (var topic in Order) fingerprint.Add(topic);
        fingerprint.Add(Order.Length);
    }
}

/// <summary>ControlledShutdown.</summary>
public sealed record ShutdownCall(BrokerId Broker) : Call
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(-1);
        fingerprint.Add(Broker);
    }
}
