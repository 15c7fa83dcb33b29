using CsCheck;
using Reference.Replication;
using Reference.Replication.Replicas;

namespace Reference.Systematic.Replication.Replicas;

public class LeaderEpochsTests
{
    private static readonly LeaderEpochs History = LeaderEpochs.Of(At(1, 0), At(2, 4), At(5, 9));

    [Theory, Trait("Rule", "REPL-EPOCH-2")]
    [InlineData(0, 0, 0)]       // below all: where the first begins
    [InlineData(1, 1, 4)]
    [InlineData(2, 2, 9)]
    [InlineData(4, 2, 9)]       // not here: the one before it
    [InlineData(5, 5, 12)]      // the last: the log end
    [InlineData(6, -1, -1)]     // never heard of
    [InlineData(-1, -1, -1)]
    public void The_end_of_an_epoch_is_the_start_of_the_next(int asked, int epoch, long end) =>
        Assert.Equal(new EpochEnd(new(epoch), end), History.EndOffsetFor(new(asked), 12));

    [Fact, Trait("Rule", "REPL-EPOCH-1")]
    public void Epochs_and_starts_increase_whatever_is_entered() =>
        Gen.Select(Gen.Int[0, 6], Gen.Long[0, 8]).Array[0, 12].Sample(entered =>
        {
            var history = entered.Aggregate(LeaderEpochs.Empty, (h, e) => h.Enter(new(e.Item1), e.Item2));
            return history.Entries.Zip(history.Entries.Skip(1)).All(pair => pair.First.Epoch < pair.Second.Epoch && pair.First.StartOffset < pair.Second.StartOffset);
        });

    [Fact, Trait("Rule", "REPL-EPOCH-3")]
    public void A_history_describes_the_log_that_is_left() =>
        Gen.Select(Gen.Int[0, 2].Array[1, 20], Gen.Int[0, 20], Gen.Int[0, 20]).Sample((rises, cut, start) =>
        {
            // a log of one record an offset, each of the epoch that the drawn rises lead to
            var epochs = rises.Select((_, i) => rises.Take(i + 1).Sum()).ToArray();
            var history = LeaderEpochs.Empty;
            for (var i = 0; i < epochs.Length; i++) history = history.Enter(new(epochs[i]), i);
            var end = Math.Min(cut, epochs.Length);
            var first = Math.Min(start, end);
            var left = history.TruncateTo(end).StartAt(first);
            return Enumerable.Range(first, end - first).All(offset => left.Entries.Last(e => e.StartOffset <= offset).Epoch.Value == epochs[offset])
                && (first == end || left.Entries[0].StartOffset == first);
        });

    [Fact, Trait("Rule", "REPL-TRUNC-2")]
    public void The_floor_of_an_epoch_is_the_latest_that_is_not_above_it()
    {
        Assert.Equal(new EpochEnd(new(2), 9), History.Floor(new(4), 12));
        Assert.Equal(new EpochEnd(new(5), 12), History.Floor(new(7), 12));
        Assert.Equal(new EpochEnd(LeaderEpoch.None, 0), History.Floor(new(0), 12));
    }

    [Fact]
    public void A_checkpoint_that_goes_back_is_refused() => Assert.Throws<ArgumentException>(() => LeaderEpochs.Of(At(2, 0), At(1, 4)));

    private static EpochStart At(int epoch, long start) => new(new(epoch), start);
}
