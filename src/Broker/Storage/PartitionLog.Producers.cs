using Reference.Replication.Replicas;

namespace Reference.Broker.Storage;

public sealed partial class PartitionLog
{
    private Producers? _producers;      // null: not read since the log was opened or cut off

    /// <summary>The idempotent producers whose batches the log holds; read from the headers of all its batches when first asked for, then kept up with each append.</summary>
    /// <exception cref="CorruptFileException">A batch can't be read.</exception>
    [Rule("REPL-IDEM-6")]
    public Producers Producers => _producers ??= ReadProducers();

    private Producers ReadProducers() => ProducerRules.Standard.Of(NumberedBatches());

    /// <summary>The batches of idempotent producers that may be read, in the order of the log.</summary>
    private IEnumerable<ProducerBatch> NumberedBatches()
    {
        foreach (var segment in _segments)
        {
            using var scanner = new BatchScanner(segment, 0);
            while (scanner.MoveNext(verify: false))
                if (scanner.LastOffset >= StartOffset && scanner.Producer.ProducerId >= 0) yield return scanner.Producer;
            if (scanner.Fault is { } fault) throw SegmentRecovery.Corrupt(segment, scanner.Position, fault);
        }
    }

    /// <summary>Goes along with what was appended; while nobody has asked, there's nothing to keep up.</summary>
    private void NoteProducers(ReadOnlySpan<byte> batches)
    {
        if (_producers is null) return;
        for (var rest = batches; rest.Length >= RecordBatch.HeaderSize; rest = rest[new RecordBatch(rest).Size..])
            _producers = With(_producers, new RecordBatch(rest).Producer);
    }

    private static Producers With(Producers producers, ProducerBatch batch) => batch.ProducerId < 0 ? producers : producers.With(batch);
}
