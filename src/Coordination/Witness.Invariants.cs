namespace Reference.Coordination;

public sealed partial record Witness
{
    /// <summary>One service, many replicas.</summary>
    [Rule("COORD-INV-10")]
    public static readonly Invariant<Witness> ReplicasAreEqual = new("COORD-INV-10",
        "after the same transaction, every server has the same state", w => w.Parted == 0);

    /// <summary>A sequential name is never given twice.</summary>
    [Rule("COORD-INV-11")]
    public static readonly Invariant<Witness> SequentialNamesNeverRepeat = new("COORD-INV-11",
        "below one znode, no sequential name is created twice", w => w.Repeated is null);

    /// <summary>A client never sees an earlier state than it has seen, wherever it goes.</summary>
    [Rule("COORD-INV-12")]
    public static readonly Invariant<Witness> ReadsNeverGoBack = new("COORD-INV-12",
        "a session's reads never go back", w => w.WentBack == SessionId.None);

    /// <summary>A client's answers come in its order.</summary>
    [Rule("COORD-INV-13")]
    public static readonly Invariant<Witness> AnswersKeepTheOrder = new("COORD-INV-13",
        "on every connection, requests are answered in the order that they were asked, reads and writes alike", w => w.Conversations.Values.All(c => c.InOrder));

    /// <summary>A session lives as long as it is heard of.</summary>
    [Rule("COORD-INV-14")]
    public static readonly Invariant<Witness> OnlyTheSilentAreExpired = new("COORD-INV-14",
        "no session is expired before it has been unheard of for its time-out, on the clock of the leader, since that one took over", w =>
            w.Latest is not { Input: AlarmRang { Alarm: Alarm.Heartbeat } alarm } latest
            || latest.Step.Effects.OfType<Propose>().All(p =>
                p.Transaction.Operation is not CloseSession
                || !w.HeardMs.TryGetValue((latest.Server, p.Transaction.Header.Session), out var heardMs)
                || alarm.At.NowMs - heardMs >= latest.Before.Leadership!.Proposed.Sessions[p.Transaction.Header.Session].TimeoutMs));

    /// <summary>No event falls between a client's last zxid and the watches that it sets again.</summary>
    [Rule("COORD-INV-15")]
    public static readonly Invariant<Witness> NoEventIsMissed = new("COORD-INV-15",
        "who sets a watch again is told at once if what it watches has changed since its last zxid, and else has the watch", w =>
        {
            if (w.Latest is not { Input: Requested { Request: SetWatchesRequest r } i, Step: { Ignored: null } step } || !step.Effects.OfType<Reply>().Any()) return true;
            var tree = step.State.Committed.Tree;
            return r.Data.All(path => Told(path) || tree.Find(path)?.Mzxid <= r.SeenZxid && Has(WatchKind.Data, path))
                && r.Exist.All(path => Told(path) || tree.Find(path) is null && Has(WatchKind.Data, path))
                && r.Child.All(path => Told(path) || tree.Find(path)?.Pzxid <= r.SeenZxid && Has(WatchKind.Child, path));

            bool Told(string path) => step.Effects.Any(e => e is Notify n && n.Path == path && n.Connection == i.Connection);
            bool Has(WatchKind kind, string path) => step.State.Watches.Has(kind, path, i.Connection);
        });

    /// <summary>The change comes to its watcher before anything that shows it.</summary>
    [Rule("COORD-INV-16")]
    public static readonly Invariant<Witness> EventsComeBeforeWhatShowsThem = new("COORD-INV-16",
        "a transaction's events are sent before every reply of the step that applies it", w =>
        {
            if (w.Latest is not { Input: Delivered, Step: { Ignored: null } step, Before: var before }) return true;
            var events = ImmutableArray.CreateBuilder<Effect>();
            step.State.LastApplied!.Changes.Aggregate(before.Watches, (watches, change) => watches.Fire(change, events));
            return step.Effects.Take(events.Count).SequenceEqual(events);
        });

    /// <summary>The claims about all servers.</summary>
    public static readonly ImmutableArray<Invariant<Witness>> Invariants =
        [ReplicasAreEqual, SequentialNamesNeverRepeat, ReadsNeverGoBack, AnswersKeepTheOrder, OnlyTheSilentAreExpired, NoEventIsMissed, EventsComeBeforeWhatShowsThem];

    /// <summary>What runs must get to.</summary>
    public static readonly ImmutableArray<Reachable<Witness>> Goals =
    [
        new("a watch fired", w => w.Latest is { Input: Delivered } l && l.Step.Effects.Any(e => e is Notify)),
        new("a missed event told", w => w.Latest is { Input: Requested { Request: SetWatchesRequest } } l && l.Step.Effects.Any(e => e is Notify)),
        new("a session expired", w => w.Latest is { Input: AlarmRang } l && l.Step.Effects.Any(e => e is Propose { Transaction.Operation: CloseSession })),
        new("a session closed", w => w.Latest is { Input: Delivered { Transaction: { Operation: CloseSession, Header.Xid: not 0 } }, Step.Ignored: null }),
        new("a session moved", w => w.Latest is { } l && l.Step.Effects.Any(e => e is SendServer { Message: Moved })),
        new("a multi failed", w => w.Latest is { Input: Delivered { Transaction.Operation: Fail { At: >= 0 } }, Step.Ignored: null }),
        new("a multi went well", w => w.Latest is { Input: Delivered { Transaction.Operation: Multi }, Step.Ignored: null }),
        new("a request waited behind a write", w => w.Latest is { Input: Requested { Request: not WriteRequest } i } l && l.Step.State.Connections.TryGetValue(i.Connection, out var c) && c.Waiting.Count > 1),
        new("requests were judged by what was outstanding", w => w.Latest?.Step.State.Leadership is { Outstanding.Count: > 1 }),
        new("a client was ahead", w => w.Latest is { Input: ConnectRequested i } l && i.LastZxidSeen > l.Before.Committed.LastZxid && l.Before.Role != Role.Inactive),
        new("a container was deleted", w => w.Latest is { Input: Delivered { Transaction.Operation: DeleteContainer }, Step.Ignored: null }),
        new("a sequential name was given", w => w.CreatedAt.Count > 0),
        new("clients were let go", w => w.Latest is { Input: Deposed } l && !l.Step.Effects.IsEmpty),
    ];
}
