using Microsoft.Extensions.Logging.Abstractions;
using Reference.Broker.Ensemble.Storage;
using Reference.Broker.Hosting;
using Reference.Integration.Hosting;
using Reference.Zab;

namespace Reference.Integration.Ensemble;

/// <summary>An ensemble server's storage, alone, in a folder.</summary>
internal sealed class ServerOnDisk : IAsyncDisposable
{
    private readonly FileDisk _disk;
    private readonly EnsembleStorage _storage;
    private readonly Task _running;
    private readonly SemaphoreSlim _persisted = new(0);

    public ServerOnDisk(TemporaryFolder folder, int retain = 3)
    {
        _disk = new(folder.Path);
        _disk.CreateFolder(StorageNames.Folder);
        Recovered = Recovery.Run(_disk, NullLogger.Instance);
        _storage = new(_disk, Recovered, retain, OnPersisted, NullLogger.Instance);
        _running = _storage.RunAsync();
    }

    public Recovered Recovered { get; }

    public IEnumerable<string> History => Recovered.Durable.History.Entries.Select(e => $"{e.Zxid}");

    /// <summary>How many writes each report told of.</summary>
    public List<int> Reports { get; } = [];

    /// <summary>Issues the writes together, and waits until all are durable.</summary>
    public async Task WriteAsync(params Write[] writes)
    {
        foreach (var write in writes) _storage.Add(write);
        _storage.Start();
        for (var left = writes.Length; left > 0; left--) await _persisted.WaitAsync();
    }

    public Task SnapshotAsync(Zxid zxid, params byte[] content) => _storage.TakeSnapshotAsync(zxid, [content]);

    public async ValueTask DisposeAsync()
    {
        _storage.Close();
        await _running;
        _storage.Dispose();
        _disk.Dispose();
    }

    public static Append Entry(int epoch, uint counter) => new(Zxid.Of(epoch, counter), new(Enumerable.Range(0, (int)counter * 5).Select(i => (byte)(i + epoch)).ToArray()));

    private void OnPersisted(int count)
    {
        Reports.Add(count);
        _persisted.Release(count);
    }
}
