namespace Reference.Zab;

/// <summary>A server's step, as it was taken: what the claims about single steps look at.</summary>
/// <param name="Node">Whose step.</param>
/// <param name="Before">From where.</param>
/// <param name="Input">On what.</param>
/// <param name="Step">To where, with which effects.</param>
/// <param name="Members">All servers.</param>
public readonly record struct Taken(NodeId Node, NodeState Before, Input Input, Step<NodeState, Effect> Step, ImmutableSortedSet<NodeId> Members)
{
    /// <summary>Nobody is called to a leader by others alone.</summary>
    [Rule("ZAB-INV-16")]
    public static readonly Invariant<Taken> WhoFollowsHasHeardItsLeader = new("ZAB-INV-16",
        "who follows a server has heard that server say that it leads, or, in the same round, that it would", t =>
            t.Before.Following is not null || t.Step.State.Following is null || HasHeardItsLeader(t.Before, t.Input, t.Step.State));

    /// <summary>Synchronisation and proposals meet without a gap.</summary>
    [Rule("ZAB-INV-17")]
    public static readonly Invariant<Taken> NothingIsMissedOnALink = new("ZAB-INV-17",
        "while its link stands, a follower misses none of its leader's proposals: each follows its last one, and a commit is of one that it has", t =>
            t is not { Before: { Following: { } term } before, Input: Received { From: var from, Message: var message } } || from != before.Vote.Candidate || !before.Connected.Contains(from)
            || message switch
            {
                Propose m when term.Stage >= FollowerStage.Receiving => before.LastZxid.IsFollowedBy(m.Zxid),
                Commit m when term.Stage == FollowerStage.Serving => m.Zxid <= before.LastZxid,
                _ => true,
            });

    /// <summary>Who leads is followed.</summary>
    [Rule("ZAB-INV-18")]
    public static readonly Invariant<Taken> WhoLeadsHearsAQuorum = new("ZAB-INV-18",
        "an established leader that heard no quorum between two looks doesn't lead after the second", t =>
            t is not { Before: { IsEstablished: true, Leading: { } term }, Input: AlarmRang { Alarm: Alarm.QuorumCheck } } || t.Step.State.Leading is null
            || Kernel.Quorum.Holds([t.Node, .. term.Learners.Where(l => l.Heard).Select(l => l.Id)], t.Members));

    /// <summary>A dead leader isn't waited for.</summary>
    [Rule("ZAB-INV-19")]
    public static readonly Invariant<Taken> OnlyItsLeaderIsWaitedFor = new("ZAB-INV-19",
        "a follower's wait for a word of its leader begins anew with that leader's words alone", t =>
            !t.Step.Effects.Any(x => x is SetAlarm { Alarm: Alarm.LeaderSilent })
            || (t.Input is Received r && t.Step.State.Following is not null && r.From == t.Step.State.Vote.Candidate));

    /// <summary>The order of epochs: a zxid's epoch says whose it is.</summary>
    [Rule("ZAB-INV-20")]
    public static readonly Invariant<Taken> ProposalsAreOfTheirLeadersEpoch = new("ZAB-INV-20",
        "a transaction gets a zxid of the epoch in which its leader is established", t =>
            t.Input is not Proposed
            || t.Step.Effects.All(x => x is not Persist { Write: Append append } || (t.Before is { IsEstablished: true, Leading: { } term } && append.Zxid.Epoch == term.Epoch)));

    /// <summary>The claims about single steps.</summary>
    public static readonly ImmutableArray<Invariant<Taken>> Invariants =
        [WhoFollowsHasHeardItsLeader, NothingIsMissedOnALink, WhoLeadsHearsAQuorum, OnlyItsLeaderIsWaitedFor, ProposalsAreOfTheirLeadersEpoch];

    private static bool HasHeardItsLeader(NodeState before, Input input, NodeState after)
    {
        var leader = after.Vote.Candidate;
        var word = input is Received { From: var from, Message: Notification m } && from == leader ? m : before.Ballots.GetValueOrDefault(leader);
        return word is { Standing: Standing.Leading } || (word is { Standing: Standing.Looking } && word.Round == after.Round && word.Vote.Candidate == leader);
    }
}
