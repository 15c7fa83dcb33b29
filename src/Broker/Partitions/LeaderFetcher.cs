using Microsoft.Extensions.Logging;
using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Broker.Partitions;

/// <summary>What a follower wants of one partition.</summary>
internal readonly record struct FetchOrder(HostedPartition Partition, LeaderEpoch LeaderEpoch, long From, long LogStart);

/// <summary>A follower's question where an epoch ends.</summary>
internal readonly record struct EpochQuestion(HostedPartition Partition, LeaderEpoch LeaderEpoch, LeaderEpoch Asked);

/// <summary>Follows one leader for all partitions that it leads: one connection, one request at a time, long polls.</summary>
/// <remarks>
/// The replicas' orders come from the partitions' loop and go into a table of what is wanted; the fetcher asks, checks what comes, and hands it to the loop. An order
/// leaves the table when its replica is given an answer; while answers are empty it stays, and is asked again without the replica's doing.
/// </remarks>
internal sealed class LeaderFetcher(HostedPartitions host, ICluster cluster, BrokerId leader, ILogger log, CancellationToken closing) : IDisposable
{
    private const int SilenceMs = 30_000;       // replica.socket.timeout.ms: who answers nothing for so long is gone
    private const int PatienceMs = 20;          // what a new order waits for a long poll under way before that is given up

    private readonly object _gate = new();
    private readonly Dictionary<PartitionId, FetchOrder> _fetches = [];
    private readonly Dictionary<PartitionId, EpochQuestion> _questions = [];
    private readonly Dictionary<PartitionId, FetchOrder> _asked = [];
    private readonly FollowerSession _session = new();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private KafkaConnection? _connection;
    private long _sinceMs = long.MaxValue;      // when the request under way was sent
    private bool _runs, _isWatched, _isLost;

    /// <summary>Fetch a partition from now on from an offset.</summary>
    public void Fetch(HostedPartition partition, LeaderEpoch epoch, long from)
    {
        lock (_gate)
        {
            _questions.Remove(partition.Id);
            _fetches[partition.Id] = new(partition, epoch, from, partition.Log.StartOffset);
        }
        Announce();
    }

    /// <summary>Ask where an epoch ends.</summary>
    public void Ask(HostedPartition partition, LeaderEpoch epoch, LeaderEpoch asked)
    {
        lock (_gate)
        {
            _fetches.Remove(partition.Id);
            _questions[partition.Id] = new(partition, epoch, asked);
        }
        Announce();
    }

