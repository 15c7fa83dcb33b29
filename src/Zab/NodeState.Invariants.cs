namespace Reference.Zab;

public sealed partial record NodeState
{
    /// <summary>A history never has a hole or a step back.</summary>
    [Rule("ZAB-INV-1")]
    public static readonly Invariant<NodeState> HistoryIsOrdered = new("ZAB-INV-1",
        "each zxid of a history follows the one before it", s =>
        {
            var last = s.Durable.History.Base;
            foreach (var entry in s.Durable.History.Entries)
            {
                if (!last.IsFollowedBy(entry.Zxid)) return false;
                last = entry.Zxid;
            }

            return true;
        });

    /// <summary>The two epochs are right whenever the server crashes.</summary>
    [Rule("ZAB-INV-2")]
    public static readonly Invariant<NodeState> CurrentEpochIsAccepted = new("ZAB-INV-2",
        "after every prefix of the writes under way, the current epoch on disk is not above the accepted epoch", s =>
        {
            var (accepted, current) = (s.SyncedAcceptedEpoch, s.SyncedCurrentEpoch);
            if (current > accepted) return false;
            for (var i = 0; i < s.Outstanding.Writes.Count; i++)
            {
                if (s.Outstanding.Writes[i] is AcceptEpoch accept) accepted = accept.Epoch;
                if (s.Outstanding.Writes[i] is EnterEpoch enter) current = enter.Epoch;
                if (current > accepted) return false;
            }

            return true;
        });

    /// <summary>The service is never ahead of what's known as committed, nor that of the history, nor behind the snapshot.</summary>
    [Rule("ZAB-INV-3")]
    public static readonly Invariant<NodeState> DeliveredIsKnownCommitted = new("ZAB-INV-3",
        "snapshot ≤ delivered ≤ known as committed ≤ history's end",
        s => s.Durable.History.Base <= s.Delivered && s.Delivered <= s.Committed && s.Committed <= s.LastZxid);

    /// <summary>Whoever serves has its epoch on disk.</summary>
    [Rule("ZAB-INV-4")]
    public static readonly Invariant<NodeState> WhoServesHasEntered = new("ZAB-INV-4",
        "a follower that serves has its leader's epoch on disk, and a server in broadcast means to",
        s => s.Phase != Phase.Broadcast || (s.Durable.CurrentEpoch == s.Epoch && (s.Following is null || s.SyncedCurrentEpoch == s.Epoch)));

    /// <summary>Phase and term go together.</summary>
    [Rule("ZAB-INV-5")]
    public static readonly Invariant<NodeState> TermFitsPhase = new("ZAB-INV-5",
        "a server in election has no term, any other leads or follows, not both",
        s => s.Phase == Phase.Election ? s.Following is null && s.Leading is null : s.Following is null != s.Leading is null);

    /// <summary>The disk's promises and the service's progress are never taken back.</summary>
    [Rule("ZAB-INV-6")]
    public static readonly Invariant<(NodeState Before, NodeState After)> NothingGoesBack = new("ZAB-INV-6",
        "accepted epoch, current epoch, delivered and known-as-committed never decrease, and no delivered transaction leaves the history",
        step => step.Before.Durable.AcceptedEpoch <= step.After.Durable.AcceptedEpoch && step.Before.Durable.CurrentEpoch <= step.After.Durable.CurrentEpoch
            && step.Before.Delivered <= step.After.Delivered && step.Before.Committed <= step.After.Committed && step.Before.Delivered <= step.After.LastZxid);

    /// <summary>The step form of <see cref="HistoryIsOrdered"/>: a step adds at most one transaction, so the last two are what changed.</summary>
    [Rule("ZAB-INV-1")]
    public static readonly Invariant<(NodeState Before, NodeState After)> HistoryGrowsInOrder = new("ZAB-INV-1",
        "what a step adds to a history follows what was its end", step =>
        {
            var history = step.After.Durable.History;
            var count = history.Entries.Count;
            if (ReferenceEquals(history, step.Before.Durable.History) || count == 0) return true;
            return (count == 1 ? history.Base : history.Entries[count - 2].Zxid).IsFollowedBy(history.Entries[count - 1].Zxid);
        });

    /// <summary>The step form of <see cref="CurrentEpochIsAccepted"/>: only a step that touches an epoch can break it.</summary>
    [Rule("ZAB-INV-2")]
    public static readonly Invariant<(NodeState Before, NodeState After)> CurrentEpochStaysAccepted = new("ZAB-INV-2",
        "a step that writes an epoch leaves the current epoch not above the accepted epoch, at every crash point",
        step => (step.Before.Durable.AcceptedEpoch == step.After.Durable.AcceptedEpoch && step.Before.Durable.CurrentEpoch == step.After.Durable.CurrentEpoch)
            || CurrentEpochIsAccepted.Holds(step.After));

    /// <summary>The claims about one server at any time.</summary>
    public static readonly ImmutableArray<Invariant<NodeState>> Invariants =
        [HistoryIsOrdered, CurrentEpochIsAccepted, DeliveredIsKnownCommitted, WhoServesHasEntered, TermFitsPhase];

    /// <summary>The claims about one server's step; with those of <see cref="Invariants"/> that cost nothing, what a running server checks.</summary>
    public static readonly ImmutableArray<Invariant<(NodeState Before, NodeState After)>> StepInvariants =
    [
        HistoryGrowsInOrder, CurrentEpochStaysAccepted, NothingGoesBack,
        AfterStep(DeliveredIsKnownCommitted), AfterStep(WhoServesHasEntered), AfterStep(TermFitsPhase),
    ];

    private static Invariant<(NodeState Before, NodeState After)> AfterStep(Invariant<NodeState> claim) =>
        new(claim.Rule, claim.Claim, step => claim.Holds(step.After));
}
