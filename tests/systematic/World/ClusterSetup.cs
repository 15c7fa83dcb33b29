using Reference.Replication;
using Reference.Replication.Control;

namespace Reference.Systematic.World;

/// <summary>What may happen to a cluster that is explored, and how often.</summary>
/// <param name="Rules">Which classes play the cores.</param>
/// <param name="Partition">The replicas, and what may happen to them.</param>
/// <param name="Controllers">How many of the brokers stand for controller: the first ones.</param>
/// <param name="Expiries">How often the session of a broker that lives ends. Those of the dead end at any time.</param>
/// <param name="Breaks">How often a connection of a controller to a broker breaks under a request.</param>
public sealed record ClusterSetup(Rules Rules, IsrSetup Partition, int Controllers = 2, int Expiries = 1, int Breaks = 0)
{
    /// <summary>How often an operator has the topic deleted, and creates it again once it is gone.</summary>
    public int Deletions { get; init; }

    /// <summary>How often an operator clears the seat, so that another controller is elected while the old one's session lives.</summary>
    public int Ousts { get; init; }

    /// <summary>Whether brokers that are down refuse connections, and controllers hear so.</summary>
    public bool Refuses { get; init; }

    /// <summary>Whether leaders leave notes of the ISRs that they wrote.</summary>
    public bool LeavesNotes { get; init; }

    /// <summary>Whether the keys of one read are read one by one, so that there are writes in between.</summary>
    public bool ReadsOneByOne { get; init; }

    /// <summary>Whether what needn't wait is done at once (spec/exploration.md).</summary>
    public bool Reduced { get; init; } = true;

    /// <summary>The same, whose moves tell what they did, or don't.</summary>
    public ClusterSetup Telling(bool tells) => this with { Partition = Partition with { Tells = tells } };

    /// <summary>The controllers' rules, by broker.</summary>
    public ImmutableArray<Controller> Control { get; } =
        [.. Enumerable.Range(1, Controllers).Select(id => Rules.New<Controller>(new ControllerSettings(new(id)) { AutoLeaderRebalance = false, MinInsyncReplicas = Partition.MinInSync }))];

    /// <summary>The registrations' rules, by broker.</summary>
    public ImmutableArray<Registrar> Registrars { get; } =
        [.. Enumerable.Range(1, Partition.Brokers).Select(id => Rules.New<Registrar>(new RegistrarSettings(new(id), [], $"folder-{id}", "cluster", 10_000)))];

    /// <summary>How brokers tell whom to obey.</summary>
    public ControllerFence Fence { get; } = Rules.New<ControllerFence>();

    /// <summary>Whether a claim is evaluated.</summary>
    public bool Judges(string invariant) => Partition.Judges(invariant);
}

/// <summary>A controller's request on its way to a broker.</summary>
/// <param name="From">The sender's place, from 0.</param>
/// <param name="To">The receiver's.</param>
/// <param name="Request">What it says.</param>
/// <param name="Correlation">Its number: later requests of a term to a broker have higher ones. Only their order counts.</param>
/// <param name="IsAwaited">Whether the sender will hear the answer; if not, its connection is gone, and the request arrives late or never.</param>
/// <param name="Hash">The fingerprint of what it says.</param>
public sealed record RequestUnderWay(int From, int To, ControllerRequest Request, int Correlation, bool IsAwaited, ulong Hash) : IFingerprinted
{
    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(From);
        f.Add(To);
        f.Add(Hash);
        f.Add(Correlation);
        f.Add(IsAwaited);
    }
}

/// <summary>A broker beside its replica: its session, its controller, its registration.</summary>
/// <param name="Session">The session that it believes it has; 0 without one.</param>
/// <param name="Control">Its controller.</param>
/// <param name="Requests">What its controller has asked of the store, in order.</param>
/// <param name="HalfRead">What was read of the oldest of these.</param>
/// <param name="Watches">What its controller watches.</param>
/// <param name="WatchesItself">Whether its own registration is watched.</param>
/// <param name="Registration">How far its registration is.</param>
/// <param name="Seen">The controllers that it obeyed.</param>
public sealed record ClusterBroker(
    long Session, ControllerState Control, Sequence<Effect> Requests, ImmutableArray<MetadataEntry> HalfRead, ImmutableSortedSet<MetadataKey> Watches, bool WatchesItself, RegistrarState Registration, ControllerSeen Seen) : IFingerprinted
{
    /// <summary>A process that has just started.</summary>
    public static ClusterBroker Start(string? cluster, bool tailKept) => new(0, ControllerState.Initial, [], [], [], false, RegistrarState.Start(cluster, tailKept), ControllerSeen.Nobody);

    /// <inheritdoc/>
    public void AddTo(ref Fingerprint f)
    {
        f.Add(Session);
        f.Add(Control);
        foreach (var request in Requests) Add(ref f, request);
        f.Add(Requests.Count);
        f.AddAll(HalfRead);
        f.AddAll(Watches);
        f.Add(WatchesItself);
        f.Add(Registration);
        f.Add(Seen);
    }

    private static void Add(ref Fingerprint f, Effect request)
    {
        switch (request)
        {
            case Watch watch:
                f.Add('w');
                f.AddAll(watch.Keys);
                break;
            case Read read:
                f.Add('r');
                f.AddAll(read.Keys);
                break;
            case List list:
                f.Add('l');
                f.Add(list.Folder);
                break;
            case Write write:
                f.Add('c');
                f.AddAll(write.Operations);
                break;
            default:
                throw new InvalidOperationException($"the store knows no {request}");
        }
    }
}
