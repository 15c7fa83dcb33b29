namespace Reference.Zab;

/// <summary>Everything that a server knows: what a crash leaves it apart from what it takes away.</summary>
public sealed partial record NodeState : IFingerprinted
{
    /// <summary>What is on disk once every write issued is done.</summary>
    public required Durable Durable { get; init; }

    /// <summary>Writes issued and not yet known durable.</summary>
    public Outstanding Outstanding { get; init; } = Outstanding.None;

    /// <summary>The accepted epoch that is known to be on disk.</summary>
    public int SyncedAcceptedEpoch { get; init; }

    /// <summary>The current epoch that is known to be on disk.</summary>
    public int SyncedCurrentEpoch { get; init; }

    /// <summary>Where in the protocol this server is.</summary>
    public Phase Phase { get; init; } = Phase.Election;

    /// <summary>The last transaction that this server's service has applied, by snapshot or delivery.</summary>
    public Zxid Delivered { get; init; }

    /// <summary>The last transaction that this server knows to be committed.</summary>
    public Zxid Committed { get; init; }

    /// <summary>The servers to which a link stands.</summary>
    public ImmutableSortedSet<NodeId> Connected { get; init; } = [];

    /// <summary>Its vote of the present round; once it follows or leads, the vote that won.</summary>
    public Vote Vote { get; init; }

    /// <summary>The election round: a server that leaves a leader begins the next.</summary>
    public int Round { get; init; }

    /// <summary>In election: a quorum agrees with the vote, and <see cref="Alarm.ElectionSettles"/> is awaited.</summary>
    public bool Settling { get; init; }

    /// <summary>In election: the last notification heard from each server connected.</summary>
    public ImmutableSortedDictionary<NodeId, Notification> Ballots { get; init; } = ImmutableSortedDictionary<NodeId, Notification>.Empty;

    /// <summary>What a follower knows of its term under a leader; null unless it follows.</summary>
    public Following? Following { get; init; }

    /// <summary>What a leader knows of its term; null unless it leads.</summary>
    public Leading? Leading { get; init; }

    /// <summary>The last zxid of the history.</summary>
    public Zxid LastZxid => Durable.History.Last;

    /// <summary>Whether it leads with a quorum that has its history and epoch: the only state in which it proposes and commits.</summary>
    public bool IsEstablished => Leading is not null && Phase == Phase.Broadcast;

    /// <summary>The server it follows, itself if it leads, null while it looks.</summary>
    public NodeId? Leader => Phase == Phase.Election ? null : Vote.Candidate;

    /// <summary>The epoch of its present term as follower or leader; 0 while there is none.</summary>
    public int Epoch => Following?.Epoch ?? Leading?.Epoch ?? 0;

    /// <summary>What others are told it's doing.</summary>
    public Standing Standing => Leading is not null ? Standing.Leading : Following is not null ? Standing.Following : Standing.Looking;

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Durable);
        fingerprint.Add(Outstanding);
        fingerprint.Add(SyncedAcceptedEpoch);
        fingerprint.Add(SyncedCurrentEpoch);
        fingerprint.Add((int)Phase);
        fingerprint.Add(Delivered);
        fingerprint.Add(Committed);
        fingerprint.AddAll(Connected);
        fingerprint.Add(Vote);
        fingerprint.Add(Round);
        fingerprint.Add(Settling);
        foreach (var (server, ballot) in Ballots)
        {
            fingerprint.Add(server);
            fingerprint.Add(ballot);
        }

        fingerprint.Add(Ballots.Count);
        fingerprint.Add(Following);
        fingerprint.Add(Leading);
    }

    /// <summary>Phase, standing, vote, epochs and history on one line.</summary>
    public override string ToString() => $"{Phase} {Standing} round {Round} vote {Vote} {Durable} committed {Committed} delivered {Delivered}";
}

/// <summary>How far a follower has come with its leader.</summary>
public enum FollowerStage
{
    /// <summary>It asks to follow (CEPOCH) and waits for NEWEPOCH.</summary>
    Asking,

