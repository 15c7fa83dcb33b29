using System.Runtime.InteropServices;
using Reference.Broker.Hosting;
using Reference.Broker.Storage;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Broker.Partitions;

/// <summary>One partition on this broker: the core of its replica, and its log. Only for the partitions' loop.</summary>
internal sealed class HostedPartition(HostedPartitions host, PartitionId id, PartitionLog log, Core<ReplicaState, ReplicaInput, ReplicaEffect> core)
{
    private ReadOnlyMemory<byte> _bytes;        // what the input that is being taken brought
    private ReplicaError _refusal;
    private AnswerFetch? _answer;
    private LeaderFetcher? _fetcher;
    private long _unflushed;                    // records since the last flush began
    private readonly Dictionary<BrokerId, long> _followerStarts = [];       // as told in this term
    private int _segments = 1;
    private bool _flushWanted, _flushing;

    public PartitionId Id => id;

    public PartitionLog Log => log;

    public ReplicaState State => core.State;

    /// <summary>Whether it's gone, log and all.</summary>
    public bool IsDeleted { get; private set; }

    /// <summary>Whether it's to be looked at after this batch of work.</summary>
    public bool IsTouched { get; set; }

    /// <summary>Fetches that wait for records, of followers and of consumers.</summary>
    public List<PendingFetch> WaitingFetches { get; } = [];

    /// <summary>Reads of this broker's own that wait until what they want is committed.</summary>
    public List<CommittedRead> WaitingReads { get; } = [];

    /// <summary>Requests to delete records that wait for followers.</summary>
    public List<PendingDelete> WaitingDeletes { get; } = [];

    /// <summary>The first offset that some in-sync replica may still have.</summary>
    public long LowWatermark => Retention.LowWatermark(State.Log.Start, host.Replica.Me, State.Partition!.Isr, _followerStarts);

    /// <summary>The leader epoch with which this broker began to lead the partition; none if it doesn't lead it.</summary>
    public LeaderEpoch Term { get; private set; } = LeaderEpoch.None;

    /// <summary>When a leader stamped the batch that it appended last; −1 if producers stamp.</summary>
    public long LastAppendTimeMs { get; private set; } = -1;

    /// <summary>A batch of a producer, checked. Why it wasn't taken, if it wasn't.</summary>
    public string? Produce(long token, ReadOnlyMemory<byte> batch, Acks acks)
    {
        var header = new RecordBatch(batch.Span);
        if (header.ProducerId >= 0 && State.Lead is not null)
        {
            var verdict = ProducerRules.Standard.Judge(log.Producers, header.Producer, isWhole: log.StartOffset == 0);
            if (verdict.Error != ReplicaError.None) return Refuse(token, header.Producer, verdict.Error, acks);
            if (verdict.Duplicate is { } there) return Repeat(token, there, acks);
        }
        _bytes = batch;
        var ignored = Take(new ProduceReceived(token, header.Count, acks));
        _bytes = default;
        return ignored;
    }

    /// <summary>A batch that is in the log already. When the leader stamped it, if it did, isn't known any more.</summary>
    private string? Repeat(long token, ProducerBatch there, Acks acks)
    {
        LastAppendTimeMs = -1;
        var ignored = Take(new DuplicateReceived(token, there.BaseOffset, there.LastOffset, acks));
        return acks == Acks.None ? null : ignored;
    }

    private string Refuse(long token, ProducerBatch batch, ReplicaError error, Acks acks)
    {
        host.Report($"{id}: producer {batch.ProducerId} epoch {batch.Epoch} sequence {batch.FirstSequence}: {error}");
        if (acks != Acks.None) host.AnswerProduce(this, new(token, error, -1));
        return $"refused: {error}";
    }

    /// <summary>A follower's fetch: what it may have.</summary>
    public Fetchable FetchBy(BrokerId follower, BrokerEpoch brokerEpoch, LeaderEpoch epoch, long offset, long logStart, long nowMs)
    {
        _answer = null;
        Take(new FetchReceived(follower, brokerEpoch, epoch, offset, nowMs));
        if (_answer is { Error: ReplicaError.None }) _followerStarts[follower] = logStart;
        return _answer is { } answer ? new(answer.Error, answer.UpTo, answer.HighWatermark, answer.LogStart) : new(ReplicaError.NotLeader, offset, -1, -1);
    }

