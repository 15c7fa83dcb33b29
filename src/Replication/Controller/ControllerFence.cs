namespace Reference.Replication.Control;

/// <summary>What a broker remembers of the controllers that it obeyed, to turn away what comes late.</summary>
/// <param name="ControllerEpoch">The latest term seen; 0 for none.</param>
/// <param name="Correlation">The correlation id of the latest request obeyed in that term.</param>
/// <param name="ToldInTerm">The term of the latest UpdateMetadata obeyed; 0 for none.</param>
/// <param name="ToldInLife">The broker epoch that it named.</param>
public sealed record ControllerSeen(int ControllerEpoch, int Correlation, int ToldInTerm = 0, BrokerEpoch ToldInLife = default) : IFingerprinted
{
    public static readonly ControllerSeen Nobody = new(0, -1);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(ControllerEpoch);
        fingerprint.Add(Correlation);
        fingerprint.Add(ToldInTerm);
        fingerprint.Add(ToldInLife);
    }

    /// <inheritdoc/>
    public override string ToString() => $"controller epoch {ControllerEpoch}, request {Correlation}";
}

/// <summary>Whether a broker obeys a controller's request. All rules are questions; the host asks them first and then, for each partition, the replica.</summary>
public class ControllerFence
{
    /// <summary>Judges a request: its error, and what to remember if there is none.</summary>
    /// <param name="seen">What was obeyed so far.</param>
    /// <param name="request">The request.</param>
    /// <param name="correlation">The correlation id in its header.</param>
    /// <param name="mine">This broker's registration; <see cref="BrokerEpoch.Unknown"/> while it has none.</param>
    public (ErrorCode Error, ControllerSeen Seen) Judge(ControllerSeen seen, ControllerRequest request, int correlation, BrokerEpoch mine)
    {
        if (IsOfEarlierController(seen, request.ControllerEpoch)) return (ErrorCode.StaleControllerEpoch, seen);
        if (IsForOtherLife(request.BrokerEpoch, mine)) return (ErrorCode.StaleBrokerEpoch, seen);
        if (CameLate(seen, request.ControllerEpoch, correlation)) return (ErrorCode.StaleControllerEpoch, seen);
        var obeyed = seen with { ControllerEpoch = request.ControllerEpoch, Correlation = correlation };
        return (ErrorCode.None, request is UpdateMetadata ? obeyed with { ToldInTerm = request.ControllerEpoch, ToldInLife = request.BrokerEpoch } : obeyed);
    }

    /// <summary>Whether an UpdateMetadata replaces all that the broker knew of partitions, rather than adding to it: the first of a term, or of a life of the broker, tells everything, and what it doesn't name is gone.</summary>
    /// <param name="seen">What was obeyed before it.</param>
    /// <param name="request">One that is obeyed.</param>
    [Rule("CTRL-SEND-3")]
    public virtual bool ReplacesAll(ControllerSeen seen, UpdateMetadata request) => request.ControllerEpoch != seen.ToldInTerm || request.BrokerEpoch != seen.ToldInLife;

    /// <summary>A controller whose successor was heard is obeyed no longer.</summary>
    [Rule("CTRL-FENCE-4")]
    protected virtual bool IsOfEarlierController(ControllerSeen seen, int controllerEpoch) => controllerEpoch < seen.ControllerEpoch;

    /// <summary>What was decided about an earlier life of this broker isn't meant for this one; and as long as this one isn't registered, all is.</summary>
    [Rule("CTRL-FENCE-5")]
    protected virtual bool IsForOtherLife(BrokerEpoch named, BrokerEpoch mine) => mine == BrokerEpoch.Unknown || named < mine;

    /// <summary>A controller's requests are numbered upwards, whichever connection they take: one that comes after a later one was overtaken, and said again if it mattered.</summary>
    [Rule("CTRL-FENCE-2")]
    protected virtual bool CameLate(ControllerSeen seen, int controllerEpoch, int correlation) => controllerEpoch == seen.ControllerEpoch && correlation <= seen.Correlation;

    /// <summary>The answer for one partition of LeaderAndIsr: an order of an earlier leader epoch is past.</summary>
    /// <param name="order">The order.</param>
    /// <param name="known">The state last obeyed; null if there is no such replica here.</param>
    [Rule("CTRL-FENCE-3")]
    public virtual ErrorCode JudgeOrder(PartitionOrder order, PartitionState? known) =>
        known is not null && order.State.LeaderEpoch < known.LeaderEpoch ? ErrorCode.FencedLeaderEpoch : ErrorCode.None;

    /// <summary>The answer for one partition of StopReplica: one that was decided at an earlier leader epoch must not touch the replica of now.</summary>
    /// <param name="stop">The order.</param>
    /// <param name="known">The leader epoch last obeyed; <see cref="LeaderEpoch.None"/> if there is no such replica here.</param>
    [Rule("CTRL-FENCE-3")]
    public virtual ErrorCode JudgeStop(StopOrder stop, LeaderEpoch known) => stop.LeaderEpoch < known ? ErrorCode.FencedLeaderEpoch : ErrorCode.None;
}
