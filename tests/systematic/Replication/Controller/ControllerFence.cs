using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Systematic.Replication;

public class ControllerFenceTests
{
    private static readonly ControllerFence Fence = new();
    private static readonly ControllerSeen Seen = new(3, 10);
    private static readonly BrokerEpoch Mine = new(50);

    private static ErrorCode Judge(int controllerEpoch, int correlation, long brokerEpoch) => Fence.Judge(Seen, new StopReplica(new(1), controllerEpoch, new(brokerEpoch), []), correlation, Mine).Error;

    [Fact, Trait("Rule", "CTRL-FENCE-4")]
    public void An_earlier_controller_is_not_obeyed()
    {
        Assert.Equal(ErrorCode.StaleControllerEpoch, Judge(2, 11, 50));
        Assert.Equal(ErrorCode.None, Judge(3, 11, 50));
        Assert.Equal(new(4, 1), Fence.Judge(Seen, new StopReplica(new(1), 4, Mine, []), 1, Mine).Seen);
    }

    [Fact, Trait("Rule", "CTRL-FENCE-5")]
    public void What_was_meant_for_an_earlier_life_is_turned_away()
    {
        Assert.Equal(ErrorCode.StaleBrokerEpoch, Judge(3, 11, 49));
        Assert.Equal(ErrorCode.StaleBrokerEpoch, Fence.Judge(Seen, new StopReplica(new(1), 3, Mine, []), 11, BrokerEpoch.Unknown).Error);
        Assert.Equal(ErrorCode.None, Judge(3, 11, 51));     // the broker itself hasn't heard yet that it is registered anew
    }

    [Fact, Trait("Rule", "CTRL-FENCE-2")]
    public void A_request_that_was_overtaken_is_turned_away()
    {
        Assert.Equal(ErrorCode.StaleControllerEpoch, Judge(3, 10, 50));
        Assert.Equal(ErrorCode.None, Judge(4, 1, 50));
    }

    [Fact, Trait("Rule", "CTRL-SEND-3")]
    public void The_first_metadata_of_a_term_or_a_life_replaces_all()
    {
        UpdateMetadata Told(int term, long life) => new(new(1), term, new(life), [], []);
        var seen = Fence.Judge(Seen, Told(3, 50), 11, Mine).Seen;
        Assert.True(Fence.ReplacesAll(Seen, Told(3, 50)));
        Assert.False(Fence.ReplacesAll(seen, Told(3, 50)));
        Assert.True(Fence.ReplacesAll(seen, Told(4, 50)));
        Assert.True(Fence.ReplacesAll(seen, Told(3, 60)));
    }

    [Fact, Trait("Rule", "CTRL-FENCE-3")]
    public void A_late_stop_does_not_touch_the_replica_of_now()
    {
        Assert.Equal(ErrorCode.FencedLeaderEpoch, Fence.JudgeStop(new(new("t", 0), new(4), Delete: true), new(5)));
        Assert.Equal(ErrorCode.None, Fence.JudgeStop(new(new("t", 0), new(5), Delete: true), new(5)));
        Assert.Equal(ErrorCode.None, Fence.JudgeStop(new(new("t", 0), new(5), Delete: true), LeaderEpoch.None));
        var known = new PartitionState(new(1), new(5), [new(1)], BrokerSet.Empty, 3, 7);
        Assert.Equal(ErrorCode.FencedLeaderEpoch, Fence.JudgeOrder(new(new("t", 0), known with { LeaderEpoch = new(4) }, [new(1)], false), known));
        Assert.Equal(ErrorCode.None, Fence.JudgeOrder(new(new("t", 0), known, [new(1)], false), known));
    }
}
