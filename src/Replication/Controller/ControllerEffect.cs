namespace Reference.Replication.Control;

/// <summary>What a broker's controller or registration core orders; run in the order given.</summary>
public abstract record Effect;

/// <summary>Set a watch: for a folder on its children, else on the entry, present or not. Has no answer but <see cref="Changed"/>, once. May ride on the read or list that follows it.</summary>
public sealed record Watch(ImmutableArray<MetadataKey> Keys) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"watch {string.Join(' ', Keys)}";
}

/// <summary>Read entries. Answered by <see cref="Found"/>.</summary>
public sealed record Read(ImmutableArray<MetadataKey> Keys) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"read {string.Join(' ', Keys)}";
}

/// <summary>List a folder's children. Answered by <see cref="Listed"/>.</summary>
public sealed record List(MetadataKey Folder) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"list {Folder}";
}

/// <summary>Write, all or nothing. Answered by <see cref="Wrote"/>. Many may be under way; they take effect in order.</summary>
public sealed record Write(ImmutableArray<MetadataOperation> Operations) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"write {string.Join("; ", Operations)}";
}

/// <summary>Send a request to a broker, at the address that the newest <see cref="Reach"/> named. Answered by <see cref="Answered"/> or <see cref="Unanswered"/>.</summary>
/// <remarks>
/// The host numbers what it sends with correlation ids that never go back during a controller epoch, over all connections to that broker (CTRL-FENCE-2), and once it has said <see cref="Unanswered"/> says
/// nothing more of that request.
/// </remarks>
public sealed record Send(BrokerId To, ControllerRequest Request) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"→{To} {Request}";
}

/// <summary>This life of a broker may now be sent requests; a connection to an earlier one is closed.</summary>
public sealed record Reach(RegisteredBroker Broker) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"reach {Broker}";
}

/// <summary>A broker is gone: its connection is closed, a request under way to it isn't answered any more.</summary>
public sealed record Forget(BrokerId Broker) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"forget {Broker}";
}

/// <summary>Have an alarm ring after some time; one that is already set for the same reason is set anew.</summary>
public sealed record SetAlarm(Alarm Alarm, int AfterMs) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"alarm in {AfterMs} ms: {Alarm}";
}

/// <summary>Answers CreateTopics, CreatePartitions or DeleteTopics.</summary>
public sealed record AnswerTopics(CallId Call, ImmutableArray<TopicResult> Topics) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"{Call} answered: {string.Join("; ", Topics)}";
}

/// <summary>Answers ControlledShutdown: the partitions that the broker still leads, because nobody else could.</summary>
public sealed record AnswerShutdown(CallId Call, ErrorCode Error, ImmutableArray<PartitionId> Remaining) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"{Call} answered: {Error}, remaining {string.Join(' ', Remaining)}";
}

/// <summary>This broker is the controller now and knows all. For status and logs; nothing depends on it.</summary>
public sealed record Activate(int ControllerEpoch) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"controller in epoch {ControllerEpoch}";
}

/// <summary>This broker is controller no longer: what was to be sent to brokers is dropped, their connections are closed, alarms are off.</summary>
public sealed record Resign(string Why) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"not controller: {Why}";
}

/// <summary>This broker is registered under this epoch; requests of the controller name it.</summary>
public sealed record Registered(BrokerEpoch Epoch) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"registered, broker epoch {Epoch}";
}

/// <summary>This broker is registered no longer; it goes on as before until a controller tells otherwise, and registers again.</summary>
public sealed record Unregistered(string Why) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"not registered: {Why}";
}

/// <summary>This broker can't be registered and must stop; an error for its operator.</summary>
public sealed record Refuse(string Why) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"can't register: {Why}";
}

/// <summary>The data folder belongs to this cluster from now on: write it to meta.properties, durably, before going on.</summary>
public sealed record JoinCluster(string Id) : Effect
{
    /// <inheritdoc/>
    public override string ToString() => $"join cluster {Id}";
}

/// <summary>From here on a stop that isn't clean, of the process alone, loses nothing of the logs: write the mark of this start of the machine (its boot id) to the data folder, durably (CTRL-REBOOT-2).</summary>
public sealed record MarkTailKept : Effect
{
    /// <inheritdoc/>
    public override string ToString() => "mark the tail as kept";
}
