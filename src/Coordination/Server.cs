global using Step = Reference.Kernel.Step<Reference.Coordination.ServerState, Reference.Coordination.Effect>;

namespace Reference.Coordination;

/// <summary>One server of the service, between its clients, ZAB and the other servers' services. Holds the rules and no state.</summary>
/// <remarks>Reads are answered here, of what is committed; writes go to the leader, which judges them by what is proposed, and come back through ZAB to every server.</remarks>
public partial class Server(Settings settings)
{
    /// <summary>This server.</summary>
    protected ServerId Me => settings.Me;

    /// <summary>What the server was told once.</summary>
    protected Settings Settings => settings;

    /// <summary>A server before anything happened, with the service as its snapshot has it.</summary>
    public ServerState Begin(ServiceState service) => new() { Committed = service };

    /// <summary>One step: what an input changes, and what is to be done.</summary>
    public Step Take(ServerState s, Input input) => input switch
    {
        Activated i => OnActivated(s, i),
        Deposed => OnDeposed(s),
        Restored i => OnRestored(s, i),
        Delivered i => OnDelivered(s, i),
        ConnectRequested i => OnConnectRequested(s, i),
        Requested i => OnRequested(s, i),
        ConnectionClosed i => OnConnectionClosed(s, i),
        Received i => OnReceived(s, i.From, i.Message, i.At),
        AlarmRang i => OnAlarmRang(s, i),
        _ => throw new InvalidOperationException($"no input {input}"),
    };

    /// <summary>One message of another server's service, or of this one's to itself.</summary>
    private Step OnReceived(ServerState s, ServerId from, Message message, Moment at) => message switch
    {
        Forward m => OnForward(s, from, m, at),
        Revalidate m => OnRevalidate(s, from, m, at),
        Revalidated m => OnRevalidated(s, from, m),
        Moved m => OnMoved(s, from, m),
        Touched m => OnTouched(s, m, at),
        _ => throw new InvalidOperationException($"no message {message}"),
    };

    private Step OnAlarmRang(ServerState s, AlarmRang i) => i.Alarm switch
    {
        Alarm.Heartbeat => OnHeartbeat(s, i.At),
        Alarm.Containers => OnContainers(s, i.At),
        _ => throw new InvalidOperationException($"no alarm {i.Alarm}"),
    };

    /// <summary>An epoch is established. A leader begins with what is committed proposed, nothing outstanding, and a fresh time-out for every session.</summary>
    [Rule("COORD-ROLE-1")]
    protected virtual Step OnActivated(ServerState s, Activated i)
    {
        var leads = i.Leader == Me;
        var active = s with
        {
            Role = Roles.After(s.Role, leads ? RoleTrigger.BecameLeader : RoleTrigger.FoundLeader),
            Epoch = i.Epoch,
            Leader = i.Leader,
            Leadership = leads ? Lead(s.Committed, i.At) : null,
        };
        return leads
            ? new(active, [new SetAlarm(Alarm.Heartbeat, settings.HeartbeatMs), new SetAlarm(Alarm.Containers, settings.ContainerCheckMs)])
            : new(active, [new SetAlarm(Alarm.Heartbeat, settings.HeartbeatMs)]);
    }

    /// <summary>The epoch is over. What was asked and not answered may or may not come to pass: closing the connections is the only answer that is true of both.</summary>
    [Rule("COORD-ROLE-2")]
    protected virtual Step OnDeposed(ServerState s)
    {
        if (s.Role == Role.Inactive) return new(s, [], "not active");

        var inactive = new ServerState { Role = Roles.After(s.Role, RoleTrigger.LostEpoch), Committed = s.Committed };
        return new(inactive, [.. s.Connections.Keys.Select(c => new Close(c, "this server left the epoch"))]);
    }

    /// <summary>A snapshot takes the place of all that was applied.</summary>
    [Rule("COORD-APPLY-2")]
    protected virtual Step OnRestored(ServerState s, Restored i) => new(s with { Role = Roles.After(s.Role, RoleTrigger.TookSnapshot), Committed = i.Service, LastApplied = null }, []);

    /// <summary>A transaction is committed: it is applied, watches fire, and whoever waits for it here is answered, in this order.</summary>
    [Rule("COORD-ORDER-2")]
    protected virtual Step OnDelivered(ServerState s, Delivered i)
    {
        if (!IsNews(s, i.Zxid)) return new(s, [], "already in the state that was restored");

        var effects = ImmutableArray.CreateBuilder<Effect>(0);
        var (applied, leadership) = TakeIn(s, i);
        var watches = s.Watches;
        foreach (var change in applied.Changes) watches = watches.Fire(change, effects);
        s = s with { Committed = applied.State, LastApplied = applied, Leadership = leadership, Watches = watches };
        s = Answer(s, i.Transaction, applied, effects);
        if (i.Transaction.Operation is CloseSession) s = CloseSessionsConnection(s, i.Transaction.Header.Session, "its session ended", effects);
        return new(s, effects.DrainToImmutable());
    }

    /// <summary>A state holds everything up to its last zxid; no transaction counts twice.</summary>
    [Rule("COORD-APPLY-2")]
    protected virtual bool IsNews(ServerState s, long zxid) => zxid > s.Committed.LastZxid;

    /// <summary>What comes of a transaction; carried out alike by every server.</summary>
    [Rule("COORD-APPLY-1")]
    protected virtual Applied Apply(ServiceState service, long zxid, Transaction transaction) => service.Apply(zxid, transaction);

    /// <summary>What comes of a delivered transaction. A leader that proposed it under this very zxid knows already: it applied it to the same state.</summary>
    private (Applied, Leadership?) TakeIn(ServerState s, Delivered i)
    {
        if (s.Leadership is not { Outstanding.IsEmpty: false } l) return (Apply(s.Committed, i.Zxid, i.Transaction), s.Leadership);

        var first = l.Outstanding[0];
        var outstanding = l.Outstanding.RemoveFirst(1);
        var applied = first.Applied.State.LastZxid == i.Zxid && first.Transaction.Header == i.Transaction.Header ? first.Applied : Apply(s.Committed, i.Zxid, i.Transaction);
        return (applied, l with { Outstanding = outstanding, Proposed = outstanding.IsEmpty ? applied.State : l.Proposed });
    }

    /// <summary>Sends a message; to itself, at once.</summary>
    private Step Tell(ServerState s, ServerId to, Message message, Moment at) => to == Me ? OnReceived(s, Me, message, at) : new(s, [new SendServer(to, message)]);
}
