namespace Reference.Zab;

/// <summary>Disks: writes go out in order, and what depends on one leaves when it is durable. Snapshots stand for the history's beginning.</summary>
public partial class Peer
{
    /// <summary>The state once this write is issued.</summary>
    private static NodeState Issue(NodeState s, Write write) =>
        s with { Durable = s.Durable.After(write), Outstanding = s.Outstanding with { Writes = s.Outstanding.Writes.Add(write) } };

    /// <summary>Issues a write. The history and the epochs of <see cref="NodeState.Durable"/> are at once what they will be; nobody is told before they are.</summary>
    [Rule("ZAB-DISK-1")]
    protected static Step Write(NodeState s, Write write) => new(Issue(s, write), [new Persist(write)]);

    /// <summary>Writes that are under way when a term ends reach the disk all the same: the history keeps what they bring, but nobody waits for them any more.</summary>
    [Rule("ZAB-DISK-2")]
    protected virtual NodeState Abandon(NodeState s) => s with { Outstanding = s.Outstanding with { Abandoned = s.Outstanding.Writes.Count } };

    /// <summary>The first writes under way are durable: what waited for them happens, unless the term it was for is over. Appends that got there together are answered together.</summary>
    [Rule("ZAB-DISK-1"), Rule("ZAB-DISK-2")]
    protected virtual Step OnPersisted(NodeState s, int count)
    {
        var (writes, abandoned) = (s.Outstanding.Writes, s.Outstanding.Abandoned);
        var step = new Step(s with { Outstanding = new(writes.RemoveFirst(count), Math.Max(0, abandoned - count)) }, []);
        Zxid? appended = null;
        for (var i = 0; i < count; i++)
        {
            var write = writes[i];
            if (write is Append append) appended = i < abandoned ? null : append.Zxid;
            else if (write is AcceptEpoch or EnterEpoch)
            {
                appended = null;        // the epoch's acknowledgement covers what was appended before it
                step = OnEpochPersisted(step, write, isWaitedFor: i >= abandoned);
            }
        }

        return appended is { } zxid ? step.Then(n => OnAppended(n, zxid)) : step;
    }

    private Step OnEpochPersisted(Step step, Write write, bool isWaitedFor) => write switch
    {
        AcceptEpoch w => new Step(step.State with { SyncedAcceptedEpoch = w.Epoch }, step.Effects).Then(n => isWaitedFor ? OnEpochAccepted(n) : new(n, [])),
        EnterEpoch w => new Step(step.State with { SyncedCurrentEpoch = w.Epoch }, step.Effects).Then(n => isWaitedFor ? OnEpochEntered(n) : new(n, [])),
        _ => step,
    };

    /// <summary>A promise is on disk: a follower gives it, a leader may ask for others'.</summary>
    [Rule("ZAB-DISC-4"), Rule("ZAB-DISC-5")]
    protected virtual Step OnEpochAccepted(NodeState s)
    {
        if (s.Following is { } following) return following.Stage == FollowerStage.Promising ? AnswerNewEpoch(s, promised: true) : new(s, []);
        return Invite(s with { Leading = s.Leading! with { Promises = Heard(s.Leading.Promises, Self) } }).Then(n => n.Phase == Phase.Discovery ? BeginSynchronization(n) : new(n, []));
    }

    /// <summary>History and epoch are on disk: a follower acknowledges NEWLEADER, a leader counts itself.</summary>
    [Rule("ZAB-SYNC-9"), Rule("ZAB-SYNC-10")]
    protected virtual Step OnEpochEntered(NodeState s)
    {
        if (s.Following is { } following) return following.Stage == FollowerStage.Entering ? AnswerNewLeader(s) : new(s, []);
        var counted = s with { Leading = s.Leading! with { Position = s.Leading.Initial } };
        return s.IsEstablished ? AdvanceCommit(counted) : Establish(counted with { Leading = counted.Leading with { Acks = Heard(s.Leading.Acks, Self) } });
    }

    /// <summary>Transactions are on disk: a follower acknowledges them, a leader counts itself.</summary>
    [Rule("ZAB-BCAST-4"), Rule("ZAB-BCAST-5")]
    protected virtual Step OnAppended(NodeState s, Zxid zxid) =>
        s.Leading is { } term ? AdvanceCommit(s with { Leading = term with { Position = zxid } }) : AnswerPropose(s, zxid);

    /// <summary>A snapshot holds what the service has applied, and nothing that isn't committed.</summary>
    [Rule("ZAB-DISK-4")]
    protected virtual Step OnSnapshotWanted(NodeState s) =>
        s.Delivered > s.Durable.History.Base ? new(s, [new TakeSnapshot(SnapshotPoint(s))]) : Ignore(s, "the last snapshot is as new");

    /// <summary>The zxid that a snapshot stands for.</summary>
    [Rule("ZAB-DISK-4")]
    protected virtual Zxid SnapshotPoint(NodeState s) => s.Delivered;

    /// <summary>A snapshot is on disk: the history in memory begins behind it, or a little before for those who missed a little.</summary>
    [Rule("ZAB-DISK-5")]
    protected virtual Step OnSnapshotTaken(NodeState s, Zxid zxid)
    {
        var history = s.Durable.History;
        if (zxid > s.Delivered) return Ignore(s, "a snapshot of what this server hasn't delivered");
        var surplus = history.IndexAfter(zxid) - settings.RetainedTransactions;
        if (surplus <= 0) return Ignore(s, "nothing to leave to it");
        return new(s with { Durable = s.Durable with { History = history.TrimmedTo(history.Entries[surplus - 1].Zxid) } }, []);
    }
}
