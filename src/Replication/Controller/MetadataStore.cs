namespace Reference.Replication.Control;

/// <summary>The metadata store as the controller's rules suppose it: entries with versions, sessions whose ephemeral entries end with them, writes that are all or nothing, one after another. A model for checkers; a cluster uses the ensemble.</summary>
/// <param name="Entries">What there is.</param>
/// <param name="Sessions">The sessions that are alive.</param>
/// <param name="Zxid">The last transaction.</param>
public sealed partial record MetadataStore(ImmutableSortedDictionary<MetadataKey, MetadataNode> Entries, ImmutableSortedSet<long> Sessions, long Zxid) : IFingerprinted
{
    /// <summary>Nothing yet.</summary>
    public static readonly MetadataStore Empty = new(ImmutableSortedDictionary<MetadataKey, MetadataNode>.Empty, [], 0);

    /// <summary>A new session, named by the transaction that began it.</summary>
    public MetadataStore Open() => this with { Zxid = Zxid + 1, Sessions = Sessions.Add(Zxid + 1) };

    /// <summary>A session's end, and that of what it owns.</summary>
    public MetadataStore End(long session) => this with
    {
        Zxid = Zxid + 1,
        Sessions = Sessions.Remove(session),
        Entries = Entries.RemoveRange(Entries.Where(e => e.Value.Owner == session).Select(e => e.Key)),
    };

    /// <summary>The entry, or null.</summary>
    public MetadataEntry Read(MetadataKey key) => new(key, Entries.GetValueOrDefault(key));

    /// <summary>The names of a folder's children.</summary>
    public ImmutableArray<string> List(MetadataKey folder) => [.. Entries.Keys.Where(k => FolderOf(k) == folder).Select(NameOf).Order(StringComparer.Ordinal)];

    /// <summary>Carries out a write of <paramref name="session"/>: the store after it, the answer, and what changed, in order.</summary>
    public (MetadataStore Store, Wrote Answer, ImmutableArray<MetadataKey> Changed) Write(long session, ImmutableArray<MetadataOperation> operations)
    {
        var after = this with { Zxid = Zxid + 1 };
        var changed = ImmutableArray.CreateBuilder<MetadataKey>();
        for (var i = 0; i < operations.Length; i++)
        {
            var (error, next) = after.Apply(session, operations[i], changed);
            if (error != MetadataError.None) return (this, new(Zxid, error, i), []);
            after = next;
        }
        return (after, new(after.Zxid), changed.ToImmutable());
    }

    /// <summary>The folders that a change of <paramref name="key"/> shows in: those whose children it or its removal changes.</summary>
    public static MetadataKey? FolderOf(MetadataKey key) => key.Kind switch
    {
        MetadataKind.Broker => MetadataKey.Brokers,
        MetadataKind.Topic => MetadataKey.Topics,
        MetadataKind.Deletion => MetadataKey.Deletions,
        MetadataKind.IsrChange => MetadataKey.IsrChanges,
        _ => null,
    };

    private static string NameOf(MetadataKey key) => key.Kind == MetadataKind.Broker ? key.Number.ToString(System.Globalization.CultureInfo.InvariantCulture) : key.Name;

    private (MetadataError Error, MetadataStore Store) Apply(long session, MetadataOperation operation, ImmutableArray<MetadataKey>.Builder changed)
    {
        var node = Entries.GetValueOrDefault(operation.Key);
        switch (operation)
        {
            case CreateEntry when node is not null: return (MetadataError.NodeExists, this);
            case CreateEntry create when create.Key.Kind == MetadataKind.Partition && !Entries.ContainsKey(MetadataKey.Topic(create.Key.Name)): return (MetadataError.NoNode, this);
            case CreateEntry create:
                changed.Add(create.Key);
                return (MetadataError.None, With(create.Key, new(create.Value, 0, Zxid, create.Ephemeral ? session : 0, Zxid)));
            case not CreateEntry when node is null: return (MetadataError.NoNode, this);
            case CheckVersion check: return (check.Version == node!.Version ? MetadataError.None : MetadataError.BadVersion, this);
            case SetEntry set when Differs(set.Version, node!): return (MetadataError.BadVersion, this);
            case SetEntry set:
                changed.Add(set.Key);
                return (MetadataError.None, With(set.Key, node! with { Value = set.Value, Version = node.Version + 1, Mzxid = Zxid }));
            case RemoveEntry remove when Differs(remove.Version, node!): return (MetadataError.BadVersion, this);
            case RemoveEntry remove:
                var gone = Entries.Keys.Where(k => k == remove.Key || IsBelow(k, remove.Key)).ToImmutableArray();
                changed.AddRange(gone);
                return (MetadataError.None, this with { Entries = Entries.RemoveRange(gone) });
            default: throw new ArgumentOutOfRangeException(nameof(operation), operation, "no such operation");
        }
    }

    private static bool Differs(int expected, MetadataNode node) => expected != MetadataOperation.AnyVersion && expected != node.Version;

    private static bool IsBelow(MetadataKey key, MetadataKey topic) => topic.Kind == MetadataKind.Topic && key.Kind == MetadataKind.Partition && key.Name == topic.Name;

    private MetadataStore With(MetadataKey key, MetadataNode node) => this with { Entries = Entries.SetItem(key, node) };

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint fingerprint)
    {
        foreach (var (key, node) in Entries)
        {
            fingerprint.Add(key);
            fingerprint.Add(node);
        }
        fingerprint.Add(Entries.Count);
        foreach (var session in Sessions) fingerprint.Add(session);
        fingerprint.Add(Sessions.Count);
        fingerprint.Add(Zxid);
    }

    /// <inheritdoc/>
    public override string ToString() => $"zxid {Zxid}: {string.Join("; ", Entries.Select(e => $"{e.Key} = {e.Value}"))}";
}
