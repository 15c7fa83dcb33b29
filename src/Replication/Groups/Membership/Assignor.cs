namespace Reference.Replication.Groups;

/// <summary>Ways to share partitions out among members, by the names that Kafka's clients know.</summary>
public static class Assignor
{
    /// <summary>Each topic's partitions in rows, to its readers in the order of their ids.</summary>
    public const string Range = "range";

    /// <summary>All partitions in turn.</summary>
    public const string RoundRobin = "roundrobin";

    /// <summary>Evenly, and each keeps what it can; what moves is first given up by its owner (KIP-429).</summary>
    public const string CooperativeSticky = "cooperative-sticky";

    /// <summary>All of them.</summary>
    public static readonly ImmutableArray<string> All = [Range, RoundRobin, CooperativeSticky];

    /// <summary>Shares out.</summary>
    /// <param name="name">Which way.</param>
    /// <param name="members">The members' subscriptions, by id.</param>
    /// <param name="partitions">How many partitions each topic has.</param>
    /// <returns>Each member's share; no partition in two of them.</returns>
    [Rule("GROUP-MEMBER-6")]
    public static ImmutableSortedDictionary<string, ImmutableSortedSet<TopicPartition>> Share(string? name, ImmutableSortedDictionary<string, Subscription> members, ImmutableSortedDictionary<string, int> partitions) => name switch
    {
        Range => ByRange(members, partitions),
        RoundRobin => InTurn(members, partitions),
        CooperativeSticky => Sticky(members, partitions),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no way to share out that is known here"),
    };

    private static ImmutableSortedDictionary<string, ImmutableSortedSet<TopicPartition>> ByRange(ImmutableSortedDictionary<string, Subscription> members, ImmutableSortedDictionary<string, int> partitions)
    {
        var shares = Nothing(members);
        foreach (var (topic, count) in partitions)
        {
            var readers = ReadersOf(topic, members);
            for (int r = 0, next = 0; r < readers.Count; r++)
                for (var share = (count / readers.Count) + (r < count % readers.Count ? 1 : 0); share > 0; share--) shares[readers[r]].Add(new(topic, next++));
        }
        return Done(shares);
    }

    private static ImmutableSortedDictionary<string, ImmutableSortedSet<TopicPartition>> InTurn(ImmutableSortedDictionary<string, Subscription> members, ImmutableSortedDictionary<string, int> partitions)
    {
        var shares = Nothing(members);
        var ids = members.Keys.ToList();
        var turn = 0;
        foreach (var partition in AllOf(partitions))
        {
            for (var tried = 0; tried < ids.Count; tried++)
            {
                var id = ids[turn++ % ids.Count];
                if (!members[id].Topics.Contains(partition.Topic)) continue;
                shares[id].Add(partition);
                break;
            }
        }
        return Done(shares);
    }

    private static ImmutableSortedDictionary<string, ImmutableSortedSet<TopicPartition>> Sticky(ImmutableSortedDictionary<string, Subscription> members, ImmutableSortedDictionary<string, int> partitions)
    {
        var shares = Nothing(members);
        var owners = OwnersOf(members, partitions);
        foreach (var (partition, owner) in owners) shares[owner].Add(partition);
        foreach (var partition in AllOf(partitions).Where(p => !owners.ContainsKey(p)))
            if (ReadersOf(partition.Topic, members).MinBy(id => shares[id].Count) is { } least) shares[least].Add(partition);
        while (Move(shares, members, owners)) { }
        foreach (var (partition, owner) in owners)
            foreach (var (id, share) in shares)
                if (id != owner) share.Remove(partition);       // its owner has to let go first: it is given in the next generation
        return Done(shares);
    }

    /// <summary>Moves one partition from who has more to who has less by two or more, those that nobody owned yet first; false if all is even.</summary>
    private static bool Move(SortedDictionary<string, SortedSet<TopicPartition>> shares, ImmutableSortedDictionary<string, Subscription> members, SortedDictionary<TopicPartition, string> owners)
    {
        foreach (var (rich, share) in shares.OrderByDescending(s => s.Value.Count))
        {
            foreach (var partition in share.Reverse().OrderBy(owners.ContainsKey))
            {
                var poor = ReadersOf(partition.Topic, members).MinBy(id => shares[id].Count)!;
                if (shares[poor].Count + 1 >= share.Count) continue;
                share.Remove(partition);
                shares[poor].Add(partition);
                return true;
            }
        }
        return false;
    }

    /// <summary>Who owns what, as the members say; what two claim is nobody's.</summary>
    private static SortedDictionary<TopicPartition, string> OwnersOf(ImmutableSortedDictionary<string, Subscription> members, ImmutableSortedDictionary<string, int> partitions)
    {
        var owners = new SortedDictionary<TopicPartition, string>();
        var claimed = new SortedSet<TopicPartition>();
        foreach (var (id, subscription) in members)
        {
            foreach (var partition in subscription.Owned)
            {
                if (!subscription.Topics.Contains(partition.Topic) || partition.Partition >= partitions.GetValueOrDefault(partition.Topic)) continue;
                if (claimed.Add(partition)) owners[partition] = id;
                else owners.Remove(partition);
            }
        }
        return owners;
    }

    private static List<string> ReadersOf(string topic, ImmutableSortedDictionary<string, Subscription> members) => [.. members.Where(m => m.Value.Topics.Contains(topic)).Select(m => m.Key)];

    private static IEnumerable<TopicPartition> AllOf(ImmutableSortedDictionary<string, int> partitions) => partitions.SelectMany(t => Enumerable.Range(0, t.Value).Select(p => new TopicPartition(t.Key, p)));

    private static SortedDictionary<string, SortedSet<TopicPartition>> Nothing(ImmutableSortedDictionary<string, Subscription> members)
    {
        var shares = new SortedDictionary<string, SortedSet<TopicPartition>>(StringComparer.Ordinal);
        foreach (var id in members.Keys) shares[id] = [];
        return shares;
    }

    private static ImmutableSortedDictionary<string, ImmutableSortedSet<TopicPartition>> Done(SortedDictionary<string, SortedSet<TopicPartition>> shares) =>
        shares.ToImmutableSortedDictionary(s => s.Key, s => s.Value.ToImmutableSortedSet(), StringComparer.Ordinal);
}
