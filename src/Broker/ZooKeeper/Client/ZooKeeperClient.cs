using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Jute;
using Reference.Coordination;

namespace Reference.Broker.ZooKeeper.Client;

/// <summary>A session with an ensemble that speaks ZooKeeper's protocol, ours or Apache's.</summary>
/// <remarks>
/// Methods may be called by any thread and don't wait for each other; requests are carried out in the order of the calls. Watchers and <see cref="StateChanged"/> are called by the client's one
/// loop, in the order of what happened, and before the result of any later request is given out; they mustn't block or throw. When a connection is lost, requests under way fail with
/// <see cref="ZooKeeperError.ConnectionLoss"/>, their fate unknown; those made while there is no connection wait for one, for at most a session's time-out. Watches are set again on the next connection.
/// </remarks>
public sealed partial class ZooKeeperClient : IAsyncDisposable
{
    private readonly ZooKeeperClientSettings _settings;
    private readonly INetwork _network;
    private readonly IClock _clock;
    private readonly ILogger _log;
    private readonly Chroot _chroot;
    private readonly ImmutableArray<(string Host, int Port)> _servers;
    private readonly object _gate = new();
    private readonly Queue<Call> _waiting = new();
    private readonly ClientWatches _watches = new();
    private readonly CancellationTokenSource _ended = new();
    private Task? _loop;
    private ServerLink? _link;

    /// <summary>A client that does nothing until <see cref="Start"/>.</summary>
    /// <exception cref="Configuration.UserError">The connection string can't be.</exception>
    public ZooKeeperClient(ZooKeeperClientSettings settings, INetwork network, IClock clock, ILogger log)
    {
        (_settings, _network, _clock, _log) = (settings, network, clock, log);
        (var servers, _chroot) = ConnectionString.Parse(settings.Connect);
        _servers = Shuffle(servers, settings.Draw);
        _auths = settings.Auth;
        TimeoutMs = settings.SessionTimeoutMs;
        if (settings.Session is var (id, password)) (SessionId, Password) = (id, Blob.Of(password));
    }

    /// <summary>Called by the loop with each new state.</summary>
    public event Action<ClientState>? StateChanged;

    /// <summary>Where the client stands now.</summary>
    public ClientState State { get; private set; } = ClientState.Disconnected;

    /// <summary>The session's id; 0 before the first connection.</summary>
    public long SessionId { get; private set; }

    /// <summary>The session's password, with which another client may go on with it.</summary>
    public Blob Password { get; private set; }

    /// <summary>The session's time-out as the ensemble granted it, in ms.</summary>
    public int TimeoutMs { get; private set; }

    /// <summary>Completes when the client has ended for good; faults if a watcher threw.</summary>
    public Task Completion => _loop ?? Task.CompletedTask;

    /// <summary>Begins to connect.</summary>
    public void Start() => _loop ??= RunAsync();

    /// <summary>Waits until a server serves the session.</summary>
    /// <exception cref="ZooKeeperException">None did for <paramref name="timeoutMs"/> milliseconds, or the session is over.</exception>
    public async Task WaitConnectedAsync(long timeoutMs)
    {
        Task<ClientState> settled;
        lock (_gate) settled = _settled.Task;
        using var given = new CancellationTokenSource();
        var late = _clock.Delay(timeoutMs, given.Token);
        var first = await Task.WhenAny(new[] { settled, late }).ConfigureAwait(false);
        await given.CancelAsync().ConfigureAwait(false);
        if (first == late) throw new ZooKeeperException(ZooKeeperError.ConnectionLoss, $"no server of {_settings.Connect} answered within {timeoutMs} ms", null);
        var state = await settled.ConfigureAwait(false);
        if (state != ClientState.Connected) throw new ZooKeeperException(ErrorOf(state), "Connect", null);
    }

    /// <summary>Makes a znode; answers its path, with the number if it's sequential.</summary>
    /// <exception cref="ZooKeeperException">NodeExists; NoNode if the parent is missing; and others.</exception>
    public Task<string> CreateAsync(string path, Blob data, CreateMode mode = CreateMode.Persistent, AclList? acl = null) =>
        Ask(mode == CreateMode.Container ? Opcode.CreateContainer : Opcode.Create, path, Creation(path, data, mode, acl),
            (ref JuteReader r) => _chroot.Inwards(r.Read<PathRecord>().Path));