    /// <summary>A leader's answer, with the bytes of its batches, checked.</summary>
    public void Receive(FetchAnswered answer, ReadOnlyMemory<byte> batches)
    {
        _bytes = batches;
        Take(answer);
        _bytes = default;
    }

    /// <summary>An order of the controller: the error to answer.</summary>
    public ReplicaError Obey(ReplicaInput order)
    {
        _refusal = ReplicaError.None;
        Take(order);
        return _refusal;
    }

    /// <summary>Any input. Why it wasn't taken, if it wasn't.</summary>
    public string? Take(ReplicaInput input)
    {
        var step = core.Take(input);
        foreach (var effect in step.Effects) Run(effect);
        if (Term == LeaderEpoch.None != State.Lead is null) ChangeTerm();
        if (WaitingDeletes.Count > 0) host.Touch(this);
        return step.Ignored;
    }

    /// <summary>Lets reads go on that waited for the high watermark, or for the end of a term.</summary>
    public void LookAtReads()
    {
        if (WaitingReads.Count == 0) return;
        var waiting = WaitingReads.ToArray();
        WaitingReads.Clear();
        foreach (var read in waiting) read.Look();
    }

    /// <summary>Lets requests go on that waited until followers dropped records, or for the end of a term.</summary>
    public void LookAtDeletes()
    {
        foreach (var waiting in WaitingDeletes.ToArray()) waiting.Look();
    }

    /// <summary>A leader drops whole segments that are too old, or that make the log too large.</summary>
    [Rule("LOG-RETAIN-1")]
    public void Retain()
    {
        if (State.Lead is null || !log.Settings.Deletes) return;
        var (before, settings) = (State.Log.Start, log.Settings);
        var start = Retention.StartAfter(log.Shapes, before, new(settings.RetentionMs, settings.RetentionBytes), host.Clock.WallMs, host.Replica.DeletableUpTo(State));
        if (start == before) return;
        MoveStart(start);
        host.Report($"{id}: dropped offsets {before} to {start - 1}, by retention");
    }

    /// <summary>Begins to compact the log; null if it isn't to be, or if it isn't worth while now.</summary>
    [Rule("LOG-COMPACT-1")]
    public Task<CompactionResult?>? BeginCompaction() =>
        log.Settings.Compacts && State.Phase is ReplicaPhase.Leading or ReplicaPhase.Fetching ? log.BeginCompaction(State.HighWatermark, host.Clock.WallMs) : null;

    /// <summary>Puts what was compacted in place.</summary>
    public void EndCompaction(CompactionResult result)
    {
        if (IsDeleted) return;
        var saved = log.Replace(result, host.Clock.WallMs);
        _segments = log.SegmentCount;
        host.Report($"{id}: compacted up to offset {result.UpTo}, {saved} bytes less");
    }

    /// <summary>This leader's records below <paramref name="offset"/> go.</summary>
    public void MoveStart(long offset)
    {
        if (Take(new LogStartMoved(offset)) is null) RaiseStart(State.Log.Start);
    }

    private void RaiseStart(long start)
    {
        log.RaiseStart(start);
        _segments = log.SegmentCount;
        host.NoteRecoveryPoints();
        host.Touch(this);
    }

    private void ChangeTerm()
    {
        _followerStarts.Clear();
        var (before, leads) = (Term, State.Lead is not null);
        Term = leads ? State.Partition!.LeaderEpoch : LeaderEpoch.None;
        host.Touch(this);
        host.LeadershipChanged?.Invoke(id, leads ? Term : before, leads);
    }

    /// <summary>After a batch of work: begins the flush that somebody waits for, or that is due.</summary>
    public void FlushIfWanted()
    {
        if (!_flushWanted || _flushing || IsDeleted) return;
        (_flushWanted, _flushing, _unflushed) = (false, true, 0);
        var (done, point) = log.BeginFlush();
        host.WhenDone(done, () => OnFlushed(point));
    }

