using Step = Reference.Kernel.Step<Reference.Replication.Control.ControllerState, Reference.Replication.Control.Effect>;

namespace Reference.Replication.Control;

/// <summary>Who is controller: the seat is an ephemeral entry; taking it and raising the term are one write.</summary>
public partial class Controller
{
    private Step OnConnected(ControllerState s, Connected m)
    {
        var free = s.Phase == ControllerPhase.Unconnected ? new Step(s, []) : OnSessionLost(s, "the session was reached anew");
        return free.Then(s => LookAtSeat(s with { Phase = ControllerPhases.After(s.Phase, ControllerTrigger.SessionConnected), Session = m.Session }));
    }

    /// <summary>Without the store a controller decides nothing and promises nothing; another one may hold the seat already.</summary>
    [Rule("CTRL-SEAT-4")]
    protected virtual Step OnSessionLost(ControllerState s, string why) =>
        new(ControllerState.Initial with { Phase = ControllerPhases.After(s.Phase, ControllerTrigger.SessionLost) }, Resignation(s, why));

    /// <summary>The term is read before the seat, so that a write on that version proves that nobody was elected between; and again after it, so that the term of a seat of one's own is known.</summary>
    private Step LookAtSeat(ControllerState s) => Look(s, MetadataKey.ControllerEpoch, MetadataKey.Controller, MetadataKey.ControllerEpoch);

    /// <summary>The seat changed: someone took it or left it, or it was taken away.</summary>
    private Step OnSeatChanged(ControllerState s) => s.Phase switch
    {
        ControllerPhase.Standby or ControllerPhase.Electing => LookAtSeat(s with { Phase = ControllerPhases.After(s.Phase, ControllerTrigger.SeatChanged) }),
        ControllerPhase.Loading or ControllerPhase.Active => LookAtSeat(s),
        _ => Ignore(s, "without a session"),
    };

    private Step OnSeatRead(ControllerState s, MetadataNode? term, MetadataNode? seat, MetadataNode? after)
    {
        var mine = seat is not null && seat.Owner == s.Session;
        if (s.IsController) return mine ? Done(s) : Depose(s, "the seat is another's, or nobody's");
        if (s.Writes.Any(w => w is TakeSeat or ClearSeat)) return Ignore(s, "stands for the seat already");
        if (term?.Version != after?.Version) return LookAtSeat(s);
        if (mine && term is not null) return OnElected(s, ((ControllerTerm)term.Value).Epoch, term.Version);
        if (seat is null) return StandForSeat(s, term);
        var holder = ((ControllerSeat)seat.Value).Broker;
        var heard = s with { Doubted = BrokerSet.Empty };
        if (holder == settings.Me || IsSeatOfTheDead(s, holder)) return ClearSeatOf(heard, term);
        return Done(heard with { Phase = ControllerPhases.After(s.Phase, ControllerTrigger.SeatTaken) });
    }

    /// <summary>The seat is free: takes it and raises the term, both or neither, if nobody did since.</summary>
    [Rule("CTRL-SEAT-1")]
    protected virtual Step StandForSeat(ControllerState s, MetadataNode? term)
    {
        var epoch = term is null ? 1 : ((ControllerTerm)term.Value).Epoch + 1;
        var version = term is null ? 0 : term.Version + 1;
        MetadataOperation raise = term is null
            ? new CreateEntry(MetadataKey.ControllerEpoch, new ControllerTerm(epoch))
            : new SetEntry(MetadataKey.ControllerEpoch, new ControllerTerm(epoch), term.Version);
        var standing = s.Phase == ControllerPhase.Electing ? s : s with { Phase = ControllerPhases.After(s.Phase, ControllerTrigger.SeatChanged) };
        return new(
            standing with { Writes = s.Writes.Add(new TakeSeat(epoch, version)) },
            [new Write([new CreateEntry(MetadataKey.Controller, new ControllerSeat(settings.Me), Ephemeral: true), raise])]);
    }

    /// <summary>A seat whose holder listens no longer is cleared as well: its session would hold it for a while.</summary>
    [Rule("CTRL-SEAT-5")]
    protected virtual bool IsSeatOfTheDead(ControllerState s, BrokerId holder) => s.Doubted.Contains(holder);

    /// <summary>A seat of a former session of this broker, or of one that is dead, serves nobody: it is cleared, unless someone was elected since.</summary>
    [Rule("CTRL-SEAT-2")]
    protected virtual Step ClearSeatOf(ControllerState s, MetadataNode? term)
    {
        if (term is null) return Done(s with { Phase = ControllerPhases.After(s.Phase, ControllerTrigger.SeatTaken) });
        return new(
            s with { Writes = s.Writes.Add(new ClearSeat()) },
            [new Write([new CheckVersion(MetadataKey.ControllerEpoch, term.Version), new RemoveEntry(MetadataKey.Controller)])]);
    }

    /// <summary>This broker is controller: reads everything, each with its watch.</summary>
    [Rule("CTRL-LOAD-1")]
    protected virtual Step OnElected(ControllerState s, int epoch, int version)
    {
        var standing = s.Phase == ControllerPhase.Electing ? s.Phase : ControllerPhases.After(s.Phase, ControllerTrigger.SeatChanged);
        var elected = s with { Phase = ControllerPhases.After(standing, ControllerTrigger.Elected), Epoch = epoch, EpochVersion = version, Doubted = BrokerSet.Empty };
        return Look(elected, MetadataKey.Brokers)
            .Then(s => Look(s, MetadataKey.Topics))
            .Then(s => Look(s, MetadataKey.Deletions))
            .Then(s => Look(s, MetadataKey.IsrChanges))
            .Then(s => Look(s, MetadataKey.PreferredElection));
    }

    /// <summary>The term is over: nothing more is decided or sent in it, and what it had under way is not believed.</summary>
    [Rule("CTRL-SEAT-3")]
    protected virtual Step Depose(ControllerState s, string why)
    {
        var resigned = ControllerState.Initial with
        {
            Phase = ControllerPhases.After(s.Phase, ControllerTrigger.Deposed),
            Session = s.Session,
            Stale = s.Stale + s.Awaited,
            Writes = s.Writes.Aggregate(Sequence<Purpose>.Empty, (writes, _) => writes.Add(new Bygone())),
        };
        return new Step(resigned, Resignation(s, why)).Then(LookAtSeat);
    }

    private static ImmutableArray<Effect> Resignation(ControllerState s, string why)
    {
        if (!s.IsController) return [];
        return [.. s.Calls.Select(c => NotController(c.Key, c.Value)), new Resign(why)];
    }

    private static Effect NotController(CallId id, Call call) => call is TopicsCall topics
        ? new AnswerTopics(id, [.. topics.Order.Select(t => topics.Done.GetValueOrDefault(t) ?? new TopicResult(t, ErrorCode.NotController))])
        : new AnswerShutdown(id, ErrorCode.NotController, []);
}
