using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Storage;

namespace Reference.Broker.Kafka.Client;

/// <summary>A record as it was read.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Partition">Its partition.</param>
/// <param name="Offset">Its offset.</param>
/// <param name="TimestampMs">Milliseconds since the epoch of Unix; −1: none.</param>
/// <param name="Key">Its key; null for none.</param>
/// <param name="Value">Its value; null for a tombstone.</param>
public sealed record ConsumedRecord(string Topic, int Partition, long Offset, long TimestampMs, byte[]? Key, byte[]? Value);

/// <summary>What a <see cref="Consumer"/> is told.</summary>
public sealed record ConsumerSettings
{
    /// <summary><c>fetch.max.bytes</c></summary>
    public int FetchMaxBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary><c>max.partition.fetch.bytes</c></summary>
    public int PartitionMaxBytes { get; init; } = 1024 * 1024;

    /// <summary><c>fetch.max.wait.ms</c></summary>
    public int MaxWaitMs { get; init; } = 500;

    /// <summary>What a compressed batch may open to at most.</summary>
    public int BatchMaxBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary><c>request.timeout.ms</c></summary>
    public int RequestTimeoutMs { get; init; } = 3000;

    /// <summary><c>retry.backoff.ms</c></summary>
    public int RetryBackoffMs { get; init; } = 50;
}

/// <summary>Reads partitions that were assigned to it, each from an offset on; finds new leaders by itself. One caller at a time.</summary>
/// <param name="cluster">The cluster. Not disposed here.</param>
/// <param name="settings">How to read.</param>
public sealed class Consumer(ClusterClient cluster, ConsumerSettings settings)
{
    private readonly Dictionary<(string Topic, int Partition), long> _positions = [];
    private readonly Dictionary<int, Task<FetchResponse>> _underWay = [];
    private readonly Dictionary<(string Topic, int Partition), long> _ends = [];

    /// <summary>Where each partition is read next.</summary>
    public IReadOnlyDictionary<(string Topic, int Partition), long> Positions => _positions;

    /// <summary>The end of what may be read, as the latest fetch of a partition told it; −1: none yet.</summary>
    public long EndOf(string topic, int partition) => _ends.GetValueOrDefault((topic, partition), -1);

    /// <summary>Reads a partition from an offset on; see <see cref="AdminClient.OffsetAsync"/> for its start and end.</summary>
    public void Assign(string topic, int partition, long offset) => _positions[(topic, partition)] = offset;

    /// <summary>Reads a partition no more.</summary>
    public void Unassign(string topic, int partition) => _positions.Remove((topic, partition));

    /// <summary>The next records, in order within each partition; none if nothing came within <see cref="ConsumerSettings.MaxWaitMs"/>, or leaders are being looked for.</summary>
    /// <exception cref="KafkaException">A partition can't be read there: its records from that offset on are gone, or were never written.</exception>
    /// <exception cref="InvalidDataException">A batch that fails its checksum, or doesn't open.</exception>
    public async Task<List<ConsumedRecord>> PollAsync()
    {
        try
        {
            await Ask().ConfigureAwait(false);
        }
        catch (IOException)
        {
            await cluster.Clock.Delay(settings.RetryBackoffMs, default).ConfigureAwait(false);
            return [];
        }
        if (_underWay.Count == 0)
        {
            await cluster.Clock.Delay(settings.RetryBackoffMs, default).ConfigureAwait(false);
            return [];
        }
        await Task.WhenAny([.. _underWay.Values]).ConfigureAwait(false);
        List<ConsumedRecord> records = [];
        var stale = false;
        foreach (var (broker, task) in _underWay.Where(one => one.Value.IsCompleted).ToList())
        {
            _underWay.Remove(broker);
            stale |= !await Take(broker, task, records).ConfigureAwait(false);
        }
        if (stale) await Refresh().ConfigureAwait(false);
        return records;
    }

