using System.Buffers.Binary;
using System.Text;

namespace Reference.Replication.Groups;

/// <summary>What a member subscribes to, as the others' clients read it.</summary>
/// <param name="Topics">The topics.</param>
/// <param name="Owned">What it owns and will keep if it may; empty for an eager member.</param>
public sealed record Subscription(ImmutableArray<string> Topics, ImmutableSortedSet<TopicPartition> Owned);

/// <summary>The bytes that consumers exchange through the coordinator: Kafka's consumer protocol, versions 0 and 1.</summary>
/// <remarks>
/// Big-endian: version int16; a subscription has its topics (int32 count, int16 length each), user data (int32 length, −1: none) and, in version 1, what it owns (KIP-429);
/// an assignment its partitions (int32 count of topics, each with its name and int32 count of int32 numbers) and user data.
/// </remarks>
public static class ConsumerProtocol
{
    /// <summary>A subscription's bytes.</summary>
    public static Opaque Write(Subscription subscription)
    {
        var to = new Bytes();
        to.Int16(1);
        to.Int32(subscription.Topics.Length);
        foreach (var topic in subscription.Topics) to.Text(topic);
        to.Int32(-1);
        to.Partitions(subscription.Owned);
        return to.Done();
    }

    /// <summary>An assignment's bytes.</summary>
    public static Opaque Write(ImmutableSortedSet<TopicPartition> assignment)
    {
        var to = new Bytes();
        to.Int16(1);
        to.Partitions(assignment);
        to.Int32(-1);
        return to.Done();
    }

    /// <summary>Reads a subscription; null if the bytes aren't one.</summary>
    public static Subscription? ReadSubscription(Opaque bytes)
    {
        var from = new Reader(bytes.Bytes.AsSpan());
        if (!from.TryInt16(out var version) || version < 0 || !from.TryCount(2, out var count)) return null;
        var topics = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < count; i++)
        {
            if (!from.TryText(out var topic)) return null;
            topics.Add(topic);
        }
        if (!from.TrySkipBytes()) return null;
        var owned = ImmutableSortedSet<TopicPartition>.Empty;
        return version == 0 || from.TryPartitions(out owned) ? new(topics.ToImmutable(), owned) : null;
    }

    /// <summary>Reads an assignment; null if the bytes aren't one. No bytes are no partitions.</summary>
    public static ImmutableSortedSet<TopicPartition>? ReadAssignment(Opaque bytes)
    {
        if (bytes.Bytes.IsEmpty) return [];
        var from = new Reader(bytes.Bytes.AsSpan());
        return from.TryInt16(out var version) && version >= 0 && from.TryPartitions(out var partitions) ? partitions : null;
    }

    private sealed class Bytes
    {
        private readonly ImmutableArray<byte>.Builder _bytes = ImmutableArray.CreateBuilder<byte>();

        public void Int16(int value)
        {
            _bytes.Add((byte)(value >> 8));
            _bytes.Add((byte)value);
        }

        public void Int32(int value)
        {
            Int16(value >> 16);
            Int16(value);
        }

        public void Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Int16(bytes.Length);
            _bytes.AddRange(bytes);
        }

        public void Partitions(ImmutableSortedSet<TopicPartition> partitions)
        {
            var topics = partitions.GroupBy(p => p.Topic).ToList();
            Int32(topics.Count);
            foreach (var topic in topics)
            {
                Text(topic.Key);
                Int32(topic.Count());
                foreach (var partition in topic) Int32(partition.Partition);
            }
        }

        public Opaque Done() => new(_bytes.ToImmutable());
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public bool TryInt16(out short value)
        {
            if (!BinaryPrimitives.TryReadInt16BigEndian(_rest, out value)) return false;
            _rest = _rest[2..];
            return true;
        }

        public bool TryInt32(out int value)
        {
            if (!BinaryPrimitives.TryReadInt32BigEndian(_rest, out value)) return false;
            _rest = _rest[4..];
            return true;
        }

        /// <summary>A number of elements of at least some bytes each; no more than there is room for.</summary>
        public bool TryCount(int elementBytes, out int count) => TryInt32(out count) && count >= 0 && (long)count * elementBytes <= _rest.Length;

        public bool TryText(out string text)
        {
            text = "";
            if (!TryInt16(out var length) || length < 0 || length > _rest.Length) return false;
            text = Encoding.UTF8.GetString(_rest[..length]);
            _rest = _rest[length..];
            return true;
        }

        public bool TrySkipBytes()
        {
            if (!TryInt32(out var length) || length > _rest.Length) return false;
            if (length > 0) _rest = _rest[length..];
            return true;
        }

        public bool TryPartitions(out ImmutableSortedSet<TopicPartition> partitions)
        {
            partitions = [];
            if (!TryCount(6, out var topics)) return false;
            var all = ImmutableSortedSet.CreateBuilder<TopicPartition>();
            for (var t = 0; t < topics; t++)
            {
                if (!TryText(out var topic) || !TryCount(4, out var count)) return false;
                for (var i = 0; i < count; i++)
                {
                    if (!TryInt32(out var partition)) return false;
                    all.Add(new(topic, partition));
                }
            }
            partitions = all.ToImmutable();
            return true;
        }
    }
}
