using CsCheck;

namespace Reference.Systematic.Kernel;

public class SequenceTests
{
    [Fact]
    public void A_sequence_is_a_list_whatever_is_added_and_removed() =>
        Gen.Int[-40, 70].Array[0, 80].Sample(moves =>
        {
            var sequence = Sequence<int>.Empty;
            var list = new List<int>();
            var next = 0;
            foreach (var move in moves)
            {
                if (move >= 0)
                    for (var i = 0; i < move; i++) { sequence = sequence.Add(next); list.Add(next++); }
                else if (move > -20) { var n = Math.Min(-move, list.Count); sequence = sequence.RemoveFirst(n); list.RemoveRange(0, n); }
                else { var n = Math.Min(-move - 20, list.Count); sequence = sequence.RemoveLast(n); list.RemoveRange(list.Count - n, n); }
                Assert.Equal(list, sequence);
                Assert.Equal(list.Count, sequence.Count);
                for (var i = 0; i < list.Count; i += 7) Assert.Equal(list[i], sequence[i]);
            }
        }, iter: 300);

    [Fact]
    public void Versions_that_grow_from_the_same_one_do_not_see_each_other()
    {
        Sequence<int> root = [1, 2, 3];
        var left = root.Add(4);
        var right = root.Add(5);
        Assert.Equal([1, 2, 3, 4], left);
        Assert.Equal([1, 2, 3, 5], right);
        Assert.Equal([1, 2, 3], root);
    }

    [Fact]
    public void A_long_sequence_keeps_every_item()
    {
        var sequence = Sequence<int>.Empty;
        for (var i = 0; i < 70_000; i++) sequence = sequence.Add(i);
        Assert.Equal(Enumerable.Range(0, 70_000), sequence);
        Assert.Equal(Enumerable.Range(50_000, 20_000), sequence.RemoveFirst(50_000));
    }
}