    private void OnFlushed(FlushPoint point)
    {
        _flushing = false;
        if (IsDeleted) return;
        if (log.MarkFlushed(point))
        {
            Take(new Flushed(point.Offset));
            host.NoteRecoveryPoints();
        }
        if (_flushWanted) host.Touch(this);
    }

    private void Run(ReplicaEffect effect)
    {
        switch (effect)
        {
            case Append e: RunAppend(e); break;
            case AppendFetched e: RunAppendFetched(e); break;
            case AnswerProduce e: host.AnswerProduce(this, e); break;
            case AnswerFetch e: _answer = e; break;
            case HighWatermarkAdvanced: host.Touch(this); break;
            case Fetch e: FetcherOf(e.Leader).Fetch(this, e.LeaderEpoch, e.From); break;
            case AskEpochEnd e: FetcherOf(e.Leader).Ask(this, e.LeaderEpoch, e.Epoch); break;
            case StopFetching: DropOrders(); break;
            case Flush: WantFlush(); break;
            case WriteEpoch e: log.Epochs.Assign(e.Epoch.Value, e.StartOffset); break;
            case Truncate e: RunTruncate(e); break;
            case TruncateFully e: log.RestartAt(e.Start); break;
            case MoveLogStart e: RaiseStart(e.Start); break;
            case CheckpointHighWatermark e: host.CheckpointHighWatermark(id, e.Offset); break;
            case WriteIsr e: host.WriteIsr(this, e); break;
            case ReadState e: host.ReadState(this, e); break;
            case RefuseOrder e: RunRefuse(e); break;
            case SetAlarm e: host.SetAlarm(this, e.Alarm); break;
            case DeleteLog: RunDelete(); break;
            default: throw new InvalidOperationException($"{id}: no host runs the effect {effect}");
        }
    }

    private void RunAppend(Append e)
    {
        var batch = MemoryMarshal.AsMemory(_bytes).Span;        // the request's own bytes, which are nobody else's until it is answered
        RecordBatch.Place(batch, e.Batch.BaseOffset, e.Batch.Epoch.Value);
        LastAppendTimeMs = log.Settings.LogAppendTime ? host.Clock.WallMs : -1;
        if (log.Settings.LogAppendTime) RecordBatch.StampAppendTime(batch, LastAppendTimeMs);
        log.Append(batch);
        OnAppended(e.Batch.LastOffset - e.Batch.BaseOffset + 1);
    }

    private void RunAppendFetched(AppendFetched e)
    {
        log.Append(_bytes.Span);
        OnAppended(e.End - e.From);
    }

    private void OnAppended(long records)
    {
        host.Touch(this);
        _unflushed += records;
        if (_unflushed >= log.Settings.FlushMessages || log.SegmentCount > _segments) WantFlush();
        _segments = log.SegmentCount;
    }

    private void RunTruncate(Truncate e)
    {
        var before = log.EndOffset;
        log.TruncateTo(e.End);
        if (log.EndOffset != e.End) throw new InvalidOperationException($"{id}: cut at {e.End}, within a batch: the log ends at {log.EndOffset}");
        if (before > e.End) host.Report($"{id}: cut off {before - e.End} records: the log ends at {e.End}, where it parts from its leader's");
    }

    private void RunRefuse(RefuseOrder e)
    {
        _refusal = e.Error;
        host.Report($"{id}: refused the controller's order: {e.Why}");
    }

    private void RunDelete()
    {
        IsDeleted = true;
        host.Forget(this);
    }

    private void WantFlush()
    {
        _flushWanted = true;
        host.Touch(this);
    }

    private LeaderFetcher FetcherOf(BrokerId leader)
    {
        var fetcher = host.FetcherOf(leader);
        if (_fetcher != fetcher) DropOrders();
        return _fetcher = fetcher;
    }

    private void DropOrders()
    {
        _fetcher?.Drop(this);
        _fetcher = null;
    }
}
