using System.Runtime.InteropServices;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Storage;
using Reference.Replication.Groups;

namespace Reference.Broker.Groups;

/// <summary>Records of the offsets topic, in the schema of Kafka 2.4: keys 1 (an offset) and 2 (a group), values 3; those of earlier releases are read too.</summary>
/// <remarks>A key begins with its version, int16, and so does a value; a record without a value ends its key.</remarks>
internal static class OffsetsRecords
{
    private const short OffsetKeyVersion = 1, GroupKeyVersion = 2, ValueVersion = 3;
    private const int LargestBatch = 100 * 1024 * 1024;

    /// <summary>Adds a record to a batch.</summary>
    public static void Add(BatchBuilder batch, GroupRecord record, long nowMs)
    {
        var key = KeyOf(record);
        var value = ValueOf(record);
        batch.Add(true, key, value is not null, value, nowMs);
    }

    /// <summary>The key of a record.</summary>
    public static byte[] KeyOf(GroupRecord record) => record switch
    {
        OffsetRecord r => Write(OffsetKey.Layout, OffsetKeyVersion, new() { Group = r.Group, Topic = r.Partition.Topic, Partition = r.Partition.Partition }),
        GenerationRecord r => Write(GroupKey.Layout, GroupKeyVersion, new() { Group = r.Group }),
        _ => throw new ArgumentException($"no key for {record}", nameof(record)),
    };

    /// <summary>The value of a record; null if it ends its key.</summary>
    public static byte[]? ValueOf(GroupRecord record) => record switch
    {
        OffsetRecord { Value: { } o } => Write(OffsetValue.Layout, ValueVersion, new() { Offset = o.Offset, LeaderEpoch = o.LeaderEpoch, Metadata = o.Metadata, CommitTimestamp = o.CommittedMs }),
        GenerationRecord { Value: { } g } => Write(GroupValue.Layout, ValueVersion, new()
        {
            ProtocolType = g.ProtocolType ?? "", Generation = g.Generation, Protocol = g.Protocol, Leader = g.Leader, CurrentStateTimestamp = g.SinceMs,
            Members = [.. g.Members.Select(m => new MemberValue
            {
                MemberId = m.Id, GroupInstanceId = m.Instance, ClientId = m.ClientId, ClientHost = m.ClientHost, RebalanceTimeoutMs = m.RebalanceTimeoutMs, SessionTimeoutMs = m.SessionTimeoutMs,
                Subscription = Unwrap(m.Subscription), Assignment = Unwrap(m.Assignment),
            })],
        }),
        _ => null,
    };

    /// <summary>The records of whole batches, in their order.</summary>
    /// <exception cref="PoisonedRecordException">A record that isn't one of the topic's.</exception>
    public static ImmutableArray<GroupRecord> Read(ReadOnlySpan<byte> batches)
    {
        var records = ImmutableArray.CreateBuilder<GroupRecord>();
        while (batches.Length > 0)
        {
            var batch = new RecordBatch(batches);
            batches = batches[batch.Size..];
            if (!batch.IsControl) Read(batch, records);
        }
        return records.ToImmutable();
    }

    /// <summary>The record that a key and a value make.</summary>
    /// <exception cref="MalformedRequestException">They are none of the topic's.</exception>
    public static GroupRecord Of(byte[] key, byte[]? value)
    {
        var reader = new WireReader(key);
        var version = reader.Int16();
        switch (version)
        {
            case 0 or OffsetKeyVersion:
                var of = OffsetKey.Layout.For(version, flexible: false).Read(ref reader);
                reader.End();
                return new OffsetRecord(of.Group, new(of.Topic, of.Partition), Read(OffsetValue.Layout, value) is { } o ? new(o.Offset, o.LeaderEpoch, o.Metadata, o.CommitTimestamp) : null);
            case GroupKeyVersion:
                var group = GroupKey.Layout.For(version, flexible: false).Read(ref reader);
                reader.End();
                return new GenerationRecord(group.Group, Read(GroupValue.Layout, value) is { } g ? Generation(g) : null);
            default:
                throw new MalformedRequestException($"a key of version {version}; 0 to {GroupKeyVersion} are known");
        }
    }

    private static void Read(RecordBatch batch, ImmutableArray<GroupRecord>.Builder to)
    {
        var at = batch.BaseOffset;
        try
        {
            var reader = new RecordReader(batch, Decompression.Of(batch, LargestBatch));
            while (reader.MoveNext())
            {
                at = reader.Offset;
                if (!reader.HasKey) throw new MalformedRequestException("a record without a key");
                to.Add(Of(reader.Key.ToArray(), reader.HasValue ? reader.Value.ToArray() : null));
            }
        }
        catch (Exception e) when (e is MalformedRequestException or InvalidDataException)
        {
            throw new PoisonedRecordException(at, e.Message);
        }
    }

    private static StoredGeneration Generation(GroupValue g) => new(g.ProtocolType.Length == 0 ? null : g.ProtocolType, g.Generation, g.Protocol, g.Leader, g.CurrentStateTimestamp,
        [.. g.Members.Select(m => new StoredMember(m.MemberId, m.GroupInstanceId, m.ClientId, m.ClientHost, m.SessionTimeoutMs,
            m.RebalanceTimeoutMs < 0 ? m.SessionTimeoutMs : m.RebalanceTimeoutMs, Wrap(m.Subscription), Wrap(m.Assignment)))]);

    private static T? Read<T>(Layout<T> layout, byte[]? value) where T : class, new()
    {
        if (value is null) return null;
        var reader = new WireReader(value);
        var version = reader.Int16();
        if (version is < 0 or > ValueVersion) throw new MalformedRequestException($"a value of version {version}; 0 to {ValueVersion} are known");
        var read = layout.For(version, flexible: false).Read(ref reader);
        reader.End();
        return read;
    }

    private static byte[] Write<T>(Layout<T> layout, short version, T what) where T : class, new()
    {
        using var writer = new WireWriter();
        writer.Int16(version);
        layout.For(version, flexible: false).Write(writer, what);
        return writer.ToArray();
    }

    /// <summary>A member's bytes as the core has them.</summary>
    public static Opaque Wrap(byte[] bytes) => new(ImmutableCollectionsMarshal.AsImmutableArray(bytes));

    /// <summary>A member's bytes as the wire has them.</summary>
    public static byte[] Unwrap(Opaque bytes) => ImmutableCollectionsMarshal.AsArray(bytes.Bytes) ?? [];
}

/// <summary>A record of the offsets topic that no coordinator wrote.</summary>
internal sealed class PoisonedRecordException(long offset, string why) : Exception(why)
{
    /// <summary>Its offset.</summary>
    public long Offset { get; } = offset;
}
