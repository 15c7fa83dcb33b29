using Reference.Broker.Configuration;
using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Messages;

namespace Reference.Broker.Groups;

/// <summary>The topic that groups live in: which of its partitions a group falls to, and how it is made.</summary>
internal static class OffsetsTopic
{
    /// <summary>The partition of a group: the absolute value of Java's String.hashCode, modulo the number of partitions. The leader of that partition coordinates the group.</summary>
    public static int PartitionOf(string group, int partitions)
    {
        var hash = 0;
        foreach (var c in group) hash = unchecked((31 * hash) + c);
        return hash == int.MinValue ? 0 : Math.Abs(hash) % partitions;
    }

    /// <summary>The topic, as a broker has the controller make it when a group first asks for its coordinator.</summary>
    public static CreatableTopic ToCreate(BrokerSettings settings) => new()
    {
        Name = InternalTopics.ConsumerOffsets,
        PartitionCount = settings.OffsetsTopicNumPartitions,
        ReplicationFactor = (short)settings.OffsetsTopicReplicationFactor,
        Configs =
        [
            new() { Name = "cleanup.policy", Value = "compact" },
            new() { Name = "compression.type", Value = "producer" },
            new() { Name = "segment.bytes", Value = settings.OffsetsTopicSegmentBytes.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        ],
    };
}
