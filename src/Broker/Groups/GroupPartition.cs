using Microsoft.Extensions.Logging;
using Reference.Broker.Hosting;
using Reference.Broker.Kafka;
using Reference.Broker.Kafka.Client;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Partitions;
using Reference.Broker.Storage;
using Reference.Replication;
using Reference.Replication.Groups;

namespace Reference.Broker.Groups;

/// <summary>One partition of the offsets topic on this broker: the coordinator of the groups that fall to it. Only for the groups' loop.</summary>
internal sealed class GroupPartition(GroupHost host, int index, Core<CoordinatorState, GroupInput, GroupEffect> core)
{
    private const int SmallBatch = 512;

    private readonly PartitionId _id = new(InternalTopics.ConsumerOffsets, index);

    /// <summary>The coordinator's state.</summary>
    public CoordinatorState State => core.State;

    /// <summary>Takes an input, and does what the coordinator orders.</summary>
    public void Take(GroupInput input)
    {
        var step = core.Take(input);
        foreach (var effect in step.Effects) Run(effect);
    }

    private void Run(GroupEffect effect)
    {
        switch (effect)
        {
            case Load e: RunLoad(e.Epoch); break;
            case Append e: RunAppend(e); break;
            case Answer e: host.Answer(e); break;
            case SetSessionAlarm e: host.SetAlarm(new(index, e.Group, e.Member), e.AtMs); break;
            case SetRebalanceAlarm e: host.SetAlarm(new(index, e.Group, null), e.AtMs); break;
            default: throw new InvalidOperationException($"{_id}: no host runs the effect {effect}");
        }
    }

    private void RunLoad(int term)
    {
        host.Report($"{_id}: loads its groups, in leader epoch {term}");
        host.Partitions.Order(new CommittedRead(host.Partitions, _id, new(term),
            (read, slice) => host.Post(() => Fold(term, read, slice)),
            all => host.Post(() => OnRead(term, all))));
    }

    private void Fold(int term, CommittedRead read, RecordSlice slice)
    {
        try
        {
            Take(new RecordsRead(term, OffsetsRecords.Read(slice.Memory.Span)));
            read.Next();
        }
        catch (PoisonedRecordException e)
        {
            host.Log.LogError("{Partition}: offset {Offset} holds what no coordinator writes ({Why}). Its groups have no coordinator until the record is gone: look at it with dump-log, "
                + "delete the records below {Next} (DeleteRecords), and restart this broker; groups whose last commit lay there then begin as their auto.offset.reset says", _id, e.Offset, e.Message, e.Offset + 1);
            Take(new Resigned(term));
        }
        finally
        {
            slice.Release();
        }
    }

    private void OnRead(int term, bool all)
    {
        if (!all) return;
        Take(new LogRead(term, host.NowMs));
        if (State.Phase == CoordinatorPhase.Active) host.Report($"{_id}: coordinates {State.Groups.Count} groups, in leader epoch {term}");
    }

    private void RunAppend(Append e)
    {
        var batch = new BatchBuilder(SmallBatch);
        foreach (var record in e.Records) OffsetsRecords.Add(batch, record, host.NowMs);
        host.Partitions.Order(new OwnAppend(host.Partitions, _id, new(State.Epoch), batch.Seal(Compression.None), host.Settings.OffsetsCommitTimeoutMs, error => host.Post(() =>
        {
            batch.Dispose();
            Take(error == ErrorCode.None ? new Appended(e.Number, host.NowMs) : new AppendFailed(e.Number, ErrorOf(error), host.NowMs));
        })));
    }

    /// <summary>What a client is told of an append that failed: where its coordinator is now, or to ask again.</summary>
    private static GroupError ErrorOf(ErrorCode error) => error is ErrorCode.NotLeaderOrFollower or ErrorCode.KafkaStorageError ? GroupError.NotCoordinator : GroupError.NotAvailable;
}
