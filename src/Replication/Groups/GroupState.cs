namespace Reference.Replication.Groups;

/// <summary>A member, as the coordinator knows it.</summary>
/// <param name="Id">Its id, unique for ever.</param>
/// <param name="Instance">group.instance.id of a static member, or null.</param>
/// <param name="ClientId">What its client calls itself.</param>
/// <param name="ClientHost">Where it is.</param>
/// <param name="SessionTimeoutMs">How long it may be silent.</param>
/// <param name="RebalanceTimeoutMs">How long a rebalance waits for it: max.poll.interval.ms of a consumer. Another clock than the session's (KIP-62).</param>
/// <param name="Protocols">What it can do, best first.</param>
/// <param name="Assignment">Its share in the present generation, once that is committed.</param>
/// <param name="Join">The JoinGroup that waits.</param>
/// <param name="Sync">The SyncGroup that waits.</param>
/// <param name="DeadlineMs">When its session ends if nothing more is heard.</param>
public sealed record Member(string Id, string? Instance, string ClientId, string ClientHost, int SessionTimeoutMs, int RebalanceTimeoutMs, ImmutableArray<GroupProtocol> Protocols, Opaque Assignment,
    long? Join, long? Sync, long DeadlineMs) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Id);
        fingerprint.Add(Instance);
        fingerprint.Add(SessionTimeoutMs);
        fingerprint.Add(RebalanceTimeoutMs);
        fingerprint.AddAll(Protocols);
        fingerprint.Add(Assignment);
        fingerprint.Add(Join ?? -1);
        fingerprint.Add(Sync ?? -1);
        fingerprint.Add(DeadlineMs);
    }

    /// <summary>What it says for a protocol.</summary>
    public Opaque MetadataFor(string? protocol) => Protocols.FirstOrDefault(p => p.Name == protocol).Metadata;

    /// <summary>Whether a request of it waits for an answer, so that it is known to be there.</summary>
    public bool IsWaiting => Join is not null || Sync is not null;
}

/// <summary>A group.</summary>
/// <param name="Name">group.id.</param>
/// <param name="Phase">Where it stands.</param>
/// <param name="ProtocolType">What it is for; null until somebody joins.</param>
/// <param name="Generation">The number of its generation; 0 before the first.</param>
/// <param name="Protocol">The protocol that the generation elected.</param>
/// <param name="Leader">The member that assigns.</param>
/// <param name="Members">By id.</param>
/// <param name="Pending">Ids given to members that haven't joined with them yet, with the time until which they are waited for (KIP-394).</param>
/// <param name="Offsets">What is committed.</param>
/// <param name="SinceMs">When it came into its phase.</param>
/// <param name="RebalanceMs">When the present rebalance has taken long enough.</param>
/// <param name="InitialUntilMs">While the group's first members gather: the time beyond which they aren't waited for; else null.</param>
/// <param name="Grew">Whether a member came since the gathering was last prolonged.</param>
/// <param name="Deleting">Whether its end is being written.</param>
/// <param name="Unsaved">Whether it is empty and its log doesn't say so, for the record couldn't be stored.</param>
public sealed record Group(string Name, GroupPhase Phase, string? ProtocolType, int Generation, string? Protocol, string? Leader, ImmutableSortedDictionary<string, Member> Members,
    ImmutableSortedDictionary<string, long> Pending, ImmutableSortedDictionary<TopicPartition, CommittedOffset> Offsets, long SinceMs, long RebalanceMs, long? InitialUntilMs, bool Grew, bool Deleting, bool Unsaved = false) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add(Name);
        fingerprint.Add((int)Phase);
        fingerprint.Add(ProtocolType);
        fingerprint.Add(Generation);
        fingerprint.Add(Protocol);
        fingerprint.Add(Leader);
        fingerprint.AddAll(Members.Values);
        foreach (var (id, until) in Pending)
        {
            fingerprint.Add(id);
            fingerprint.Add(until);
        }
        fingerprint.Add(Pending.Count);
        foreach (var (partition, offset) in Offsets)
        {
            fingerprint.Add(partition);
            fingerprint.Add(offset);
        }
        fingerprint.Add(Offsets.Count);
        fingerprint.Add(SinceMs);
        fingerprint.Add(RebalanceMs);
        fingerprint.Add(InitialUntilMs ?? -1);
        fingerprint.Add((Grew ? 1 : 0) | (Deleting ? 2 : 0) | (Unsaved ? 4 : 0));
    }

    /// <summary>A group that nobody has joined.</summary>
    public static Group New(string name, long nowMs) => new(name, GroupPhase.Empty, null, 0, null, null, ByName<Member>(), ByName<long>(),
        ImmutableSortedDictionary<TopicPartition, CommittedOffset>.Empty, nowMs, 0, null, false, false);

    /// <summary>An empty map in the order of characters, which is the same everywhere.</summary>
    public static ImmutableSortedDictionary<string, T> ByName<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);

    /// <summary>The member of an instance.</summary>
    public Member? OfInstance(string? instance) => instance is null ? null : Members.Values.FirstOrDefault(m => m.Instance == instance);

    /// <summary>This group with a member as it is now.</summary>
    public Group With(Member member) => this with { Members = Members.SetItem(member.Id, member) };

    /// <summary>The longest of its members' rebalance time-outs.</summary>
    public int RebalanceTimeoutMs => Members.IsEmpty ? 0 : Members.Values.Max(m => m.RebalanceTimeoutMs);
}

