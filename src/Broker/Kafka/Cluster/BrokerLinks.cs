using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Replication;
using Reference.Replication.Control;
using ControlError = Reference.Replication.Control.ErrorCode;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>The controller's connections, one to each broker that it may send to.</summary>
/// <param name="network">How brokers are reached.</param>
/// <param name="clock">For time-outs.</param>
/// <param name="clientId">The name that brokers' logs show.</param>
/// <param name="answer">Told how each request ended.</param>
/// <param name="log">The log.</param>
internal sealed class BrokerLinks(INetwork network, IClock clock, string clientId, Action<Input> answer, ILogger log)
{
    private const int ConnectMs = 2000;
    private const int AnswerMs = 30_000;

    private readonly Dictionary<BrokerId, Link> _links = [];
    private int _correlation;

    /// <summary>From now on this life of a broker is sent to; a connection to an earlier one is closed.</summary>
    public void Reach(RegisteredBroker broker)
    {
        Forget(broker.Id);
        _links[broker.Id] = new(broker, new(Connect, () => answer(new ConnectionRefused(broker.Id, broker.Epoch)), clock));

        Task<KafkaConnection> Connect(CancellationToken cancellation)
        {
            var endpoint = broker.Registration.Endpoints[0];
            return KafkaConnection.ConnectAsync(network, endpoint.Host, endpoint.Port, clientId, cancellation);
        }
    }

    /// <summary>A broker isn't sent to any more; nothing that is under way to it is answered.</summary>
    public void Forget(BrokerId broker)
    {
        if (_links.Remove(broker, out var link)) link.Close();
    }

    /// <summary>Nobody is sent to any more.</summary>
    public void ForgetAll()
    {
        foreach (var link in _links.Values) link.Close();
        _links.Clear();
    }

    /// <summary>Sends a request; its end is told.</summary>
    public void Send(BrokerId to, ControllerRequest request)
    {
        if (_links.TryGetValue(to, out var link)) _ = SendAsync(link, request);
        else answer(new Unanswered(to, request.BrokerEpoch));
    }

    private async Task SendAsync(Link link, ControllerRequest request)
    {
        Input end;
        try
        {
            end = await Within(SendOver(link, request), link, AnswerMs).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            log.LogInformation("controller: broker {Broker} doesn't answer {Request}: {Reason}", link.Broker.Id, request.GetType().Name, e.Message);
            link.Drop();
            end = new Unanswered(link.Broker.Id, request.BrokerEpoch);
        }
        if (!link.IsClosed) answer(end);
    }

    private async Task<Input> SendOver(Link link, ControllerRequest request)
    {
        var connection = await ConnectAsync(link).ConfigureAwait(false);
        switch (request)
        {
            case LeaderAndIsr order:
                var led = await connection.Send(Apis.LeaderAndIsr, ControllerMessages.Of(order)).ConfigureAwait(false);
                return new Answered(link.Broker.Id, request.BrokerEpoch, (ControlError)led.Error, [.. led.Partitions.Select(ControllerMessages.Of)]);
            case StopReplica stop:
                var stopped = await connection.Send(Apis.StopReplica, ControllerMessages.Of(stop)).ConfigureAwait(false);
                return new Answered(link.Broker.Id, request.BrokerEpoch, (ControlError)stopped.Error, [.. stopped.Partitions.Select(ControllerMessages.Of)]);
            case UpdateMetadata update:
                var updated = await connection.Send(Apis.UpdateMetadata, ControllerMessages.Of(update)).ConfigureAwait(false);
                return new Answered(link.Broker.Id, request.BrokerEpoch, (ControlError)updated.Error, []);
            default:
                throw new ArgumentOutOfRangeException(nameof(request), request, "no such request");
        }
    }

    private async Task<KafkaConnection> ConnectAsync(Link link)
    {
        if (link.Connection is { IsBroken: false } connection) return connection;
        using var giveUp = new CancellationTokenSource();
        var endpoint = link.Broker.Registration.Endpoints[0];
        var connecting = KafkaConnection.ConnectAsync(network, endpoint.Host, endpoint.Port, clientId, giveUp.Token, () => Interlocked.Increment(ref _correlation));
        try
        {
            connection = await Within(connecting, link, ConnectMs).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            throw new IOException($"{endpoint} can't be reached", e);
        }
        finally
        {
            await giveUp.CancelAsync().ConfigureAwait(false);
        }
        link.Keep(connection);
        return connection;
    }

    private async Task<T> Within<T>(Task<T> task, Link link, long ms)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(link.Closed);
        var late = clock.Delay(ms, given.Token);
        if (await Task.WhenAny([task, late]).ConfigureAwait(false) != task)
        {
            _ = task.ContinueWith(failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw new IOException(link.IsClosed ? "it is forgotten" : $"silent for {ms} ms");
        }
        await given.CancelAsync().ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    private sealed class Link(RegisteredBroker broker, Lifeline lifeline)
    {
        private readonly object _gate = new();
        private readonly CancellationTokenSource _closed = new();

        public RegisteredBroker Broker => broker;
        public KafkaConnection? Connection { get; private set; }
        public CancellationToken Closed => _closed.Token;
        public bool IsClosed => _closed.IsCancellationRequested;

        public void Keep(KafkaConnection connection)
        {
            lock (_gate)
            {
                Connection?.Dispose();
                Connection = connection;
                if (IsClosed) connection.Dispose();
            }
        }

        public void Drop()
        {
            lock (_gate)
            {
                Connection?.Dispose();
                Connection = null;
            }
        }

        public void Close()
        {
            _closed.Cancel();
            lifeline.Dispose();
            Drop();
        }
    }
}
