using System.Globalization;
using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Storage;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Broker.Partitions;

/// <summary>A fetch, until there is as much as it wants, or its time is up.</summary>
internal sealed class PendingFetch(HostedPartitions host, FetchRequest request, Caller caller) : Work, IWaiting
{
    private const short FirstVersionWithZstd = 10;

    private readonly TaskCompletionSource<FetchResponse> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<HostedPartition> _watched = [];
    private FetchSession _session = null!;
    private bool _isWhole, _hasError;
    private FetchResponse? _response;

    /// <summary>The answer, when it's due.</summary>
    public Task<FetchResponse> Done => _done.Task;

    /// <inheritdoc/>
    public bool IsOver => _response is not null;

    private bool IsFollowers => request.ReplicaId >= 0;

    /// <inheritdoc/>
    public override void Run()
    {
        var (session, error, isWhole) = host.Sessions.For(request, host.Clock.NowMs);
        if (session is null)
        {
            Finish(new() { Error = error });
            return;
        }

        (_session, _isWhole) = (session, isWhole);
        if (IsFollowers) TellWhatItHas();
        if (!TryAnswer(isLast: request.MaxWaitMs <= 0 || _hasError)) WaitForMore();
    }

    /// <summary>Something changed in a partition that it waits for.</summary>
    public void Look()
    {
        if (!IsOver) TryAnswer(isLast: false);
    }

    /// <inheritdoc/>
    public void Expire() => TryAnswer(isLast: true);

    /// <summary>By its fetch a follower says what it has.</summary>
    private void TellWhatItHas()
    {
        var brokerEpoch = long.TryParse(request.RackId, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) ? new BrokerEpoch(epoch) : BrokerEpoch.Unknown;
        foreach (var wanted in _session.Partitions)
        {
            if (host.Find(wanted.Id) is not { } partition) continue;
            _hasError |= partition.FetchBy(new(request.ReplicaId), brokerEpoch, wanted.LeaderEpoch, wanted.Offset, wanted.LogStart, host.Clock.NowMs).Error != ReplicaError.None;
        }
    }

    private void WaitForMore()
    {
        foreach (var wanted in _session.Partitions)
        {
            if (host.Find(wanted.Id) is not { } partition) continue;
            partition.WaitingFetches.Add(this);
            _watched.Add(partition);
        }
        host.Wait(this, request.MaxWaitMs);
    }

    /// <summary>Answers, if there is enough to read, if something is wrong, or if it can't wait any longer.</summary>
    [Rule("FETCH-WAIT-1")]
    private bool TryAnswer(bool isLast)
    {
        if (!isLast && !MayHaveEnough()) return false;
        var response = new FetchResponse { SessionId = _session.Id };
        var slices = new Slices();
        var bytes = Read(response, slices, out var wrong);
        if (bytes < request.MinBytes && !isLast && !wrong)
        {
            slices.Dispose();
            return false;
        }
        response.Hold(slices);
        Finish(response);
        return true;
    }

    /// <summary>Whether it's worth reading: there is something, or something wrong, in one partition.</summary>
    private bool MayHaveEnough()
    {
        foreach (var wanted in _session.Partitions)
        {
            var (_, fetchable) = FetchableOf(wanted);
            if (fetchable.Error != ReplicaError.None || wanted.Offset < fetchable.UpTo) return true;
        }
        return request.MinBytes <= 0;
    }

    /// <summary>Reads each partition in turn until <c>max_bytes</c> are there; the first batch whatever its size.</summary>
    [Rule("FETCH-READ-1")]
    private int Read(FetchResponse response, Slices slices, out bool wrong)
    {
        var topics = new List<(string Name, List<FetchPartitionResult> Partitions)>();
        var (bytes, limit) = (0, IsFollowers ? request.MaxBytes : Math.Min(request.MaxBytes, host.Settings.FetchMaxBytes));
        var (count, first, last) = (_session.Partitions.Count, _session.First, -1);
        wrong = false;
        for (var n = 0; n < count; n++)
        {
            var at = (first + n) % count;
            var wanted = _session.Partitions[at];
            var (partition, fetchable) = FetchableOf(wanted);
            var result = new FetchPartitionResult { Index = wanted.Id.Partition, Error = (ErrorCode)fetchable.Error };
            wrong |= fetchable.Error != ReplicaError.None;
            if (fetchable.Error is ReplicaError.None or ReplicaError.OffsetOutOfRange)
                (result.HighWatermark, result.LastStableOffset, result.LogStartOffset) = (fetchable.HighWatermark, fetchable.HighWatermark, fetchable.LogStart);
            if (fetchable.Error == ReplicaError.None && (bytes == 0 || bytes < limit))
            {
                var slice = partition!.Log.Read(wanted.Offset, Math.Min(wanted.MaxBytes, limit - bytes), firstWhatever: bytes == 0, fetchable.UpTo);
                if (slice.Length > 0)
                {
                    slices.Add(slice);
                    bytes += slice.Length;
                    last = at;
                    if (IsReadable(slice)) result.Records = new(slice.Memory);
                    else result.Error = ErrorCode.UnsupportedCompressionType;
                }
            }
            if (!_isWhole && !IsNews(wanted, result)) continue;
            (wanted.ToldHighWatermark, wanted.ToldLogStart) = result.Error == ErrorCode.None ? (result.HighWatermark, result.LogStartOffset) : (-1, -1);
            if (topics.Count == 0 || topics[^1].Name != wanted.Id.Topic) topics.Add((wanted.Id.Topic, []));
            topics[^1].Partitions.Add(result);
        }
        if (last >= 0) _session.GoOnAfter(last);
        response.Topics = [.. topics.Select(topic => new FetchTopicResult { Name = topic.Name, Partitions = [.. topic.Partitions] })];
        return bytes;
    }

    /// <summary>Within a session only news is told.</summary>
    [Rule("FETCH-SESSION-2")]
    private static bool IsNews(FetchedPartition wanted, FetchPartitionResult result) =>
        result.Records.Length > 0 || result.Error != ErrorCode.None || result.HighWatermark != wanted.ToldHighWatermark || result.LogStartOffset != wanted.ToldLogStart;

    private (HostedPartition? Partition, Fetchable Fetchable) FetchableOf(FetchedPartition wanted)
    {
        if (host.Find(wanted.Id) is not { } partition) return (null, new(ReplicaError.UnknownTopicOrPartition, -1, -1, -1));
        return (partition, IsFollowers ? host.Replica.FetchableBy(partition.State, wanted.LeaderEpoch, wanted.Offset) : host.Replica.Readable(partition.State, wanted.LeaderEpoch, wanted.Offset));
    }

    /// <summary>Whether the client's version may see every codec in there.</summary>
    private bool IsReadable(RecordSlice slice)
    {
        if (caller.Version >= FirstVersionWithZstd) return true;
        for (var rest = slice.Memory.Span; rest.Length > 0; rest = rest[new RecordBatch(rest).Size..])
        {
            if (new RecordBatch(rest).Compression == Compression.Zstd) return false;
        }
        return true;
    }

    private void Finish(FetchResponse response)
    {
        _response = response;
        foreach (var partition in _watched) partition.WaitingFetches.Remove(this);
        _watched.Clear();
        host.WhenBatchDone(Complete);
    }

    private void Complete() => _done.SetResult(_response!);

    /// <summary>The slices of a response, given back when it has been sent.</summary>
    private sealed class Slices : List<RecordSlice>, IDisposable
    {
        public void Dispose()
        {
            foreach (var slice in this) slice.Release();
            Clear();
        }
    }
}
