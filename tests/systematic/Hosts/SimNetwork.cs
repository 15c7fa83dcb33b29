using System.Net;
using Reference.Broker.Hosting;

namespace Reference.Hosts;

/// <summary>A network in memory: what one end writes, the other may read at once, or much later; some writes are slow, and any connection may break.</summary>
internal sealed class SimNetwork(SimWorld world)
{
    private readonly SortedDictionary<int, Listener> _listeners = [];
    private readonly List<Connection> _connections = [];
    private int _accepted;

    /// <summary>Writes that the network hasn't taken yet.</summary>
    public List<SlowWrite> SlowWrites { get; } = [];

    /// <summary>The connections that stand, one end each.</summary>
    public IReadOnlyList<Connection> Standing => [.. _connections.Where(c => !c.IsOver && c.Life.Id < c.Other.Life.Id)];

    /// <summary>The network as a process sees it.</summary>
    public INetwork Of(Life life) => new Port(this, life);

    /// <summary>The process is dead: its ports and connections go with it.</summary>
    public void Kill(Life life)
    {
        foreach (var (port, _) in _listeners.Where(l => l.Value.Life == life).ToArray()) _listeners.Remove(port);
        SlowWrites.RemoveAll(w => w.By.Life == life);
        world.Debts.Forget(life);
        foreach (var connection in _connections.Where(c => c.Life == life).ToArray()) connection.Other.Break(world.Chance(2));
        Forget();
    }

    /// <summary>A slow write is taken, as its buffer is now.</summary>
    public void Complete(SlowWrite write)
    {
        SlowWrites.Remove(write);
        var isTaken = !write.By.IsOver && write.By.Other.Take(write.Bytes);
        Owe(write.By.Life, () =>
        {
            if (isTaken) write.Done.SetResult();
            else write.Done.SetException(new IOException("the connection broke"));
        });
    }

    /// <summary>Both ends find the connection broken; what was on its way may be lost.</summary>
    public void Break(Connection connection)
    {
        connection.Break(world.Chance(2));
        connection.Other.Break(world.Chance(2));
        Forget();
    }

    private void Forget() => _connections.RemoveAll(c => c.IsOver && c.Other.IsOver);

    private IListener Listen(Life life, IPEndPoint endpoint)
    {
        if (_listeners.ContainsKey(endpoint.Port)) throw new AddressInUseException(endpoint);
        var listener = new Listener(this, life, endpoint);
        _listeners.Add(endpoint.Port, listener);
        return listener;
    }

    private Connection? Connect(Life life, int port)
    {
        if (!_listeners.TryGetValue(port, out var listener)) return null;
        var remote = new IPEndPoint(IPAddress.Loopback, ++_accepted);
        var (near, far) = (new Connection(this, life, listener.Local), new Connection(this, listener.Life, remote));
        (near.Other, far.Other) = (far, near);
        _connections.Add(near);
        _connections.Add(far);
        listener.Take(far);
        return near;
    }

    private sealed class Port(SimNetwork network, Life life) : INetwork
    {
        public IListener Listen(IPEndPoint endpoint) => network.Listen(life, endpoint);

        public Task<IConnection> ConnectAsync(string host, int port, CancellationToken cancellation)
        {
            network.Stir();
            if (life.IsDead) return Life.Never<IConnection>();
            var done = new TaskCompletionSource<IConnection>();
            network.Owe(life, () =>
            {
                if (cancellation.IsCancellationRequested) done.SetCanceled(cancellation);
                else if (network.Connect(life, port) is { } connection) done.SetResult(connection);
                else done.SetException(new IOException($"nobody listens on port {port}"));
            });
            return done.Task;
        }
    }

    private sealed class Listener(SimNetwork network, Life life, IPEndPoint local) : IListener
    {
        private readonly Queue<Connection> _waiting = [];
        private TaskCompletionSource? _taker;
        private bool _disposed;

        public Life Life { get; } = life;

        public IPEndPoint Local { get; } = local;

