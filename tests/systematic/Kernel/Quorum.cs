namespace Reference.Systematic.Kernel;

public class QuorumTests
{
    [Theory, Trait("Rule", "KERNEL-QUORUM-1")]
    [InlineData(new[] { 1, 2 }, 3, true)]
    [InlineData(new[] { 1 }, 3, false)]
    [InlineData(new[] { 1, 2 }, 4, false)]
    [InlineData(new[] { 1, 1, 1 }, 3, false)]
    [InlineData(new[] { 1, 8, 9 }, 3, false)]
    public void A_quorum_is_more_than_half_of_the_members_each_counted_once(int[] who, int members, bool holds) =>
        Assert.Equal(holds, Quorum.Holds(who, [.. Enumerable.Range(1, members)]));
}
