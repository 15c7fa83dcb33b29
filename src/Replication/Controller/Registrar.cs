using Step = Reference.Kernel.Step<Reference.Replication.Control.RegistrarState, Reference.Replication.Control.Effect>;

namespace Reference.Replication.Control;

/// <summary>How a broker gets into /brokers/ids and stays there: the rules. It has no state of its own.</summary>
public class Registrar(RegistrarSettings settings)
{
    private MetadataKey Own => MetadataKey.Broker(settings.Me);

    /// <summary>What one input does to <paramref name="s"/>.</summary>
    public Step Take(RegistrarState s, Input input) => input switch
    {
        Connected m => OnConnected(s, m),
        Disconnected => OnSessionLost(s, null),
        Expired => OnSessionLost(s, "the session expired"),
        Changed m => OnChanged(s, m),
        Found m => OnFound(s, m.Entries),
        Wrote m => OnWrote(s, m),
        AlarmRang { Alarm: RegistrationDue } => OnDue(s),
        _ => new(s, [], "not this core's input"),
    };

    private Step OnConnected(RegistrarState s, Connected m)
    {
        if (s.Phase == RegistrarPhase.Refused) return new(s, [], "can't register");
        var free = s.Phase == RegistrarPhase.Unconnected ? new Step(s, []) : OnSessionLost(s, null);
        return free.Then(s => Look(s with { Phase = RegistrarPhases.After(s.Phase, RegistrarTrigger.SessionConnected), Session = m.Session }));
    }

    /// <summary>Out of reach, the entry may stand yet; with the session, it has ended.</summary>
    private static Step OnSessionLost(RegistrarState s, string? ended)
    {
        if (s.Phase == RegistrarPhase.Refused) return new(s, [], "can't register");
        var lost = s with { Phase = RegistrarPhases.After(s.Phase, RegistrarTrigger.SessionLost), Session = 0 };
        return ended is null || s.Epoch == BrokerEpoch.Unknown ? new(lost, []) : new(lost with { Epoch = BrokerEpoch.Unknown }, [new Unregistered(ended)]);
    }

    /// <summary>The cluster's name and the own entry, which is watched for as long as there is a session.</summary>
    private Step Look(RegistrarState s) => new(s, [new Watch([Own]), new Read([MetadataKey.Cluster, Own])]);

    private Step OnChanged(RegistrarState s, Changed m) => m.Key != Own
        ? new(s, [], "not watched by this core")
        : s.Phase switch
        {
            RegistrarPhase.Unconnected or RegistrarPhase.Refused => new(s, [], "not registering"),
            RegistrarPhase.Founding or RegistrarPhase.Clearing or RegistrarPhase.Registering => new(s, [], "the write under way tells, and then it looks again"),
            _ => Look(s with { Phase = RegistrarPhases.After(s.Phase, RegistrarTrigger.Uncertain) }),
        };

    private Step OnFound(RegistrarState s, ImmutableArray<MetadataEntry> entries)
    {
        if (s.Phase != RegistrarPhase.Looking) return new(s, [], "not looking any more");
        if (entries[0].Node is not { Value: ClusterName cluster }) return Found(s);
        if (s.Cluster is not null && s.Cluster != cluster.Id) return Refuse(s, $"The data folder belongs to cluster {s.Cluster}, but the ensemble serves cluster {cluster.Id}.");
        return Join(s, cluster.Id).Then(s => OnOwnEntry(s, entries[1].Node));
    }

    /// <summary>The first broker of a cluster names it; who comes second takes that name.</summary>
    [Rule("CTRL-REG-1")]
    protected virtual Step Found(RegistrarState s) => new(
        s with { Phase = RegistrarPhases.After(s.Phase, RegistrarTrigger.NoCluster) },
        [new Write([new CreateEntry(MetadataKey.Cluster, new ClusterName(s.Cluster ?? settings.NewCluster))])]);

    private static Step Join(RegistrarState s, string cluster) => s.Cluster is null ? new(s with { Cluster = cluster }, [new JoinCluster(cluster)]) : new(s, []);

    private Step OnOwnEntry(RegistrarState s, MetadataNode? node)
    {
        var gone = s.Epoch != BrokerEpoch.Unknown && node?.Czxid != s.Epoch.Value
            ? new Step(s with { Epoch = BrokerEpoch.Unknown }, [new Unregistered("the entry is gone")]) : new Step(s, []);
        if (node is null) return gone.Then(Register);
        var registration = (BrokerRegistration)node.Value;
        if (IsOwn(s, node)) return gone.Then(s => OnStanding(s, new(node.Czxid), registration.TailKept));
        return IsFormer(registration) ? gone.Then(s => ClearFormer(s, node)) : gone.Then(s => AwaitNamesake(s, registration));
    }

