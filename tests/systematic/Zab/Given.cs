using Reference.Zab;
using Step = Reference.Kernel.Step<Reference.Zab.NodeState, Reference.Zab.Effect>;

namespace Reference.Systematic.Zab;

/// <summary>One server of three, brought where a rule's sentence begins, by the inputs that bring it there.</summary>
internal static class Given
{
    public static readonly NodeId One = new(1), Two = new(2), Three = new(3);

    public static readonly Payload Text = new("text"u8.ToArray());

    public static Zxid Z(int epoch, uint counter) => Zxid.Of(epoch, counter);

    public static Peer Server(int id, uint lastCounter = uint.MaxValue, int retained = 0) =>
        new(new(new(id), [One, Two, Three]) { LastCounter = lastCounter, RetainedTransactions = retained });

    public static Durable Disk(int accepted, int current, params Zxid[] zxids) =>
        new(accepted, current, zxids.Aggregate(History.Empty, (h, z) => h.Add(z, Text)));

    public static Step After(this Peer peer, NodeState state, params Input[] inputs)
    {
        var step = new Step(state, []);
        foreach (var input in inputs)
        {
            step = peer.Take(step.State, input);
            Assert.All(NodeState.Invariants, i => Assert.True(i.Holds(step.State), i.ToString()));
        }

        return step;
    }

    /// <summary>What <paramref name="from"/> says.</summary>
    public static Input Says(this NodeId from, Message message) => new Received(from, message);

    public static Input Votes(this NodeId from, NodeId candidate, int round = 1, Standing standing = Standing.Looking, int epoch = 0, Zxid last = default) =>
        from.Says(new Notification(new(candidate, epoch, last), round, standing));

    /// <summary>It looks for a leader, with links to both others.</summary>
    public static NodeState Looking(Peer peer, Durable? disk = null) =>
        peer.After(Peer.Recover(disk ?? Durable.New), new Started(), new Connected(One), new Connected(Two), new Connected(Three)).State;

    /// <summary>Server 3 leads, and nobody has asked to follow yet.</summary>
    public static NodeState Leading(Peer three, Durable? disk = null) => three.After(Looking(three, disk), One.Votes(Three), Two.Votes(Three)).State;

    /// <summary>Server 3 leads epoch 1 as an established leader; server 1 follows, server 2 hasn't asked.</summary>
    public static NodeState Established(Peer three) => three.After(
        Leading(three), One.Says(new CEpoch(0)), new Persisted(1), One.Says(new AckEpoch(true, 0, Zxid.Zero, [Zxid.Zero])), new Persisted(1), One.Says(new AckNewLeader(1, Zxid.Zero))).State;

    /// <summary>Server 1 follows 3, and waits for NEWEPOCH.</summary>
    public static NodeState Asking(Peer one, Durable? disk = null) =>
        one.After(Looking(one, disk), Two.Votes(Three, epoch: 9), Three.Votes(Three, epoch: 9)).State;

    /// <summary>Server 1 follows 3 in epoch 9, has promised it, and waits for the history.</summary>
    public static NodeState Awaiting(Peer one, Durable? disk = null) => one.After(Asking(one, disk), Three.Says(new NewEpoch(9)), new Persisted(1)).State;

    /// <summary>Server 1 serves under 3 in epoch 9.</summary>
    public static NodeState Serving(Peer one) => one.After(
        Awaiting(one), Three.Says(new Diff(Zxid.Zero)), Three.Says(new NewLeader(9, Zxid.Zero)), new Persisted(1), Three.Says(new UpToDate(Zxid.Zero))).State;
}
