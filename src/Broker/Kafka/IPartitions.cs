using Reference.Broker.Kafka.Messages;
using Reference.Replication;

namespace Reference.Broker.Kafka;

/// <summary>Who asks: the connection, so that answers that wait can be given up when it's gone, and the version spoken.</summary>
/// <param name="Connection">A number that no other connection of this process ever has.</param>
/// <param name="Version">The version of the request.</param>
/// <param name="Correlation">The request's number.</param>
/// <param name="ClientId">As the client calls itself; for logs.</param>
/// <param name="Host">Where it is, as a group's members are described.</param>
/// <param name="Closed">Cancelled once the connection has ended.</param>
public readonly record struct Caller(long Connection, short Version, int Correlation, string? ClientId, string Host, CancellationToken Closed);

/// <summary>The partitions that this broker hosts, as the dispatch of requests sees them.</summary>
/// <remarks>
/// Requests of one connection are handed over in their order, the next as soon as the call has returned its task: what must keep the order (an append) happens, or takes
/// its place in a queue, before the call returns. A request, and the frame that its records point into, stays as it is until the task has completed; the records of a
/// response until the response is disposed, which the connection does once it's sent.
/// </remarks>
public interface IPartitions
{
    /// <summary>Appends one batch a partition and answers when <see cref="ProduceRequest.Acks"/> says. The answer to acks 0 isn't sent: an error in it closes the connection.</summary>
    ValueTask<ProduceResponse> Produce(ProduceRequest request, Caller caller);

    /// <summary>Reads within a session or whole; waits for min_bytes up to max_wait_ms. A follower's fetch says what it has.</summary>
    ValueTask<FetchResponse> Fetch(FetchRequest request, Caller caller);

    /// <summary>Offsets by time.</summary>
    ValueTask<ListOffsetsResponse> ListOffsets(ListOffsetsRequest request, Caller caller);

    /// <summary>Where epochs of leadership end.</summary>
    ValueTask<OffsetForLeaderEpochResponse> OffsetForLeaderEpoch(OffsetForLeaderEpochRequest request, Caller caller);

    /// <summary>Drops records from the start of partitions that this broker leads; answers when every in-sync replica has.</summary>
    ValueTask<DeleteRecordsResponse> DeleteRecords(DeleteRecordsRequest request);

    /// <summary>Leads and follows as the controller says. Controller epoch and broker epoch have been checked; leader epochs are the partition's to check.</summary>
    ValueTask<LeaderAndIsrResponse> LeaderAndIsr(LeaderAndIsrRequest request);

    /// <summary>Stops replicas, and deletes those that are to be. Fenced as <see cref="LeaderAndIsr"/>.</summary>
    ValueTask<StopReplicaResponse> StopReplica(StopReplicaRequest request);

    /// <summary>What the metadata says has changed: brokers' addresses, or a topic's settings (<see cref="ICluster.ConfigOf"/>).</summary>
    void OnClusterChanged();

    /// <summary>This broker's registration is gone: whatever it leads may have another leader by now. It goes on as it was, and is told anew with its next registration.</summary>
    void OnSessionExpired();

    /// <summary>Stops all replicas, flushes their logs and marks the folder as cleanly shut down.</summary>
    ValueTask Close();
}

/// <summary>What hosting partitions needs of the rest of the broker.</summary>
public interface ICluster
{
    /// <summary>This broker's number.</summary>
    BrokerId Self { get; }

    /// <summary>This broker's present registration: the czxid of its znode. <see cref="BrokerEpoch.Unknown"/> between two.</summary>
    BrokerEpoch SelfEpoch { get; }

    /// <summary>Whether the metadata knows <paramref name="broker"/> as alive.</summary>
    bool IsAlive(BrokerId broker);

    /// <summary>A topic's settings, over the broker's.</summary>
    TopicSettings ConfigOf(string topic);

    /// <summary>A connection to a broker as the metadata knows it; a new one each time, the caller's to dispose.</summary>
    /// <exception cref="IOException">No such broker is known, or it can't be reached.</exception>
    Task<Client.KafkaConnection> Connect(BrokerId broker, CancellationToken cancellation);

    /// <summary>
    /// Carries out a replica's <see cref="Replication.Replicas.WriteIsr"/>: looks after the joiner's registration, writes the state if its znode has the version expected, and leaves a note for the
    /// controller under /isr_change_notification. The znode's version now; null if it was refused, or if it isn't known what became of it.
    /// </summary>
    Task<int?> WriteIsr(PartitionId partition, Replication.Replicas.WriteIsr order);

    /// <summary>Reads a partition's state, once no earlier write of it can take effect any more; null if the partition is gone. Waits for the ensemble as long as it takes.</summary>
    Task<PartitionState?> ReadState(PartitionId partition);
}
