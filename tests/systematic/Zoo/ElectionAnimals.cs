using Reference.Zab;
using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Systematic.Zoo;

/// <summary>A1. Two of four is taken for a quorum, in every phase: the textbook's off-by-one. Two halves then elect, promise and establish without one server in common.</summary>
public class HalfIsAQuorum(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override bool HasQuorum(IEnumerable<NodeId> who) => 2 * Members.Intersect(who).Count >= Members.Count;
}

/// <summary>
/// A2. Voices are counted, not those who spoke. A follower whose link broke comes back, acknowledges NEWLEADER a second time, and the leader, whose own disk is
/// still behind, takes two acknowledgements of one server for a quorum. Source: the textbook's reason to keep names.
/// </summary>
public class RepeatedVoteCounts(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override bool HasQuorum(IEnumerable<NodeId> who) => who.Count(Members.Contains) > Members.Count / 2;
}

/// <summary>
/// A3. The server with the greatest id wins, whatever its history is worth: the bully algorithm where a protocol needs the most complete log. Here discovery would
/// still turn the leader away, for ever. Source: the paper's postcondition of election.
/// </summary>
public class VoteByIdOnly(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override bool IsBetter(Vote vote, Vote other) => vote.Candidate > other.Candidate;
}

/// <summary>
/// A4. Votes are compared by last zxid, current epoch left out. Who synchronised with a later epoch's leader, and so dropped a tail, loses to a server that still has
/// such a tail. Source: ZOOKEEPER-1082.
/// </summary>
public class VoteByZxidAlone(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override bool IsBetter(Vote vote, Vote other) => (vote.LastZxid, vote.Candidate).CompareTo((other.LastZxid, other.Candidate)) > 0;
}

/// <summary>
/// A5. A vote counts whatever round it was cast in. A server that has since moved on, or whose history has since grown, helps to elect whom it no longer means.
/// Source: ZOOKEEPER-975, -1514.
/// </summary>
public class IgnoresRounds(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override bool CountsInRound(NodeState s, Notification ballot) => ballot.Standing == Standing.Looking;
}

/// <summary>
/// A6. Who looks joins a leader as soon as a quorum's words are that they follow it, and doesn't wait for a word of the leader: followers of a dead leader, which look
/// one after another, then call each other back to it. Source: ZOOKEEPER-159, -3537.
/// </summary>
public class TrustsVotesFromOutside(PeerSettings settings) : Peer(settings)
{
    /// <inheritdoc/>
    protected override Notification? LeaderToJoin(NodeState s)
    {
        foreach (var ballot in s.Ballots.Values)
        {
            if (ballot.Standing != Standing.Looking && HasQuorum(FollowersOf(s, ballot.Vote.Candidate))) return ballot;
        }

        return null;
    }
}