    /// <summary>One fetch under way to each broker that leads something assigned.</summary>
    private async Task Ask()
    {
        if (_positions.Keys.Any(p => cluster.LeaderOf(p.Topic, p.Partition) < 0)) await cluster.RefreshAsync([.. _positions.Keys.Select(p => p.Topic).Distinct()]).ConfigureAwait(false);
        foreach (var leader in _positions.Keys.GroupBy(p => cluster.LeaderOf(p.Topic, p.Partition)))
        {
            if (leader.Key < 0 || _underWay.ContainsKey(leader.Key)) continue;
            var request = new FetchRequest
            {
                MaxWaitMs = settings.MaxWaitMs,
                MinBytes = 1,
                MaxBytes = settings.FetchMaxBytes,
                Topics = [.. leader.GroupBy(p => p.Topic).Select(topic => new FetchTopic
                {
                    Name = topic.Key,
                    Partitions = [.. topic.Select(p => new FetchPartition { Index = p.Partition, FetchOffset = _positions[p], MaxBytes = settings.PartitionMaxBytes })],
                })],
            };
            _underWay[leader.Key] = FetchFrom(leader.Key, request);
        }
    }

    private async Task<FetchResponse> FetchFrom(int broker, FetchRequest request)
    {
        var connection = await cluster.ConnectionTo(broker).ConfigureAwait(false);
        return await cluster.Within(connection.Send(Apis.Fetch, request), settings.RequestTimeoutMs + settings.MaxWaitMs).ConfigureAwait(false);
    }

    /// <summary>Takes an answer in; false if a leader has to be looked for.</summary>
    private async Task<bool> Take(int broker, Task<FetchResponse> task, List<ConsumedRecord> records)
    {
        try
        {
            using var response = await task.ConfigureAwait(false);
            if (response.Error != ErrorCode.None) throw new KafkaException(response.Error, $"fetch from broker {broker}");
            var found = true;
            foreach (var topic in response.Topics)
                foreach (var partition in topic.Partitions) found &= Take(topic.Name, partition, records);
            return found;
        }
        catch (IOException)
        {
            cluster.Drop(broker);
            return false;
        }
    }

    private bool Take(string topic, FetchPartitionResult partition, List<ConsumedRecord> records)
    {
        if (partition.Error != ErrorCode.None) return partition.Error.IsRetriable() ? false : throw new KafkaException(partition.Error, $"fetch of {topic}-{partition.Index}");
        if (!_positions.TryGetValue((topic, partition.Index), out var position)) return true;
        _ends[(topic, partition.Index)] = partition.HighWatermark;
        for (var rest = partition.Records.Memory.Span; BatchCheck.OfLog(rest) is var fault; )
        {
            // The last batch may be cut short by the size of the answer; it comes again.
            if (rest.Length < RecordBatch.HeaderSize || new RecordBatch(rest).Size > rest.Length) break;
            if (fault != BatchFault.None) throw new InvalidDataException($"{topic}-{partition.Index} at offset {position}: a batch that is not right: {fault}");
            var batch = new RecordBatch(rest);
            if (batch.NextOffset > position)
            {
                if (!batch.IsControl) Read(topic, partition.Index, position, batch, records);
                position = batch.NextOffset;
            }
            rest = rest[batch.Size..];
        }
        _positions[(topic, partition.Index)] = position;
        return true;
    }

    private void Read(string topic, int partition, long from, RecordBatch batch, List<ConsumedRecord> records)
    {
        var reader = new RecordReader(batch, batch.Compression == Compression.None ? batch.Records : Decompression.Of(batch, settings.BatchMaxBytes));
        while (reader.MoveNext())
        {
            if (reader.Offset < from) continue;
            records.Add(new(topic, partition, reader.Offset, reader.Timestamp, reader.HasKey ? reader.Key.ToArray() : null, reader.HasValue ? reader.Value.ToArray() : null));
        }
    }

    private async Task Refresh()
    {
        await cluster.Clock.Delay(settings.RetryBackoffMs, default).ConfigureAwait(false);
        try { await cluster.RefreshAsync([.. _positions.Keys.Select(p => p.Topic).Distinct()]).ConfigureAwait(false); }
        catch (IOException) { await cluster.Clock.Delay(settings.RetryBackoffMs, default).ConfigureAwait(false); }
    }
}
