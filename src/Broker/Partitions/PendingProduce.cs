using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Storage;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Broker.Partitions;

/// <summary>A produce request, until each of its partitions has answered or its time is up.</summary>
internal sealed class PendingProduce(HostedPartitions host, ProduceRequest request, Caller caller) : Work, IProducing, IWaiting
{
    private const short FirstVersionWithZstd = 7;

    private readonly TaskCompletionSource<ProduceResponse> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(HostedPartition Partition, long Token, ProducePartitionResult Result)> _waiting = [];
    private ProduceResponse _response = new();

    /// <summary>The answer, when it's due.</summary>
    public Task<ProduceResponse> Done => _done.Task;

    /// <inheritdoc/>
    public bool IsOver { get; private set; }

    /// <summary>Checks all batches, on the caller's thread; what's refused here never reaches the loop.</summary>
    /// <returns>Whether something is left to append.</returns>
    public bool Check()
    {
        var any = false;
        _response.Topics = new ProduceTopicResult[request.Topics.Length];
        for (var t = 0; t < request.Topics.Length; t++)
        {
            var topic = request.Topics[t];
            var results = new ProducePartitionResult[topic.Partitions.Length];
            for (var p = 0; p < results.Length; p++)
            {
                var error = Check(new(topic.Name, topic.Partitions[p].Index), topic.Partitions[p].Records);
                any |= error == ErrorCode.None;
                results[p] = new() { Index = topic.Partitions[p].Index, Error = error };
            }
            _response.Topics[t] = new() { Name = topic.Name, Partitions = results };
        }
        return any;
    }

    /// <inheritdoc/>
    public override void Run()
    {
        var acks = (Acks)request.Acks;
        for (var t = 0; t < request.Topics.Length; t++)
        {
            var topic = request.Topics[t];
            for (var p = 0; p < topic.Partitions.Length; p++)
            {
                var result = _response.Topics[t].Partitions[p];
                if (result.Error != ErrorCode.None) continue;
                if (host.Find(new(topic.Name, result.Index)) is not { } partition) result.Error = ErrorCode.UnknownTopicOrPartition;
                else Append(partition, topic.Partitions[p].Records, acks, result);
            }
        }
        if (_waiting.Count == 0) Finish();
        else host.Wait(this, Math.Max(request.TimeoutMs, 0));
    }

    /// <summary>One partition's answer.</summary>
    public void Answer(long token, ReplicaError error, long baseOffset)
    {
        for (var at = 0; at < _waiting.Count; at++)
        {
            var (partition, waits, result) = _waiting[at];
            if (waits != token) continue;
            result.Error = (ErrorCode)error;
            if (error == ReplicaError.None) (result.BaseOffset, result.LogStartOffset) = (baseOffset, partition.Log.StartOffset);
            else result.LogAppendTimeMs = -1;
            _waiting.RemoveAt(at);
            break;
        }
        if (_waiting.Count == 0 && !_appending) Finish();
    }

    /// <inheritdoc/>
    public void Expire()
    {
        foreach (var (partition, token, _) in _waiting.ToArray()) partition.Take(new ProduceExpired(token));
    }

    /// <summary>Lets the caller go on: after the batch of work in which it was answered.</summary>
    public void Complete() => _done.SetResult(_response);

    private bool _appending;

    private void Append(HostedPartition partition, Records records, Acks acks, ProducePartitionResult result)
    {
        var token = host.NextToken();
        if (acks != Acks.None)
        {
            _waiting.Add((partition, token, result));
            host.Expect(token, this);
        }
        _appending = true;
        var ignored = partition.Produce(token, records.Memory, acks);
        _appending = false;
        if (ignored is null) result.LogAppendTimeMs = partition.LastAppendTimeMs;
        else if (acks == Acks.None) result.Error = ErrorCode.NotLeaderOrFollower;
    }

    private ErrorCode Check(PartitionId id, Records records)
    {
        if (request.Acks is not (-1 or 0 or 1)) return ErrorCode.InvalidRequiredAcks;
        if (InternalTopics.Contains(id.Topic) && caller.ClientId != InternalTopics.AdminClientId) return ErrorCode.InvalidTopicException;
        if (host.Find(id) is not { } partition) return ErrorCode.UnknownTopicOrPartition;
        if (records.IsNull) return ErrorCode.CorruptMessage;
        var fault = BatchCheck.OfProducer(records.Memory.Span, partition.Log.Settings.MaxMessageBytes);
        if (fault == BatchFault.None && caller.Version < FirstVersionWithZstd && new RecordBatch(records.Memory.Span).Compression == Compression.Zstd)
            return ErrorCode.UnsupportedCompressionType;
        if (fault == BatchFault.None && partition.Log.Settings.Compacts && !BatchCheck.HasKeys(records.Memory.Span)) return ErrorCode.InvalidRecord;
        return (ErrorCode)fault;
    }

    private void Finish()
    {
        if (IsOver) return;
        IsOver = true;
        host.WhenBatchDone(Complete);
    }
}
