using CsCheck;
using Reference.Zab;
using static Reference.Systematic.Zab.Given;

namespace Reference.Systematic.Zab;

public class HistoryTests
{
    /// <summary>A history of some epochs with some transactions each, above some base.</summary>
    private static readonly Gen<History> Histories = Gen.Select(Gen.Int[0, 3], Gen.UInt[0, 3], Gen.Int[0, 5].Array[0, 4]).Select((epoch, counter, counts) =>
    {
        var history = new History(epoch == 0 ? Zxid.Zero : Z(epoch, counter + 1), []);
        foreach (var count in counts)
        {
            epoch += 1 + (count % 2);
            for (var i = 1u; i <= count; i++) history = history.Add(Z(epoch, i), Text);
        }

        return history;
    });

    [Fact]
    public void A_place_is_found_wherever_it_is() => Gen.Select(Histories, Gen.Int[0, 12], Gen.UInt[0, 6]).Sample((history, epoch, counter) =>
        history.IndexAfter(Z(epoch, counter)) == history.Entries.Count(e => e.Zxid <= Z(epoch, counter)));

    [Fact, Trait("Rule", "ZAB-DISC-6")]
    public void Epoch_ends_are_the_last_of_each_epoch() => Histories.Sample(history =>
        history.EpochEnds().SequenceEqual(history.Entries.Select(e => e.Zxid).Prepend(history.Base).GroupBy(z => z.Epoch).Select(g => g.Last())));

    [Fact]
    public void Truncated_it_ends_there_and_trimmed_it_begins_there() => Gen.Select(Histories, Gen.Int[0, 20]).Sample((history, n) =>
    {
        if (history.Entries.IsEmpty) return;
        var zxid = history.Entries[n % history.Entries.Count].Zxid;
        var (head, tail) = (history.TruncatedTo(zxid), history.TrimmedTo(zxid));
        Assert.Equal((zxid, zxid), (head.Last, tail.Base));
        Assert.Equal(history.Entries, head.Entries.Concat(tail.Entries));
        Assert.True(history.Contains(zxid) && tail.Contains(zxid) && head.Contains(zxid));
    });
}