    /// <summary>Its promise is on the way to disk.</summary>
    Promising,

    /// <summary>It has answered NEWEPOCH and waits for DIFF, TRUNC or SNAP.</summary>
    Awaiting,

    /// <summary>It takes over the leader's history.</summary>
    Receiving,

    /// <summary>It has NEWLEADER; history and epoch are on the way to disk.</summary>
    Entering,

    /// <summary>It has acknowledged NEWLEADER and waits for UPTODATE.</summary>
    Entered,

    /// <summary>It has UPTODATE: it delivers and serves.</summary>
    Serving,
}

/// <summary>A follower's term.</summary>
/// <param name="Stage">How far it has come.</param>
/// <param name="Epoch">The leader's epoch; 0 before NEWEPOCH.</param>
/// <param name="Target">NEWLEADER's last zxid: where the history stood that the follower takes over.</param>
public sealed record Following(FollowerStage Stage, int Epoch, Zxid Target) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add((int)Stage);
        fingerprint.Add(Epoch);
        fingerprint.Add(Target);
    }
}

/// <summary>How far a leader has come with one of its followers.</summary>
public enum LearnerStage
{
    /// <summary>It has sent CEPOCH.</summary>
    Joined,

    /// <summary>It was sent NEWEPOCH.</summary>
    Asked,

    /// <summary>It has answered NEWEPOCH.</summary>
    Promised,

    /// <summary>It was sent the history and NEWLEADER; proposals follow on the same link.</summary>
    Synchronizing,

    /// <summary>It has acknowledged NEWLEADER.</summary>
    Synchronized,

    /// <summary>It was sent UPTODATE; commits follow.</summary>
    Serving,
}

/// <summary>A follower as its leader sees it, for as long as the link stands.</summary>
/// <param name="Id">Who.</param>
/// <param name="Stage">How far it has come.</param>
/// <param name="Position">Up to here its disk is known to hold the leader's history.</param>
/// <param name="Heard">Whether it was heard since the last <see cref="Alarm.QuorumCheck"/>.</param>
/// <param name="Last">The last zxid of its own history, as it told in ACKEPOCH.</param>
/// <param name="EpochEnds">The last zxids of its epochs, as it told in ACKEPOCH; empty once it is sent the history.</param>
public sealed record Learner(NodeId Id, LearnerStage Stage, Zxid Position, bool Heard, Zxid Last, ImmutableArray<Zxid> EpochEnds) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Id);
        fingerprint.Add((int)Stage);
        fingerprint.Add(Position);
        fingerprint.Add(Heard);
        fingerprint.Add(Last);
        fingerprint.AddAll(EpochEnds);
    }
}

/// <summary>A leader's term.</summary>
/// <param name="Epoch">Its epoch; 0 until a quorum has told the epochs it accepted.</param>
/// <param name="MaxAccepted">The greatest accepted epoch told so far, its own included.</param>
/// <param name="Learners">Its followers, by id.</param>
/// <param name="Promises">Who promised the epoch, each promise heard, sorted; itself once its own is on disk.</param>
/// <param name="Acks">Who acknowledged NEWLEADER before it was established, each acknowledgement heard, sorted; itself once its epoch is on disk.</param>
/// <param name="Initial">The last zxid of the epoch's initial history, once that's settled.</param>
/// <param name="Position">Up to here its own disk is known to hold its history.</param>
public sealed record Leading(
    int Epoch, int MaxAccepted, ImmutableArray<Learner> Learners, ImmutableArray<NodeId> Promises, ImmutableArray<NodeId> Acks, Zxid Initial, Zxid Position) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Epoch);
        fingerprint.Add(MaxAccepted);
        fingerprint.AddAll(Learners);
        fingerprint.AddAll(Promises);
        fingerprint.AddAll(Acks);
        fingerprint.Add(Initial);
        fingerprint.Add(Position);
    }
}
