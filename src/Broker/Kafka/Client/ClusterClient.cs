using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Client;

/// <summary>What a client's part of the program wants of the cluster couldn't be had; the code says why.</summary>
public sealed class KafkaException(ErrorCode error, string message) : Exception($"{message}: {error}")
{
    /// <summary>The protocol's code.</summary>
    public ErrorCode Error { get; } = error;
}

/// <summary>A client's view of a cluster: which brokers there are, who leads what, and a connection to each. Safe for threads.</summary>
/// <param name="network">How brokers are reached.</param>
/// <param name="clock">For time-outs.</param>
/// <param name="bootstrap">Addresses to ask first, and when nobody else answers.</param>
/// <param name="clientId">The name that brokers' logs show.</param>
public sealed class ClusterClient(INetwork network, IClock clock, IReadOnlyList<(string Host, int Port)> bootstrap, string clientId) : IDisposable
{
    private const int ConnectTimeoutMs = 3000;
    private const int MetadataTimeoutMs = 3000;

    private readonly object _gate = new();
    private readonly Dictionary<(string Host, int Port), Task<KafkaConnection>> _connections = [];
    private ImmutableDictionary<int, (string Host, int Port)> _brokers = ImmutableDictionary<int, (string, int)>.Empty;
    private ImmutableDictionary<string, MetadataTopic> _topics = ImmutableDictionary<string, MetadataTopic>.Empty;
    private int _controller = -1;
    private int _turn;
    private bool _disposed;

    /// <summary>The clock of this client.</summary>
    public IClock Clock => clock;

    /// <summary>The brokers of the latest metadata.</summary>
    public ImmutableDictionary<int, (string Host, int Port)> Brokers => Volatile.Read(ref _brokers);

    /// <summary>The controller of the latest metadata; −1: none known.</summary>
    public int Controller => Volatile.Read(ref _controller);

    /// <summary>A topic of the latest metadata; null if it isn't known, or in error.</summary>
    public MetadataTopic? Topic(string name) => Volatile.Read(ref _topics).GetValueOrDefault(name) is { Error: ErrorCode.None } topic ? topic : null;

    /// <summary>The leader of a partition by the latest metadata; −1: none known.</summary>
    public int LeaderOf(string topic, int partition)
    {
        foreach (var one in Topic(topic)?.Partitions ?? [])
            if (one.Index == partition) return one.Error is ErrorCode.None or ErrorCode.ReplicaNotAvailable ? one.LeaderId : -1;
        return -1;
    }

    /// <summary>Asks any broker that answers for metadata of <paramref name="topics"/> (null: of all), and keeps it.</summary>
    /// <param name="topics">Which topics.</param>
    /// <param name="create">Whether those that aren't there may be made.</param>
    /// <param name="doubted">A broker that is asked last, for it is silent; −1: none.</param>
    /// <exception cref="IOException">No broker answers.</exception>
    public async Task<MetadataResponse> RefreshAsync(IReadOnlyCollection<string>? topics, bool create = false, int doubted = -1)
    {
        var request = new MetadataRequest { Topics = topics?.Select(name => new MetadataTopicName { Name = name }).ToArray(), AllowAutoTopicCreation = create };
        IOException? last = null;
        var silent = Brokers.GetValueOrDefault(doubted);
        foreach (var address in Candidates().OrderBy(a => a == silent))
        {
            try
            {
                var connection = await ConnectionTo(address).ConfigureAwait(false);
                var response = await Within(connection.Send(Apis.Metadata, request), MetadataTimeoutMs).ConfigureAwait(false);
                Keep(response, all: topics is null);
                return response;
            }
            catch (IOException e)
            {
                Drop(address);
                last = e;
            }
        }
        throw new IOException($"no broker answers at {string.Join(", ", bootstrap.Select(b => $"{b.Host}:{b.Port}"))}: {last?.Message}", last);
    }

    /// <summary>The connection to a broker by its number; made if there's none that works.</summary>
    /// <exception cref="IOException">It isn't known or can't be reached.</exception>
    public Task<KafkaConnection> ConnectionTo(int broker) =>
        Brokers.TryGetValue(broker, out var address) ? ConnectionTo(address) : throw new IOException($"broker {broker} isn't in the metadata");

