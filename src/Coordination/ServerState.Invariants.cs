namespace Reference.Coordination;

/// <summary>The claims about one server, and about one step of it.</summary>
public static class Invariants
{
    /// <summary>A session's end is the end of its ephemerals.</summary>
    [Rule("COORD-INV-1")]
    public static readonly Invariant<ServerState> EphemeralsHaveASession = new("COORD-INV-1",
        "no ephemeral without a session", s => s.Committed.Tree.Ephemerals.Keys.All(s.Committed.Sessions.ContainsKey));

    /// <summary>The znodes form a tree.</summary>
    [Rule("COORD-INV-2")]
    public static readonly Invariant<ServerState> EveryParentNamesItsChildren = new("COORD-INV-2",
        "every znode but the root is named by its parent, every name leads to a znode, and what is counted is what is there", s =>
        {
            var tree = s.Committed.Tree;
            var named = 0;
            ulong hash = 0;
            long size = 0;
            foreach (var (path, node) in tree.Nodes)
            {
                named++;
                hash += Tree.HashOf(path, node);
                size += path.Length + node.Data.Length;
                if (path != "/" && tree.Find(Paths.Parent(path))?.Children.Contains(Paths.Name(path)) != true) return false;
                if (node.Creations < node.Children.Count && path is not ("/" or "/zookeeper")) return false;
            }
            return named == tree.Count && hash == tree.Hash && size == tree.ApproximateSize;
        });

    /// <summary>Whoever is served here sees no less than it saw before.</summary>
    [Rule("COORD-INV-3")]
    public static readonly Invariant<ServerState> NobodySawMore = new("COORD-INV-3",
        "no client is served that has seen more than this server", s => s.Connections.Values.All(c => c.SeenZxid <= s.Committed.LastZxid));

    /// <summary>One session, one connection.</summary>
    [Rule("COORD-INV-4")]
    public static readonly Invariant<ServerState> SessionsAreAttachedOnce = new("COORD-INV-4",
        "of the connections that are served, each carries a session of its own, and nobody watches who isn't served",
        s => s.Attached.All(a => s.Connections.TryGetValue(a.Value, out var c) && c.Session == a.Key && c.Phase != ConnectionPhase.Opening)
            && s.Connections.Values.Count(c => c.Phase != ConnectionPhase.Opening) == s.Attached.Count
            && s.Watches.ByConnection.Keys.All(s.Connections.ContainsKey));

    /// <summary>A read waits for nothing but a write.</summary>
    [Rule("COORD-INV-5")]
    public static readonly Invariant<ServerState> OnlyWritesAreWaitedFor = new("COORD-INV-5",
        "the first that waits on a connection is a write", s => s.Connections.Values.All(c => c.Waiting.IsEmpty || c.Waiting[0].Request is WriteRequest));

    /// <summary>What is proposed is what will be.</summary>
    [Rule("COORD-INV-6")]
    public static readonly Invariant<ServerState> ProposedIsCommittedAndOutstanding = new("COORD-INV-6",
        "what requests are judged by is what is committed, with all that is outstanding applied to it in order", s =>
            s.Leadership is not { } l || l.Outstanding.Aggregate(s.Committed, (state, p) => state.Apply(p.Applied.State.LastZxid, p.Transaction).State).Hash == l.Proposed.Hash);

    /// <summary>The step form of <see cref="EphemeralsHaveASession"/>: only a step that changes either can break it.</summary>
    [Rule("COORD-INV-1")]
    public static readonly Invariant<(ServerState Before, ServerState After)> EphemeralsKeepASession = new("COORD-INV-1",
        "no ephemeral without a session", step =>
            ReferenceEquals(step.Before.Committed.Tree.Ephemerals, step.After.Committed.Tree.Ephemerals)
            && ReferenceEquals(step.Before.Committed.Sessions, step.After.Committed.Sessions)
            || EphemeralsHaveASession.Holds(step.After));

    /// <summary>The step form of <see cref="EveryParentNamesItsChildren"/>: it looks at the znodes that a transaction changed.</summary>
    [Rule("COORD-INV-2")]
    public static readonly Invariant<(ServerState Before, ServerState After)> ChangesKeepTheTree = new("COORD-INV-2",
        "what a transaction creates its parent names, and what it deletes is named no more", step => Changes(step).All(change =>
        {
            var tree = step.After.Committed.Tree;
            var isThere = tree.Find(change.Path) is not null;
            return change.Path == "/" || (tree.Find(Paths.Parent(change.Path))?.Children.Contains(Paths.Name(change.Path)) ?? false) == isThere;
        }));

