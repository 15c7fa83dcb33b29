using Reference.Broker.Hosting;
using Reference.Broker.Kafka.Connections;
using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Client;

/// <summary>One connection to a broker: requests are pipelined, and each answer goes to whoever asked.</summary>
/// <remarks>
/// A response with records keeps the frame that they point into until it is disposed; a request's records must stay as they are until it is answered. Once the
/// connection has broken, or has answered what wasn't asked, every request under way and every later one fails with <see cref="IOException"/>. Safe for threads.
/// </remarks>
public sealed class KafkaConnection : IDisposable
{
    private const int LargestFrame = 256 * 1024 * 1024;

    private readonly IConnection _connection;
    private readonly string _clientId;
    private readonly Func<int> _correlate;
    private readonly object _gate = new();
    private readonly Queue<Pending> _pending = [];
    private readonly Dictionary<ApiKey, Versions> _served = [];
    private WireWriter _filling = new(), _sending = new();
    private TaskCompletionSource? _drained;
    private bool _busy;
    private int _correlation;
    private IOException? _broken;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private KafkaConnection(IConnection connection, string clientId, Func<int>? correlate)
    {
        _connection = connection;
        _clientId = clientId;
        _correlate = correlate ?? (() => _correlation++);
        _ = ReceiveAllAsync();
    }

    /// <summary>Connects, and asks which versions are served there.</summary>
    /// <exception cref="IOException">It can't be reached, or it isn't a broker.</exception>
    /// <param name="network">How it's reached.</param>
    /// <param name="host">Its host.</param>
    /// <param name="port">Its port.</param>
    /// <param name="clientId">The name that the broker's log shows.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="correlate">Draws the correlation ids; from 0 on without it.</param>
    public static async Task<KafkaConnection> ConnectAsync(INetwork network, string host, int port, string clientId, CancellationToken cancellation, Func<int>? correlate = null)
    {
        var connection = new KafkaConnection(await network.ConnectAsync(host, port, cancellation).ConfigureAwait(false), clientId, correlate);
        try
        {
            using var response = await connection.Send(Apis.ApiVersions, new ApiVersionsRequest(), 0).WaitAsync(cancellation).ConfigureAwait(false);
            if (response.Error != ErrorCode.None) throw new IOException($"{host}:{port} answers ApiVersions with {response.Error}");
            foreach (var api in response.Apis) connection._served[(ApiKey)api.Key] = new(api.First, api.Last);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The other end.</summary>
    public System.Net.IPEndPoint Remote => _connection.Remote;

    /// <summary>Completes once it can't be used any more.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Whether it can't be used any more.</summary>
    public bool IsBroken
    {
        get
        {
            lock (_gate) return _broken is not null;
        }
    }

    /// <summary>The newest version of an API that both ends speak.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public short VersionOf(Api api)
    {
        if (!_served.TryGetValue(api.Key, out var there)) throw new IOException($"{Remote} doesn't serve {api.Key}");
        var version = Math.Min(api.Last, there.Last);
        return version >= api.First && version >= there.First ? version : throw new IOException($"{Remote} serves {api.Key} {there}; {api.First}-{api.Last} are spoken here");
    }

    /// <summary>Sends a request in the newest version that both ends speak; completes with its response.</summary>
    /// <exception cref="IOException">The connection broke, or the other end doesn't serve the API.</exception>
    public Task<TResponse> Send<TRequest, TResponse>(Api<TRequest, TResponse> api, TRequest request)
        where TRequest : Message, IMessage<TRequest>, new() where TResponse : Message, IMessage<TResponse>, new() => Send(api, request, VersionOf(api));

    /// <summary>Sends a request in a version of the caller's choice; completes with its response.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public Task<TResponse> Send<TRequest, TResponse>(Api<TRequest, TResponse> api, TRequest request, short version)
        where TRequest : Message, IMessage<TRequest>, new() where TResponse : Message, IMessage<TResponse>, new()
    {
        var pending = new Pending<TRequest, TResponse>(api, version);
        Enqueue(api, request, version, pending);
        return pending.Task;
    }

    /// <summary>Sends a produce request with acks 0, which has no response; completes once the network has taken it.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public Task SendUnanswered(ProduceRequest request)
    {
        if (request.Acks != 0) throw new ArgumentException("acks other than 0 have a response", nameof(request));
        Enqueue(Apis.Produce, request, VersionOf(Apis.Produce), pending: null);
        return DrainedAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Break(new IOException($"the connection with {Remote} was closed here"));
        _connection.Dispose();
    }

    private void Enqueue<TRequest, TResponse>(Api<TRequest, TResponse> api, TRequest request, short version, Pending? pending)
        where TRequest : Message, IMessage<TRequest>, new() where TResponse : Message, IMessage<TResponse>, new()
    {
        lock (_gate)
        {
            if (_broken is not null) throw new IOException(_broken.Message, _broken);
            var correlation = _correlate();
            WriteFrame(api, request, new(api.Key, version, correlation, _clientId));
            if (pending is not null)
            {
                pending.Correlation = correlation;
                _pending.Enqueue(pending);
            }
            if (_busy) return;
            _busy = true;
        }
        _ = SendAllAsync();
    }

    private void WriteFrame<TRequest, TResponse>(Api<TRequest, TResponse> api, TRequest request, RequestHeader header)
        where TRequest : Message, IMessage<TRequest>, new() where TResponse : Message, IMessage<TResponse>, new()
    {
        _filling.BeginFrame();
        try
        {
            header.Write(_filling, api.FlexibleRequestHeader(header.Version));
            api.WriteRequest(_filling, request, header.Version);
        }
        catch
        {
            _filling.DropFrame();
            throw;
        }
        _filling.EndFrame();
    }

    /// <summary>Sends until nothing waits; what is added meanwhile goes out together in the next write.</summary>
    private async Task SendAllAsync()
    {
        try
        {
            while (TakeFilled()) await _connection.SendAsync(_sending).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            Break(e);
            _connection.Abort();
        }
    }

    private bool TakeFilled()
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            _sending.Clear();
            if (_broken is null && _filling.Length > 0)
            {
                (_filling, _sending) = (_sending, _filling);
                return true;
            }
            _busy = false;
            (drained, _drained) = (_drained, null);
        }
        drained?.SetResult();
        return false;
    }

