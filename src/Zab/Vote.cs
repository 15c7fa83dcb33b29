namespace Reference.Zab;

/// <summary>Whom a server would have as leader, and how much that candidate's history is worth.</summary>
/// <param name="Candidate">The server voted for.</param>
/// <param name="CurrentEpoch">The candidate's current epoch: the last one whose history it took over whole.</param>
/// <param name="LastZxid">The last zxid of the candidate's history.</param>
public readonly record struct Vote(NodeId Candidate, int CurrentEpoch, Zxid LastZxid) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Candidate);
        fingerprint.Add(CurrentEpoch);
        fingerprint.Add(LastZxid);
    }

    /// <summary>Candidate, current epoch, last zxid: <c>2 (1, 1.3)</c>.</summary>
    public override string ToString() => $"{Candidate} ({CurrentEpoch}, {LastZxid})";
}

/// <summary>What the sender of a notification is doing.</summary>
public enum Standing
{
    /// <summary>It looks for a leader.</summary>
    Looking,

    /// <summary>It follows the candidate of its vote.</summary>
    Following,

    /// <summary>It leads, and its vote is for itself.</summary>
    Leading,
}
