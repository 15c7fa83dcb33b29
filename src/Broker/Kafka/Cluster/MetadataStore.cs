using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Broker.ZooKeeper.Client;
using Reference.Replication.Control;
using Blob = Reference.Coordination.Blob;
using CreateMode = Reference.Coordination.CreateMode;

namespace Reference.Broker.Kafka.Cluster;

/// <summary>Carries out what a core orders of the metadata store, in the order ordered, and answers in that order.</summary>
/// <param name="answer">Told each answer, with the mark that the order carried.</param>
/// <param name="changed">Told each watch that fires.</param>
/// <param name="clock">For the time that znodes show to people.</param>
/// <param name="log">Where znodes that nobody can read are reported.</param>
internal sealed class MetadataStore(Action<int, Input> answer, Action<MetadataKey> changed, IClock clock, ILogger log)
{
    private readonly MessageQueue<(ZooKeeperClient Client, int Mark, Effect Order)> _orders = new(int.MaxValue);
    private readonly MessageQueue<(int Mark, Task<Input?> Answer)> _answers = new(int.MaxValue);
    private readonly Dictionary<MetadataKey, Action<WatchedEvent>> _watchers = [];

    /// <summary>Carries out orders until <see cref="Close"/>; faults if a znode can't be read.</summary>
    public Task RunAsync() => Task.WhenAll([OrderAllAsync(), AnswerAllAsync()]);

    /// <summary>Takes an order in. Its answer will carry <paramref name="mark"/>; there's none if the connection is lost before.</summary>
    public void Run(ZooKeeperClient client, int mark, Effect order) => _orders.Post((client, mark, order));

    /// <summary>No more orders.</summary>
    public void Close() => _orders.Close();

    private async Task OrderAllAsync()
    {
        while (await _orders.DrainAsync().ConfigureAwait(false) is { } batch)
        {
            foreach (var (client, mark, order) in batch)
            {
                // What was ordered for a connection that is no more has no answer.
                if (client.State != ClientState.Connected) continue;
                if (order is Watch watch) Watch(client, watch.Keys);
                else _answers.Post((mark, await Issue(client, order).ConfigureAwait(false)));
            }
        }
        _answers.Close();
    }

    private async Task AnswerAllAsync()
    {
        while (await _answers.DrainAsync().ConfigureAwait(false) is { } batch)
        {
            foreach (var (mark, task) in batch)
                if (await task.ConfigureAwait(false) is { } input) answer(mark, input);
        }
    }

    private async ValueTask<Task<Input?>> Issue(ZooKeeperClient client, Effect order)
    {
        switch (order)
        {
            case Read read: return Answered(ReadAll(client, read.Keys));
            case List list: return Answered(ListAll(client, list.Folder));
            case Write write:
                try
                {
                    var operations = await Operations(client, write.Operations).ConfigureAwait(false);
                    return Answered(WriteAll(client, operations));
                }
                catch (ZooKeeperException e) when (IsLost(e))
                {
                    return Task.FromResult<Input?>(null);
                }
            default: throw new ArgumentOutOfRangeException(nameof(order), order, "not for the metadata store");
        }
    }

    /// <summary>An answer, or null if the connection or the session was lost first.</summary>
    private static async Task<Input?> Answered(Task<Input> task)
    {
        try
        {
            return await task.ConfigureAwait(false);
        }
        catch (ZooKeeperException e) when (IsLost(e))
        {
            return null;
        }
    }

    private static bool IsLost(ZooKeeperException e) => e.Error is ZooKeeperError.ConnectionLoss or ZooKeeperError.SessionExpired or ZooKeeperError.SessionMoved;

    private void Watch(ZooKeeperClient client, ImmutableArray<MetadataKey> keys)
    {
        foreach (var key in keys)
        {
            if (!_watchers.TryGetValue(key, out var watcher)) _watchers[key] = watcher = _ => changed(key);
            _ = Answered(key.IsFolder ? WatchFolder(client, key, watcher) : WatchEntry(client, key, watcher));
        }
    }

    private static async Task<Input> WatchFolder(ZooKeeperClient client, MetadataKey key, Action<WatchedEvent> watcher) => new Listed(key, await client.GetChildrenAsync(key.Path, watcher).ConfigureAwait(false));

    private static async Task<Input> WatchEntry(ZooKeeperClient client, MetadataKey key, Action<WatchedEvent> watcher)
    {
        await client.ExistsAsync(key.Path, watcher).ConfigureAwait(false);
        return new Changed(key);
    }

