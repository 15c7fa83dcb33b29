using Reference.Replication;
using Reference.Replication.Replicas;
using Step = Reference.Kernel.Step<Reference.Replication.Replicas.ReplicaState, Reference.Replication.Replicas.ReplicaEffect>;

namespace Reference.Systematic.Replication.Replicas;

/// <summary>States from which the rules of a replica are tried: broker 1 of [1,2,3].</summary>
internal static class Given
{
    public static readonly Replica Rules = new(new(1), lagTimeMaxMs: 50);
    public static readonly BrokerSet All = [new(1), new(2), new(3)];
    public static readonly ReplicaSettings MinTwo = new(2);

    public static PartitionState State(int leader, int epoch, BrokerSet isr, BrokerSet? elr = null, int version = 7) => new(new(leader), new(epoch), isr, elr ?? [], 1, version);

    public static ReplicaLog Log(long end, params ReadOnlySpan<EpochStart> epochs) => new(LeaderEpochs.Of(epochs), 0, end, end, 0);

    public static EpochStart At(int epoch, long start) => new(new(epoch), start);

    public static ReplicaState Back(ReplicaLog log, ReplicaSettings? settings = null, bool cleanly = true) => Rules.Recover(log, settings ?? MinTwo, cleanly);

    /// <summary>The leader of epoch 3 with records 0..4 of epoch 1, none of them known to be committed but those below <paramref name="highWatermark"/>.</summary>
    public static ReplicaState Leader(BrokerSet? isr = null, BrokerSet? elr = null, long highWatermark = 0, ReplicaSettings? settings = null) =>
        Rules.Take(Back(Log(5, At(1, 0)) with { CheckpointedHighWatermark = highWatermark }, settings), new StateTold(State(1, 3, isr ?? All, elr), All, 1000)).State;

    /// <summary>A follower of broker 2 in epoch 3 whose log is known to be a prefix of the leader's.</summary>
    public static ReplicaState Follower(ReplicaSettings? settings = null) => Truncating(settings).After(new EpochEndAnswered(new(3), new(1), ReplicaError.None, new(new(1), 9)));

    /// <summary>A follower of broker 2 in epoch 3, with records 0..4 of epoch 1, that has asked where epoch 1 ends.</summary>
    public static ReplicaState Truncating(ReplicaSettings? settings = null, ReplicaLog? log = null) =>
        Back(log ?? Log(5, At(1, 0)), settings).After(new StateTold(State(2, 3, All), All, 1000));

    public static Step Take(this ReplicaState s, ReplicaInput input) => Rules.Take(s, input);

    public static ReplicaState After(this ReplicaState s, params ReadOnlySpan<ReplicaInput> inputs)
    {
        foreach (var input in inputs) s = Rules.Take(s, input).State;
        return s;
    }

    public static FetchReceived Fetch(int broker, long offset, int epoch = 3, long life = 1, long nowMs = 1000) => new(new(broker), new(life), new(epoch), offset, nowMs);

    public static FetchAnswered Fetched(long offset, long highWatermark, params ReadOnlySpan<Batch> batches) => new(new(3), offset, ReplicaError.None, highWatermark, 0, [.. batches]);
}