    /// <summary>Want nothing more of a partition.</summary>
    public void Drop(HostedPartition partition)
    {
        lock (_gate)
        {
            _fetches.Remove(partition.Id);
            _questions.Remove(partition.Id);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection?.Dispose();

    private void Announce()
    {
        lock (_gate)
        {
            _news.TrySetResult();
            if (_runs || closing.IsCancellationRequested) return;
            _runs = true;
        }
        _ = RunAsync();
        if (!_isWatched) _ = WatchAsync();
        _isWatched = true;
    }

    /// <summary>A leader whose machine is gone closes no connection: the silence does.</summary>
    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await host.Clock.Delay(SilenceMs, closing).ConfigureAwait(false);
                if (host.Clock.NowMs - Volatile.Read(ref _sinceMs) > SilenceMs) _connection?.Dispose();
            }
        }
        catch (OperationCanceledException)
        {
            // closing
        }
    }

    private async Task RunAsync()
    {
        await Task.Yield();     // the loop that gave the order has other things to do
        while (GoesOn())
        {
            try
            {
                if (_connection is { IsBroken: true }) Disconnect();
                _connection ??= await cluster.Connect(leader, closing).ConfigureAwait(false);
                await AskAsync(_connection).ConfigureAwait(false);
                await FetchAsync(_connection).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                Disconnect();
                GiveUp(e);
            }
            catch (OperationCanceledException) when (closing.IsCancellationRequested)
            {
                Disconnect();
            }
        }
    }

    private bool GoesOn()
    {
        lock (_gate) return _runs = _fetches.Count + _questions.Count > 0 && !closing.IsCancellationRequested;
    }

    private void Disconnect()
    {
        _session.Forget();
        _connection?.Dispose();
        _connection = null;
        Volatile.Write(ref _sinceMs, long.MaxValue);
    }

    private async Task AskAsync(KafkaConnection connection)
    {
        EpochQuestion[] questions;
        lock (_gate) questions = [.. _questions.Values];
        if (questions.Length == 0) return;

        Volatile.Write(ref _sinceMs, host.Clock.NowMs);
        using var response = await connection.Send(Apis.OffsetForLeaderEpoch, new OffsetForLeaderEpochRequest
        {
            ReplicaId = host.Settings.BrokerId,
            Topics = [.. questions.GroupBy(question => question.Partition.Id.Topic).Select(topic => new OffsetForLeaderTopic { Name = topic.Key, Partitions = [.. topic.Select(Describe)] })],
        }).ConfigureAwait(false);
        Volatile.Write(ref _sinceMs, long.MaxValue);

        var ends = new Dictionary<PartitionId, EpochEndOffset>();
        foreach (var topic in response.Topics) foreach (var partition in topic.Partitions) ends[new(topic.Name, partition.Index)] = partition;
        await host.Do(() =>
        {
            foreach (var question in questions)
            {
                if (!Complete(question) || !ends.TryGetValue(question.Partition.Id, out var end)) continue;
                question.Partition.Take(new EpochEndAnswered(question.LeaderEpoch, question.Asked, (ReplicaError)end.Error, new(new(end.LeaderEpoch), end.EndOffset)));
            }
        }).ConfigureAwait(false);
    }

    private async Task FetchAsync(KafkaConnection connection)
    {
        Task news;
        _asked.Clear();
        lock (_gate)
        {
            foreach (var (id, order) in _fetches) _asked[id] = order;
            if (_news.Task.IsCompleted) _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_questions.Count > 0) _news.TrySetResult();
            news = _news.Task;
        }
        if (_asked.Count == 0) return;

        Volatile.Write(ref _sinceMs, host.Clock.NowMs);
        var answer = connection.Send(Apis.Fetch, _session.Next(host.Settings, cluster.SelfEpoch, _asked));
        if (!await IsWorthWaitingAsync(answer, news).ConfigureAwait(false))
        {
            Disconnect();
            await Abandoned(answer).ConfigureAwait(false);
            return;
        }
        using var response = await answer.ConfigureAwait(false);
        Volatile.Write(ref _sinceMs, long.MaxValue);
        if (!_session.Accept(response)) return;
        if (_isLost) log.LogInformation("broker {Leader} can be reached again", leader);
        _isLost = false;
        if (FetchedBatches.In(response, _asked) is { Count: > 0 } answers) await host.Do(() => Apply(answers)).ConfigureAwait(false);
    }

    /// <summary>Waits for the answer; false if new orders came meanwhile and the leader lets them wait.</summary>
    private async Task<bool> IsWorthWaitingAsync(Task answer, Task news)
    {
        if (await Task.WhenAny([answer, news]).ConfigureAwait(false) == answer) return true;
        await Task.WhenAny([answer, host.Clock.Delay(PatienceMs, closing)]).ConfigureAwait(false);
        return answer.IsCompleted;
    }

    /// <summary>The answer may have come at the last moment.</summary>
    private static async Task Abandoned(Task<FetchResponse> answer)
    {
        try
        {
            (await answer.ConfigureAwait(false)).Dispose();
        }
        catch (IOException)
        {
            // the connection was closed here; what it would have brought is asked for again
        }
    }

    private void Apply(List<FetchedBatches> answers)
    {
        foreach (var fetched in answers)
        {
            if (fetched.Fault is { } fault) log.LogError("broker {Leader} sent for {Partition} what can't be appended: {Fault}", leader, fetched.Order.Partition.Id, fault);
            if (Complete(fetched.Order)) fetched.Order.Partition.Receive(fetched.Answer, fetched.Bytes);
        }
    }

    /// <summary>Nobody answers: each replica is told, and orders again when it likes.</summary>
    private void GiveUp(IOException why)
    {
        List<(HostedPartition Partition, LeaderEpoch Epoch)> orders;
        lock (_gate)
        {
            orders = [.. _fetches.Values.Select(order => (order.Partition, order.LeaderEpoch)), .. _questions.Values.Select(question => (question.Partition, question.LeaderEpoch))];
            _fetches.Clear();
            _questions.Clear();
        }
        if (!_isLost && !closing.IsCancellationRequested) log.LogWarning("broker {Leader} can't be reached, {Count} of its followers here wait: {Why}", leader, orders.Count, why.Message);
        _isLost = true;
        _ = host.Do(() =>
        {
            foreach (var (partition, epoch) in orders) partition.Take(new LeaderUnreachable(epoch));
        });
    }

    /// <summary>Takes an order off the table, if it's still there: its answer is about to be given.</summary>
    private bool Complete(FetchOrder order)
    {
        lock (_gate) return _fetches.TryGetValue(order.Partition.Id, out var present) && present == order && _fetches.Remove(order.Partition.Id);
    }

    private bool Complete(EpochQuestion question)
    {
        lock (_gate) return _questions.TryGetValue(question.Partition.Id, out var present) && present == question && _questions.Remove(question.Partition.Id);
    }

    private static OffsetForLeaderPartition Describe(EpochQuestion question) => new()
    {
        Index = question.Partition.Id.Partition,
        CurrentLeaderEpoch = question.LeaderEpoch.Value,
        LeaderEpoch = question.Asked.Value,
    };
}
