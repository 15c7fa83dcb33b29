namespace Reference.Zab;

/// <summary>Phase 0: servers tell each other their votes, round by round, until a quorum agrees on the one whose history is worth most.</summary>
public partial class Peer
{
    /// <summary>What a server's history is worth: its current epoch, then its last zxid. An epoch that it merely means to lead is worth nothing.</summary>
    [Rule("ZAB-ELECT-1")]
    protected virtual (int CurrentEpoch, Zxid LastZxid) Worth(NodeState s) => (s.Durable.CurrentEpoch, s.LastZxid);

    /// <summary>A server votes for itself first.</summary>
    [Rule("ZAB-ELECT-1")]
    protected virtual Vote OwnVote(NodeState s) => new(Self, Worth(s).CurrentEpoch, Worth(s).LastZxid);

    /// <summary>Whether <paramref name="vote"/> beats <paramref name="other"/>: by current epoch, then last zxid, then id.</summary>
    [Rule("ZAB-ELECT-2")]
    protected virtual bool IsBetter(Vote vote, Vote other) =>
        (vote.CurrentEpoch, vote.LastZxid, vote.Candidate).CompareTo((other.CurrentEpoch, other.LastZxid, other.Candidate)) > 0;

    /// <summary>Whether a ballot speaks for the present round.</summary>
    [Rule("ZAB-ELECT-3")]
    protected virtual bool CountsInRound(NodeState s, Notification ballot) => ballot.Round == s.Round;

    /// <summary>The servers that vote as this one does in this round, itself included.</summary>
    protected virtual ImmutableSortedSet<NodeId> Supporters(NodeState s) =>
        [Self, .. s.Ballots.Where(b => CountsInRound(s, b.Value) && b.Value.Vote.Candidate == s.Vote.Candidate).Select(b => b.Key)];

    /// <summary>The word of the established leader that a latecomer may join: it says itself that it leads, and a quorum says that it follows or is that leader.</summary>
    [Rule("ZAB-ELECT-6")]
    protected virtual Notification? LeaderToJoin(NodeState s)
    {
        foreach (var (server, ballot) in s.Ballots)
        {
            if (ballot.Standing == Standing.Leading && HasQuorum(FollowersOf(s, server))) return ballot;
        }

        return null;
    }

    /// <summary>Those whose last word was that they follow <paramref name="leader"/>, or are it.</summary>
    protected static IEnumerable<NodeId> FollowersOf(NodeState s, NodeId leader) =>
        s.Ballots.Where(b => b.Value.Standing != Standing.Looking && b.Value.Vote.Candidate == leader).Select(b => b.Key);

    /// <summary>Begins a round with the server's own vote.</summary>
    protected virtual Step Look(NodeState s, int round)
    {
        var looking = s with { Round = round, Vote = OwnVote(s), Settling = false };
        return new Step(looking, [.. Tell(looking), new SetAlarm(Alarm.ElectionResend)]).Then(Decide);
    }

    /// <summary>A vote arrives. Who looks weighs it; who has a leader tells the one that looks.</summary>
    [Rule("ZAB-ELECT-4"), Rule("ZAB-ELECT-8")]
    protected virtual Step OnNotification(NodeState s, NodeId from, Notification m)
    {
        if (s.Phase != Phase.Election) return OnNotificationWithLeader(s, from, m);

        var heard = s with { Ballots = s.Ballots.SetItem(from, m) };
        if (m.Standing != Standing.Looking) return Decide(heard);
        if (m.Round > s.Round) return Adopt(heard, m.Round, IsBetter(m.Vote, OwnVote(s)) ? m.Vote : OwnVote(s));
        if (m.Round == s.Round && IsBetter(m.Vote, s.Vote)) return Adopt(heard, m.Round, m.Vote);
        if (m.Round < s.Round || IsBetter(s.Vote, m.Vote)) return new Step(heard, [new Send(from, BallotOf(s))]).Then(Decide);
        return Decide(heard);
    }