    private Task DrainedAsync()
    {
        lock (_gate)
        {
            if (_broken is not null) return Task.FromException(_broken);
            if (!_busy) return Task.CompletedTask;
            return (_drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private async Task ReceiveAllAsync()
    {
        using var frames = new FrameSource(_connection, LargestFrame);
        try
        {
            while (await frames.ReadAsync().ConfigureAwait(false) is { } frame) Receive(frame);
            Break(new IOException($"{Remote} closed the connection"));
        }
        catch (IOException e)
        {
            Break(e);
        }
        catch (MalformedRequestException e)
        {
            Break(new IOException($"{Remote} sent what can't be read: {e.Message}", e));
            _connection.Abort();
        }
    }

    private void Receive(Frame frame)
    {
        var reader = new WireReader(frame.Bytes);
        var correlation = reader.Int32();
        Pending pending;
        lock (_gate)
        {
            if (_broken is not null || !_pending.TryPeek(out pending!) || pending.Correlation != correlation) throw new MalformedRequestException($"a response to request {correlation}, which wasn't the next to be answered");
            _pending.Dequeue();
        }
        pending.Receive(ref reader, frame);
    }

    private void Break(IOException why)
    {
        Pending[] pending;
        TaskCompletionSource? drained;
        lock (_gate)
        {
            if (_broken is not null) return;
            _broken = why;
            pending = [.. _pending];
            _pending.Clear();
            (drained, _drained) = (_drained, null);
        }
        _closed.TrySetResult();
        drained?.TrySetException(why);
        foreach (var one in pending) one.Fail(why);
    }

    private abstract class Pending
    {
        public int Correlation { get; set; }
        public abstract void Receive(ref WireReader reader, Frame frame);
        public abstract void Fail(IOException why);
    }

    private sealed class Pending<TRequest, TResponse>(Api<TRequest, TResponse> api, short version) : Pending
        where TRequest : Message, IMessage<TRequest>, new() where TResponse : Message, IMessage<TResponse>, new()
    {
        private readonly TaskCompletionSource<TResponse> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<TResponse> Task => _answered.Task;

        public override void Receive(ref WireReader reader, Frame frame)
        {
            try
            {
                if (api.FlexibleResponseHeader(version)) RequestHeader.SkipTags(ref reader);
                var response = api.ReadResponse(ref reader, version);
                response.Hold(frame);
                if (response is not FetchResponse) response.Dispose();
                _answered.SetResult(response);
            }
            catch (MalformedRequestException e)
            {
                frame.Dispose();
                Fail(new IOException($"a response to {api.Key} {version} that can't be read: {e.Message}", e));
                throw;
            }
        }

        public override void Fail(IOException why) => _answered.TrySetException(new IOException(why.Message, why));
    }
}
