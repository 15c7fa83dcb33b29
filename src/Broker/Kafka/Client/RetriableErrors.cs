using Reference.Broker.Kafka.Protocol;

namespace Reference.Broker.Kafka.Client;

/// <summary>Which errors pass by themselves, so that a client asks again.</summary>
public static class RetriableErrors
{
    /// <summary>Whether asking again, perhaps another broker, may succeed.</summary>
    public static bool IsRetriable(this ErrorCode error) => error is
        ErrorCode.CorruptMessage or ErrorCode.UnknownTopicOrPartition or ErrorCode.LeaderNotAvailable or ErrorCode.NotLeaderOrFollower or ErrorCode.RequestTimedOut or
        ErrorCode.ReplicaNotAvailable or ErrorCode.NetworkException or ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend or ErrorCode.NotController or
        ErrorCode.KafkaStorageError or ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch or ErrorCode.OffsetNotAvailable or ErrorCode.BrokerNotAvailable;
}
