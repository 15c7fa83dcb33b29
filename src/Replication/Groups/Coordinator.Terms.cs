using Step = Reference.Kernel.Step<Reference.Replication.Groups.CoordinatorState, Reference.Replication.Groups.GroupEffect>;

namespace Reference.Replication.Groups;

public partial class Coordinator
{
    /// <summary>A new term begins with nothing in memory but what the log will say.</summary>
    [Rule("GROUP-LOAD-2")]
    protected virtual Step OnElected(CoordinatorState s, Elected i)
    {
        if (i.Epoch <= s.Epoch) return new(s, [], Ignored: "an earlier term's election");

        return Forget(s).Then(after => new(after with { Phase = CoordinatorPhase.Loading, Epoch = i.Epoch }, [new Load(i.Epoch)]));
    }

    /// <summary>The log is folded in its order: the last record of a key holds.</summary>
    [Rule("GROUP-LOAD-2")]
    protected virtual Step OnRecordsRead(CoordinatorState s, RecordsRead i)
    {
        if (s.Phase != CoordinatorPhase.Loading || i.Epoch != s.Epoch) return new(s, [], Ignored: "of another term");

        return new(i.Records.Aggregate(s, Fold), []);
    }

    private static CoordinatorState Fold(CoordinatorState s, GroupRecord record)
    {
        var group = s.Groups.GetValueOrDefault(record.Group) ?? Group.New(record.Group, 0);
        var folded = record switch
        {
            OffsetRecord { Value: { } value } r => group with { Offsets = group.Offsets.SetItem(r.Partition, value) },
            OffsetRecord r => group with { Offsets = group.Offsets.Remove(r.Partition) },
            GenerationRecord { Value: { } value } => Restored(group, value),
            GenerationRecord => Group.New(group.Name, 0) with { Offsets = group.Offsets },
            _ => throw new ArgumentException($"A coordinator knows no record {record}.", nameof(record)),
        };
        return folded.Generation == 0 && folded.ProtocolType is null && folded.Offsets.IsEmpty ? s with { Groups = s.Groups.Remove(group.Name) } : s.With(folded);
    }

    private static Group Restored(Group group, StoredGeneration stored) => group with
    {
        Phase = stored.Members.IsEmpty ? GroupPhase.Empty : GroupPhase.Stable,
        ProtocolType = stored.ProtocolType,
        Generation = stored.Generation,
        Protocol = stored.Protocol,
        Leader = stored.Leader,
        SinceMs = stored.SinceMs,
        Members = Group.ByName<Member>().AddRange(stored.Members.Select(m => KeyValuePair.Create(m.Id, new Member(m.Id, m.Instance, m.ClientId, m.ClientHost, m.SessionTimeoutMs, m.RebalanceTimeoutMs,
            [new(stored.Protocol ?? "", m.Subscription)], m.Assignment, null, null, 0)))),
    };

    /// <summary>All is read: it serves, and gives every member a whole session to find it.</summary>
    [Rule("GROUP-LOAD-3")]
    protected virtual Step OnLogRead(CoordinatorState s, LogRead i)
    {
        if (s.Phase != CoordinatorPhase.Loading || i.Epoch != s.Epoch) return new(s, [], Ignored: "of another term");

        var step = new Step(s with { Phase = CoordinatorPhase.Active }, []);
        foreach (var group in s.Groups.Values)
            foreach (var member in group.Members.Values)
                step = step.Then(after => Beat(after, group.Name, member.Id, i.NowMs));
        return step;
    }

    /// <summary>A term that is over is forgotten with all it knew; who waits is sent elsewhere.</summary>
    [Rule("GROUP-LOAD-4")]
    protected virtual Step OnResigned(CoordinatorState s, Resigned i)
    {
        if (i.Epoch < s.Epoch) return new(s, [], Ignored: "an earlier term's end");

        return Forget(s).Then(after => new(after with { Epoch = i.Epoch }, []));
    }

    private static Step Forget(CoordinatorState s)
    {
        var answers = ImmutableArray.CreateBuilder<GroupEffect>();
        foreach (var member in s.Groups.Values.SelectMany(g => g.Members.Values))
        {
            if (member.Join is { } join) answers.Add(new Answer(join, JoinAnswer.Refused(GroupError.NotCoordinator, member.Id)));
            if (member.Sync is { } sync) answers.Add(new Answer(sync, new SyncAnswer(GroupError.NotCoordinator, default)));
        }
        foreach (var purpose in s.Appends.Values)
        {
            if (purpose is StoreOffsets offsets) answers.Add(new Answer(offsets.Token, new(GroupError.NotCoordinator)));
            if (purpose is StoreReplacement replacement) answers.Add(new Answer(replacement.Join.Token, JoinAnswer.Refused(GroupError.NotCoordinator, replacement.Join.Member)));
            if (purpose is StoreDeletion deletion) answers.Add(new Answer(deletion.Token, new(GroupError.NotCoordinator)));
        }
        return new(CoordinatorState.Start with { Epoch = s.Epoch, LastAppend = s.LastAppend }, answers.ToImmutable());
    }
}