    private Step OnNotificationWithLeader(NodeState s, NodeId from, Notification m)
    {
        if (IsLeader(s, from) && HasLeft(s, m)) return Leave(s, "its leader no longer means to lead it");
        if (m.Standing == Standing.Looking) return new(s, [new Send(from, BallotOf(s))]);
        if (IsLeader(s, from) && m.Standing == Standing.Leading && s.Following!.Stage == FollowerStage.Asking) return Ask(s);
        return Ignore(s, "it has a leader");
    }

    /// <summary>Whether its leader's own words say that it isn't one: it follows another, or looks in a later round.</summary>
    private static bool HasLeft(NodeState s, Notification m) =>
        m.Standing == Standing.Following || (m.Standing == Standing.Looking && m.Round > s.Round);

    private Step Adopt(NodeState s, int round, Vote vote)
    {
        var adopted = s with { Round = round, Vote = vote, Settling = false };
        return new Step(adopted, Tell(adopted)).Then(Decide);
    }

    /// <summary>
    /// Joins an established leader; else, if a quorum supports the vote, decides: at once when every server connected supports it and the candidate was heard,
    /// else when the votes have had time to settle.
    /// </summary>
    [Rule("ZAB-ELECT-5")]
    protected virtual Step Decide(NodeState s)
    {
        if (s.Phase != Phase.Election) return Ignore(s, "it has a leader");
        if (LeaderToJoin(s) is { } word) return Follow(s with { Vote = word.Vote, Round = word.Round });

        var supporters = Supporters(s);
        if (!HasQuorum(supporters)) return new(s, []);
        if (supporters.Contains(s.Vote.Candidate) && s.Connected.IsSubsetOf(supporters)) return Elect(s);
        return s.Settling ? new(s, []) : new(s with { Settling = true }, [new SetAlarm(Alarm.ElectionSettles)]);
    }

    /// <summary>No better vote came. If a quorum still agrees, the vote stands; if its candidate has fallen silent, another round begins.</summary>
    [Rule("ZAB-ELECT-5"), Rule("ZAB-ELECT-7")]
    protected virtual Step OnElectionSettles(NodeState s)
    {
        if (s.Phase != Phase.Election) return Ignore(s, "it has a leader");
        var supporters = Supporters(s);
        if (!HasQuorum(supporters)) return new(s with { Settling = false }, []);
        return supporters.Contains(s.Vote.Candidate) ? Elect(s) : Look(s, s.Round + 1);
    }

    /// <summary>Votes get lost with links: who looks says its own again.</summary>
    [Rule("ZAB-ELECT-4")]
    protected virtual Step OnElectionResend(NodeState s) =>
        s.Phase == Phase.Election ? new(s, [.. Tell(s), new SetAlarm(Alarm.ElectionResend)]) : Ignore(s, "it has a leader");

    private Step Elect(NodeState s) => s.Vote.Candidate == Self ? Lead(s) : Follow(s);

    /// <summary>A server becomes a leader without a quorum yet, and tells everyone.</summary>
    [Rule("ZAB-ELECT-8")]
    protected virtual Step Lead(NodeState s)
    {
        var leading = s with
        {
            Phase = Phases.After(s.Phase, Trigger.LeaderDecided),
            Leading = new(0, s.Durable.AcceptedEpoch, [], [], [], Zxid.Zero, Zxid.Zero),
            Settling = false,
            Ballots = ImmutableSortedDictionary<NodeId, Notification>.Empty,
        };
        return new Step(leading, [.. Tell(leading), new SetAlarm(Alarm.Discovery)]).Then(ChooseEpoch);
    }

    /// <summary>A server follows the candidate of its vote, and asks it for its epoch.</summary>
    protected virtual Step Follow(NodeState s)
    {
        var following = s with
        {
            Phase = Phases.After(s.Phase, Trigger.LeaderDecided),
            Following = new(FollowerStage.Asking, 0, Zxid.Zero),
            Settling = false,
            Ballots = ImmutableSortedDictionary<NodeId, Notification>.Empty,
        };
        return Ask(following).Then(new SetAlarm(Alarm.Discovery));
    }

    private static Notification BallotOf(NodeState s) => new(s.Vote, s.Round, s.Standing);

    private static ImmutableArray<Effect> Tell(NodeState s)
    {
        var notification = BallotOf(s);
        return [.. s.Connected.Select(peer => new Send(peer, notification))];
    }
}
