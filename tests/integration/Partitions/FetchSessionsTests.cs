using Reference.Broker.Kafka.Messages;
using Reference.Broker.Kafka.Protocol;
using Reference.Broker.Partitions;

namespace Reference.Integration.Partitions;

public class FetchSessionsTests
{
    private static FetchRequest Open(int replica = -1, int session = 0) =>
        new() { ReplicaId = replica, SessionId = session, SessionEpoch = 0, Topics = [new() { Name = "t", Partitions = [new()] }] };

    [Fact, Trait("Rule", "FETCH-SESSION-3")]
    public void A_session_that_nobody_used_for_two_minutes_makes_room()
    {
        var sessions = new FetchSessions(slots: 1);
        var first = sessions.For(Open(), 0).Session!.Id;
        Assert.NotEqual(0, first);
        Assert.Equal(0, sessions.For(Open(), 119_999).Session!.Id);
        Assert.NotEqual(0, sessions.For(Open(), 120_000).Session!.Id);
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, sessions.For(new() { SessionId = first, SessionEpoch = 1 }, 120_001).Error);
    }

    [Fact, Trait("Rule", "FETCH-SESSION-3")]
    public void A_follower_takes_a_consumer_s_slot_and_not_the_reverse()
    {
        var sessions = new FetchSessions(slots: 1);
        Assert.NotEqual(0, sessions.For(Open(), 0).Session!.Id);
        Assert.NotEqual(0, sessions.For(Open(replica: 2), 1).Session!.Id);
        Assert.Equal(0, sessions.For(Open(replica: 3), 2).Session!.Id);
        Assert.Equal(0, sessions.For(Open(), 3).Session!.Id);
    }

    [Fact, Trait("Rule", "FETCH-SESSION-1")]
    public void Epochs_follow_each_other_and_minus_one_ends()
    {
        var sessions = new FetchSessions(slots: 2);
        var id = sessions.For(Open(), 0).Session!.Id;
        for (var epoch = 1; epoch < 4; epoch++) Assert.Equal(ErrorCode.None, sessions.For(new() { SessionId = id, SessionEpoch = epoch }, 1).Error);
        Assert.Equal(ErrorCode.InvalidFetchSessionEpoch, sessions.For(new() { SessionId = id, SessionEpoch = 3 }, 1).Error);
        Assert.Equal(0, sessions.For(new() { SessionId = id, SessionEpoch = -1 }, 1).Session!.Id);
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, sessions.For(new() { SessionId = id, SessionEpoch = 4 }, 1).Error);
    }
}
