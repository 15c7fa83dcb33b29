using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Storage;

namespace Reference.Broker.Kafka.Client;

/// <summary>What a <see cref="Producer"/> is told, by the names of Kafka's own producer.</summary>
public sealed record ProducerSettings
{
    /// <summary><c>acks</c>: 0, 1 or −1 (all).</summary>
    public short Acks { get; init; } = -1;

    /// <summary><c>enable.idempotence</c>: batches are numbered, so that one that is sent again isn't appended again. Needs acks −1.</summary>
    public bool Idempotent { get; init; }

    /// <summary><c>linger.ms</c>: how long a batch waits for more records. Even at 0, what comes while a batch is under way goes out together.</summary>
    public int LingerMs { get; init; }

    /// <summary><c>batch.size</c> in bytes.</summary>
    public int BatchBytes { get; init; } = 64 * 1024;

    /// <summary><c>buffer.memory</c>: beyond it, whoever sends is made to wait.</summary>
    public long BufferBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary><c>compression.type</c></summary>
    public Compression Compression { get; init; } = Compression.None;

    /// <summary><c>request.timeout.ms</c></summary>
    public int RequestTimeoutMs { get; init; } = 10_000;

    /// <summary><c>delivery.timeout.ms</c>: a record that couldn't be delivered by then is reported as failed.</summary>
    public int DeliveryTimeoutMs { get; init; } = 120_000;

    /// <summary><c>retry.backoff.ms</c></summary>
    public int RetryBackoffMs { get; init; } = 20;
}

/// <summary>What became of one record.</summary>
/// <param name="Error">None, or why it couldn't be delivered. After a time-out its fate isn't known.</param>
/// <param name="Partition">Where it went.</param>
/// <param name="Offset">Its offset; −1 if it failed, or with acks 0.</param>
public readonly record struct Delivery(ErrorCode Error, int Partition, long Offset);

/// <summary>Sends records: in batches, one batch a partition under way, so that what is tried again can't overtake; partitions by Java's rule.</summary>
/// <remarks>A batch whose answer was lost is sent again: delivery is at least once, or, if idempotent, exactly once for every record that is reported as delivered. Safe for threads. Deliveries are reported by the thread that took the answer.</remarks>
/// <param name="cluster">The cluster. Not disposed here.</param>
/// <param name="settings">How to send.</param>
public sealed class Producer(ClusterClient cluster, ProducerSettings settings) : IDisposable
{
    private const int NumberingMs = 3000;       // how long a broker may take to give an id
    private const int DoubtMs = 100, SuspicionMs = 500, SuspiciousMs = 25;      // how often the metadata is asked about a leader that is silent: at first, from when on more often, and how often then

    private readonly bool _numbers = settings.Idempotent && (settings.Acks == -1 ? true : throw new ArgumentException("an idempotent producer waits for all in-sync replicas: acks must be -1", nameof(settings)));
    private readonly object _gate = new();
    private readonly Dictionary<(string Topic, int Partition), PartitionQueue> _queues = [];
    private readonly HashSet<string> _stale = [];
    private readonly CancellationTokenSource _ended = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _idle;
    private long _buffered;
    private int _records;
    private uint _turn;
    private bool _running;
    private bool _flushing;

    /// <summary>Sends a record; completes once it's delivered or has failed for good.</summary>
    public async Task<Delivery> SendAsync(string topic, byte[]? key, byte[]? value, int partition = -1, long timestampMs = -1)
    {
        var delivered = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        await PostAsync(topic, key, value, delivered.SetResult, partition, timestampMs).ConfigureAwait(false);
        return await delivered.Task.ConfigureAwait(false);
    }

    /// <summary>Takes a record in, to be sent; waits only for room and for the topic's metadata.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="key">The key, which chooses the partition; null for none.</param>
    /// <param name="value">The value; null for a tombstone.</param>
    /// <param name="delivered">Told once what became of it.</param>
    /// <param name="partition">The partition; −1: by the key, or in turn.</param>
    /// <param name="timestampMs">Milliseconds since the epoch of Unix; −1: now.</param>
    /// <exception cref="KafkaException">There's no such topic, and none could be made.</exception>
    public async ValueTask PostAsync(string topic, byte[]? key, byte[]? value, Action<Delivery>? delivered, int partition = -1, long timestampMs = -1)
    {
        var partitions = cluster.Topic(topic)?.Partitions.Length ?? await AwaitTopic(topic).ConfigureAwait(false);
        if (partition < 0) partition = key is null ? (int)(Interlocked.Increment(ref _turn) % (uint)partitions) : Murmur2.PartitionOf(key, partitions);
        var size = BatchBuilder.SizeOf(key?.Length ?? 0, value?.Length ?? 0);
        while (!TryAdd(topic, partition, key, value, timestampMs < 0 ? cluster.Clock.WallMs : timestampMs, delivered, size, out var room)) await room.ConfigureAwait(false);
    }

