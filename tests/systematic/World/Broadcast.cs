using Reference.Coordination;

namespace Reference.Systematic.World;

/// <summary>Atomic broadcast as its users may think of it: one log that only grows up to what is committed, of which each server delivers a prefix, in order.</summary>
/// <remarks>
/// <b>Assumed</b>: ZAB. That its servers agree on the log and lose nothing committed is checked in <see cref="ZabWorld"/>, with links and disks; here it is given. One leader proposes in the latest epoch; it commits as it delivers. When an epoch
/// ends, any prefix of what was proposed and not committed is kept, the rest is lost; what a deposed leader proposes is lost. A link carries the leader's commits and the services' messages in one order, as ZAB's links do.
/// </remarks>
/// <param name="Log">All that is proposed in the latest epoch or was kept from earlier ones.</param>
/// <param name="Committed">How much of it can't be lost any more.</param>
/// <param name="Epoch">The latest epoch.</param>
/// <param name="Leader">The server that was established in it.</param>
/// <param name="Delivered">How much each server has delivered.</param>
/// <param name="Queues">What is on its way between every two servers; null stands for the next commit.</param>
public sealed record Broadcast(Sequence<Delivered> Log, int Committed, int Epoch, int Leader, ImmutableArray<int> Delivered, ImmutableArray<Sequence<Message?>> Queues)
{
    /// <summary>Nothing proposed, no epoch.</summary>
    public static Broadcast Of(int servers) => new([], 0, 0, -1, [.. new int[servers]], [.. Enumerable.Repeat(Sequence<Message?>.Empty, servers * servers)]);

    private int Servers => Delivered.Length;

    /// <summary>What is proposed and not committed.</summary>
    public int Tail => Log.Count - Committed;

    /// <summary>What has yet to arrive at <paramref name="to"/> from <paramref name="from"/>.</summary>
    public Sequence<Message?> Queue(int from, int to) => Queues[from * Servers + to];

    /// <summary>The leader of the latest epoch proposes.</summary>
    public Broadcast Propose(Transaction transaction) => this with { Log = Log.Add(new(NextZxid, transaction)) };

    /// <summary>The leader delivers what is next, which commits it, and tells <paramref name="followers"/>.</summary>
    public Broadcast Commit(IEnumerable<int> followers)
    {
        var queues = Queues.ToBuilder();
        foreach (var to in followers) queues[Leader * Servers + to] = queues[Leader * Servers + to].Add(null);
        return this with { Committed = Committed + 1, Delivered = Delivered.SetItem(Leader, Committed + 1), Queues = queues.MoveToImmutable() };
    }

    /// <summary>A server delivers what is next for it.</summary>
    public Broadcast Deliver(int server) => this with { Delivered = Delivered.SetItem(server, Delivered[server] + 1) };

    /// <summary>A message on its way.</summary>
    public Broadcast Send(int from, int to, Message message) => this with { Queues = Queues.SetItem(from * Servers + to, Queue(from, to).Add(message)) };

    /// <summary>The first of what is on its way arrives.</summary>
    public Broadcast Take(int from, int to) => this with { Queues = Queues.SetItem(from * Servers + to, Queue(from, to).RemoveFirst(1)) };

    /// <summary>A server's links are gone, and what was on them.</summary>
    public Broadcast Cut(int server)
    {
        var queues = Queues.ToBuilder();
        for (var other = 0; other < Servers; other++) (queues[server * Servers + other], queues[other * Servers + server]) = ([], []);
        return this with { Queues = queues.MoveToImmutable() };
    }

    /// <summary>An epoch begins: so much of what was proposed is kept, and with that it is committed.</summary>
    public Broadcast Begin(int leader, int kept) => this with { Log = Log.RemoveLast(Tail - kept), Committed = Committed + kept, Epoch = Epoch + 1, Leader = leader };

    private long NextZxid => !Log.IsEmpty && Log[Log.Count - 1].Zxid >> 32 == Epoch ? Log[Log.Count - 1].Zxid + 1 : ((long)Epoch << 32) + 1;

    /// <summary>Adds everything to <paramref name="f"/>.</summary>
    public void AddTo(ref Fingerprint f)
    {
        f.AddAll(Log);
        f.Add(Committed);
        f.Add(Epoch);
        f.Add(Leader);
        foreach (var delivered in Delivered) f.Add(delivered);
        foreach (var queue in Queues)
        {
            foreach (var message in queue) f.Add(message);
            f.Add(queue.Count);
        }
    }
}