/// <summary>Why something is being appended, and whose answer waits for it.</summary>
public abstract record Purpose(string Group)
{
    /// <summary>What tells it from others that are under way: which kind, for which request or generation.</summary>
    public long Key => this switch
    {
        StoreAssignment p => 1 + (8L * p.Generation),
        StoreReplacement p => 2 + (8L * p.Join.Token),
        StoreEmpty => 3,
        StoreOffsets p => 4 + (8L * p.Token),
        StoreDeletion p => 5 + (8L * p.Token),
        _ => 6,
    };
}

/// <summary>The leader's assignment, of a generation.</summary>
public sealed record StoreAssignment(string Group, int Generation, ImmutableSortedDictionary<string, Opaque> Assignments) : Purpose(Group);

/// <summary>A static member's new id, in a generation that goes on: the id that it had, and the join that waits.</summary>
public sealed record StoreReplacement(string Group, int Generation, string Former, JoinRequested Join) : Purpose(Group);

/// <summary>A group without members.</summary>
public sealed record StoreEmpty(string Group) : Purpose(Group);

/// <summary>Offsets.</summary>
public sealed record StoreOffsets(string Group, long Token, ImmutableSortedDictionary<TopicPartition, CommittedOffset> Offsets) : Purpose(Group);

/// <summary>The end of a group.</summary>
public sealed record StoreDeletion(string Group, long Token) : Purpose(Group);

/// <summary>The end of offsets, and of the group if nothing else is left.</summary>
public sealed record StoreExpiry(string Group, ImmutableArray<TopicPartition> Offsets) : Purpose(Group);

/// <summary>How far a coordinator is.</summary>
public enum CoordinatorPhase
{
    /// <summary>Another broker leads the partition.</summary>
    Idle,

    /// <summary>Leads it, and reads what its predecessors wrote.</summary>
    Loading,

    /// <summary>Serves.</summary>
    Active,
}

/// <summary>A coordinator's state. Nothing here is durable: the log is, and all is read from it.</summary>
/// <param name="Phase">How far it is.</param>
/// <param name="Epoch">The leader epoch of its term, or of its last.</param>
/// <param name="Groups">The groups whose names fall to its partition.</param>
/// <param name="Appends">What is being appended, by number.</param>
/// <param name="LastAppend">The number last given. Never given again.</param>
public sealed partial record CoordinatorState(CoordinatorPhase Phase, int Epoch, ImmutableSortedDictionary<string, Group> Groups, ImmutableSortedDictionary<long, Purpose> Appends, long LastAppend) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        fingerprint.Add((int)Phase);
        fingerprint.Add(Epoch);
        fingerprint.AddAll(Groups.Values);
        foreach (var purpose in Appends.Values) fingerprint.Add(purpose.Key);
        fingerprint.Add(Appends.Count);
    }

    /// <summary>A coordinator as its broker starts.</summary>
    public static readonly CoordinatorState Start = new(CoordinatorPhase.Idle, -1, Group.ByName<Group>(), ImmutableSortedDictionary<long, Purpose>.Empty, 0);

    /// <summary>This state with a group as it is now.</summary>
    public CoordinatorState With(Group group) => this with { Groups = Groups.SetItem(group.Name, group) };

    /// <summary>Whether something of a group is being appended.</summary>
    public bool IsAppending(string group) => Appends.Values.Any(p => p.Group == group);
}

/// <summary>A coordinator's settings, by Kafka's names.</summary>
/// <param name="MinSessionTimeoutMs">group.min.session.timeout.ms.</param>
/// <param name="MaxSessionTimeoutMs">group.max.session.timeout.ms.</param>
/// <param name="InitialDelayMs">group.initial.rebalance.delay.ms.</param>
/// <param name="OffsetsRetentionMs">offsets.retention.minutes, in ms.</param>
/// <param name="StoreRetryMs">After what time a group that couldn't be stored as empty is stored again.</param>
public sealed record GroupSettings(int MinSessionTimeoutMs = 6_000, int MaxSessionTimeoutMs = 1_800_000, int InitialDelayMs = 3_000, long OffsetsRetentionMs = 7L * 24 * 3600 * 1000, int StoreRetryMs = 1_000);
