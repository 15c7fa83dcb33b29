namespace Reference.Systematic.World;

/// <summary>What travels on a link: a message, or what an end notices of the link itself.</summary>
public abstract record Packet
{
    /// <summary>The link stands from here on.</summary>
    public sealed record Up : Packet;

    /// <summary>The link is gone from here on.</summary>
    public sealed record Down : Packet;

    /// <summary>A message.</summary>
    public sealed record Carries(object Message) : Packet;

    /// <summary>The one <see cref="Up"/>.</summary>
    public static readonly Packet IsUp = new Up();

    /// <summary>The one <see cref="Down"/>.</summary>
    public static readonly Packet IsDown = new Down();
}

/// <summary>FIFO links between every two nodes, as TCP gives them: what was sent arrives in order, a link that breaks loses a suffix, and each end notices for itself.</summary>
/// <remarks>
/// A queue a node and its peer: what has yet to arrive there. An end is open from the Up it saw to the Down it saw, or to its own close.
/// A new link comes up once both ends are closed and nothing of the old one is left.
/// </remarks>
public sealed record Links(int Nodes, ImmutableArray<Sequence<Packet>> Queues, ImmutableArray<bool> Open)
{
    /// <summary>No link yet.</summary>
    public static Links None(int nodes) => new(nodes, [.. Enumerable.Repeat(Sequence<Packet>.Empty, nodes * nodes)], [.. new bool[nodes * nodes]]);

    /// <summary>What has yet to arrive at <paramref name="to"/> from <paramref name="from"/>.</summary>
    public Sequence<Packet> Queue(int from, int to) => Queues[from * Nodes + to];

    /// <summary>Whether <paramref name="node"/> believes that its link to <paramref name="peer"/> stands.</summary>
    public bool IsOpen(int node, int peer) => Open[node * Nodes + peer];

    /// <summary>Whether a new link between the two can come up, if both live.</summary>
    public bool CanConnect(int a, int b) => !IsOpen(a, b) && !IsOpen(b, a) && Queue(a, b).IsEmpty && Queue(b, a).IsEmpty;

    /// <summary>A new link; each end learns of it in its own time.</summary>
    public Links Connect(int a, int b) => With(a, b, [Packet.IsUp]).With(b, a, [Packet.IsUp]);

    /// <summary>A message on its way; into the void if the link is already gone at either end.</summary>
    public Links Send(int from, int to, object message) =>
        !IsOpen(from, to) || EndsDown(from, to) || EndsDown(to, from) ? this : With(from, to, Queue(from, to).Add(new Packet.Carries(message)));

    /// <summary>The next packet arrives.</summary>
    public (Links Links, Packet Packet) Take(int from, int to)
    {
        var packet = Queue(from, to)[0];
        var links = With(from, to, Queue(from, to).RemoveFirst(1));
        return (packet switch { Packet.Up => links.With(to, from, true), Packet.Down => links.With(to, from, false), _ => links }, packet);
    }

    /// <summary><paramref name="node"/> closes its end: what was on its way to it is lost, what it sent before may still arrive.</summary>
    public Links Close(int node, int peer)
    {
        if (!IsOpen(node, peer)) return this;
        return With(node, peer, false).With(peer, node, [Packet.IsDown]).Ended(node, peer);
    }

    /// <summary>The network breaks the link; what is on its way in a direction arrives if it's kept, else it's lost.</summary>
    public Links Break(int a, int b, bool keepToB, bool keepToA)
    {
        var links = keepToB ? this : With(a, b, Lost(a, b));
        if (!keepToA) links = links.With(b, a, links.Lost(b, a));
        return links.Ended(a, b).Ended(b, a);
    }

    /// <summary>Whether a link stands or is coming up, so that it can break.</summary>
    public bool CanBreak(int a, int b) => (IsOpen(a, b) || IsOpen(b, a) || !Queue(a, b).IsEmpty) && !EndsDown(a, b) && !EndsDown(b, a);

    /// <summary>A node is gone: what was on its way to it is lost; its peers get what it sent, if that's kept, and then notice.</summary>
    public Links Crash(int node, bool keep)
    {
        var links = this;
        for (var peer = 0; peer < Nodes; peer++)
        {
            if (peer == node) continue;
            var wasThere = IsOpen(peer, node) || !Queue(node, peer).IsEmpty;
            links = links.With(peer, node, []).With(node, peer, false);
            if (!keep) links = links.With(node, peer, links.Lost(node, peer));
            if (wasThere) links = links.Ended(node, peer);
        }
        return links;
    }

    /// <summary>What is left of a queue that loses its messages: an Up that hasn't been seen yet stays, so that its Down has something to end.</summary>
    private Sequence<Packet> Lost(int from, int to) => !IsOpen(to, from) && Queue(from, to).Count > 0 && Queue(from, to)[0] is Packet.Up ? [Packet.IsUp] : [];

    private Links Ended(int from, int to) => EndsDown(from, to) ? this : With(from, to, Queue(from, to).Add(Packet.IsDown));

    private bool EndsDown(int from, int to) => Queue(from, to) is { IsEmpty: false } queue && queue[queue.Count - 1] is Packet.Down;

    private Links With(int from, int to, Sequence<Packet> queue) => this with { Queues = Queues.SetItem(from * Nodes + to, queue) };

    private Links With(int node, int peer, bool open) => this with { Open = Open.SetItem(node * Nodes + peer, open) };

    /// <summary>Adds everything to <paramref name="f"/>; messages hash themselves.</summary>
    public void AddTo(ref Fingerprint f)
    {
        foreach (var queue in Queues)
        {
            foreach (var packet in queue)
            {
                if (packet is Packet.Carries { Message: IFingerprinted message }) message.AddTo(ref f);
                else f.Add(packet is Packet.Up ? -2 : -3);
            }
            f.Add(queue.Count);
        }
        foreach (var open in Open) f.Add(open);
    }
}
