namespace Reference.Coordination;

/// <summary>What a client is told of a znode beside its data.</summary>
/// <param name="Czxid">The transaction that created it.</param>
/// <param name="Mzxid">The transaction that last changed its data.</param>
/// <param name="CtimeMs">When it was created; milliseconds since the epoch of Unix, by the clock of the leader of that time.</param>
/// <param name="MtimeMs">When its data last changed.</param>
/// <param name="Version">How often its data changed.</param>
/// <param name="Cversion">How often its children changed: 2 × creations − children there are, as ZooKeeper shows it.</param>
/// <param name="Aversion">How often its ACL changed.</param>
/// <param name="EphemeralOwner">The session whose end deletes it; 0 for none, and for a container, as ZooKeeper shows it.</param>
/// <param name="DataLength">Bytes of data.</param>
/// <param name="NumChildren">How many children it has.</param>
/// <param name="Pzxid">The transaction that last created or deleted a child; at first its own creation.</param>
public readonly record struct Stat(
    long Czxid, long Mzxid, long CtimeMs, long MtimeMs, int Version, int Cversion, int Aversion, long EphemeralOwner, int DataLength, int NumChildren, long Pzxid) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Czxid);
        fingerprint.Add(Mzxid);
        fingerprint.Add(CtimeMs);
        fingerprint.Add(MtimeMs);
        fingerprint.Add(Version);
        fingerprint.Add(Cversion);
        fingerprint.Add(Aversion);
        fingerprint.Add(EphemeralOwner);
        fingerprint.Add(DataLength);
        fingerprint.Add(NumChildren);
        fingerprint.Add(Pzxid);
    }
}
