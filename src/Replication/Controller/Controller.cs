using Step = Reference.Kernel.Step<Reference.Replication.Control.ControllerState, Reference.Replication.Control.Effect>;

namespace Reference.Replication.Control;

/// <summary>The controller's rules: who is controller, who leads each partition, which topics there are. Every broker runs one; one at a time holds the seat. It has no state of its own.</summary>
public partial class Controller(ControllerSettings settings)
{
    /// <summary>What the operator said.</summary>
    public ControllerSettings Settings => settings;

    /// <summary>What one input does to <paramref name="s"/>.</summary>
    public Step Take(ControllerState s, Input input) => Follow(input switch
    {
        Connected m => OnConnected(s, m),
        Disconnected => OnSessionLost(s, "the metadata store is out of reach"),
        Expired => OnSessionLost(s, "the session expired"),
        Changed m => OnChanged(s, m.Key),
        Listed m => OnListed(s, m),
        Found m => OnFound(s, m),
        Wrote m => OnWrote(s, m),
        Answered m => OnAnswered(s, m),
        Unanswered m => OnUnanswered(s, m),
        ConnectionRefused m => OnConnectionRefused(s, m),
        AlarmRang m => OnAlarm(s, m.Alarm),
        CreateTopics m => OnCreateTopics(s, m),
        CreatePartitions m => OnCreatePartitions(s, m),
        DeleteTopics m => OnDeleteTopics(s, m),
        ControlledShutdown m => OnControlledShutdown(s, m),
        ElectPreferred m => OnElectPreferred(s, m.Partitions),
        _ => throw new ArgumentOutOfRangeException(nameof(input), input, "no such input"),
    });

    /// <summary>What follows from the state rather than from an input; once a step, and only for a controller that knows all.</summary>
    private Step Follow(Step step)
    {
        if (step.State.Phase == ControllerPhase.Loading && step.State.Awaited == 0) step = step.Then(OnLoaded);
        if (step.State.Phase != ControllerPhase.Active) return step;
        return step.Then(RunDeletions).Then(ElectDue).Then(SettleTails).Then(Speak).Then(AnswerCalls);
    }

    private Step OnAlarm(ControllerState s, Alarm alarm) => alarm switch
    {
        CallDue m => OnCallDue(s, m.Call),
        RetryBroker m => OnRetryBroker(s, m.Broker),
        RebalanceLeaders => OnRebalance(s),
        _ => Ignore(s, "not this core's alarm"),
    };

    private static Step Ignore(ControllerState s, string why) => new(s, [], why);

    private static Step Done(ControllerState s, params ReadOnlySpan<Effect> effects) => new(s, [.. effects]);

    /// <summary>Reads entries.</summary>
    private static Step Read(ControllerState s, IEnumerable<MetadataKey> keys) =>
        keys.ToImmutableArray() is { IsEmpty: false } all ? new(s with { Awaited = s.Awaited + 1 }, [new Read(all)]) : new(s, []);

    /// <summary>Reads entries, or lists a folder, and hears of the change after.</summary>
    private Step Look(ControllerState s, params ImmutableArray<MetadataKey> keys) =>
        keys.IsEmpty ? new(s, []) : new(s with { Awaited = s.Awaited + 1 }, keys[0].IsFolder ? WatchAndRead(new(keys), new List(keys[0])) : WatchAndRead(new(keys), new Read(keys)));

    /// <summary>The watch stands before the read: whatever changes after what was read is heard of.</summary>
    [Rule("CTRL-STORE-1")]
    protected virtual ImmutableArray<Effect> WatchAndRead(Watch watch, Effect read) => [watch, read];

    /// <summary>Writes in this controller's term, or not at all.</summary>
    private Step Commit(ControllerState s, Purpose purpose, IEnumerable<MetadataOperation> operations) =>
        new(s with { Writes = s.Writes.Add(purpose) }, [new Write([.. Fence(s), .. operations])]);

    /// <summary>Each write of a controller begins with the check that no later one was elected.</summary>
    [Rule("CTRL-FENCE-1")]
    protected virtual ImmutableArray<MetadataOperation> Fence(ControllerState s) => [new CheckVersion(MetadataKey.ControllerEpoch, s.EpochVersion)];
}
