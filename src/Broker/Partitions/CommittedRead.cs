using Reference.Broker.Storage;
using Reference.Replication;

namespace Reference.Broker.Partitions;

/// <summary>Reads a partition that this broker leads, from its start to where it ended when the read began, once all of that is committed.</summary>
/// <param name="host">Where the partition is.</param>
/// <param name="id">The partition.</param>
/// <param name="term">The term; when it ends the read is given up.</param>
/// <param name="take">Given the next batches, on the partitions' loop; whoever takes them releases them, and then calls <see cref="Next"/>.</param>
/// <param name="done">Called once, on the partitions' loop: whether all was read.</param>
internal sealed class CommittedRead(HostedPartitions host, PartitionId id, LeaderEpoch term, Action<CommittedRead, RecordSlice> take, Action<bool> done) : Work
{
    private const int ChunkBytes = 1024 * 1024;

    private long _next = -1, _end;
    private bool _waits, _isOver;

    /// <summary>Whose term it reads in.</summary>
    public LeaderEpoch Term => term;

    /// <inheritdoc/>
    public override void Run()
    {
        if (_isOver) return;
        if (host.Find(id) is not { } partition || partition.Term != term)
        {
            End(false);
            return;
        }
        if (_next < 0) (_next, _end) = (partition.Log.StartOffset, partition.Log.EndOffset);
        if (partition.State.HighWatermark < _end) Await(partition);
        else Read(partition);
    }

    /// <summary>Goes on behind what was taken.</summary>
    public void Next() => host.Order(this);

    private void Await(HostedPartition partition)
    {
        if (!_waits) partition.WaitingReads.Add(this);
        _waits = true;
    }

    /// <summary>The partition has changed: looks whether it may go on.</summary>
    public void Look()
    {
        _waits = false;
        Run();
    }

    private void Read(HostedPartition partition)
    {
        _next = Math.Max(_next, partition.Log.StartOffset);
        var slice = _next < _end ? partition.Log.Read(_next, ChunkBytes, firstWhatever: true, _end) : RecordSlice.Empty;
        if (slice.Length == 0)
        {
            End(true);
            return;
        }
        for (var bytes = slice.Memory.Span; bytes.Length > 0;)
        {
            var batch = new RecordBatch(bytes);
            _next = batch.NextOffset;
            bytes = bytes[batch.Size..];
        }
        take(this, slice);
    }

    private void End(bool all)
    {
        _isOver = true;
        done(all);
    }
}
