using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Storage;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Broker.Partitions;

/// <summary>A leader's answer for one partition, in the core's words, and the bytes of its batches, each checked.</summary>
/// <param name="Order">What it answers.</param>
/// <param name="Answer">In the core's words.</param>
/// <param name="Bytes">The batches, whole ones only. They live as long as the response.</param>
/// <param name="Fault">What is wrong with the bytes, if they can't be appended.</param>
internal readonly record struct FetchedBatches(FetchOrder Order, FetchAnswered Answer, ReadOnlyMemory<byte> Bytes, BatchFault? Fault)
{
    /// <summary>What is new in a response to <paramref name="asked"/>.</summary>
    [Rule("REPL-FETCH-2")]
    public static List<FetchedBatches> In(FetchResponse response, Dictionary<PartitionId, FetchOrder> asked)
    {
        var answers = new List<FetchedBatches>();
        foreach (var topic in response.Topics)
        {
            foreach (var partition in topic.Partitions)
            {
                if (asked.TryGetValue(new(topic.Name, partition.Index), out var order) && Of(order, partition) is { } answer) answers.Add(answer);
            }
        }
        return answers;
    }

    private static FetchedBatches? Of(FetchOrder order, FetchPartitionResult result)
    {
        var batches = ImmutableArray<Batch>.Empty;
        var (length, fault) = (0, (BatchFault?)null);
        if (result.Error == ErrorCode.None && result.Records.Length > 0) (batches, length, fault) = Check(result.Records.Memory.Span);
        if (result.Error == ErrorCode.None && fault is null && batches.IsEmpty && !IsNews(order, result)) return null;
        var error = fault is null ? (ReplicaError)result.Error : ReplicaError.StorageError;
        return new(order, new(order.LeaderEpoch, order.From, error, result.HighWatermark, result.LogStartOffset, batches), result.Records.Memory[..length], fault);
    }

    private static (ImmutableArray<Batch> Batches, int Length, BatchFault? Fault) Check(ReadOnlySpan<byte> bytes)
    {
        var batches = ImmutableArray.CreateBuilder<Batch>();
        var length = 0;
        while (bytes.Length - length >= RecordBatch.HeaderSize)
        {
            var batch = new RecordBatch(bytes[length..]);
            if (batch.Size > bytes.Length - length) break;      // cut off by max_bytes
            if (BatchCheck.OfLog(bytes[length..]) is var fault && fault != BatchFault.None) return ([], 0, fault);
            batches.Add(new(new(batch.LeaderEpoch), batch.BaseOffset, batch.LastOffset));
            length += batch.Size;
        }
        return (batches.DrainToImmutable(), length, null);
    }

    private static bool IsNews(FetchOrder order, FetchPartitionResult result)
    {
        var state = order.Partition.State;
        return Math.Min(result.HighWatermark, order.From) != state.HighWatermark || result.LogStartOffset > state.Log.Start;
    }
}
