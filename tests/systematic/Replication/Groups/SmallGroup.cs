using Reference.Replication.Groups;

namespace Reference.Systematic.Replication.Groups;

/// <summary>A coordinator with one group, driven request by request: its log is what it appended and had committed, and after every step its claims are checked.</summary>
internal sealed class SmallGroup(GroupSettings? settings = null)
{
    public const string Name = "g";
    public static readonly GroupSettings AtOnce = new(InitialDelayMs: 0);
    private readonly Coordinator _rules = new(settings ?? AtOnce);
    private long _tokens;

    public CoordinatorState State { get; private set; } = CoordinatorState.Start;
    public List<GroupRecord> Log { get; } = [];
    public Queue<Append> UnderWay { get; } = new();
    public Dictionary<long, GroupAnswer> Answers { get; } = [];
    public Dictionary<string, long> SessionAlarms { get; } = [];
    public long RebalanceAlarm { get; private set; }
    public long Now { get; set; } = 1_000;
    public Group Group => State.Groups[Name];
    public GroupPhase Phase => Group.Phase;

    /// <summary>A coordinator that leads and has read an empty log.</summary>
    public static SmallGroup Active(GroupSettings? settings = null)
    {
        var group = new SmallGroup(settings);
        group.Lead(1);
        return group;
    }

    /// <summary>A stable group of the named members, the first of which leads and assigns to each its own name.</summary>
    public static SmallGroup Stable(params string[] members)
    {
        var group = Active();
        foreach (var member in members) group.Join(member);
        if (members.Length > 1) foreach (var member in members[..^1]) if (group.Group.Members[member].Join is null) group.Join(member, member);
        group.SyncAll();
        group.Commit();
        Assert.Equal(GroupPhase.Stable, group.Phase);
        return group;
    }

    public string? Take(GroupInput input)
    {
        var before = State;
        var step = _rules.Take(before, input);
        State = step.State;
        foreach (var claim in CoordinatorState.Invariants) Assert.True(claim.Holds(State), claim.ToString());
        foreach (var claim in CoordinatorState.StepInvariants) Assert.True(claim.Holds((before, State)), claim.ToString());
        foreach (var effect in step.Effects)
        {
            if (effect is Append append) UnderWay.Enqueue(append);
            if (effect is Answer answer) Assert.True(Answers.TryAdd(answer.Token, answer.Body), $"request {answer.Token} is answered twice");
            if (effect is SetSessionAlarm session) SessionAlarms[session.Member] = session.AtMs;
            if (effect is SetRebalanceAlarm rebalance) RebalanceAlarm = rebalance.AtMs;
        }
        return step.Ignored;
    }

    public void Lead(int epoch)
    {
        Take(new Elected(epoch));
        Take(new RecordsRead(epoch, [.. Log]));
        Take(new LogRead(epoch, Now));
    }

    /// <summary>What is under way is committed.</summary>
    public void Commit()
    {
        while (UnderWay.TryDequeue(out var append))
        {
            Log.AddRange(append.Records);
            Take(new Appended(append.Number, Now));
        }
    }

    public long Join(string newId, string id = "", string? instance = null, bool mustKnowId = false, string metadata = "t", int sessionMs = 10_000, int rebalanceMs = 60_000, string type = "consumer", params string[] protocols)
    {
        Take(new JoinRequested(++_tokens, Name, id, newId, instance, "client", "/127.0.0.1", sessionMs, rebalanceMs, type,
            [.. (protocols.Length == 0 ? ["range"] : protocols).Select(p => new GroupProtocol(p, Bytes(metadata)))], mustKnowId, Now));
        return _tokens;
    }

    public long Sync(string member, int? generation = null, string? instance = null, params string[] assigned)
    {
        Take(new SyncRequested(++_tokens, Name, generation ?? Group.Generation, member, instance, ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, assigned.Select(m => KeyValuePair.Create(m, Bytes(m)))), Now));
        return _tokens;
    }

    public void SyncAll()
    {
        foreach (var member in Group.Members.Keys) Sync(member, assigned: member == Group.Leader ? [.. Group.Members.Keys] : []);
    }

    public GroupError Beat(string member, int? generation = null, string? instance = null)
    {
        Take(new HeartbeatReceived(++_tokens, Name, generation ?? Group.Generation, member, instance, Now));
        return Error(_tokens);
    }

    public long Commit(string member, int generation, long offset, string? instance = null)
    {
        Take(new CommitRequested(++_tokens, Name, generation, member, instance, ImmutableSortedDictionary<TopicPartition, CommittedOffset>.Empty.Add(T0, new(offset, -1, "", Now)), Now));
        return _tokens;
    }

    public CommittedOffset? Fetch()
    {
        Take(new OffsetsRequested(++_tokens, Name, [T0], Now));
        return Assert.IsType<OffsetsAnswer>(Answers[_tokens]).Offsets.Single().Offset;
    }

    public GroupError[] Leave(params (string, string?)[] members)
    {
        Take(new LeaveRequested(++_tokens, Name, [.. members], Now));
        return [.. Assert.IsType<LeaveAnswer>(Answers[_tokens]).Members];
    }

    public long Delete()
    {
        Take(new DeleteRequested(++_tokens, Name, Now));
        return _tokens;
    }

    public long List()
    {
        Take(new ListRequested(++_tokens));
        return _tokens;
    }

    public long Describe()
    {
        Take(new DescribeRequested(++_tokens, Name, Now));
        return _tokens;
    }

    public GroupError Error(long token) => Answers[token].Error;
    public JoinAnswer Joined(long token) => Assert.IsType<JoinAnswer>(Answers[token]);
    public bool IsOpen(long token) => !Answers.ContainsKey(token);
    public static Opaque Bytes(string text) => new([.. text.Select(c => (byte)c)]);
    public static readonly TopicPartition T0 = new("t", 0);
}
