using Reference.Replication;

namespace Reference.Systematic.Replication;

public class BrokerSetTests
{
    [Fact]
    public void A_set_is_what_is_in_it()
    {
        BrokerSet set = [new(3), new(1), new(3), new(2)];
        Assert.Equal("[1,2,3]", set.ToString());
        Assert.Equal([new(1), new(2), new(3)], set);
        Assert.Equal(Fingerprint.Of<BrokerSet>([new(2), new(1)]), Fingerprint.Of(set.Remove(new(3))));
        Assert.Equal([new(1), new(2), new(4)], set.Remove(new(3)).Union([new(4), new(1)]));
        Assert.Equal([new(2)], set.Except([new(1), new(3), new(9)]));
        Assert.True(set.IsSubsetOf([new(1), new(2), new(3), new(4)]));
        Assert.False(set.IsSubsetOf([new(1), new(2)]));
    }
}