        public async Task<IConnection?> AcceptAsync(CancellationToken cancellation)
        {
            while (true)
            {
                network.Stir();
                if (Life.IsDead) return await Life.Never<IConnection>();
                if (_disposed) return null;
                if (_waiting.TryDequeue(out var connection)) return connection;
                _taker = new();
                await _taker.Task;
            }
        }

        public void Take(Connection connection)
        {
            _waiting.Enqueue(connection);
            Wake();
        }

        public void Dispose()
        {
            _disposed = true;
            if (Life.IsDead) return;        // the port may be its successor's by now
            network._listeners.Remove(Local.Port);
            while (_waiting.TryDequeue(out var connection)) connection.Abort();
            Wake();
        }

        private void Wake()
        {
            var taker = _taker;
            _taker = null;
            if (taker is not null) network.Owe(Life, taker.SetResult);
        }
    }

    private void Stir() => world.Stirred();

    private void Owe(Life life, Action pay) => world.Debts.Owe(life, pay);

    /// <summary>A write under way.</summary>
    internal sealed record SlowWrite(Connection By, ReadOnlyMemory<byte> Bytes, TaskCompletionSource Done);

    /// <summary>One end of a connection.</summary>
    internal sealed class Connection(SimNetwork network, Life life, IPEndPoint remote) : IConnection
    {
        private const int SlowOneIn = 6;

        private readonly Queue<byte> _arrived = [];
        private (Memory<byte> Buffer, TaskCompletionSource<int> Done)? _reader;
        private bool _ended;            // the other end sends no more
        private bool _isToHear;         // what the reader waits for is owed to it

        public Life Life { get; } = life;

        public Connection Other { get; set; } = null!;

        public bool IsOver { get; private set; }

        public IPEndPoint Remote { get; } = remote;

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
        {
            network.Stir();
            if (Life.IsDead) return new(Life.Never<int>());
            if (IsOver) return new(Task.FromException<int>(new IOException("the connection broke")));
            if (_arrived.Count > 0 || _ended) return new(Read(buffer.Span));
            _reader = (buffer, new());
            return new(_reader.Value.Done.Task);
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
        {
            network.Stir();
            if (Life.IsDead) return new(Life.Never<bool>());
            if (!IsOver && network.Chance(SlowOneIn))
            {
                var slow = new SlowWrite(this, bytes, new());
                network.SlowWrites.Add(slow);
                return new(slow.Done.Task);
            }
            return !IsOver && Other.Take(bytes) ? ValueTask.CompletedTask : new(Task.FromException(new IOException("the connection broke")));
        }

        /// <summary>Bytes arrive.</summary>
        public bool Take(ReadOnlyMemory<byte> bytes)
        {
            if (IsOver) return false;
            foreach (var b in bytes.Span) _arrived.Enqueue(b);
            Wake();
            return true;
        }

        /// <summary>The connection breaks at this end.</summary>
        public void Break(bool losesWhatArrived)
        {
            if (losesWhatArrived) IsOver = true;
            else _ended = true;
            Wake();
        }

        public void Abort()
        {
            if (Life.IsDead || IsOver) return;
            IsOver = true;
            foreach (var write in network.SlowWrites.Where(w => w.By == this).ToArray()) network.Complete(write);
            Other._ended = true;
            Wake();
            Other.Wake();
            network.Forget();
        }

        public void Dispose() => Abort();

        private int Read(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, _arrived.Count);
            for (var i = 0; i < count; i++) buffer[i] = _arrived.Dequeue();
            return count;
        }

        private void Wake()
        {
            if (_reader is null || _isToHear || !IsOver && _arrived.Count == 0 && !_ended) return;
            _isToHear = true;
            network.Owe(Life, Answer);
        }

        private void Answer()
        {
            var (buffer, done) = _reader!.Value;
            (_reader, _isToHear) = (null, false);
            if (IsOver) done.SetException(new IOException("the connection broke"));
            else done.SetResult(Read(buffer.Span));
        }
    }

    private bool Chance(int oneIn) => world.Chance(oneIn);
}
