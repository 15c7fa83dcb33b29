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

    /// <summary>Adds it to <paramref name="f"/>; messages hash themselves.</summary>
    public void AddTo(ref Fingerprint f)
    {
        if (this is Carries { Message: IFingerprinted message }) message.AddTo(ref f);
        else f.Add(this is Up ? -2 : -3);
    }
}

/// <summary>A link between two nodes, its ends 0 and 1, as TCP gives it: what was sent arrives in order, a link that breaks loses a suffix, and each end notices for itself.</summary>
/// <param name="To0">What has yet to arrive at end 0.</param>
/// <param name="To1">What has yet to arrive at end 1.</param>
/// <param name="Open0">Whether end 0 believes that the link stands: from the Up that it saw to the Down it saw, or to its own close.</param>
/// <param name="Open1">The same for end 1.</param>
public sealed record Link(Sequence<Packet> To0, Sequence<Packet> To1, bool Open0, bool Open1) : IFingerprinted
{
    /// <summary>No link.</summary>
    public static readonly Link None = new([], [], false, false);

    /// <summary>What has yet to arrive at <paramref name="end"/>.</summary>
    public Sequence<Packet> Queue(int end) => end == 0 ? To0 : To1;

    /// <summary>Whether <paramref name="end"/> believes that the link stands.</summary>
    public bool IsOpen(int end) => end == 0 ? Open0 : Open1;

    /// <summary>Whether a new link can come up, if both ends live: nothing of an old one is left.</summary>
    public bool CanConnect => !Open0 && !Open1 && To0.IsEmpty && To1.IsEmpty;

    /// <summary>Whether a link stands or is coming up, so that it can break.</summary>
    public bool CanBreak => (Open0 || Open1 || !To0.IsEmpty || !To1.IsEmpty) && !EndsDown(0) && !EndsDown(1);

    /// <summary>A new link; each end learns of it in its own time.</summary>
    public Link Connect() => this with { To0 = [Packet.IsUp], To1 = [Packet.IsUp] };

    /// <summary>A message from <paramref name="end"/> on its way; into the void if the link is already gone at either end.</summary>
    public Link Send(int end, object message) => !IsOpen(end) || EndsDown(0) || EndsDown(1) ? this : With(1 - end, Queue(1 - end).Add(new Packet.Carries(message)));

    /// <summary>The next packet arrives at <paramref name="end"/>.</summary>
    public Link Taken(int end)
    {
        var link = With(end, Queue(end).RemoveFirst(1));
        return Queue(end)[0] switch { Packet.Up => link.With(end, true), Packet.Down => link.With(end, false), _ => link };
    }

    /// <summary><paramref name="end"/> closes: what was on its way to it is lost, what it sent before may still arrive.</summary>
    public Link Close(int end) => IsOpen(end) ? With(end, false).With(end, [Packet.IsDown]).Ended(1 - end) : this;

    /// <summary>The network breaks the link; what is on its way to an end arrives if it's kept, else it's lost.</summary>
    public Link Break(bool keepTo0, bool keepTo1)
    {
        var link = keepTo0 ? this : With(0, Lost(0));
        if (!keepTo1) link = link.With(1, link.Lost(1));
        return link.Ended(0).Ended(1);
    }

    /// <summary>The node at <paramref name="end"/> is gone: what was on its way to it is lost; the other gets what was sent, if that's kept, and then notices.</summary>
    public Link Crash(int end, bool keep)
    {
        var other = 1 - end;
        var wasThere = IsOpen(other) || !Queue(other).IsEmpty;
        var link = With(end, []).With(end, false);
        if (!keep) link = link.With(other, link.Lost(other));
        return wasThere ? link.Ended(other) : link;
    }

    /// <summary>What is left of a queue that loses its messages: an Up that hasn't been seen yet stays, so that its Down has something to end.</summary>
    private Sequence<Packet> Lost(int end) => !IsOpen(end) && Queue(end).Count > 0 && Queue(end)[0] is Packet.Up ? [Packet.IsUp] : [];

    private Link Ended(int end) => EndsDown(end) ? this : With(end, Queue(end).Add(Packet.IsDown));

    private bool EndsDown(int end) => Queue(end) is { IsEmpty: false } queue && queue[queue.Count - 1] is Packet.Down;

    private Link With(int end, Sequence<Packet> queue) => end == 0 ? this with { To0 = queue } : this with { To1 = queue };

    private Link With(int end, bool open) => end == 0 ? this with { Open0 = open } : this with { Open1 = open };

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        foreach (var packet in To0) packet.AddTo(ref f);
        f.Add(To0.Count);
        foreach (var packet in To1) packet.AddTo(ref f);
        f.Add(To1.Count);
        f.Add((Open0 ? 1 : 0) | (Open1 ? 2 : 0));
    }
}