    private static async Task<Input> ListAll(ZooKeeperClient client, MetadataKey folder)
    {
        try
        {
            return new Listed(folder, await client.GetChildrenAsync(folder.Path).ConfigureAwait(false));
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
        {
            return new Listed(folder, []);
        }
    }

    private async Task<Input> ReadAll(ZooKeeperClient client, ImmutableArray<MetadataKey> keys)
    {
        var reads = new Task<MetadataEntry>[keys.Length];
        for (var i = 0; i < reads.Length; i++) reads[i] = ReadOne(client, keys[i]);
        return new Found([.. await Task.WhenAll(reads).ConfigureAwait(false)]);
    }

    private async Task<MetadataEntry> ReadOne(ZooKeeperClient client, MetadataKey key)
    {
        try
        {
            var (data, stat) = await client.GetDataAsync(key.Path).ConfigureAwait(false);
            return new(key, new(ZnodeJson.Read(key, data.Memory, stat.Version), stat.Version, stat.Czxid, stat.EphemeralOwner, stat.Mzxid));
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
        {
            return new(key, null);
        }
        catch (InvalidDataException e)
        {
            log.LogError("{Problem}; it counts as not there", e.Message);
            return new(key, null);
        }
    }

    private static async Task<Input> WriteAll(ZooKeeperClient client, (ImmutableArray<Operation> Operations, ImmutableArray<int> Index) write)
    {
        try
        {
            return new Wrote(await Transact(client, write.Operations).ConfigureAwait(false));
        }
        catch (ZooKeeperMultiException e) when (ErrorOf(e.Error) is { } error)
        {
            return new Wrote(0, error, write.Index[e.Failed]);
        }
    }

    /// <summary>Does all or nothing; the transaction's zxid, which a znode that was made or changed by it shows.</summary>
    private static async Task<long> Transact(ZooKeeperClient client, ImmutableArray<Operation> operations)
    {
        var multi = client.MultiAsync(operations);
        var made = operations.OfType<CreateOperation>().FirstOrDefault();
        var look = made is null ? Task.FromResult<Reference.Coordination.Stat?>(null) : client.ExistsAsync(made.Path);
        var results = await multi.ConfigureAwait(false);
        return results.FirstOrDefault(r => r.Stat is not null)?.Stat?.Mzxid ?? (await look.ConfigureAwait(false))?.Czxid ?? 0;
    }

    private static MetadataError? ErrorOf(ZooKeeperError error) => error switch
    {
        ZooKeeperError.NoNode or ZooKeeperError.NotEmpty => MetadataError.NoNode,
        ZooKeeperError.NodeExists => MetadataError.NodeExists,
        ZooKeeperError.BadVersion => MetadataError.BadVersion,
        _ => null,
    };

    /// <summary>The operations of the multi, and for each that of the core's write which it carries out. Folders that are missing are made first, by themselves.</summary>
    private async ValueTask<(ImmutableArray<Operation>, ImmutableArray<int>)> Operations(ZooKeeperClient client, ImmutableArray<MetadataOperation> write)
    {
        var operations = ImmutableArray.CreateBuilder<Operation>(write.Length);
        var index = ImmutableArray.CreateBuilder<int>(write.Length);
        for (var i = 0; i < write.Length; i++)
        {
            switch (write[i])
            {
                case CheckVersion check:
                    operations.Add(new CheckOperation(check.Key.Path, check.Version));
                    break;
                case CreateEntry create:
                    if (create.Key.Kind == MetadataKind.Partition) MakeFolders(client, create.Key);
                    var data = ZnodeJson.Write(create.Value, clock.WallMs);
                    operations.Add(new CreateOperation(create.Key.Path, Blob.Wrap(data.Length == 0 ? null : data), create.Ephemeral ? CreateMode.Ephemeral : CreateMode.Persistent));
                    break;
                case SetEntry set:
                    operations.Add(new SetDataOperation(set.Key.Path, Blob.Wrap(ZnodeJson.Write(set.Value, clock.WallMs)), set.Version));
                    break;
                case RemoveEntry remove:
                    if (remove.Key.Kind == MetadataKind.Topic) await AddBelow(client, remove.Key.Path, operations).ConfigureAwait(false);
                    operations.Add(new DeleteOperation(remove.Key.Path, remove.Version));
                    break;
            }
            while (index.Count < operations.Count) index.Add(i);
        }
        return (operations.ToImmutable(), index.ToImmutable());
    }

    /// <summary>The folders of a partition's state, where they are missing.</summary>
    private static void MakeFolders(ZooKeeperClient client, MetadataKey partition)
    {
        var folder = partition.Path[..partition.Path.LastIndexOf('/')];
        Make(folder[..folder.LastIndexOf('/')]);
        Make(folder);

        void Make(string path) => _ = IgnoreExisting(client.CreateAsync(path, Blob.None));
    }

    private static async Task IgnoreExisting(Task<string> creation)
    {
        try
        {
            await creation.ConfigureAwait(false);
        }
        catch (ZooKeeperException e) when (e.Error is ZooKeeperError.NodeExists or ZooKeeperError.NoNode || IsLost(e))
        {
            // there already; or the write that needs it will say what is wrong
        }
    }

    /// <summary>Deletes of all that lies below a znode, children first.</summary>
    private static async Task AddBelow(ZooKeeperClient client, string path, ImmutableArray<Operation>.Builder operations)
    {
        ImmutableArray<string> names;
        try
        {
            names = await client.GetChildrenAsync(path).ConfigureAwait(false);
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
        {
            return;
        }
        foreach (var name in names)
        {
            await AddBelow(client, $"{path}/{name}", operations).ConfigureAwait(false);
            operations.Add(new DeleteOperation($"{path}/{name}"));
        }
    }
}
