using Step = Reference.Kernel.Step<Reference.Replication.Groups.CoordinatorState, Reference.Replication.Groups.GroupEffect>;

namespace Reference.Replication.Groups;

/// <summary>The coordinator of the groups of one partition of the offsets topic: the rules. It has no state of its own; one object serves all partitions of a broker.</summary>
public partial class Coordinator(GroupSettings settings)
{
    /// <summary>What an input changes, and what the world must do.</summary>
    public Step Take(CoordinatorState s, GroupInput input) => input switch
    {
        Elected i => OnElected(s, i),
        RecordsRead i => OnRecordsRead(s, i),
        LogRead i => OnLogRead(s, i),
        Resigned i => OnResigned(s, i),
        Appended i => OnAppended(s, i),
        AppendFailed i => OnAppendFailed(s, i),
        SessionDue i => OnSessionDue(s, i),
        RebalanceDue i => OnRebalanceDue(s, i),
        ExpiryDue i => OnExpiryDue(s, i),
        GroupRequest i => Refusal(s, i) is { } error ? new(s, [new Answer(i.Token, Refused(i, error))]) : OnRequest(s, i),
        ListRequested i => OnListRequested(s, i),
        _ => throw new ArgumentException($"A coordinator knows no input {input}.", nameof(input)),
    };

    private Step OnRequest(CoordinatorState s, GroupRequest input) => input switch
    {
        JoinRequested i => OnJoinRequested(s, i),
        SyncRequested i => OnSyncRequested(s, i),
        HeartbeatReceived i => OnHeartbeatReceived(s, i),
        LeaveRequested i => OnLeaveRequested(s, i),
        CommitRequested i => OnCommitRequested(s, i),
        OffsetsRequested i => OnOffsetsRequested(s, i),
        DescribeRequested i => OnDescribeRequested(s, i),
        DeleteRequested i => OnDeleteRequested(s, i),
        _ => throw new ArgumentException($"A coordinator knows no request {input}.", nameof(input)),
    };

    /// <summary>Only a coordinator that leads the partition and has read all of it answers; a group whose end is being written is asked about again.</summary>
    [Rule("GROUP-LOAD-1")]
    protected virtual GroupError? Refusal(CoordinatorState s, GroupRequest i) => s.Phase switch
    {
        CoordinatorPhase.Idle => GroupError.NotCoordinator,
        CoordinatorPhase.Loading => GroupError.LoadInProgress,
        _ when i.Group.Length == 0 && i is not (CommitRequested or OffsetsRequested or DescribeRequested) => GroupError.InvalidGroupId,
        _ when s.Groups.TryGetValue(i.Group, out var group) && group.Deleting => GroupError.LoadInProgress,
        _ => null,
    };

    /// <summary>A refusal in the form of the answer that the request asks for.</summary>
    private static GroupAnswer Refused(GroupRequest request, GroupError error) => request switch
    {
        JoinRequested i => JoinAnswer.Refused(error, i.Member),
        SyncRequested => new SyncAnswer(error, default),
        LeaveRequested i => new LeaveAnswer(error, [.. i.Members.Select(_ => error)]),
        OffsetsRequested => new OffsetsAnswer(error, []),
        DescribeRequested => new DescribeAnswer(error, null),
        _ => new GroupAnswer(error),
    };

    private static Step Refuse(CoordinatorState s, GroupRequest request, GroupError error) => new(s, [new Answer(request.Token, Refused(request, error))]);

    /// <summary>Nothing is answered that isn't committed: the purpose waits for the append.</summary>
    [Rule("GROUP-APPEND-1")]
    protected virtual Step Append(CoordinatorState s, Purpose purpose, ImmutableArray<GroupRecord> records)
    {
        var number = s.LastAppend + 1;
        return new(s with { LastAppend = number, Appends = s.Appends.Add(number, purpose) }, [new Append(number, records)]);
    }

    /// <summary>What waited for an append takes effect, and is answered.</summary>
    [Rule("GROUP-APPEND-1")]
    protected virtual Step OnAppended(CoordinatorState s, Appended i)
    {
        if (!s.Appends.TryGetValue(i.Append, out var purpose)) return new(s, [], Ignored: "of an earlier term");
        var next = s with { Appends = s.Appends.Remove(i.Append) };
        var group = next.Groups.GetValueOrDefault(purpose.Group);
        return purpose switch
        {
            StoreOffsets p => OnOffsetsStored(next, group ?? Group.New(p.Group, i.NowMs), p),
            StoreReplacement p => OnReplacementStored(next, group, p, i.NowMs),
            StoreDeletion p => new(next with { Groups = next.Groups.Remove(p.Group) }, [new Answer(p.Token, new(GroupError.None))]),
            _ when group is null => new(next, [], Ignored: "the group is gone"),
            StoreAssignment p => OnAssignmentStored(next, group, p, i.NowMs),
            StoreExpiry p => OnExpiryStored(next, group, p),
            _ => new(next, []),
        };
    }

    /// <summary>What could not be stored is told to who waited; an assignment is asked for anew, and that a group is empty is said again after a while.</summary>
    [Rule("GROUP-APPEND-2")]
    protected virtual Step OnAppendFailed(CoordinatorState s, AppendFailed i)
    {
        if (!s.Appends.TryGetValue(i.Append, out var purpose)) return new(s, [], Ignored: "of an earlier term");
        var next = s with { Appends = s.Appends.Remove(i.Append) };
        var group = next.Groups.GetValueOrDefault(purpose.Group);
        return purpose switch
        {
            StoreOffsets p => new(next, [new Answer(p.Token, new(i.Error))]),
            StoreReplacement p => Refuse(next, p.Join, i.Error),
            StoreDeletion p => new(group is null ? next : next.With(group with { Deleting = false }), [new Answer(p.Token, new(i.Error))]),
            _ when group is null => new(next, [], Ignored: "the group is gone"),
            StoreAssignment p when p.Generation == group.Generation && group.Phase == GroupPhase.CompletingRebalance => PrepareRebalance(next, group, i.NowMs),
            StoreEmpty when group.Phase == GroupPhase.Empty => new(next.With(group with { Unsaved = true }), [new SetRebalanceAlarm(group.Name, i.NowMs + settings.StoreRetryMs)]),
            _ => new(next, []),
        };
    }
}
