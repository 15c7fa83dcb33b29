namespace Reference.Replication.Control;

/// <summary>What a broker registers, and how long it waits for a namesake to go.</summary>
/// <param name="Me">broker.id.</param>
/// <param name="Endpoints">advertised.listeners.</param>
/// <param name="Directory">The name drawn once for the data folder.</param>
/// <param name="NewCluster">A name drawn for the cluster, should it have none.</param>
/// <param name="PatienceMs">How long the entry of a namesake may stay: as long as sessions can last without a sign of life.</param>
/// <param name="JmxPort">As in the znode; −1 for none.</param>
public sealed record RegistrarSettings(BrokerId Me, ImmutableArray<Endpoint> Endpoints, string Directory, string NewCluster, int PatienceMs, int JmxPort = -1);

/// <summary>What a broker's registration core knows.</summary>
/// <param name="Phase">How far it is.</param>
/// <param name="Session">The session; 0 without one.</param>
/// <param name="Cluster">The cluster that the data folder belongs to; null as long as it belongs to none.</param>
/// <param name="TailKept">What it says of its logs: whether they end where they ended before it last stopped, or no ISR relies on that.</param>
/// <param name="Marked">Whether <see cref="MarkTailKept"/> was ordered.</param>
/// <param name="Epoch">Its registration, while it stands.</param>
/// <param name="Namesake">Whether somebody else's entry was met, and the alarm is set.</param>
public sealed record RegistrarState(RegistrarPhase Phase, long Session, string? Cluster, bool TailKept, bool Marked, BrokerEpoch Epoch, bool Namesake) : IFingerprinted
{
    /// <summary>A broker that has just started.</summary>
    /// <param name="cluster">The cluster that meta.properties names, or null.</param>
    /// <param name="tailKept">Whether it stopped cleanly, or the machine has not been restarted since (CTRL-REBOOT-2).</param>
    public static RegistrarState Start(string? cluster, bool tailKept) => new(RegistrarPhase.Unconnected, 0, cluster, tailKept, false, BrokerEpoch.Unknown, false);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add((int)Phase);
        fingerprint.Add(Session);
        fingerprint.Add(Cluster);
        fingerprint.Add(TailKept);
        fingerprint.Add(Marked);
        fingerprint.Add(Epoch);
        fingerprint.Add(Namesake);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Phase} session {Session} broker epoch {Epoch}";
}