    /// <summary>An entry is this broker's if its present session owns it: any other ends when its session does.</summary>
    [Rule("CTRL-REG-2")]
    protected virtual bool IsOwn(RegistrarState s, MetadataNode node) => node.Owner == s.Session;

    /// <summary>An entry of this very data folder, which one process at a time may lock, is a leftover of an earlier session.</summary>
    [Rule("CTRL-REG-3")]
    protected virtual bool IsFormer(BrokerRegistration registration) => settings.Directory.Length > 0 && registration.Directory == settings.Directory;

    /// <summary>The leftover is removed rather than waited for.</summary>
    [Rule("CTRL-REG-3")]
    protected virtual Step ClearFormer(RegistrarState s, MetadataNode node) =>
        new(s with { Phase = RegistrarPhases.After(s.Phase, RegistrarTrigger.FormerFound) }, [new Write([new RemoveEntry(Own, node.Version)])]);

    /// <summary>Somebody else's entry may be that of a session that is about to end: it is given that long.</summary>
    [Rule("CTRL-REG-4")]
    protected virtual Step AwaitNamesake(RegistrarState s, BrokerRegistration registration)
    {
        var waiting = s with { Phase = RegistrarPhases.After(s.Phase, RegistrarTrigger.NamesakeFound), Namesake = true };
        return s.Namesake ? new(waiting, []) : new(waiting, [new SetAlarm(new RegistrationDue(), settings.PatienceMs)]);
    }

    private Step OnDue(RegistrarState s)
    {
        if (s.Phase != RegistrarPhase.Waiting) return new(s with { Namesake = false }, [], "no namesake in the way");
        return Refuse(s, $"Another live broker is registered with broker.id={settings.Me}: give each broker its own.");
    }

    private static Step Refuse(RegistrarState s, string why) => new(s with { Phase = RegistrarPhases.After(s.Phase, RegistrarTrigger.Conflict) }, [new Refuse(why)]);

    /// <summary>Nothing stands in the way. What the logs lost is said with it; if they lost nothing, that is marked first, for the next start.</summary>
    [Rule("CTRL-REG-5")]
    protected virtual Step Register(RegistrarState s)
    {
        var registration = new BrokerRegistration(settings.Endpoints, s.TailKept, settings.Directory, settings.JmxPort);
        return Mark(s with { Phase = RegistrarPhases.After(s.Phase, RegistrarTrigger.NothingFound), Namesake = false })
            .Then(new Write([new CreateEntry(Own, registration, Ephemeral: true)]));
    }

    private static Step Mark(RegistrarState s) => s is { TailKept: true, Marked: false } ? new(s with { Marked = true }, [new MarkTailKept()]) : new(s, []);

    private Step OnWrote(RegistrarState s, Wrote m) => s.Phase switch
    {
        RegistrarPhase.Registering when m.Error == MetadataError.None => OnCreated(s, new(m.Zxid)),
        RegistrarPhase.Registering or RegistrarPhase.Clearing or RegistrarPhase.Founding => Look(s with { Phase = RegistrarPhases.After(s.Phase, RegistrarTrigger.Uncertain) }),
        _ => new(s, [], "nothing was under way"),
    };

    /// <summary>The entry is this session's now; the watch was used up by its creation, so that it is set, and the entry read, once more.</summary>
    private Step OnCreated(RegistrarState s, BrokerEpoch epoch)
    {
        var created = s with { Phase = RegistrarPhases.After(s.Phase, RegistrarTrigger.Uncertain), Epoch = epoch };
        return new Step(created, [new Registered(epoch)]).Then(Look);
    }

    /// <summary>The entry stands. If the controller has put on record meanwhile that no ISR relies on what the logs lost, that holds from now on.</summary>
    private Step OnStanding(RegistrarState s, BrokerEpoch epoch, bool tailKept)
    {
        var standing = s with { Phase = RegistrarPhases.After(s.Phase, RegistrarTrigger.OwnFound), Epoch = epoch, TailKept = tailKept };
        var marked = Mark(standing);
        return s.Epoch == epoch ? marked : marked.Then(new Registered(epoch));
    }
}
