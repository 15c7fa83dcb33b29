global using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Zab;

/// <summary>The rules of atomic broadcast, as one server follows them. It holds no state: each step is given one and returns the next.</summary>
/// <remarks>In files by phase: Election, Discovery, Synchronization, Broadcast; Heartbeat for who leaves whom, Storage for what disks answer.</remarks>
public partial class Peer(PeerSettings settings)
{
    /// <summary>This server.</summary>
    protected NodeId Self { get; } = settings.Self;

    /// <summary>The ensemble.</summary>
    protected ImmutableSortedSet<NodeId> Members { get; } = settings.Members;

    /// <summary>The state of a server that finds <paramref name="disk"/>; <see cref="Started"/> is its first input. Its service holds the snapshot at the history's base.</summary>
    [Rule("ZAB-DISK-3")]
    public static NodeState Recover(Durable disk) => new()
    {
        Durable = disk,
        SyncedAcceptedEpoch = disk.AcceptedEpoch,
        SyncedCurrentEpoch = disk.CurrentEpoch,
        Committed = disk.History.Base,
        Delivered = disk.History.Base,
    };

    /// <summary>The step that <paramref name="input"/> makes from <paramref name="s"/>.</summary>
    public Step Take(NodeState s, Input input) => input switch
    {
        Received r => OnReceived(s, r.From, r.Message),
        Persisted p => OnPersisted(s, p.Count),
        Proposed p => OnProposed(s, p.Txn),
        AlarmRang a => OnAlarm(s, a.Alarm),
        Connected c => OnConnected(s, c.Peer),
        Disconnected d => OnDisconnected(s, d.Peer),
        SnapshotWanted => OnSnapshotWanted(s),
        SnapshotTaken t => OnSnapshotTaken(s, t.Zxid),
        Started => Look(s, s.Round + 1),
        _ => throw new ArgumentOutOfRangeException(nameof(input), input, "an input that no rule knows"),
    };

    private Step OnMessage(NodeState s, NodeId from, Message message) => message switch
    {
        Propose m => OnPropose(s, from, m),
        Ack m => OnAck(s, from, m),
        Commit m => OnCommit(s, from, m),
        Ping => OnPing(s, from),
        Pong => OnPong(s, from),
        Notification m => OnNotification(s, from, m),
        CEpoch m => OnCEpoch(s, from, m),
        NewEpoch m => OnNewEpoch(s, from, m),
        AckEpoch m => OnAckEpoch(s, from, m),
        Diff m => OnDiff(s, from, m),
        Trunc m => OnTrunc(s, from, m),
        Snap m => OnSnap(s, from, m),
        NewLeader m => OnNewLeader(s, from, m),
        AckNewLeader m => OnAckNewLeader(s, from, m),
        UpToDate m => OnUpToDate(s, from, m),
        _ => throw new ArgumentOutOfRangeException(nameof(message), message, "a message that no rule knows"),
    };

    private Step OnAlarm(NodeState s, Alarm alarm) => alarm switch
    {
        Alarm.ElectionResend => OnElectionResend(s),
        Alarm.ElectionSettles => OnElectionSettles(s),
        Alarm.Discovery => OnDiscoveryLimit(s),
        Alarm.Synchronization => OnSynchronizationLimit(s),
        Alarm.Heartbeat => OnHeartbeat(s),
        Alarm.QuorumCheck => OnQuorumCheck(s),
        Alarm.LeaderSilent => OnLeaderSilent(s),
        _ => throw new ArgumentOutOfRangeException(nameof(alarm), alarm, "an alarm that no rule sets"),
    };

    /// <summary>Whether these are a quorum. A name counts once, however often it is listed.</summary>
    [Rule("ZAB-QUORUM-1")]
    protected virtual bool HasQuorum(IEnumerable<NodeId> who) => Quorum.Holds(who, Members);

    /// <summary>The list with one more voice, sorted; a voice heard twice is listed twice, and counts once.</summary>
    private static ImmutableArray<NodeId> Heard(ImmutableArray<NodeId> voices, NodeId who)
    {
        var at = 0;
        while (at < voices.Length && voices[at] <= who) at++;
        return voices.Insert(at, who);
    }

    private static Step Ignore(NodeState s, string why) => new(s, [], why);

    private static bool IsLeader(NodeState s, NodeId from) => s.Following is not null && s.Vote.Candidate == from;

    private static Learner? LearnerOf(NodeState s, NodeId id)
    {
        if (s.Leading is null) return null;
        foreach (var learner in s.Leading.Learners)
        {
            if (learner.Id == id) return learner;
        }

        return null;
    }

    private static NodeState With(NodeState s, Learner learner)
    {
        var learners = s.Leading!.Learners;
        for (var at = 0; ; at++)
        {
            if (at == learners.Length || learners[at].Id > learner.Id) return s with { Leading = s.Leading with { Learners = learners.Insert(at, learner) } };
            if (learners[at].Id == learner.Id) return s with { Leading = s.Leading with { Learners = learners.SetItem(at, learner) } };
        }
    }
}