    /// <summary>A change of data counts once.</summary>
    [Rule("COORD-INV-7")]
    public static readonly Invariant<(ServerState Before, ServerState After)> VersionsCountChanges = new("COORD-INV-7",
        "a znode's version rises by one with every change of its data", step => Changes(step).All(change =>
            change.Type != WatchEventType.DataChanged
            || step.Before.Committed.Tree.Find(change.Path) is not { } before
            || step.After.Committed.Tree.Find(change.Path) is not { } after
            || before.Czxid != after.Czxid
            || after.Version == before.Version + Changes(step).Count(c => c.Path == change.Path && c.Type == WatchEventType.DataChanged)));

    /// <summary>A sequence number is taken once: the count that it is taken from never decreases.</summary>
    [Rule("COORD-INV-8")]
    public static readonly Invariant<(ServerState Before, ServerState After)> SequenceNumbersCountCreations = new("COORD-INV-8",
        "a sequential name's number is the count of its parent's creations before it, and the count rises by one with each", step =>
        {
            if (step.After.LastApplied is not { } applied || ReferenceEquals(step.Before.LastApplied, applied)) return true;
            foreach (var parent in applied.Changes.Where(c => c.Type == WatchEventType.Created).Select(c => Paths.Parent(c.Path)).Distinct())
            {
                if (step.After.Committed.Tree.Find(parent) is not { } after) continue;
                var creations = applied.Changes.Where(c => c.Type == WatchEventType.Created && Paths.Parent(c.Path) == parent).ToImmutableArray();
                var first = after.Creations - creations.Length;
                if (step.Before.Committed.Tree.Find(parent) is { } before && before.Czxid == after.Czxid && before.Creations != first) return false;
                for (var i = 0; i < creations.Length; i++)
                    if (creations[i].Sequential && !creations[i].Path.EndsWith(Paths.Sequential("", first + i), StringComparison.Ordinal)) return false;
            }
            return true;
        });

    /// <summary>Time goes one way.</summary>
    [Rule("COORD-INV-9")]
    public static readonly Invariant<(ServerState Before, ServerState After)> NothingIsUndone = new("COORD-INV-9",
        "what is applied stays applied", step => step.Before.Committed.LastZxid <= step.After.Committed.LastZxid);

    /// <summary>The step form of <see cref="ProposedIsCommittedAndOutstanding"/>: what a step proposes, it applies to what was proposed.</summary>
    [Rule("COORD-INV-6")]
    public static readonly Invariant<(ServerState Before, ServerState After)> ProposingAppliesWhatIsProposed = new("COORD-INV-6",
        "what a step proposes is applied to what was proposed before it, and nothing else is", step =>
        {
            if (step.After.Leadership is not { } after) return true;
            if (after.Outstanding.IsEmpty) return ReferenceEquals(after.Proposed, step.After.Committed);
            if (step.Before.Leadership is not { } before || ReferenceEquals(before.Outstanding, after.Outstanding)) return true;
            if (step.After.LastApplied != step.Before.LastApplied) return true;
            var proposed = before.Proposed;
            for (var i = before.Outstanding.Count; i < after.Outstanding.Count; i++) proposed = proposed.Apply(after.Outstanding[i].Applied.State.LastZxid, after.Outstanding[i].Transaction).State;
            return proposed.Hash == after.Proposed.Hash;
        });

    /// <summary>The claims about one server at any time.</summary>
    public static readonly ImmutableArray<Invariant<ServerState>> OfServers =
        [EphemeralsHaveASession, EveryParentNamesItsChildren, NobodySawMore, SessionsAreAttachedOnce, OnlyWritesAreWaitedFor, ProposedIsCommittedAndOutstanding];

    /// <summary>The claims about one server's step: what a running server checks; they cost what changed.</summary>
    public static readonly ImmutableArray<Invariant<(ServerState Before, ServerState After)>> OfSteps =
        [EphemeralsKeepASession, ChangesKeepTheTree, VersionsCountChanges, SequenceNumbersCountCreations, NothingIsUndone, ProposingAppliesWhatIsProposed];

    private static ImmutableArray<Change> Changes((ServerState Before, ServerState After) step) =>
        step.After.LastApplied is { } applied && !ReferenceEquals(step.Before.LastApplied, applied) ? applied.Changes : [];
}