    /// <summary>The connection to the controller.</summary>
    /// <exception cref="IOException">None is known, or it can't be reached.</exception>
    public async Task<KafkaConnection> ConnectionToController()
    {
        if (Controller < 0) await RefreshAsync([]).ConfigureAwait(false);
        return await ConnectionTo(Controller).ConfigureAwait(false);
    }

    /// <summary>A connection to whichever broker answers.</summary>
    /// <exception cref="IOException">None does.</exception>
    public async Task<KafkaConnection> AnyConnection()
    {
        IOException? last = null;
        foreach (var address in Candidates())
        {
            try { return await ConnectionTo(address).ConfigureAwait(false); }
            catch (IOException e) { last = e; }
        }
        throw new IOException($"no broker answers: {last?.Message}", last);
    }

    /// <summary>Gives up a broker's connection; whatever is under way on it fails.</summary>
    public void Drop(int broker)
    {
        if (Brokers.TryGetValue(broker, out var address)) Drop(address);
    }

    /// <summary>The result of <paramref name="task"/>, or an <see cref="IOException"/> if it isn't there within <paramref name="ms"/>.</summary>
    public async Task<T> Within<T>(Task<T> task, long ms)
    {
        if (task.IsCompleted) return await task.ConfigureAwait(false);
        using var given = new CancellationTokenSource();
        var delay = clock.Delay(ms, given.Token);
        if (await Task.WhenAny([task, delay]).ConfigureAwait(false) == delay)
        {
            _ = task.ContinueWith(late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw new IOException($"no answer within {ms} ms");
        }
        await given.CancelAsync().ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Task<KafkaConnection>[] open;
        lock (_gate)
        {
            _disposed = true;
            open = [.. _connections.Values];
            _connections.Clear();
        }
        foreach (var connection in open) Close(connection);
    }

    /// <summary>The brokers known, another first each time, then the bootstrap addresses.</summary>
    private List<(string Host, int Port)> Candidates()
    {
        var known = Brokers.OrderBy(b => b.Key).Select(b => b.Value).ToList();
        var turn = (uint)Interlocked.Increment(ref _turn);
        List<(string, int)> all = [];
        for (var i = 0; i < known.Count; i++) all.Add(known[(int)((turn + (uint)i) % (uint)known.Count)]);
        for (var i = 0; i < bootstrap.Count; i++)
            if (bootstrap[(int)((turn + (uint)i) % (uint)bootstrap.Count)] is var address && !all.Contains(address)) all.Add(address);
        return all;
    }

    private Task<KafkaConnection> ConnectionTo((string Host, int Port) address)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connections.TryGetValue(address, out var existing) && !(existing.IsFaulted || existing.IsCanceled || (existing.IsCompletedSuccessfully && existing.Result.IsBroken))) return existing;
            if (existing is not null) Close(existing);
            return _connections[address] = ConnectAsync(address);
        }
    }

    private async Task<KafkaConnection> ConnectAsync((string Host, int Port) address)
    {
        using var giveUp = new CancellationTokenSource();
        var connecting = KafkaConnection.ConnectAsync(network, address.Host, address.Port, clientId, giveUp.Token);
        try
        {
            return await Within(connecting, ConnectTimeoutMs).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            throw new IOException($"{address.Host}:{address.Port} can't be reached", e);
        }
        finally
        {
            await giveUp.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Drop((string Host, int Port) address)
    {
        Task<KafkaConnection>? connection;
        lock (_gate) _connections.Remove(address, out connection);
        if (connection is not null) Close(connection);
    }

    private static void Close(Task<KafkaConnection> connection) =>
        _ = connection.ContinueWith(done => { if (done.IsCompletedSuccessfully) done.Result.Dispose(); else _ = done.Exception; }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private void Keep(MetadataResponse response, bool all)
    {
        lock (_gate)
        {
            if (response.Brokers.Length > 0) _brokers = response.Brokers.ToImmutableDictionary(b => b.NodeId, b => (b.Host, b.Port));
            _controller = response.ControllerId;
            _topics = all ? response.Topics.ToImmutableDictionary(t => t.Name) : _topics.SetItems(response.Topics.Select(t => KeyValuePair.Create(t.Name, t)));
        }
    }
}
