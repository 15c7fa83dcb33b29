namespace Reference.Broker.Kafka;

/// <summary>Topics that brokers keep for themselves: clients read them, but only an administrator's client writes to them.</summary>
public static class InternalTopics
{
    /// <summary>What groups committed, and what they are.</summary>
    public const string ConsumerOffsets = "__consumer_offsets";

    /// <summary>Kafka's transaction log; nothing here makes it.</summary>
    public const string TransactionState = "__transaction_state";

    /// <summary>client.id of who may write to them, as Kafka has it.</summary>
    public const string AdminClientId = "__admin_client";

    /// <summary>Whether a topic is one of them.</summary>
    public static bool Contains(string topic) => topic is ConsumerOffsets or TransactionState;
}