    /// <summary>Makes a znode; answers its path and stat.</summary>
    /// <exception cref="ZooKeeperException">As with <see cref="CreateAsync"/>.</exception>
    public Task<ZnodeCreated> CreateWithStatAsync(string path, Blob data, CreateMode mode = CreateMode.Persistent, AclList? acl = null) =>
        Ask(mode == CreateMode.Container ? Opcode.CreateContainer : Opcode.Create2, path, Creation(path, data, mode, acl), (ref JuteReader r) =>
        {
            var created = r.Read<PathAndStat>();
            return new ZnodeCreated(_chroot.Inwards(created.Path), created.Stat.ToStat());
        });

    /// <summary>Deletes a znode that has the version expected; −1 takes any.</summary>
    /// <exception cref="ZooKeeperException">NoNode, BadVersion, NotEmpty, and others.</exception>
    public Task DeleteAsync(string path, int version = -1) =>
        Ask(Opcode.Delete, path, new PathAndNumber { Path = _chroot.Outwards(path), Number = version }, Nothing);

    /// <summary>A znode's stat, or null if there's no such znode; a watcher hears of the next change, or of its creation.</summary>
    /// <exception cref="ZooKeeperException">Other than NoNode.</exception>
    public async Task<Stat?> ExistsAsync(string path, Action<WatchedEvent>? watcher = null)
    {
        try
        {
            return await Ask(Opcode.Exists, path, Read(path, watcher), ReadStat, error =>
            {
                if (watcher is null) return;
                if (error == ZooKeeperError.Ok) _watches.Add(ClientWatches.Kind.Data, path, watcher);
                if (error == ZooKeeperError.NoNode) _watches.Add(ClientWatches.Kind.Exist, path, watcher);
            }).ConfigureAwait(false);
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
        {
            return null;
        }
    }

    /// <summary>A znode's data; a watcher hears of its next change or its end.</summary>
    /// <exception cref="ZooKeeperException">NoNode, and others.</exception>
    public Task<ZnodeData> GetDataAsync(string path, Action<WatchedEvent>? watcher = null) =>
        Ask(Opcode.GetData, path, Read(path, watcher), (ref JuteReader r) =>
        {
            var found = r.Read<DataAndStat>();
            return new ZnodeData(found.Data, found.Stat.ToStat());
        }, Watching(ClientWatches.Kind.Data, path, watcher));

    /// <summary>Replaces the data of a znode that has the version expected; −1 takes any.</summary>
    /// <exception cref="ZooKeeperException">NoNode, BadVersion, and others.</exception>
    public Task<Stat> SetDataAsync(string path, Blob data, int version = -1) =>
        Ask(Opcode.SetData, path, new SetDataRecord { Path = _chroot.Outwards(path), Data = data, Version = version }, ReadStat);

    /// <summary>The names of a znode's children; a watcher hears when they change, or of the znode's end.</summary>
    /// <exception cref="ZooKeeperException">NoNode, and others.</exception>
    public Task<ImmutableArray<string>> GetChildrenAsync(string path, Action<WatchedEvent>? watcher = null) =>
        Ask(Opcode.GetChildren, path, Read(path, watcher), (ref JuteReader r) => Translate.Names(r.Read<NamesRecord>().Names), Watching(ClientWatches.Kind.Child, path, watcher));

    /// <summary>The same, and the znode's stat.</summary>
    /// <exception cref="ZooKeeperException">NoNode, and others.</exception>
    public Task<ZnodeChildren> GetChildrenWithStatAsync(string path, Action<WatchedEvent>? watcher = null) =>
        Ask(Opcode.GetChildren2, path, Read(path, watcher), (ref JuteReader r) =>
        {
            var found = r.Read<NamesAndStat>();
            return new ZnodeChildren(Translate.Names(found.Names), found.Stat.ToStat());
        }, Watching(ClientWatches.Kind.Child, path, watcher));

    /// <summary>Does all of the operations or none; one result each.</summary>
    /// <exception cref="ZooKeeperMultiException">One of them can't be done, so that none was.</exception>
    /// <exception cref="ZooKeeperException">Others.</exception>
    public Task<ImmutableArray<OperationResult>> MultiAsync(params ImmutableArray<Operation> operations) =>
        Ask(Opcode.Multi, null, new MultiRecord { Operations = [.. operations.Select(o => o.Encode(_chroot))] },
            (ref JuteReader r) => Translate.Results(operations, r.Read<MultiReply>(), _chroot));

    /// <summary>Completes when all that the ensemble had committed before is visible to this client's reads.</summary>
    /// <exception cref="ZooKeeperException">The connection was lost, or the session is over.</exception>
    public Task SyncAsync(string path = "/") => Ask(Opcode.Sync, path, new PathRecord { Path = _chroot.Outwards(path) }, Nothing);

    /// <summary>A znode's access control list.</summary>
    /// <exception cref="ZooKeeperException">NoNode, and others.</exception>
    public Task<ZnodeAcl> GetAclAsync(string path) => Ask(Opcode.GetAcl, path, new PathRecord { Path = _chroot.Outwards(path) }, (ref JuteReader r) =>
    {
        var found = r.Read<AclAndStat>();
        return new ZnodeAcl(AclRecord.ToList(found.Acl), found.Stat.ToStat());
    });

    /// <summary>Replaces the access control list of a znode whose list has the version expected; −1 takes any.</summary>
    /// <exception cref="ZooKeeperException">NoNode, BadVersion, InvalidAcl, and others.</exception>
    public Task<Stat> SetAclAsync(string path, AclList acl, int version = -1) =>
        Ask(Opcode.SetAcl, path, new SetAclRecord { Path = _chroot.Outwards(path), Acl = AclRecord.Of(acl), Version = version }, ReadStat);

    /// <summary>Sets a watch that stays: on a znode, or on it and all below it.</summary>
    /// <exception cref="ZooKeeperException">Unimplemented by servers before 3.6, and others.</exception>
    public Task AddWatchAsync(string path, WatchMode mode, Action<WatchedEvent> watcher) =>
        Ask(Opcode.AddWatch, path, new PathAndNumber { Path = _chroot.Outwards(path), Number = (int)mode }, Nothing,
            Watching(mode == WatchMode.Persistent ? ClientWatches.Kind.Persistent : ClientWatches.Kind.Recursive, path, watcher));

    /// <summary>Removes all watches of this client on a path.</summary>
    /// <exception cref="ZooKeeperException">NoWatcher if there's none, and others.</exception>
    public Task RemoveWatchesAsync(string path) =>
        Ask(Opcode.RemoveWatches, path, new PathAndNumber { Path = _chroot.Outwards(path), Number = (int)WatcherType.Any }, Nothing, error =>
        {
            if (error == ZooKeeperError.Ok) _watches.RemoveAll(path);
        });

    /// <summary>Shows credentials, on this connection and all that follow. For the scheme digest: <c>user:password</c>.</summary>
    /// <exception cref="ZooKeeperException">AuthFailed: the client has ended.</exception>
    public Task AddAuthAsync(string scheme, byte[] credentials)
    {
        lock (_gate) _auths = _auths.Add((scheme, credentials));
        return Ask(Opcode.Auth, null, new AuthPacket { Scheme = scheme, Credentials = Blob.Of(credentials) }, Nothing);
    }

    private static ImmutableArray<T> Shuffle<T>(ImmutableArray<T> items, Func<int, int> draw)
    {
        var shuffled = items.ToBuilder();
        for (var i = shuffled.Count - 1; i > 0; i--)
        {
            var other = draw(i + 1);
            (shuffled[i], shuffled[other]) = (shuffled[other], shuffled[i]);
        }

        return shuffled.ToImmutable();
    }

    private static ZooKeeperError ErrorOf(ClientState state) => state == ClientState.AuthFailed ? ZooKeeperError.AuthFailed : ZooKeeperError.SessionExpired;

    private static bool Nothing(ref JuteReader reader) => true;

    private static Stat ReadStat(ref JuteReader reader) => reader.Read<StatRecord>().ToStat();

    private CreateRecord Creation(string path, Blob data, CreateMode mode, AclList? acl) =>
        new() { Path = _chroot.Outwards(path), Data = data, Acl = AclRecord.Of(acl ?? AclList.Open), Flags = (int)mode };

    private ReadRecord Read(string path, Action<WatchedEvent>? watcher) => new() { Path = _chroot.Outwards(path), Watch = watcher is not null };

    private Action<ZooKeeperError>? Watching(ClientWatches.Kind kind, string path, Action<WatchedEvent>? watcher) => watcher is null ? null : error =>
    {
        if (error == ZooKeeperError.Ok) _watches.Add(kind, path, watcher);
    };

    private Task<TResult> Ask<TRequest, TResult>(Opcode opcode, string? path, TRequest request, ReadReply<TResult> read, Action<ZooKeeperError>? settled = null)
        where TRequest : struct, IRecord
    {
        var call = new Call<TRequest, TResult>(opcode, path, request, read, settled);
        Submit(call);
        return call.Result;
    }
}
