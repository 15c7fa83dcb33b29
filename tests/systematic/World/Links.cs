namespace Reference.Systematic.World;

/// <summary>The links between every two nodes; the end of the node with the lower number is its link's end 0.</summary>
public sealed record Links(int Nodes, ImmutableArray<Link> All)
{
    /// <summary>No link yet.</summary>
    public static Links None(int nodes) => new(nodes, [.. Enumerable.Repeat(Link.None, nodes * (nodes - 1) / 2)]);

    /// <summary>The place of the link between two nodes in a list of all.</summary>
    public static int Place(int a, int b) => a < b ? b * (b - 1) / 2 + a : a * (a - 1) / 2 + b;

    /// <summary>The end of the link between <paramref name="node"/> and <paramref name="peer"/> that is the node's.</summary>
    public static int End(int node, int peer) => node < peer ? 0 : 1;

    /// <summary>The link between two nodes.</summary>
    public Link Between(int a, int b) => All[Place(a, b)];

    /// <summary>What has yet to arrive at <paramref name="to"/> from <paramref name="from"/>.</summary>
    public Sequence<Packet> Queue(int from, int to) => Between(from, to).Queue(End(to, from));

    /// <summary>Whether <paramref name="node"/> believes that its link to <paramref name="peer"/> stands.</summary>
    public bool IsOpen(int node, int peer) => Between(node, peer).IsOpen(End(node, peer));

    /// <summary>Whether a new link between the two can come up, if both live.</summary>
    public bool CanConnect(int a, int b) => Between(a, b).CanConnect;

    /// <summary>Whether a link stands or is coming up, so that it can break.</summary>
    public bool CanBreak(int a, int b) => Between(a, b).CanBreak;

    /// <inheritdoc cref="Link.Connect"/>
    public Links Connect(int a, int b) => With(a, b, Between(a, b).Connect());

    /// <inheritdoc cref="Link.Send"/>
    public Links Send(int from, int to, object message) => With(from, to, Between(from, to).Send(End(from, to), message));

    /// <summary>The next packet arrives.</summary>
    public (Links Links, Packet Packet) Take(int from, int to) => (With(from, to, Between(from, to).Taken(End(to, from))), Queue(from, to)[0]);

    /// <inheritdoc cref="Link.Close"/>
    public Links Close(int node, int peer) => With(node, peer, Between(node, peer).Close(End(node, peer)));

    /// <inheritdoc cref="Link.Break"/>
    public Links Break(int a, int b, bool keepToB, bool keepToA) => With(a, b, Between(a, b).Break(keepTo0: a < b ? keepToA : keepToB, keepTo1: a < b ? keepToB : keepToA));

    /// <inheritdoc cref="Link.Crash"/>
    public Links Crash(int node, bool keep)
    {
        var links = this;
        for (var peer = 0; peer < Nodes; peer++)
            if (peer != node) links = links.With(node, peer, links.Between(node, peer).Crash(End(node, peer), keep));
        return links;
    }

    /// <summary>All links, that between two nodes replaced.</summary>
    public Links With(int a, int b, Link link) => ReferenceEquals(link, Between(a, b)) ? this : this with { All = All.SetItem(Place(a, b), link) };

    /// <summary>Adds everything to <paramref name="f"/>.</summary>
    public void AddTo(ref Fingerprint f)
    {
        foreach (var link in All) link.AddTo(ref f);
    }
}
