namespace Reference.Replication.Control;

/// <summary>A reason to be woken.</summary>
public abstract record Alarm : IFingerprinted
{
    /// <inheritdoc/>
    public abstract void AddTo(ref Fingerprint fingerprint);
}

/// <summary>A call has waited as long as its caller wanted.</summary>
public sealed record CallDue(CallId Call) : Alarm
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(1);
        fingerprint.Add(Call);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Call} is due";
}

/// <summary>A broker that didn't answer is tried again.</summary>
public sealed record RetryBroker(BrokerId Broker) : Alarm
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(2);
        fingerprint.Add(Broker);
    }

    /// <inheritdoc/>
    public override string ToString() => $"try {Broker} again";
}

/// <summary>Time to look whether leaders stand where they are preferred: leader.imbalance.check.interval.seconds.</summary>
public sealed record RebalanceLeaders : Alarm
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(3);

    /// <inheritdoc/>
    public override string ToString() => "rebalance leaders";
}

/// <summary>The registration of a namesake, or of a former session of this broker, should have ended by now.</summary>
public sealed record RegistrationDue : Alarm
{
    /// <inheritdoc/>
    public override void AddTo(ref Fingerprint fingerprint) => fingerprint.Add(4);

    /// <inheritdoc/>
    public override string ToString() => "registration is due";
}