    /// <summary>Sends what waits without lingering; completes when nothing is under way any more.</summary>
    public async Task FlushAsync()
    {
        Task idle;
        lock (_gate)
        {
            if (_records == 0) return;
            _flushing = true;
            _idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            idle = _idle.Task;
        }
        Wake();
        await idle.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Cancel();
        Wake();
    }

    private bool TryAdd(string topic, int partition, byte[]? key, byte[]? value, long timestampMs, Action<Delivery>? delivered, int size, out Task room)
    {
        bool wake;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ended.IsCancellationRequested, this);
            room = Task.CompletedTask;
            if (_buffered > 0 && _buffered + size > settings.BufferBytes)
            {
                _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _room.Task;
                return false;
            }
            if (!_queues.TryGetValue((topic, partition), out var queue)) _queues[(topic, partition)] = queue = new(topic, partition);
            var now = cluster.Clock.NowMs;
            if (queue.Filling is null || queue.Filling.Builder.Length + size > settings.BatchBytes)
                queue.Waiting.AddLast(new Batch(new(settings.BatchBytes), now));
            var batch = queue.Filling!;
            batch.Builder.Add(key is not null, key, value is not null, value, timestampMs);
            batch.Deliveries.Add(delivered);
            batch.Size += size;
            _buffered += size;
            _records++;
            wake = batch.Deliveries.Count == 1 || queue.Waiting.Count > 1;
            if (!_running)
            {
                _running = true;
                _ = RunAsync();
            }
        }
        if (wake) Wake();
        return true;
    }

    private async ValueTask<int> AwaitTopic(string topic)
    {
        var until = cluster.Clock.NowMs + settings.DeliveryTimeoutMs;
        while (true)
        {
            var error = ErrorCode.LeaderNotAvailable;
            try
            {
                error = (await cluster.RefreshAsync([topic], create: true).ConfigureAwait(false)).Topics[0].Error;
                if (cluster.Topic(topic) is { Partitions.Length: > 0 } known) return known.Partitions.Length;
            }
            catch (IOException) when (cluster.Clock.NowMs < until) { }
            if (!(error.IsRetriable() || error == ErrorCode.InvalidReplicationFactor) || cluster.Clock.NowMs >= until) throw new KafkaException(error, $"topic {topic}");
            await cluster.Clock.Delay(settings.RetryBackoffMs, _ended.Token).ConfigureAwait(false);
        }
    }

    private void Wake()
    {
        TaskCompletionSource wake;
        lock (_gate) wake = _wake;
        wake.TrySetResult();
    }

    /// <summary>The one loop that decides what goes out: it wakes when something was added, answered, or has lingered long enough.</summary>
    private async Task RunAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            Task woken;
            lock (_gate)
            {
                if (_wake.Task.IsCompleted) _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
                woken = _wake.Task;
            }
            await RefreshStale().ConfigureAwait(false);
            if (_numbers) await NumberQueues().ConfigureAwait(false);
            var (requests, nextMs) = TakeReady();
            foreach (var (leader, batches) in requests) _ = SendToAsync(leader, batches);
            if (nextMs == long.MaxValue) await woken.ConfigureAwait(false);
            else await WakeWithin(woken, nextMs).ConfigureAwait(false);
        }
        FailAll();
    }

    private async Task WakeWithin(Task woken, long ms)
    {
        using var enough = new CancellationTokenSource();
        await Task.WhenAny([woken, cluster.Clock.Delay(Math.Max(ms, 1), enough.Token)]).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }

    private async Task RefreshStale()
    {
        string[] stale;
        lock (_gate)
        {
            stale = [.. _stale];
            _stale.Clear();
        }
        if (stale.Length == 0) return;
        try { await cluster.RefreshAsync(stale).ConfigureAwait(false); }
        catch (IOException)
        {
            lock (_gate) _stale.UnionWith(stale);
        }
    }

    /// <summary>Asks for an id, should a partition need one: at first, and after a batch was given up, for whether the log has its numbers isn't known, or its numbers are missing there.</summary>
    private async Task NumberQueues()
    {
        PartitionQueue[] unnumbered;
        lock (_gate) unnumbered = [.. _queues.Values.Where(queue => queue.Numbers is null && queue.Waiting.Count > 0)];
        if (unnumbered.Length == 0) return;
        InitProducerIdResponse given;
        try
        {
            var connection = await cluster.AnyConnection().ConfigureAwait(false);
            given = await cluster.Within(connection.Send(Apis.InitProducerId, new InitProducerIdRequest()), NumberingMs).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return;     // asked again after retry.backoff.ms, perhaps of another broker, until the batches' delivery time-outs
        }
        if (given.Error != ErrorCode.None) return;
        lock (_gate)
        {
            foreach (var queue in unnumbered) queue.Numbers = new(given.ProducerId, given.ProducerEpoch, 0);
        }
    }

    /// <summary>The oldest batch of each partition that is due and has none under way, by leader; and how long until the next is due.</summary>
    private (Dictionary<int, List<(PartitionQueue Queue, Batch Batch)>> Requests, long NextMs) TakeReady()
    {
        Dictionary<int, List<(PartitionQueue, Batch)>> requests = [];
        List<(PartitionQueue Queue, Batch Batch)> expired = [];
        var nextMs = long.MaxValue;
        lock (_gate)
        {
            var now = cluster.Clock.NowMs;
            foreach (var queue in _queues.Values)
            {
                if (queue.UnderWay || queue.Waiting.First?.Value is not { } batch) continue;
                var due = _flushing || queue.Waiting.Count > 1 || batch.Attempts > 0 ? batch.NotBefore : Math.Max(batch.NotBefore, batch.Since + settings.LingerMs);
                if (now - batch.Since > settings.DeliveryTimeoutMs)
                {
                    queue.Waiting.RemoveFirst();
                    queue.GiveUp(batch);
                    expired.Add((queue, batch));
                    nextMs = 0;
                }
                else if (due > now) nextMs = Math.Min(nextMs, due - now);
                else if (_numbers && queue.Numbers is null) nextMs = Math.Min(nextMs, settings.RetryBackoffMs);
                else if (cluster.LeaderOf(queue.Topic, queue.Partition) is var leader && leader < 0)
                {
                    _stale.Add(queue.Topic);
                    nextMs = Math.Min(nextMs, settings.RetryBackoffMs);
                }
                else
                {
                    queue.UnderWay = true;
                    queue.Number(batch);
                    queue.Waiting.RemoveFirst();
                    if (!requests.TryGetValue(leader, out var batches)) requests[leader] = batches = [];
                    batches.Add((queue, batch));
                }
            }
        }
        foreach (var (queue, batch) in expired) Complete(batch, ErrorCode.RequestTimedOut, queue.Partition, -1);
        return (requests, nextMs);
    }

    private async Task SendToAsync(int leader, List<(PartitionQueue Queue, Batch Batch)> batches)
    {
        var request = new ProduceRequest
        {
            Acks = settings.Acks,
            TimeoutMs = settings.RequestTimeoutMs,
            Topics = [.. batches.GroupBy(b => b.Queue.Topic).Select(topic => new ProduceTopic
            {
                Name = topic.Key,
                Partitions = [.. topic.Select(b => new ProducePartition { Index = b.Queue.Partition, Records = new(b.Batch.Seal(settings.Compression)) })],
            })],
        };
        var unanswered = batches.ToDictionary(b => (b.Queue.Topic, b.Queue.Partition));
        try
        {
            var connection = await cluster.ConnectionTo(leader).ConfigureAwait(false);
            if (settings.Acks == 0)
            {
                await connection.SendUnanswered(request).ConfigureAwait(false);
                foreach (var (queue, batch) in batches) Done(queue, batch, ErrorCode.None, -1);
                unanswered.Clear();
            }
            else
            {
                var response = await AnswerFrom(leader, connection.Send(Apis.Produce, request), batches).ConfigureAwait(false);
                foreach (var topic in response.Topics)
                    foreach (var partition in topic.Partitions)
                        if (unanswered.Remove((topic.Name, partition.Index), out var answered)) Done(answered.Queue, answered.Batch, partition.Error, partition.BaseOffset);
            }
        }
        catch (IOException)
        {
            // The connection is given up before the batch may be sent on another: nothing of it can arrive later there.
            cluster.Drop(leader);
        }
        foreach (var (queue, batch) in unanswered.Values) Done(queue, batch, ErrorCode.NetworkException, -1);
        Wake();
    }

    /// <summary>The answer of a leader; one that is silent for a while is given up as soon as the metadata names others in its place.</summary>
    private async Task<ProduceResponse> AnswerFrom(int leader, Task<ProduceResponse> answer, List<(PartitionQueue Queue, Batch Batch)> batches)
    {
        for (int waited = 0, step = DoubtMs; waited < settings.RequestTimeoutMs; waited += step)
        {
            if (waited >= SuspicionMs) step = SuspiciousMs;
            if (await Completes(answer, step).ConfigureAwait(false)) return await answer.ConfigureAwait(false);
            try { await cluster.RefreshAsync([.. batches.Select(b => b.Queue.Topic).Distinct()], doubted: leader).ConfigureAwait(false); }
            catch (IOException) { continue; }
            if (!batches.Exists(b => cluster.LeaderOf(b.Queue.Topic, b.Queue.Partition) == leader)) throw new IOException($"broker {leader} is silent and leads no longer");
        }
        return await cluster.Within(answer, DoubtMs).ConfigureAwait(false);
    }

    private async Task<bool> Completes(Task task, int ms)
    {
        using var given = new CancellationTokenSource();
        await Task.WhenAny([task, cluster.Clock.Delay(ms, given.Token)]).ConfigureAwait(false);
        await given.CancelAsync().ConfigureAwait(false);
        return task.IsCompleted;
    }

    private void Done(PartitionQueue queue, Batch batch, ErrorCode error, long baseOffset)
    {
        var again = error.IsRetriable() && !_ended.IsCancellationRequested && cluster.Clock.NowMs - batch.Since < settings.DeliveryTimeoutMs;
        lock (_gate)
        {
            queue.UnderWay = false;
            if (again)
            {
                batch.Attempts++;
                batch.NotBefore = cluster.Clock.NowMs + settings.RetryBackoffMs;
                queue.Waiting.AddFirst(batch);
                _stale.Add(queue.Topic);
            }
            else if (error != ErrorCode.None) queue.GiveUp(batch);
        }
        if (!again) Complete(batch, error, queue.Partition, baseOffset);
    }

    private void Complete(Batch batch, ErrorCode error, int partition, long baseOffset)
    {
        batch.Builder.Dispose();
        var offset = error == ErrorCode.None ? baseOffset : -1;
        foreach (var delivered in batch.Deliveries)
        {
            delivered?.Invoke(new(error, partition, offset));
            if (offset >= 0) offset++;
        }
        TaskCompletionSource? room, idle = null;
        lock (_gate)
        {
            _buffered -= batch.Size;
            _records -= batch.Deliveries.Count;
            (room, _room) = (_room, null);
            if (_records == 0)
            {
                _flushing = false;
                (idle, _idle) = (_idle, null);
            }
        }
        room?.SetResult();
        idle?.SetResult();
    }

    private void FailAll()
    {
        List<(Batch Batch, int Partition)> left = [];
        lock (_gate)
        {
            foreach (var queue in _queues.Values)
                foreach (var batch in queue.Waiting) left.Add((batch, queue.Partition));
            foreach (var queue in _queues.Values) queue.Waiting.Clear();
        }
        foreach (var (batch, partition) in left) Complete(batch, ErrorCode.NetworkException, partition, -1);
    }

    private sealed class PartitionQueue(string topic, int partition)
    {
        public string Topic => topic;
        public int Partition => partition;
        public LinkedList<Batch> Waiting { get; } = [];
        public bool UnderWay { get; set; }

        /// <summary>The numbers of the batch that goes out next; null: there's no id yet, or batches aren't numbered.</summary>
        public BatchNumbers? Numbers { get; set; }

        /// <summary>A batch that goes out for the first time takes the next numbers; one that is sent again keeps its own.</summary>
        public void Number(Batch batch)
        {
            if (batch.Numbers is not null || Numbers is not { } numbers) return;
            batch.Numbers = numbers;
            Numbers = numbers.After(batch.Builder.Count);
        }

        /// <summary>A batch isn't sent again. If it had numbers, those that follow would leave a gap: what is sent next begins anew, with another id.</summary>
        public void GiveUp(Batch batch)
        {
            if (batch.Numbers is not null) Numbers = null;
        }

        /// <summary>The batch that takes records: the newest, unless it has been sent before.</summary>
        public Batch? Filling => Waiting.Last?.Value is { Attempts: 0 } last ? last : null;
    }

    private sealed class Batch(BatchBuilder builder, long since)
    {
        private ReadOnlyMemory<byte>? _sealed;

        public BatchBuilder Builder => builder;
        public List<Action<Delivery>?> Deliveries { get; } = [];
        public int Size { get; set; }
        public long Since => since;
        public long NotBefore { get; set; }
        public int Attempts { get; set; }
        public BatchNumbers? Numbers { get; set; }

        public ReadOnlyMemory<byte> Seal(Compression codec) => _sealed ??= builder.Seal(codec, Numbers);
    }
}
