using Reference.Replication.Replicas;
using static Reference.Systematic.Replication.Replicas.Given;

namespace Reference.Systematic.Replication.Replicas;

public class ProducersTests
{
    private static readonly Producers TwoBatches = Producers.None.With(new(7, 1, 0, 3, 10)).With(new(7, 1, 3, 2, 20));

    private static ProducerVerdict Judge(Producers producers, short epoch, int first, int records, long id = 7, bool isWhole = false) => ProducerRules.Standard.Judge(producers, new(id, epoch, first, records, -1), isWhole);

    [Fact, Trait("Rule", "REPL-IDEM-1")]
    public void A_gap_is_refused()
    {
        Assert.Equal(ProducerVerdict.Append, Judge(TwoBatches, 1, 5, 1));
        Assert.Equal(ReplicaError.OutOfOrderSequence, Judge(TwoBatches, 1, 6, 1).Error);
        Assert.Equal(ReplicaError.OutOfOrderSequence, Judge(TwoBatches, 1, 4, 2).Error);
    }

    [Fact, Trait("Rule", "REPL-IDEM-2")]
    public void A_repeated_batch_is_answered_with_its_offset()
    {
        Assert.Equal((10L, 12L), Judge(TwoBatches, 1, 0, 3).Duplicate is { } first ? (first.BaseOffset, first.LastOffset) : default);
        Assert.Equal(20, Judge(TwoBatches, 1, 3, 2).Duplicate?.BaseOffset);
        Assert.Null(Judge(TwoBatches, 1, 0, 2).Duplicate);

        var six = Producers.None;
        for (var n = 0; n < 6; n++) six = six.With(new(7, 1, n, 1, n));
        Assert.Equal(new(ReplicaError.OutOfOrderSequence, null), Judge(six, 1, 0, 1));
        for (var n = 1; n < 6; n++) Assert.Equal(n, Judge(six, 1, n, 1).Duplicate?.BaseOffset);
    }

    [Fact, Trait("Rule", "REPL-IDEM-2")]
    public void A_repeated_batch_waits_for_the_high_watermark()
    {
        var waits = Leader().After(new ProduceReceived(8, 1, Acks.All), new ProduceReceived(9, 1, Acks.All)).Take(new DuplicateReceived(10, 5, 5, Acks.All));
        Assert.Empty(waits.Effects);
        Assert.Equal(7, waits.State.Log.End);
        Assert.True(ReplicaInvariants.OnlyLeadersLead.Holds(waits.State));

        var committed = waits.State.After(Fetch(2, 6)).Take(Fetch(3, 6));
        Assert.Equal([new AnswerProduce(8, ReplicaError.None, 5), new AnswerProduce(10, ReplicaError.None, 5)], committed.Effects.OfType<AnswerProduce>());
        Assert.Equal([new AnswerProduce(11, ReplicaError.None, 5)], committed.State.Take(new DuplicateReceived(11, 5, 5, Acks.All)).Effects.ToArray());
        Assert.Equal([new AnswerProduce(12, ReplicaError.None, 6)], committed.State.Take(new DuplicateReceived(12, 6, 6, Acks.Leader)).Effects.ToArray());
        Assert.Empty(committed.State.Take(new DuplicateReceived(13, 6, 6, Acks.None)).Effects);
    }

    [Fact, Trait("Rule", "REPL-IDEM-2")]
    public void A_repeated_batch_is_refused_where_the_first_would_be()
    {
        Assert.Equal([new AnswerProduce(9, ReplicaError.NotLeader, -1)], Follower().Take(new DuplicateReceived(9, 0, 0, Acks.All)).Effects.ToArray());
        Assert.Equal([new AnswerProduce(9, ReplicaError.NotEnoughReplicas, -1)], Leader([new(1)]).Take(new DuplicateReceived(9, 0, 0, Acks.All)).Effects.ToArray());
    }

    [Fact, Trait("Rule", "REPL-IDEM-3")]
    public void An_earlier_epoch_is_fenced_and_a_later_one_begins_at_0()
    {
        Assert.Equal(ReplicaError.InvalidProducerEpoch, Judge(TwoBatches, 0, 5, 1).Error);
        Assert.Equal(ReplicaError.OutOfOrderSequence, Judge(TwoBatches, 2, 5, 1).Error);
        Assert.Equal(ProducerVerdict.Append, Judge(TwoBatches, 2, 0, 1));
        Assert.Equal(ReplicaError.InvalidProducerEpoch, Judge(TwoBatches.With(new(7, 2, 0, 1, 30)), 1, 5, 1).Error);
    }

    [Fact, Trait("Rule", "REPL-IDEM-4")]
    public void An_unknown_producer_may_begin_anywhere_once_records_were_dropped()
    {
        Assert.Equal(ProducerVerdict.Append, Judge(TwoBatches, 0, 77, 1, id: 8));
        Assert.Equal(ProducerVerdict.Append, Judge(TwoBatches, 0, 0, 1, id: 8, isWhole: true));
        Assert.Equal(ReplicaError.OutOfOrderSequence, Judge(TwoBatches, 0, 1, 1, id: 8, isWhole: true).Error);
    }

    [Fact, Trait("Rule", "REPL-IDEM-5")]
    public void Behind_the_largest_sequence_number_comes_0()
    {
        Assert.Equal(0, ProducerBatch.After(int.MaxValue, 1));
        Assert.Equal(1, new ProducerBatch(7, 0, int.MaxValue, 3, 0).LastSequence);
        var largest = Producers.None.With(new(7, 0, int.MaxValue - 1, 2, 0));
        Assert.Equal(ProducerVerdict.Append, Judge(largest, 0, 0, 4));
        Assert.Equal(2, Judge(largest.With(new(7, 0, 0, 4, 2)), 0, 0, 4).Duplicate?.BaseOffset);
        Assert.Equal(ReplicaError.OutOfOrderSequence, Judge(largest, 0, 1, 1).Error);
    }

    [Fact, Trait("Rule", "REPL-IDEM-6")]
    public void Five_batches_of_one_epoch_are_known()
    {
        var producers = TwoBatches;
        for (var n = 5; n < 10; n++) producers = producers.With(new(7, 1, n, 1, 20 + n));
        Assert.Equal([5, 6, 7, 8, 9], producers.States[7].Batches.Select(batch => batch.FirstSequence));
        Assert.Equal([0], producers.With(new(7, 2, 0, 1, 40)).States[7].Batches.Select(batch => batch.FirstSequence));
    }
}
